"""Profiles: the accounts and environments of this user, in a TOML file that people may edit.

No secret is ever in it; comments survive our changes.
"""

from __future__ import annotations

import difflib
import os
import re
import tempfile
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from console.domain.policy import Policy
from console.domain.text import clean_line
from console.store.places import Places, private_folder
from console.store.policies import (
    POLICY_KEYS,
    PolicyUnreadable,
    example,
    policy_entry,
    read_policy,
)

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_REQUIRED: Final = ("region", "environment", "public_key_id")
_OPTIONAL: Final = ("endpoint", "merchant_id", "store_name")
_POLICY: Final = "policy"
_VALUES: Final = {"region": ("na", "eu", "jp"), "environment": ("sandbox", "live")}


class SettingsError(Exception):
    """Settings that can't be used; names the file, the key and what would be right."""


class NoProfile(SettingsError):
    """There is no such profile, or none at all."""


@dataclass(frozen=True)
class Profile:
    """One account in one environment."""

    name: str
    region: str
    environment: str
    public_key_id: str
    endpoint: str | None = None
    merchant_id: str | None = None
    store_name: str | None = None
    policy: Policy = field(default_factory=Policy)

    @property
    def title(self) -> str:
        return self.store_name or self.name


class Profiles:
    """The profiles in one settings file."""

    def __init__(self, places: Places) -> None:
        self._file = places.settings

    def all(self) -> list[Profile]:
        table = self._read().get("profiles", {})
        if not isinstance(table, dict):
            raise SettingsError(f"{self._file}: `profiles` must be a table.")
        return [self._profile(name, entry) for name, entry in table.items()]

    def default_name(self) -> str | None:
        name = self._read().get("default")
        if name is not None and not isinstance(name, str):
            raise SettingsError(f"{self._file}: default must be a profile's name in quotes.")
        return name

    def get(self, name: str | None = None) -> Profile:
        """The profile `name`, or the default one. Raises NoProfile with the next step."""
        known = {profile.name: profile for profile in self.all()}
        wanted = name or self.default_name()
        if not known:
            raise NoProfile(
                "There is no profile yet. Add one with `payconsole profile add`,"
                " or try `payconsole demo`."
            )
        if wanted is None:
            raise NoProfile("No profile is the default one. Name one with --profile.")
        if wanted not in known:
            raise NoProfile(f"There is no profile {wanted!r}{_nearest(wanted, list(known))}")
        return known[wanted]

    def check_new(self, profile: Profile) -> None:
        """Raise SettingsError where a name or value can't be used, or the name is taken."""
        if not _NAME.fullmatch(profile.name):
            raise SettingsError("A profile's name has letters, digits, dot, dash or underscore.")
        if profile.name in {known.name for known in self.all()}:
            raise SettingsError(f"There is a profile {profile.name!r} already. Remove it first.")
        self._profile(profile.name, _entry(profile))  # what can't be read again isn't written

    def add(self, profile: Profile) -> None:
        """Write a new profile; the first one becomes the default."""
        self.check_new(profile)
        document = self._document()
        profiles = document.setdefault("profiles", {})
        profiles[profile.name] = _table(profile)
        document.setdefault("default", profile.name)
        self._write(document)

    def remove(self, name: str) -> None:
        self.get(name)
        document = self._document()
        del document["profiles"][name]
        if document.get("default") == name:
            del document["default"]
            remaining = list(document["profiles"])
            if remaining:
                document["default"] = remaining[0]
        self._write(document)

    def set_default(self, name: str) -> None:
        self.get(name)
        document = self._document()
        document["default"] = name
        self._write(document)

    def _profile(self, name: str, entry: object) -> Profile:
        if not isinstance(entry, dict):
            raise SettingsError(f"{self._file}: profile {name!r} must be a table.")
        for key, value in entry.items():
            self._check(name, key, value)
        missing = [key for key in _REQUIRED if key not in entry]
        if missing:
            raise SettingsError(f"{self._file}: profile {name!r} has no {missing[0]}.")
        texts = {key: value for key, value in entry.items() if key != _POLICY}
        return Profile(name=name, **texts, policy=self._policy(name, entry))

    def _policy(self, name: str, entry: dict[str, Any]) -> Policy:
        where = clean_line(f"{_section(name)} in {self._file}")
        try:
            return read_policy(entry.get(_POLICY, {}), where)
        except PolicyUnreadable as error:
            raise SettingsError(f"{self._file}: profile {name!r}: {error}") from None

    def _check(self, name: str, key: str, value: object) -> None:
        place = f"{self._file}: profile {name!r}"
        known = [*_REQUIRED, *_OPTIONAL, _POLICY]
        if key in POLICY_KEYS:
            raise SettingsError(f"{place}: {key} must stand under {_section(name)}.")
        if key not in known:
            raise SettingsError(f"{place} has an unknown key {key!r}{_nearest(key, known)}")
        if key == _POLICY:
            return
        if not isinstance(value, str):
            raise SettingsError(f"{place}: {key} must be a text in quotes.")
        allowed = _VALUES.get(key)
        if allowed and value not in allowed:
            raise SettingsError(f"{place}: {key} must be one of {', '.join(allowed)}.")

    def _read(self) -> dict[str, Any]:
        try:
            text = self._file.read_text(encoding="utf-8")
            return tomllib.loads(text, parse_float=_exact)
        except FileNotFoundError:
            return {}
        except (ValueError, OSError) as error:  # no TOML, no UTF-8, a number without end
            raise SettingsError(f"{self._file}: {error}") from error

    def _document(self) -> Any:
        import tomlkit

        self._read()  # a broken file is reported, never overwritten
        if not self._file.exists():
            document = tomlkit.document()
            document.add(tomlkit.comment("payconsole: profiles. Secrets are in the keyring."))
            return document
        return tomlkit.parse(self._file.read_text(encoding="utf-8"))

    def _write(self, document: Any) -> None:
        import tomlkit

        private_folder(self._file.parent)
        _replace(self._file, tomlkit.dumps(document))


