"""What the property tests draw from, and how long they draw."""

from hypothesis import settings
from hypothesis import strategies as st

brief = settings(max_examples=40, deadline=None)
"""A short search: there are many properties, and the machine may be busy."""

ANY_TEXT = st.text(st.characters(exclude_categories=[]))
"""Lone surrogates and NUL included."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
