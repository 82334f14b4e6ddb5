"""Web Push messages, as push services take them: encrypted (RFC 8291) and signed (RFC 8292).

Knows those two standards and nothing of this stack. It is in a layer of its own, with `cryptography`, which is compiled
for one kind of processor.
"""
