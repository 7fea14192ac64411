"""Profiles: the accounts and environments of this user, in a TOML file that people may edit.

No secret is ever in it; comments survive our changes.
"""

from __future__ import annotations

import difflib
import os
import re
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from console.domain.colours import COLOURS
from console.domain.language import N_, _, together
from console.domain.policy import Policy
from console.domain.text import clean_line, has_hidden
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
_OPTIONAL: Final = ("endpoint", "merchant_id", "store_name", "colour", "proxy", "ca_file")
# Where the key is, if not in the keyring. Each machine chooses for itself: never exported.
_KEY_PLACES: Final = ("key_command", "key_file", "plaintext_keyring")
_POLICY: Final = "policy"
_SETTINGS: Final = ("default", "lock_after_minutes", "screen", "profiles")
_VALUES: Final = {
    "region": ("na", "eu", "jp"),
    "environment": ("sandbox", "live"),
    "colour": COLOURS,
}
LOCK_MINUTES: Final = 15.0


def _is_command(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)


def _is_proxy(value: object) -> bool:
    """As httpx knows them; a user or a password in it would be a secret in the settings."""
    return isinstance(value, str) and bool(_PROXY.fullmatch(value))


# Values that are more than one of a few texts: what they have to be, and what is said of others.
_PROXY: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/?")
_FORMS: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "key_command": (
        _is_command,
        N_(
            '{file}: profile {profile}: {key} must be a list of texts, like ["op", "read",'
            ' "op://…"].'
        ),
    ),
    "plaintext_keyring": (
        lambda value: isinstance(value, bool),
        N_("{file}: profile {profile}: {key} must be true or false."),
    ),
    "proxy": (
        _is_proxy,
        N_(
            "{file}: profile {profile}: {key} must be like http://proxy.example:3128, without a"
            " user or a password."
        ),
    ),
}


