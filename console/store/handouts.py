"""Profiles as a file to hand out: for a team, without secrets and without places of one machine."""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from console.domain.text import clean_line
from console.store.places import Places, private_folder
from console.store.policies import policy_entry
from console.store.profiles import Profile, Profiles, SettingsError

# Where the key is on one machine. An exported file has none of it, and an imported one may
# not: a file from somebody else must not choose what this machine runs, reads or trusts.
LOCAL: Final = ("key_command", "key_file", "plaintext_keyring")
# What decides where requests go, and who can read them: shown before an import.
ROUTES: Final = ("endpoint", "proxy", "ca_file")
_MOST_BYTES: Final = 1_000_000
_HEADER: Final = "payconsole: profiles without secrets, for `payconsole profile import FILE`."


@dataclass(frozen=True)
class _HandedOut(Places):
    """A file that is read as settings are, by the same rules; `config` is the file itself."""

    @property
    def settings(self) -> Path:
        return self.config


def entry(profile: Profile) -> dict[str, Any]:
    """What is handed out of a profile, by the keys of the settings."""
    names = [field.name for field in fields(Profile)]
    values = {name: getattr(profile, name) for name in names if name not in ("name", *LOCAL)}
    policy = policy_entry(values.pop("policy"))
    found = {name: value for name, value in values.items() if value is not None}
    return {**found, "policy": policy} if policy else found


def handout(profiles: Iterable[Profile]) -> str:
    """The file, as TOML."""
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(_HEADER))
    document["profiles"] = {profile.name: entry(profile) for profile in profiles}
    return tomlkit.dumps(document)


def read_handout(path: Path) -> list[Profile]:
    """The profiles of a file that was handed out, checked as the settings are.

    Raises SettingsError where it is no such file, or holds what an import must not bring.
    """
    shown = clean_line(str(path), 300)
    try:
        _check(shown, _parsed(path))
        found = Profiles(_HandedOut(path, path)).all()
    except OSError as error:
        raise SettingsError(f"{shown}: {error.strerror}.") from None
    except RecursionError:
        raise SettingsError(f"{shown}: it is nested too deep.") from None
    except ValueError as error:  # no TOML, no UTF-8
        raise SettingsError(f"{shown}: {clean_line(str(error), 300)}") from None
    if not found:
        raise SettingsError(f"{shown} holds no profile.")
    return found


def _parsed(path: Path) -> dict[str, Any]:
    if not path.is_file() and path.exists():
        raise SettingsError(f"{clean_line(str(path), 300)} is no file.")
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise SettingsError(f"{clean_line(str(path), 300)} is too large for profiles.")
    return tomllib.loads(data.decode("utf-8"))


def _check(shown: str, document: dict[str, Any]) -> None:
    other = [key for key in document if key != "profiles"]
    if other:
        raise SettingsError(
            f"{shown}: {clean_line(other[0], 100)!r} is no part of such a file: it holds"
            " [profiles.NAME] tables only."
        )
    profiles = document.get("profiles", {})
    if not isinstance(profiles, dict):
        raise SettingsError(f"{shown}: `profiles` must be a table.")
    for name, values in profiles.items():
        local = [key for key in LOCAL if isinstance(values, dict) and key in values]
        if local:
            raise SettingsError(
                f"{shown}: profile {name!r} brings {local[0]}. Where the key is, each machine"
                " chooses for itself: a file from somebody else must not run commands or weaken"
                " the keyring. Remove that line, import it, and set it in the settings."
            )


def check_all_new(places: Places, found: Iterable[Profile]) -> None:
    """Raise SettingsError where one of them has a taken name, or a name that can't be used."""
    for profile in found:
        Profiles(places).check_new(profile)


def add_all(places: Places, found: Iterable[Profile]) -> None:
    """Write new profiles into the settings: all of them in one step, or none."""
    found = list(found)
    check_all_new(places, found)
    private_folder(places.config)
    settings = places.settings.resolve()  # a link stays a link
    with tempfile.TemporaryDirectory(dir=settings.parent, prefix=".import") as folder:
        beside = Places(config=Path(folder), data=places.data)
        if settings.exists():
            beside.settings.write_bytes(settings.read_bytes())
        for profile in found:
            Profiles(beside).add(profile)
        os.replace(beside.settings, settings)
