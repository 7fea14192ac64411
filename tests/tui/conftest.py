"""A stage for each test, and golden files for whole screens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tui.stage import Stage, steady

GOLDENS = Path(__file__).parent / "goldens"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def live_stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path, environment="live")
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(autouse=True)
def _quick_watching(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watching looks after 50 ms instead of two seconds."""
    monkeypatch.setattr("console.actions.watch.FIRST_WAIT", 0.05)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever presses the keys reads in between what a refusal says."""
    monkeypatch.setattr("console.tui.keyboard.PAUSE", 0.0)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a screen with its golden file; PAYCONSOLE_GOLDENS=write renews the files."""

    def compare(name: str, screen: str) -> None:
        path = GOLDENS / f"{name}.txt"
        shown = steady(screen)
        if os.environ.get("PAYCONSOLE_GOLDENS") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(shown, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing: run with PAYCONSOLE_GOLDENS=write"
        assert shown == path.read_text(encoding="utf-8")

    return compare