class SettingsError(Exception):
    """Settings that can't be used; names the file, the key and what would be right.

    `hint` is the next step where the message doesn't say it, `key` the key of a profile that is
    wrong, where it is one.
    """

    def __init__(self, message: str, hint: str | None = None, key: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.key = key


class NoProfile(SettingsError):
    """There is no such profile, or none at all."""


@dataclass(frozen=True)
class Profile:
    """One account in one environment.

    `colour` tints its title bar. `proxy` and `ca_file` are used for its requests instead of
    what the environment says. `key_command` prints the key, `key_file` is an encrypted one, and
    `plaintext_keyring` allows a keyring that stores secrets as plain text; without these the key
    is in the operating system's keyring.
    """

    name: str
    region: str
    environment: str
    public_key_id: str
    endpoint: str | None = None
    merchant_id: str | None = None
    store_name: str | None = None
    colour: str | None = None
    proxy: str | None = None
    ca_file: str | None = None
    key_command: tuple[str, ...] | None = None
    key_file: str | None = None
    plaintext_keyring: bool = False
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
            raise SettingsError(_("{file}: `profiles` must be a table.", file=self._file))
        return [self._profile(name, entry) for name, entry in table.items()]

    def default_name(self) -> str | None:
        name = self._read().get("default")
        if name is not None and not isinstance(name, str):
            raise SettingsError(
                _("{file}: default must be a profile's name in quotes.", file=self._file)
            )
        return name

    def get(self, name: str | None = None) -> Profile:
        """The profile `name`, or the default one. Raises NoProfile with the next step."""
        known = {profile.name: profile for profile in self.all()}
        wanted = name or self.default_name()
        if not known:
            raise NoProfile(
                together(
                    _("There is no profile yet."),
                    _("Add one with `payconsole profile add`, or try `payconsole demo`."),
                )
            )
        if wanted is None:
            raise NoProfile(
                together(_("No profile is the default one."), _("Name one with --profile."))
            )
        if wanted not in known:
            raise NoProfile(_nearest(wanted, list(known), *_NO_PROFILE))
        return known[wanted]

    def check_new(self, profile: Profile) -> None:
        """Raise SettingsError where a name or value can't be used, or the name is taken."""
        if not _NAME.fullmatch(profile.name):
            raise SettingsError(
                _("A profile's name has letters, digits, dot, dash or underscore."), key="name"
            )
        if profile.name in {known.name for known in self.all()}:
            raise SettingsError(
                _(
                    "There is a profile {profile} already. Remove it first.",
                    profile=repr(profile.name),
                ),
                key="name",
            )
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

    def change(self, name: str, **values: str) -> Profile:
        """Write other values of a profile, as one step; returns the profile as it is now."""
        changed = replace(self.get(name), **values)  # type: ignore[arg-type]
        self._profile(name, _entry(changed))  # what can't be read again isn't written
        document = self._document()
        document["profiles"][name].update(values)
        self._write(document)
        return changed

    def lock_minutes(self) -> float:
        """After how many idle minutes the screen locks itself; 0 never."""
        minutes = self._read().get("lock_after_minutes", LOCK_MINUTES)
        if isinstance(minutes, bool) or not isinstance(minutes, int | float | Decimal):
            raise SettingsError(_("{file}: lock_after_minutes must be a number.", file=self._file))
        if not 0 <= minutes <= 1440:
            raise SettingsError(
                _("{file}: lock_after_minutes must be from 0 to 1440.", file=self._file)
            )
        return float(minutes)

    def change_lock_minutes(self, minutes: float | None) -> None:
        """Write after how many idle minutes it locks itself; None takes it out of the file."""
        document = self._document()
        if minutes is not None:
            document["lock_after_minutes"] = int(minutes) if minutes == int(minutes) else minutes
        elif "lock_after_minutes" in document:
            del document["lock_after_minutes"]
        self._write(document)

    def screen(self) -> object:
        """What stands under `[screen]`, as it was parsed; `screen_settings` reads it."""
        return self._read().get("screen", {})

    def change_screen(self, path: tuple[str, ...], value: object) -> None:
        """Write one entry under `[screen]`, of the tables on its way; None takes it out."""
        document = self._document()
        *way, name = ("screen", *path)
        table = document
        for step in way:
            if not isinstance(table.get(step), dict):
                table[step] = {}
            table = table[step]
        first, _dot, rest = name.partition(".")
        if rest and isinstance(table.get(first), dict):  # written as `action.refund = "R"`
            table, name = table[first], rest
        if value is not None:
            table[name] = value
        elif name in table:
            del table[name]
        self._write(document)

    def _profile(self, name: str, entry: object) -> Profile:
        at = {"file": self._file, "profile": repr(name)}
        if _cant_be_shown(name):
            raise SettingsError(_("{file}: the name {profile} has hidden characters.", **at))
        if not isinstance(entry, dict):
            raise SettingsError(_("{file}: profile {profile} must be a table.", **at))
        for key, value in entry.items():
            self._check(name, key, value)
        missing = [key for key in _REQUIRED if key not in entry]
        if missing:
            raise SettingsError(
                _("{file}: profile {profile} has no {key}.", key=missing[0], **at), key=missing[0]
            )
        values = {key: value for key, value in entry.items() if key != _POLICY}
        if "key_command" in values:
            values["key_command"] = tuple(values["key_command"])
        if len(values.keys() & set(_KEY_PLACES)) > 1:
            keys = ", ".join(_KEY_PLACES)
            raise SettingsError(
                _("{file}: profile {profile} may have one of {keys}.", keys=keys, **at)
            )
        return Profile(name=name, **values, policy=self._policy(name, entry))

    def _policy(self, name: str, entry: dict[str, Any]) -> Policy:
        where = clean_line(_("{section} in {file}", section=_section(name), file=self._file))
        try:
            return read_policy(entry.get(_POLICY, {}), where)
        except PolicyUnreadable as error:
            said = _(
                "{file}: profile {profile}: {why}", file=self._file, profile=repr(name), why=error
            )
            raise SettingsError(said, key=_POLICY) from None

    def _check(self, name: str, key: str, value: object) -> None:
        at = {"file": self._file, "profile": repr(name), "key": key}
        known = [*_REQUIRED, *_OPTIONAL, *_KEY_PLACES, _POLICY]
        if key in POLICY_KEYS:
            raise SettingsError(
                _(
                    "{file}: profile {profile}: {key} must stand under {section}.",
                    section=_section(name),
                    **at,
                ),
                key=key,
            )
        if key not in known:
            raise SettingsError(_nearest(key, known, *_UNKNOWN_KEY, **at), key=key)
        if key == _POLICY:
            return
        # The value isn't repeated: it obeys nobody's rules, and may be a secret.
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and _cant_be_shown(text) for text in texts):
            raise SettingsError(_(_HIDDEN, **at), key=key)
        if any(isinstance(text, str) and "PRIVATE KEY" in text for text in texts):
            raise SettingsError(_(_SECRET, **at), key=key)
        if key in _FORMS:
            fits, otherwise = _FORMS[key]
            if not fits(value):
                raise SettingsError(_(otherwise, **at), key=key)
            return
        if not isinstance(value, str):
            raise SettingsError(
                _("{file}: profile {profile}: {key} must be a text in quotes.", **at), key=key
            )
        allowed = _VALUES.get(key)
        if allowed and value not in allowed:
            raise SettingsError(_(_ONE_OF, allowed=", ".join(allowed), **at), key=key)

    def _read(self) -> dict[str, Any]:
        try:
            text = self._file.read_text(encoding="utf-8")
            found = tomllib.loads(text, parse_float=_exact)
        except FileNotFoundError:
            return {}
        except (ValueError, OSError) as error:  # no TOML, no UTF-8, a number without end
            raise SettingsError(f"{self._file}: {error}") from error
        for key in found:
            if key not in _SETTINGS:
                raise SettingsError(_nearest(key, list(_SETTINGS), *_NO_SETTING, file=self._file))
        return found

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


