"""What a user of the console has: a profile with its key, an index, and Amazon Pay (simulated)."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.amazon.throttle import Throttle
from console.domain.ids import parse
from console.keys import make_key
from console.simulator.stories import Teller, story_world
from console.simulator.switches import Switches
from console.simulator.world import World
from console.store.places import Places
from console.store.profiles import Profile, Profiles
from tests.benchmarks.big_order import learned
from tests.benchmarks.served import lookup_at, served

ORDER: Final = "S01-1000001-1000001"
CHARGES: Final = 25
REFUNDS: Final = 9  # of each charge: 250 transactions
STALLED: Final = "*:delay:600:xalways"  # every request hangs


def world() -> World:
    """The stories, and an order of 250 transactions."""
    made = story_world(switches=Switches(throttling=False))
    tell_big_order(Teller(made))
    return made


def tell_big_order(teller: Teller) -> None:
    past = teller.ago(days=5)
    teller.permission(ORDER, "2500.00", past, reference="Big-1")
    for charge in range(CHARGES):
        charge_id = f"{ORDER}-C{charge:06}"
        teller.charge(charge_id, "100.00", past, state="Captured")
        for refund in range(REFUNDS):
            teller.refund(f"{ORDER}-R{charge:03}{refund:03}", charge_id, "1.00", past)


@dataclass(frozen=True)
class Installed:
    """The places of a user, and the environment that leads a program there."""

    places: Places

    @property
    def env(self) -> dict[str, str]:
        folder = str(self.places.config)
        return {"PAYCONSOLE_CONFIG_DIR": folder, "PAYCONSOLE_DATA_DIR": folder}


@contextmanager
def installed(*faults: str) -> Iterator[Installed]:
    """An installation whose one profile is at a simulator with these faults.

    The order of 250 transactions was looked up there before, without them.
    """
    private, public = make_key()
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder), Path(folder))
        with served(world, public) as pipe:
            asyncio.run(_look_up_before(pipe.recv(), private, Path(folder)))
        key = Path(folder) / "key.pem"
        key.touch(0o600)
        key.write_bytes(private)
        with served(world, public, *faults) as pipe:
            Profiles(places).add(_profile(pipe.recv(), key))
            yield Installed(places)


def _profile(url: str, key: Path) -> Profile:
    """Its key comes from a command, so that no keyring is needed, nor touched."""
    command = (sys.executable, "-c", f"print(open({str(key)!r}).read())")
    return Profile("bench", "na", "sandbox", "SANDBOX-BENCHMARK", url, store_name="Acme Store",
                   key_command=command)  # fmt: skip


async def _look_up_before(url: str, key: bytes, folder: Path) -> None:
    async with lookup_at(url, key, folder, "sandbox") as lookup:
        # A thousand times as fast: the throttle is measured elsewhere.
        lookup._client._throttle = Throttle("sandbox", lambda: time.monotonic() * 1000)
        lookup._known.learn(list(learned(ORDER, CHARGES, REFUNDS)))
        order = await lookup.look_up(parse(ORDER))
    assert len(order.charges) + len(order.refunds) == CHARGES * (1 + REFUNDS)
    assert order.unread == {}
