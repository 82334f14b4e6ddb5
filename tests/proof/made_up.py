"""Plans that hypothesis makes up: few people, few chats and fewer texts, so that much happens to the same ones."""

from hypothesis import strategies as st
from tests.proof.plan import (
    DEEDS,
    Again,
    Agent,
    Deliver,
    DeliverHeld,
    DeliverTwo,
    Doors,
    End,
    Event,
    Foreign,
    Hold,
    Invocation,
    Lose,
    Plan,
    Read,
    Send,
    Start,
    Sync,
    Turns,
    Twice,
    Wait,
    Withdraw,
)  # fmt: skip
from tests.toolkit.faults import GIOSG_FAULTS, TABLE_FAULTS, Faulty, GiosgFault, TableFault


def _faulty(
    faults: tuple[TableFault, ...] | tuple[GiosgFault, ...], *, among: int, most: int
) -> st.SearchStrategy[tuple[Faulty, ...]]:
    """Make up what is wrong with some of the first calls."""
    one = st.builds(Faulty, st.integers(0, among - 1), st.sampled_from(faults))
    return st.lists(one, max_size=most, unique_by=lambda faulty: faulty.call).map(tuple)


_undisturbed = st.just(())
_aws = _faulty(TABLE_FAULTS, among=8, most=2)
_giosg = _faulty(GIOSG_FAULTS, among=5, most=3)
_hows = st.builds(Invocation, aws=_aws, giosg=_giosg, steps=st.sampled_from([30, 0, 1, 2, 3, 4, 6, 9, 30]))
_just_begun = st.builds(
    Invocation, aws=_undisturbed | _aws, giosg=_undisturbed | _giosg, steps=st.sampled_from([0, 1, 2, 2, 3])
)
_begun_or_done = st.builds(
    Invocation, aws=_undisturbed | _aws, giosg=_undisturbed | _giosg, steps=st.sampled_from([0, 1, 2, 3, 30, 30])
)
_numbers = st.integers(0, 7)
_rooms = st.sampled_from([0, 0, 1])
_chats = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 5])
_recent = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5])
_texts = st.sampled_from([0, 0, 0, 1, 2])
_deeds = st.sampled_from([*DEEDS, "say", "say", "say", "edit", "edit", "remove", "end", "attach"])
_deliver = st.builds(Deliver, which=st.integers(0, 15), how=_hows, is_kept=st.sampled_from([False, False, True]))
_picks = st.lists(st.integers(0, 3), min_size=4, max_size=20).map(tuple)
_deliver_two = st.builds(DeliverTwo, which=st.integers(0, 15), how=_just_begun, other=_begun_or_done, picks=_picks)
_agent = st.builds(Agent, deed=_deeds, chat=_chats, message=_numbers)
_send = st.builds(Send, chat=_chats, text=_texts, has_message_id=st.sampled_from([True, True, False]), how=_hows)
_again = st.builds(Again, which=_recent, how=_hows)
_turns = st.builds(Turns, picks=st.lists(st.integers(0, 4), min_size=1, max_size=8).map(tuple))
_start = st.builds(
    Start,
    who=st.integers(0, 2),
    has_key=st.sampled_from([True, True, False]),
    text=st.none() | _texts,
    has_message_id=st.booleans(),
    how=_hows,
    room=_rooms,
)
_holding = st.builds(
    Invocation, aws=_undisturbed | _aws, giosg=_undisturbed | _giosg, steps=st.sampled_from([60, 60, 60, 6, 2])
)
_hold = st.builds(
    Hold,
    who=st.sampled_from([0, 1, 1, 2]),
    room=_rooms,
    how=_holding,
    has_closed=st.sampled_from([True, True, True, False]),
)
_delivering = st.builds(
    Invocation,
    aws=_faulty(TABLE_FAULTS, among=20, most=2),
    giosg=_faulty(GIOSG_FAULTS, among=5, most=2),
    steps=st.sampled_from([60, 60, 3, 6, 9, 12]),
)
_deliver_held = st.builds(
    DeliverHeld,
    how=_delivering,
    seconds=st.sampled_from([60, 60, 60, 5, 3700]),
    opened=st.sampled_from([(0, 1), (0, 1), (0,), (1,), ()]),
)
_twice = st.builds(
    Twice,
    what=st.builds(Send, chat=_chats, text=_texts, has_message_id=st.just(True), how=_just_begun)
    | st.builds(
        Start,
        who=st.integers(0, 2),
        has_key=st.just(True),
        text=st.none() | _texts,
        has_message_id=st.booleans(),
        how=_just_begun,
        room=_rooms,
    )
    | st.builds(Hold, who=st.sampled_from([0, 1, 1, 2]), room=_rooms, how=_just_begun),
    again=_begun_or_done,
    picks=_picks,
)
_events: st.SearchStrategy[Event] = st.one_of(
    _start, _send, _send, _again, _again, _twice, _twice, _turns, _turns, _turns, _agent, _agent, _agent,
    _deliver, _deliver, _deliver, _deliver, _deliver_two, _deliver_two,
    st.builds(Lose, which=st.integers(0, 15)),
    st.builds(Lose, which=st.integers(0, 15)),
    st.builds(Read, chat=_chats, limit=st.sampled_from([1, 2, 50]), how=_hows),
    st.builds(Sync, is_sweep=st.booleans(), how=_hows),
    st.builds(End, chat=_chats, how=_hows),
    st.builds(Foreign, room=st.sampled_from([None, None, 0, 1])),
    st.builds(Wait, seconds=st.sampled_from([1, 8, 30, 130, 400])),
    _hold, _hold, _deliver_held, _deliver_held, _deliver_held,
    st.builds(Withdraw, which=_recent, how=_hows),
    st.builds(Doors, room=_rooms, are_open=st.sampled_from([True, True, False])),
)  # fmt: skip
_first = st.builds(
    Start, who=st.just(0), has_key=st.booleans(), text=st.none() | _texts, has_message_id=st.booleans(), how=_hows
)

_some = st.lists(_events, max_size=16).map(tuple)
"""A few; a plan is made of many such lists, each of which can be shrunk to nothing."""

plans = st.builds(
    Plan,
    events=st.tuples(_first.map(lambda first: (first,)), *[_some] * 10).map(lambda parts: sum(parts, ())),
    skew_seconds=st.sampled_from([0, 0, -70, 70]),
    loses_rest=st.booleans(),
    deliveries=st.lists(_delivering, max_size=3).map(tuple),
)