def _cant_be_shown(text: str) -> bool:
    return has_hidden(text) or "\n" in text


def _entry(profile: Profile) -> dict[str, Any]:
    """What the file holds of a profile; without a policy where it is the default one."""
    values = {key: getattr(profile, key) for key in (*_REQUIRED, *_OPTIONAL, *_KEY_PLACES)}
    if profile.key_command is not None:
        values["key_command"] = list(profile.key_command)
    entry = {key: value for key, value in values.items() if value not in (None, False)}
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
        raise ValueError(_("{number} is no usable number", number=number)) from None


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


# What is said of a word that isn't known: with the one that it is like, and where there is none.
_NO_PROFILE: Final = (
    N_("There is no profile {word}; did you mean {nearest}?"),
    N_("There is no profile {word}. There are: {known}."),
)
_UNKNOWN_KEY: Final = (
    N_("{file}: profile {profile} has an unknown key {word}; did you mean {nearest}?"),
    N_("{file}: profile {profile} has an unknown key {word}. There are: {known}."),
)
_NO_SETTING: Final = (
    N_("{file}: there is no setting {word}; did you mean {nearest}?"),
    N_("{file}: there is no setting {word}. There are: {known}."),
)
# What is said of a value of any key.
_HIDDEN: Final = N_(
    "{file}: profile {profile}: {key} has hidden characters: line breaks, or what a terminal obeys."
)
_SECRET: Final = N_("{file}: profile {profile}: {key} is a private key. Secrets are no settings.")
_ONE_OF: Final = N_("{file}: profile {profile}: {key} must be one of {allowed}.")


def _nearest(word: str, known: list[str], like: str, unlike: str, /, **values: object) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return _(like, word=repr(word), nearest=repr(close[0]), **values)
    return _(unlike, word=repr(word), known=", ".join(known), **values)
