"""Messages are encrypted as RFC 8291 says."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.toolkit.push_service import CURVE, Browser, bytes_of, decrypted, point_of

from web_push.encryption import MOST_PLAINTEXT_BYTES, encrypt, public_bytes

# https://www.rfc-editor.org/rfc/rfc8291#appendix-A
PLAINTEXT = "V2hlbiBJIGdyb3cgdXAsIEkgd2FudCB0byBiZSBhIHdhdGVybWVsb24"
SENDER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
BROWSER_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
AUTH_SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(bytes_of(text), "big"), CURVE)


def encrypted(browser: Browser, plaintext: bytes) -> bytes:
    key = point_of(browser.private_key.public_key())
    return encrypt(plaintext, browser_key=key, auth_secret=browser.auth_secret)


def test_the_standards_example_is_encrypted_as_there() -> None:
    body = encrypt(
        bytes_of(PLAINTEXT),
        browser_key=bytes_of(BROWSER_PUBLIC),
        auth_secret=bytes_of(AUTH_SECRET),
        private_key=private_key(SENDER_PRIVATE),
        salt=bytes_of(SALT),
    )

    assert body == bytes_of(BODY)


def test_the_browser_of_the_tests_reads_the_standards_example() -> None:
    key = private_key(BROWSER_PRIVATE)

    assert public_bytes(key) == bytes_of(BROWSER_PUBLIC)
    assert decrypted(bytes_of(BODY), private_key=key, auth_secret=bytes_of(AUTH_SECRET)) == bytes_of(PLAINTEXT)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(plaintext=st.binary(max_size=MOST_PLAINTEXT_BYTES))
def test_a_browser_reads_what_was_encrypted_for_it(plaintext: bytes) -> None:
    browser = Browser("https://push.example.com/1")

    body = encrypted(browser, plaintext)

    assert len(body) <= 4096
    assert decrypted(body, private_key=browser.private_key, auth_secret=browser.auth_secret) == plaintext


def test_nobody_else_reads_it() -> None:
    browser, other = Browser("https://push.example.com/1"), Browser("https://push.example.com/2")

    with pytest.raises(InvalidTag):
        decrypted(encrypted(browser, b"Hello"), private_key=other.private_key, auth_secret=other.auth_secret)


def test_two_messages_have_nothing_in_common() -> None:
    browser = Browser("https://push.example.com/1")

    one, other = encrypted(browser, b"Hello"), encrypted(browser, b"Hello")

    assert one[:16] != other[:16]
    assert one[21:86] != other[21:86]
    assert one[86:] != other[86:]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        encrypted(Browser("https://push.example.com/1"), b"x" * (MOST_PLAINTEXT_BYTES + 1))


@pytest.mark.parametrize("key", [b"", b"\x04" * 65, bytes(65)], ids=["nothing", "no point", "zeros"])
def test_a_key_that_is_none_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's own words
        encrypt(b"Hello", browser_key=key, auth_secret=b"sixteen bytes of")
