"""Senders are named and signed for as RFC 8292 says."""

import re
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.toolkit.push_service import CURVE, VAPID, bytes_of

from web_push.vapid import LIFETIME, Sender

NOW = datetime(2030, 1, 1, tzinfo=UTC)
# https://www.rfc-editor.org/rfc/rfc8292#section-2.4: its signature is as any other by the same key, none is the same.
TOKEN = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6"
    "Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHz"
    "voD1oA"
)
KEY = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"


def test_the_standards_example_is_what_the_push_service_of_the_tests_reads() -> None:
    found = VAPID.fullmatch(f"vapid t={TOKEN}, k={KEY}")
    assert found
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, bytes_of(found[2]))

    claims = jwt.decode(
        found[1], key, algorithms=["ES256"], audience="https://push.example.net", options={"verify_exp": False}
    )

    assert claims == {"aud": "https://push.example.net", "exp": 1453523768, "sub": "mailto:push@example.com"}


def test_a_sender_is_signed_for_one_push_service_and_for_hours() -> None:
    sender = Sender(12345, contact="mailto:push@example.com")

    header = sender.authorization("https://push.example.net", NOW)

    found = re.fullmatch(r"vapid t=([\w.-]+), k=([\w-]+)", header)
    assert found
    assert found[2] == sender.public_key
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, bytes_of(found[2]))
    claims = jwt.decode(
        found[1], key, algorithms=["ES256"], audience="https://push.example.net", options={"verify_exp": False}
    )
    assert claims == {
        "aud": "https://push.example.net",
        "exp": int((NOW + LIFETIME).timestamp()),
        "sub": "mailto:push@example.com",
    }
    assert timedelta(hours=24) > LIFETIME


@pytest.mark.parametrize("service", ["https://push.example.org", "https://push.example.net:444"])
def test_what_is_signed_for_one_push_service_is_worth_nothing_at_another(service: str) -> None:
    sender = Sender(12345, contact="mailto:push@example.com")
    found = VAPID.fullmatch(sender.authorization("https://push.example.net", NOW))
    assert found
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, bytes_of(found[2]))

    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(found[1], key, algorithms=["ES256"], audience=service, options={"verify_exp": False})


def test_no_two_keys_are_alike() -> None:
    assert Sender(1, contact="").public_key != Sender(2, contact="").public_key
