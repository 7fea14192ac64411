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


def profile(profile_name: str = "acme", /, **changes: str | None) -> Profile:
    values: dict[str, str | None] = {
        "region": "na",
        "environment": "sandbox",
        "public_key_id": "SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B",
        **changes,
    }
    return Profile(profile_name, **values)  # type: ignore[arg-type]
