"""Which addresses are called for push messages, and what browsers hand in."""

from typing import Any

import pytest
from tests.template import template
from tests.toolkit.push_service import Browser

from visitor_chat.domain.errors import InvalidRequest
from visitor_chat.domain.push_services import PushServices, read_subscription
from visitor_chat.domain.validation import Fields

SERVICES = PushServices(template()["Parameters"]["PushServices"]["Default"].split(","))
UNKNOWN = [
    "https://example.com/push",
    "http://fcm.googleapis.com/fcm/send/1",
    "https://fcm.googleapis.com:8443/fcm/send/1",
    "https://fcm.googleapis.com:443/fcm/send/1",
    "https://me@fcm.googleapis.com/fcm/send/1",
    "https://fcm.googleapis.com@example.com/",
    "https://fcm.googleapis.com",
    "https://fcm.googleapis.com.example.com/1",
    "https://evilfcm.googleapis.com/1",
    "https://evil.fcm.googleapis.com/1",
    "https://push.services.mozilla.com/1",
    "https://evilpush.services.mozilla.com/1",
    "https://.push.services.mozilla.com/1",
    "https://fcm.googleapis.com\\@example.com/1",
    "https://example.com#.push.apple.com/1",
    "https://example.com?.push.apple.com/1",
    "https://example.com/.push.apple.com/1",
    "https://FCM.googleapis.com/1",
    "https://fcm.googleapis.com/a b",
    "https://fcm.googleapis.com/1\n",
    "https://fcm.googleapis.com/ä",
    "https://169.254.169.254/latest",
    "https://[::1]/1",
    "http://127.0.0.1:9001/2018-06-01/runtime",
    "ftp://fcm.googleapis.com/1",
    "//fcm.googleapis.com/1",
    "fcm.googleapis.com/1",
    "https://web.push.apple.com.:443/1",
]
KNOWN = {
    "https://fcm.googleapis.com/fcm/send/dQ:APA91b": "https://fcm.googleapis.com",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABh0": "https://updates.push.services.mozilla.com",
    "https://web.push.apple.com/QGxvZw": "https://web.push.apple.com",
    "https://wns2-am3p.notify.windows.com/w/?token=BQY%3d": "https://wns2-am3p.notify.windows.com",
}


@pytest.mark.parametrize("endpoint", UNKNOWN)
def test_nothing_but_a_known_push_service_is_ever_called(endpoint: str) -> None:
    assert SERVICES.origin_of(endpoint) is None


@pytest.mark.parametrize(("endpoint", "origin"), list(KNOWN.items()))
def test_the_push_services_of_the_browsers_are_known(endpoint: str, origin: str) -> None:
    assert SERVICES.origin_of(endpoint) == origin


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:40010/1", "http://127.0.0.1:4001", "http://localhost:4001/1"])
def test_an_origin_on_this_machine_is_just_that(endpoint: str) -> None:
    services = PushServices(["http://127.0.0.1:4001"])

    assert services.origin_of(endpoint) is None
    assert services.origin_of("http://127.0.0.1:4001/1") == "http://127.0.0.1:4001"


@pytest.mark.parametrize("auth", ["", "BTBZ", "A" * 44, "====", "BTBZMqHH6r4Tts7J+aSIgg", "ä" * 22, 5, None])
def test_a_secret_is_sixteen_bytes(auth: Any) -> None:
    body = Browser(next(iter(KNOWN))).subscription
    body["keys"]["auth"] = auth

    with pytest.raises(InvalidRequest) as refused:
        read_subscription(Fields(body), SERVICES)

    assert [error.field for error in refused.value.errors] == ["keys.auth"]


@pytest.mark.parametrize("padding", ["", "=="])
def test_padding_makes_no_difference(padding: str) -> None:
    body = Browser(next(iter(KNOWN))).subscription
    body["keys"]["auth"] += padding

    assert read_subscription(Fields(body), SERVICES).id
