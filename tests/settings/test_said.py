"""What is wrong with settings and keys, in the language of the reader."""

from __future__ import annotations

import pytest

from console.store import remedies
from console.store.places import Places
from console.store.profiles import Profiles, SettingsError
from tests.support.capitals import capitals

from .conftest import profile

WRONG = {
    "region": ('"us"', "MUST BE ONE OF na, eu, jp."),
    "colour": ("7", "MUST BE A TEXT IN QUOTES."),
    "proxy": ('"socks5://p:1"', "MUST BE LIKE HTTP://PROXY.EXAMPLE:3128"),
    "key_command": ('"op read"', "MUST BE A LIST OF TEXTS"),
    "plaintext_keyring": ('"yes"', "MUST BE TRUE OR FALSE."),
    "colr": ('"blue"', "'colr'; DID YOU MEAN 'colour'?"),
    "store_name": (r'"a\u001b[2J"', "HAS HIDDEN CHARACTERS"),
    "merchant_id": ('"-----BEGIN PRIVATE KEY-----"', "IS A PRIVATE KEY."),
    "read_only": ("true", "MUST STAND UNDER [profiles.acme.policy]."),
    "policy": ("{ cooling_seconds = 5000 }", "MUST BE WHOLE SECONDS FROM 0 TO 3600"),
}


@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_value_is_told_by_its_key(places: Places, profiles: Profiles, key: str) -> None:
    value, said = WRONG[key]
    kept = {"region": '"na"', "environment": '"sandbox"', "public_key_id": '"SANDBOX-A"'}
    lines = "\n".join(f"{name} = {text}" for name, text in {**kept, key: value}.items())
    places.config.mkdir(parents=True)
    places.settings.write_text(f"[profiles.acme]\n{lines}\n", encoding="utf-8")
    with capitals(), pytest.raises(SettingsError) as caught:
        profiles.all()
    assert said in str(caught.value)
    assert f"{places.settings}: PROFILE 'acme'" in str(caught.value)
    assert caught.value.key == key


def test_a_taken_name_is_told_by_its_key(profiles: Profiles) -> None:
    profiles.add(profile("acme"))
    for name in ("acme", "a b"):
        with pytest.raises(SettingsError) as caught:
            profiles.check_new(profile(name))
        assert caught.value.key == "name"


@pytest.mark.parametrize("place", ["macos", "windows", "wsl", "ssh", "desktop", "server"])
def test_of_a_remedy_only_the_command_stays_as_it_is(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remedies, "place", lambda: place)

    class KeyringLocked(Exception):
        pass

    class NoKeyringError(Exception):
        pass

    def told() -> list[str]:
        errors = (KeyringLocked(), NoKeyringError(), ValueError())
        return [remedies.no_keyring(), remedies.no_answer(), *map(remedies.trouble, errors)]

    with capitals():
        loud = told()
    for text, english in zip(loud, told(), strict=True):
        assert text.casefold() == english.casefold()
        before, command, after = text.partition("`dbus-run-session")
        rest = before + after.partition("exec payconsole'`")[2]
        assert rest == rest.upper()
        assert bool(command) == ("`dbus-run-session" in english)
