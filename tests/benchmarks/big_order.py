"""An order of 25 charges and 250 refunds is read within the throttle, and says how far it is.

The simulator enforces the published throttle. The floor is what the throttle itself takes for
the refunds, of which there are most.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from console.domain.ids import parse
from console.domain.limits import THROTTLE
from console.keys import make_key
from console.lookup import Lookup
from console.simulator.stories import Teller
from console.simulator.switches import Switches
from console.simulator.world import World
from console.store.index import Known
from tests.benchmarks.figures import Figure
from tests.benchmarks.served import lookup_at, served

ORDER: Final = "P01-1000001-1000001"
CHARGES: Final = 25
REFUNDS: Final = 10  # of each charge


def world() -> World:
    made = World(switches=Switches(throttling=True))
    teller = Teller(made)
    past = teller.ago(days=5)
    teller.permission(ORDER, "2500.00", past, reference="Big-1")
    for charge in range(CHARGES):
        charge_id = f"{ORDER}-C{charge:06}"
        teller.charge(charge_id, "100.00", past, state="Captured")
        for refund in range(REFUNDS):
            teller.refund(f"{ORDER}-R{charge:03}{refund:03}", charge_id, "1.00", past)
    return made


def measure() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    private, public = make_key()
    told: list[tuple[int, int]] = []
    with served(world, public) as pipe, tempfile.TemporaryDirectory() as folder:
        async with lookup_at(pipe.recv(), private, Path(folder), "live") as lookup:
            await asyncio.to_thread(_learn, lookup)
            started = time.perf_counter()
            order = await lookup.look_up(parse(ORDER), tell=lambda *far: told.append(far))
            took = time.perf_counter() - started
        pipe.send("status")
        statuses = pipe.recv()
    assert (len(order.charges), len(order.refunds)) == (CHARGES, CHARGES * REFUNDS)
    assert order.unread == {}
    live = THROTTLE["get_refund"][0]
    floor = (CHARGES * REFUNDS - live.burst) / live.rate
    return [
        Figure("requests that Amazon turned away with 429", statuses.count(429), 0,
               f"{len(statuses)} requests"),
        Figure("time of the throttle's own", took / floor, 1.15,
               f"{took:.0f} s, the throttle takes {floor:.0f} s,"
               f" progress told {len(told)} times"),
    ]  # fmt: skip


def _learn(lookup: Lookup) -> None:
    lookup._known.learn(list(learned(ORDER, CHARGES, REFUNDS)))


def learned(order: str, charges: int, refunds: int) -> Iterator[Known]:
    """What an index has of an order whose objects were heard of and never read."""
    seen = "2026-01-01T00:00:00Z"
    for charge in range(charges):
        charge_id = f"{order}-C{charge:06}"
        yield Known(charge_id, "charge", order, order, None, None, seen)
        for refund in range(refunds):
            refund_id = f"{order}-R{charge:03}{refund:03}"
            yield Known(refund_id, "refund", charge_id, order, None, None, seen)
