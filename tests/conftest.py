"""For every test: asynchronous ones run on asyncio; `--thorough` makes the proofs long ones."""

from __future__ import annotations

import gc

import pytest
from hypothesis import settings

from tests.support.effort import EFFORT, left_out

settings.register_profile("short", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=2_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help="search far longer: every byte, a thousand rounds, thousands of programs",
    )


def pytest_configure(config: pytest.Config) -> None:
    EFFORT.thorough = bool(config.getoption("--thorough"))
    config.addinivalue_line(
        "markers", "each_once: every value of every parameter; all together with --thorough"
    )
    # What a test says itself by @settings(max_examples=…) stands; it can use `budget` for it.
    settings.load_profile("thorough" if EFFORT.thorough else "short")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if EFFORT.thorough:
        return
    out = left_out(items)
    config.hook.pytest_deselected(items=out)
    gone = set(out)
    items[:] = [item for item in items if item not in gone]


def pytest_collection_finish() -> None:
    """What is imported by now is never garbage: looking through it time and again took a sixth
    of the processor's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether this is a thorough run."""
    return bool(pytestconfig.getoption("--thorough"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
