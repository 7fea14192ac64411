"""Folders of one installation, and profiles in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.store.places import Places
from console.store.profiles import Profile, Profiles


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(config=tmp_path / "config", data=tmp_path / "data")


@pytest.fixture
def profiles(places: Places) -> Profiles:
    return Profiles(places)


def profile(
    profile_name: str = "acme", /, **changes: str | bool | tuple[str, ...] | None
) -> Profile:
    values: dict[str, str | bool | tuple[str, ...] | None] = {
        "region": "na",
        "environment": "sandbox",
        "public_key_id": "SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B",
        **changes,
    }
    return Profile(profile_name, **values)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def a_session_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else's writes to a keyring are waited for, nor hold up anybody's."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
