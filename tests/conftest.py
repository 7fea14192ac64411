"""For every test: asynchronous ones run on asyncio; `--thorough` makes the proofs long ones."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.support.effort import EFFORT

settings.register_profile("short", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=2_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help="search far longer: every byte, a thousand rounds, thousands of programs",
    )


def pytest_configure(config: pytest.Config) -> None:
    EFFORT.thorough = bool(config.getoption("--thorough"))
    # What a test says itself by @settings(max_examples=…) stands; it can use `budget` for it.
    settings.load_profile("thorough" if EFFORT.thorough else "short")


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether this is a thorough run."""
    return bool(pytestconfig.getoption("--thorough"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
