"""A world that stands still, a server on it, and a shop that can sign."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from console.simulator.clock import Clock
from console.simulator.server import SimulatorServer
from console.simulator.stories import story_world
from console.simulator.world import World

from .client import Shop


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def public_pem(private_key: rsa.RSAPrivateKey) -> bytes:
    public = private_key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def world(public_pem: bytes) -> World:
    """All stories, and a clock that only moves when it is told to."""
    made = story_world(clock=Clock(speed=0))
    made.keys.register(public_pem)
    return made


@pytest.fixture
def server(world: World) -> Iterator[SimulatorServer]:
    started = SimulatorServer(world)
    yield started
    # Stopping takes the server a tenth of a second, for which no test waits.
    threading.Thread(target=started.stop).start()


@pytest.fixture
def shop(server: SimulatorServer, private_key: rsa.RSAPrivateKey) -> Shop:
    return Shop(server.url, private_key)
