"""A desk at a simulated Amazon: what it reads is counted, and how deep answers depend."""

from __future__ import annotations

import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from console.amazon import client as wire
from console.amazon.client import AmazonPay, Answer
from console.amazon.endpoints import Account
from console.amazon.signing import Parameters, Signer
from console.domain.ids import Target, identify
from console.domain.order import Order
from console.keys import make_key
from console.lookup import Lookup
from console.simulator.clock import Clock
from console.simulator.server import SimulatorServer
from console.simulator.stories import story_world
from console.simulator.world import World
from console.store.index import KnownIds
from console.store.journal import Journal


class _NoThrottle:
    async def take(self, operation: str) -> float:
        return 0.0


@dataclass
class Desk:
    """One console's lookup, with a count of what it asked for.

    `rounds` is the longest chain of requests of which each was begun after the end of the one
    before it.
    """

    lookup: Lookup
    client: AmazonPay
    known: KnownIds
    journal: Journal
    folder: Path
    asked: list[str] = field(default_factory=list)
    rounds: int = 0

    async def look(self, text: str, *also: str) -> Order:
        self.asked, self.rounds = [], 0
        found = await self.lookup.resolve(text)
        return await self.lookup.look_up(found.best, also)

    def forget(self) -> None:
        """An index that knows nothing yet."""
        self.known.close()
        self.known = KnownIds(self.folder / f"index-{uuid.uuid4().hex}.sqlite")
        self.lookup = Lookup(self.client, self.known, self.journal)

    def count(self) -> None:
        """Watch the client's reads."""
        real = self.client.get
        ended = 0

        async def get(target: Target, query: Parameters | None = None) -> Answer:
            nonlocal ended
            self.asked.append(target.id)
            mine = ended + 1
            self.rounds = max(self.rounds, mine)
            try:
                return await real(target, query)
            finally:
                ended = max(ended, mine)

        def reset() -> None:
            nonlocal ended
            ended = 0

        self.client.get = get  # type: ignore[method-assign]
        self.reset = reset

    reset: Callable[[], None] = lambda: None

    async def fresh_look(self, text: str, *also: str) -> Order:
        self.reset()
        return await self.look(text, *also)


signer = cache(Signer)  # reading a key takes 50 ms


@pytest.fixture(scope="session")
def keys() -> tuple[bytes, bytes]:
    return make_key()


@pytest.fixture
def world(keys: tuple[bytes, bytes]) -> World:
    made = story_world(clock=Clock(speed=0))
    made.keys.register(keys[1])
    return made


@pytest.fixture
def url(world: World) -> Iterator[str]:
    server = SimulatorServer(world)
    yield server.url
    threading.Thread(target=server.stop).start()  # takes a tenth of a second: nobody waits


Sit = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def sit(
    keys: tuple[bytes, bytes], tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sit]:
    """Makes desks; the same folder is the same memory."""
    monkeypatch.setattr(wire, "READ_WAITS", (0.0, 0.0, 0.0, 0.0))
    made: list[Desk] = []

    async def desk(
        environment: str = "sandbox", folder: str = "one", endpoint: str | None = None
    ) -> Desk:
        key_id = f"{environment.upper()}-DESK"
        account = Account("na", environment, key_id, endpoint or url)
        client = AmazonPay(account, signer(keys[0], key_id))
        client._throttle = _NoThrottle()  # type: ignore[assignment]
        place = tmp_path / folder
        known = KnownIds(place / "index.sqlite")
        journal = Journal(place / "journal.sqlite", "tester")
        made.append(Desk(Lookup(client, known, journal), client, known, journal, place))
        made[-1].count()
        return made[-1]

    yield desk
    for one in made:
        await one.client.aclose()
        one.known.close()
        one.journal.close()


@pytest.fixture
async def desk(sit: Sit) -> Desk:
    return await sit()


def all_ids() -> list[tuple[str, str]]:
    """(an id, the order that it must lead to) for everything that the stories hold."""
    world = story_world(clock=Clock(speed=0))
    found: list[tuple[str, str]] = []
    charges = {c: h.latest.permission_id for c, h in world.charges.items()}
    found += [(permission, permission) for permission in world.permissions]
    found += list(charges.items())
    found += [(f"{c[:20]}A{c[21:]}", permission) for c, permission in charges.items()]
    found += [(r, charges[h.latest.charge_id]) for r, h in world.refunds.items()]
    found += [(d, charges[h.latest.charge_id]) for d, h in world.disputes.items()]
    found += [(s, h.latest.permission_id or s) for s, h in world.sessions.items()]
    assert all(identify(text) for text, _ in found)
    return sorted(found)
