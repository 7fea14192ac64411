"""A key pair, a simulated Amazon, and a client at it that does not wait long."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from functools import cache

import pytest

from console.amazon import client as wire
from console.amazon.client import AmazonPay
from console.amazon.endpoints import Account
from console.amazon.signing import DEFAULT_ALGORITHM, Signer
from console.keys import make_key
from console.simulator.clock import Clock
from console.simulator.server import SimulatorServer
from console.simulator.stories import story_world
from console.simulator.world import World

Connect = Callable[..., AmazonPay]


signer = cache(Signer)  # reading a key takes 50 ms


@pytest.fixture(scope="session")
def keys() -> tuple[bytes, bytes]:
    """The private and the public half."""
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


@pytest.fixture
def quick_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many attempts of a read, without the waits."""
    monkeypatch.setattr(wire, "READ_WAITS", tuple(0.0 for _ in wire.READ_WAITS))


@pytest.fixture
async def connect(keys: tuple[bytes, bytes], quick_reads: None) -> AsyncIterator[Connect]:
    """Makes clients; closes them afterwards."""
    made: list[AmazonPay] = []

    def client(
        endpoint: str | None,
        *,
        key_id: str = "SANDBOX-AFTESTKEY",
        environment: str = "sandbox",
        region: str = "na",
        algorithm: str = DEFAULT_ALGORITHM,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> AmazonPay:
        account = Account(region, environment, key_id, endpoint)
        made.append(AmazonPay(account, signer(keys[0], key_id, algorithm), now=now))
        return made[-1]

    yield client
    for one in made:
        await one.aclose()
