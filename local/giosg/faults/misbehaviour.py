"""What becomes of notifications on their way: lost, doubled, shuffled, late."""

from dataclasses import dataclass
from random import Random
from threading import Lock
from typing import Literal, NamedTuple, get_args

from local.giosg.state.changes import EndpointKind

Mishap = Literal["drop", "duplicate", "shuffle", "delay"]
MISHAPS: tuple[str, ...] = get_args(Mishap)
SHUFFLE_SECONDS = 1.5


class Passage(NamedTuple):
    """How a notification goes on: one copy for each of `delays_seconds`; shuffled ones overtake others."""

    delays_seconds: tuple[float, ...] = (0.0,)
    is_shuffled: bool = False


@dataclass(slots=True, kw_only=True)
class Order:
    """A mishap for the next `times` notifications of a kind (None: any)."""

    mishap: Mishap
    times: int
    endpoint_kind: EndpointKind | None
    seconds: float


class Misbehaviour:
    """Mishaps by order, for the next ones, and by chance."""

    def __init__(self, randomness: Random) -> None:
        self._randomness = randomness
        self._lock = Lock()
        self._orders: list[Order] = []
        self._chances: dict[Mishap, float] = {}
        self.delay_seconds = 2.0

    def next(
        self, mishap: Mishap, *, times: int = 1, endpoint_kind: EndpointKind | None = None, seconds: float = 2.0
    ) -> None:
        """Let a mishap happen to the next `times` notifications; `seconds` is for `delay`."""
        with self._lock:
            self._orders.append(Order(mishap=mishap, times=times, endpoint_kind=endpoint_kind, seconds=seconds))

    def by_chance(self, mishap: Mishap, probability: float) -> None:
        with self._lock:
            self._chances[mishap] = probability

    def clear(self) -> None:
        with self._lock:
            self._orders.clear()
            self._chances.clear()

    def orders(self) -> list[Order]:
        with self._lock:
            return list(self._orders)

    def passage(self, endpoint_kind: EndpointKind) -> Passage:
        with self._lock:
            mishap, seconds = self._mishap(endpoint_kind)
            if mishap == "shuffle":
                return Passage(delays_seconds=(self._randomness.uniform(0, SHUFFLE_SECONDS),), is_shuffled=True)
        passages: dict[Mishap | None, tuple[float, ...]] = {
            None: (0.0,),
            "drop": (),
            "duplicate": (0.0, 0.0),
            "delay": (seconds,),
        }
        return Passage(delays_seconds=passages[mishap])

    def _mishap(self, endpoint_kind: EndpointKind) -> tuple[Mishap | None, float]:
        for order in self._orders:
            if order.endpoint_kind in (None, endpoint_kind):
                order.times -= 1
                self._orders = [kept for kept in self._orders if kept.times > 0]
                return order.mishap, order.seconds
        happened = (name for name, chance in self._chances.items() if self._randomness.random() < chance)
        return next(happened, None), self.delay_seconds
