"""A visitor's token is renewed when it is due or refused, by one caller at a time, and for nobody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.visitor_chat.scene import Scene

from giosg_client.errors import GiosgServerError, GiosgUnauthorized
from visitor_chat import wiring
from visitor_chat.domain.errors import TryAgain
from visitor_chat.domain.records import Credentials
from visitor_chat.giosg.visitor_tokens import RENEWAL_LEASE, AnotherVisitor

RENEWAL = "/auth$"


@pytest.fixture
def credentials(scene: Scene) -> Credentials:
    stored = wiring.store().credentials.find(scene.chat(scene.start()).visitor_id)
    assert stored is not None
    scene.giosg.requests.clear()
    return stored


def use(credentials: Credentials) -> str:
    """Read the room with the visitor's token, and give the token that worked."""
    used: list[str] = []

    def act(token: str) -> None:
        used.append(token)
        wiring.giosg().get_public_room(wiring.rooms().default.id, access_token=token)

    wiring.visitor_tokens().call(credentials, act)
    return used[-1]


def renewals(scene: Scene) -> int:
    return len(scene.giosg.requests.matching(path=RENEWAL))


def test_a_good_token_is_used_as_it_is(scene: Scene, credentials: Credentials) -> None:
    assert use(credentials) == credentials.access_token
    assert renewals(scene) == 0


def test_a_token_near_its_end_is_renewed_before_it_is_used(scene: Scene, credentials: Credentials) -> None:
    scene.clock.instant += timedelta(minutes=29, seconds=30)

    assert use(credentials) != credentials.access_token
    assert renewals(scene) == 1


def test_a_refused_token_is_renewed_and_the_call_made_again(scene: Scene, credentials: Credentials) -> None:
    scene.giosg.credentials.revoke_visitor_tokens(credentials.visitor_id)

    used = use(credentials)

    stored = wiring.store().credentials.find(credentials.visitor_id)
    assert stored is not None
    assert (used, renewals(scene)) == (stored.access_token, 1)


def test_a_call_that_is_refused_twice_is_not_made_a_third_time(scene: Scene, credentials: Credentials) -> None:
    for _ in range(3):
        scene.giosg.faults.answer(401, path="/rooms/")

    with pytest.raises(GiosgUnauthorized):
        use(credentials)

    assert len(scene.giosg.requests.matching(path="/rooms/")) == 2


def test_who_finds_a_renewal_under_way_waits_for_its_token(
    scene: Scene, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, answer = wiring.store().credentials, wiring.giosg().authenticate_visitor(credentials.visitor_secret_id)
    scene.giosg.credentials.revoke_visitor_tokens(credentials.visitor_id)
    other = wiring.giosg().authenticate_visitor(credentials.visitor_secret_id)
    assert stored.lease_renewal(credentials, scene.clock() + RENEWAL_LEASE)
    scene.giosg.requests.clear()
    done = replace(credentials, access_token=other.access_token)
    monkeypatch.setattr(wiring.visitor_tokens(), "_sleep", lambda _seconds: stored.renew(done))

    used = use(credentials)

    assert (used, renewals(scene)) == (other.access_token, 0)
    assert used != answer.access_token


def test_who_waits_too_long_for_a_renewal_is_told_to_try_again(scene: Scene, credentials: Credentials) -> None:
    scene.giosg.credentials.revoke_visitor_tokens(credentials.visitor_id)
    wiring.store().credentials.lease_renewal(credentials, scene.clock() + timedelta(minutes=1))

    with pytest.raises(TryAgain):
        use(credentials)

    assert renewals(scene) == 0


def test_a_renewal_that_nobody_finished_is_taken_over(scene: Scene, credentials: Credentials) -> None:
    scene.giosg.credentials.revoke_visitor_tokens(credentials.visitor_id)
    wiring.store().credentials.lease_renewal(credentials, scene.clock() + RENEWAL_LEASE / 2)

    use(credentials)

    assert renewals(scene) == 1


def test_a_renewal_that_failed_is_left_to_the_next_caller_at_once(scene: Scene, credentials: Credentials) -> None:
    scene.giosg.credentials.revoke_visitor_tokens(credentials.visitor_id)
    scene.giosg.faults.answer(500, path=RENEWAL)
    before = scene.clock()
    with pytest.raises(GiosgServerError):
        use(credentials)

    use(credentials)

    assert scene.clock() == before


def test_a_secret_that_has_become_somebody_elses_is_an_error(scene: Scene, credentials: Credentials) -> None:
    scene.giosg.forget_visitor(credentials.visitor_id)

    with pytest.raises(AnotherVisitor):
        use(credentials)

    assert wiring.store().credentials.find(credentials.visitor_id) == credentials
