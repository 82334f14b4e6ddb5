"""A message encrypted for one browser: `aes128gcm` with the keys of its subscription.

https://www.rfc-editor.org/rfc/rfc8291, https://www.rfc-editor.org/rfc/rfc8188#section-2
"""

import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD_BYTES = 4096
MOST_PLAINTEXT_BYTES = 3993
"""What is left of one record of 4096 bytes, all that a push service must take (section 4 of RFC 8291)."""
SALT_BYTES = 16
_KEY_INFO = b"WebPush: info\0"
_CONTENT_KEY_INFO = b"Content-Encoding: aes128gcm\0"
_NONCE_INFO = b"Content-Encoding: nonce\0"
_LAST_RECORD = b"\x02"


def encrypt(
    plaintext: bytes,
    *,
    browser_key: bytes,
    auth_secret: bytes,
    private_key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Return the body of a push message; raise ValueError for a key that is none, or for too long a text.

    Args:
        plaintext: what the page's service worker gets.
        browser_key: the subscription's `p256dh`, an uncompressed point.
        auth_secret: the subscription's `auth`.
        private_key: the sender's for this message alone, made up unless a test names it.
        salt: 16 bytes, which are made up as well.
    """
    if len(plaintext) > MOST_PLAINTEXT_BYTES:
        raise ValueError("the message is too long for one record")
    private_key = private_key or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(SALT_BYTES)
    own_key = public_bytes(private_key)
    content_key, nonce = _content_keys(private_key, browser_key, auth_secret, own_key=own_key, salt=salt)
    header = salt + RECORD_BYTES.to_bytes(4) + len(own_key).to_bytes(1) + own_key
    return header + AESGCM(content_key).encrypt(nonce, plaintext + _LAST_RECORD, None)


def _content_keys(
    private_key: ec.EllipticCurvePrivateKey, browser_key: bytes, auth_secret: bytes, *, own_key: bytes, salt: bytes
) -> tuple[bytes, bytes]:
    """Return the content encryption key and the nonce (sections 3.3 and 3.4)."""
    public_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser_key)
    shared = private_key.exchange(ec.ECDH(), public_key)
    keying_material = _derived(shared, auth_secret, _KEY_INFO + browser_key + own_key, 32)
    return _derived(keying_material, salt, _CONTENT_KEY_INFO, 16), _derived(keying_material, salt, _NONCE_INFO, 12)


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a key's public half as an uncompressed point of 65 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
