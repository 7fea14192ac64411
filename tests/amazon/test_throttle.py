"""Our own token buckets: the smaller published figures, kept whatever is asked."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.amazon import throttle
from console.amazon.throttle import Throttle

pytestmark = pytest.mark.anyio

# Throttling page, the smaller of the two columns: operation -> (live, sandbox), burst and rate.
SMALLER = {
    "get_charge_permission": ((20, 2), (5, 1)),
    "get_charge": ((20, 2), (5, 1)),
    "get_refund": ((20, 2), (5, 1)),
    "get_checkout_session": ((40, 4), (5, 1)),
    "create_charge": ((10, 1), (2, 1)),
    "capture_charge": ((20, 2), (2, 1)),
    "cancel_charge": ((10, 1), (2, 1)),
    "create_refund": ((10, 1), (2, 1)),
    "update_charge_permission": ((10, 1), (2, 1)),
    "close_charge_permission": ((10, 1), (2, 1)),
    "create_checkout_session": ((40, 4), (2, 1)),
    "update_checkout_session": ((20, 2), (2, 1)),
    "complete_checkout_session": ((20, 2), (2, 1)),
}


class Time:
    """A monotonic clock that sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0, "no wait in circles"
        self.seconds += seconds
        await asyncio.sleep(0)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    quick = SimpleNamespace(sleep=made.sleep, Lock=asyncio.Lock)
    monkeypatch.setattr(throttle, "asyncio", quick)
    return made


@pytest.mark.parametrize("environment", ["live", "sandbox"])
@pytest.mark.parametrize("operation", SMALLER)
async def test_burst_but_one_then_rate(time: Time, operation: str, environment: str) -> None:
    """One token stays unused, for requests that overtake each other on the way."""
    burst, rate = SMALLER[operation][0 if environment == "live" else 1]
    burst -= 1
    bucket = Throttle(environment, time.now)
    waits = [await bucket.take(operation) for _ in range(burst + 4)]
    assert waits[:burst] == [0.0] * burst
    assert waits[burst:] == pytest.approx([1 / rate] * 4)


async def test_a_rested_bucket_is_full_and_not_fuller(time: Time) -> None:
    bucket = Throttle("sandbox", time.now)
    for _ in range(4):
        await bucket.take("get_charge")
    time.seconds += 3600
    assert [await bucket.take("get_charge") for _ in range(5)] == [0, 0, 0, 0, 1]


async def test_operations_do_not_share(time: Time) -> None:
    bucket = Throttle("sandbox", time.now)
    for operation in SMALLER:
        assert await bucket.take(operation) == 0


async def test_first_come_first_served(time: Time) -> None:
    bucket = Throttle("sandbox", time.now)
    served: list[int] = []

    async def take(number: int) -> None:
        await bucket.take("create_refund")
        served.append(number)

    await asyncio.gather(*(take(number) for number in range(10)))
    assert served == list(range(10))
    assert time.seconds == pytest.approx(1009)


async def test_who_gives_up_takes_no_token(time: Time) -> None:
    bucket = Throttle("sandbox", time.now)
    await bucket.take("create_refund")
    waiting = asyncio.create_task(bucket.take("create_refund"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    time.seconds += 10
    assert [await bucket.take("create_refund") for _ in range(2)] == [0, 1]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_no_window_of_time_sees_more_than_burst_and_rate(pauses: list[float]) -> None:
    time = Time()
    bucket = Throttle("sandbox", time.now)

    async def run() -> list[float]:
        taken = []
        for pause in pauses:
            time.seconds += pause
            while (missing := bucket._missing("get_charge")) > 0:
                time.seconds += missing
            await bucket.take("get_charge")
            taken.append(time.seconds)
        return taken

    taken = asyncio.run(run())
    for first, since in enumerate(taken):
        for count, until in enumerate(taken[first:], start=1):
            assert count <= 5 + (until - since) * 1 + 1e-6
