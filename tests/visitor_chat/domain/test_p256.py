"""The curve in plain Python is the library's."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from visitor_chat.domain import p256
from visitor_chat.realtime.vapid_key import public_key, secret_scalar
from web_push.encryption import public_bytes
from web_push.vapid import Sender


@settings(max_examples=15, deadline=None, derandomize=True)
@given(scalar=st.integers(1, p256.ORDER - 1))
@example(scalar=1)
@example(scalar=2)
@example(scalar=3)
@example(scalar=p256.ORDER - 1)
@example(scalar=p256.ORDER // 2)
def test_a_public_key_is_that_of_the_library(scalar: int) -> None:
    made = p256.public_key(scalar)

    assert made == public_bytes(ec.derive_private_key(scalar, ec.SECP256R1()))
    assert p256.is_public_key(made)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes(65),
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
        b"\x03" + p256.public_key(1)[1:],
        p256.public_key(1)[:-1] + b"\x00",
        p256.public_key(1) + b"\x00",
        b"\x04" + (p256.GENERATOR[0] + p256.PRIME).to_bytes(33, "big")[1:] + p256.public_key(1)[33:],
    ],
    ids=["empty", "zeros", "zero", "beyond the field", "compressed", "off the curve", "too long", "not reduced"],
)
def test_what_is_no_point_of_the_curve_is_no_key(raw: bytes) -> None:
    assert not p256.is_public_key(raw)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(secret=st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=64, max_size=64))
def test_the_key_that_is_handed_out_is_the_one_that_is_signed_with(secret: str) -> None:
    scalar = secret_scalar(secret)

    assert 1 <= scalar < p256.ORDER
    assert public_key(secret) == Sender(scalar, contact="mailto:a@example.com").public_key


def test_a_secret_stands_for_the_same_key_for_ever() -> None:
    """Another derivation would end all subscriptions."""
    known = "BA3Ze2g-75VED4w6GMYc94aKRiZo0jQeX8dRhsreEH20iWCeESK_DqM3XflduI5CP-g1kdiutlZHjbleNS3k58o"

    assert public_key("abc") == known
    assert public_key("abd") != known