def _entry(profile: Profile) -> dict[str, Any]:
    """What the file holds of a profile; without a policy where it is the default one."""
    texts = {key: getattr(profile, key) for key in (*_REQUIRED, *_OPTIONAL)}
    entry = {key: value for key, value in texts.items() if value is not None}
    policy = policy_entry(profile.policy)
    return {**entry, _POLICY: policy} if policy else entry


def _table(profile: Profile) -> Any:
    """The same as it is written: limits in one line; an example where there is no policy."""
    import tomlkit

    entry = _entry(profile)
    policy = entry.pop(_POLICY, None)
    table = tomlkit.table()
    table.update(entry)
    if policy is None:
        table.add(tomlkit.nl())
        for line in example(_key(profile.name), profile.region):
            table.add(tomlkit.comment(line))
        return table
    table[_POLICY] = tomlkit.table()
    for key, value in policy.items():
        table[_POLICY][key] = tomlkit.inline_table() if isinstance(value, dict) else value
        if isinstance(value, dict):
            table[_POLICY][key].update(value)
    return table


def _key(name: str) -> str:
    """`name` as TOML writes it in the name of a table."""
    return name if _BARE_KEY.fullmatch(name) else f'"{name}"'


def _section(name: str) -> str:
    return clean_line(f"[profiles.{_key(name)}.{_POLICY}]")


def _exact(number: str) -> Decimal:
    """A number with a fraction as it is written, so that an amount without quotes is exact."""
    try:
        return Decimal(number)
    except InvalidOperation:
        raise ValueError(f"{number} is no usable number") from None


def _replace(path: Path, text: str) -> None:
    """Write the whole file or leave the old one: never half of it. A link stays a link."""
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f". There are: {', '.join(known)}."
