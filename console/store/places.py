"""Where settings and data are, as each platform wants it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The two folders of an installation. Both are private to the user."""

    config: Path
    data: Path

    @property
    def settings(self) -> Path:
        return self.config / "settings.toml"

    @property
    def journal(self) -> Path:
        return self.data / "journal.sqlite"

    @property
    def index(self) -> Path:
        return self.data / "index.sqlite"

    @property
    def desk(self) -> Path:
        return self.data / "desk.sqlite"


def user_places() -> Places:
    """The platform's places; PAYCONSOLE_CONFIG_DIR and PAYCONSOLE_DATA_DIR override them."""
    from platformdirs import user_config_path, user_data_path

    config = os.environ.get("PAYCONSOLE_CONFIG_DIR")
    data = os.environ.get("PAYCONSOLE_DATA_DIR")
    return Places(
        config=Path(config) if config else user_config_path("payconsole", appauthor=False),
        data=Path(data) if data else user_data_path("payconsole", appauthor=False),
    )


def private_folder(path: Path) -> Path:
    """Make `path` and its parents, `path` itself for this user only; returns it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path
