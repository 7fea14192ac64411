"""Profiles: kept in a file that people edit, which is never damaged and never holds a secret."""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.store.places import Places, private_folder, user_places
from console.store.profiles import NoProfile, Profile, Profiles, SettingsError

from .conftest import profile


def written(places: Places) -> dict[str, Any]:
    return tomllib.loads(places.settings.read_text(encoding="utf-8"))


def write(places: Places, text: str) -> str:
    places.config.mkdir(parents=True, exist_ok=True)
    places.settings.write_text(text, encoding="utf-8")
    return text


EDITED = """\
# my accounts
default = "shop"  # the usual one

[profiles.shop]
# key made by Ann in May
region = "eu"
environment = "live"
public_key_id = "LIVE-AFVX7ULWSGBZ5535PCUQOY7B"

[profiles."shop.test"]
region = "eu"
environment = "sandbox"   # for trials
public_key_id = "SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B"
endpoint = "http://127.0.0.1:8080"
merchant_id = "A1O8CIV1A24A6X"
store_name = "Läden & Söhne"
"""


class TestLife:
    def test_the_first_profile_is_the_default_one(self, profiles: Profiles) -> None:
        profiles.add(profile("one"))
        profiles.add(profile("two"))
        assert [p.name for p in profiles.all()] == ["one", "two"]
        assert profiles.default_name() == "one"
        assert profiles.get().name == "one"
        assert profiles.get("two").name == "two"

    def test_every_field_comes_back(self, profiles: Profiles) -> None:
        whole = profile(
            "whole", endpoint="https://pay.example.com", merchant_id="A1", store_name='"x"\n\\'
        )
        profiles.add(whole)
        assert profiles.all() == [whole]

    def test_the_default_can_be_chosen(self, profiles: Profiles) -> None:
        profiles.add(profile("one"))
        profiles.add(profile("two"))
        profiles.set_default("two")
        assert profiles.get().name == "two"
        with pytest.raises(NoProfile):
            profiles.set_default("three")
        assert profiles.get().name == "two"

    def test_removing_the_default_makes_the_next_one_default(self, profiles: Profiles) -> None:
        for name in ("one", "two", "three"):
            profiles.add(profile(name))
        profiles.remove("one")
        assert (profiles.default_name(), len(profiles.all())) == ("two", 2)
        profiles.remove("three")
        assert profiles.default_name() == "two"
        profiles.remove("two")
        assert (profiles.default_name(), profiles.all()) == (None, [])
        profiles.add(profile("four"))
        assert profiles.default_name() == "four"

    def test_a_name_is_used_once(self, profiles: Profiles) -> None:
        profiles.add(profile(region="eu"))
        with pytest.raises(SettingsError, match="already"):
            profiles.add(profile(region="jp"))
        assert profiles.get().region == "eu"

    @pytest.mark.parametrize("name", ["acme", "acme.eu", "a", "9", "Acme_EU-2", "x" * 40])
    def test_names_that_can_be_typed(self, profiles: Profiles, name: str) -> None:
        profiles.add(profile(name))
        profiles.set_default(name)
        assert profiles.get().name == name
        profiles.remove(name)

    @pytest.mark.parametrize(
        "name", ["", " ", "-x", ".x", "a b", "a/b", "../x", "a\nb", "ä", "x" * 41, 'a"b', "a\x1b"]
    )
    def test_names_that_can_not(self, profiles: Profiles, places: Places, name: str) -> None:
        with pytest.raises(SettingsError, match="name"):
            profiles.add(profile(name))
        assert not places.settings.exists()

    def test_no_profile_yet_says_what_to_do(self, profiles: Profiles) -> None:
        for name in (None, "acme"):
            with pytest.raises(NoProfile, match="profile add"):
                profiles.get(name)
        with pytest.raises(NoProfile):
            profiles.remove("acme")

    def test_another_name_says_the_nearest_or_all(self, profiles: Profiles) -> None:
        profiles.add(profile("acme-live"))
        with pytest.raises(NoProfile, match="did you mean 'acme-live'"):
            profiles.get("acme-liv")
        with pytest.raises(NoProfile, match="There are: acme-live"):
            profiles.get("zzz")


class TestFile:
    def test_comments_and_order_survive(self, profiles: Profiles, places: Places) -> None:
        write(places, EDITED)
        profiles.add(profile("third"))
        profiles.set_default("shop.test")
        profiles.remove("shop")
        text = places.settings.read_text(encoding="utf-8")
        for comment in ("# my accounts", "# the usual one", "# for trials"):
            assert comment in text
        assert [p.name for p in profiles.all()] == ["shop.test", "third"]
        assert profiles.default_name() == "shop.test"
        assert profiles.get().store_name == "Läden & Söhne"

    def test_without_a_default_the_first_added_one_becomes_it(
        self, profiles: Profiles, places: Places
    ) -> None:
        write(places, EDITED.replace('default = "shop"  # the usual one\n', ""))
        with pytest.raises(NoProfile, match="--profile"):
            profiles.get()
        profiles.set_default("shop")
        assert written(places)["default"] == "shop", "at the top, not within a table"
        assert profiles.get().name == "shop"

    def test_other_settings_are_left_alone(self, profiles: Profiles, places: Places) -> None:
        write(places, 'theme = "dark"\n\n[keys]\nrefund = "f"\n')
        profiles.add(profile())
        assert written(places)["theme"] == "dark"
        assert written(places)["keys"] == {"refund": "f"}
        assert written(places)["default"] == "acme"

    def test_no_secret_is_in_it(self, profiles: Profiles, places: Places) -> None:
        profiles.add(profile())
        assert set(asdict(profile())) == {
            "name", "region", "environment", "public_key_id", "endpoint", "merchant_id",
            "store_name",
        }  # fmt: skip
        assert "PRIVATE" not in places.settings.read_text(encoding="utf-8")

    @pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
    def test_is_private(self, profiles: Profiles, places: Places) -> None:
        profiles.add(profile())
        assert stat.S_IMODE(places.settings.stat().st_mode) == 0o600
        assert stat.S_IMODE(places.config.stat().st_mode) == 0o700

    def test_a_failed_write_leaves_the_old_file(
        self, profiles: Profiles, places: Places, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        profiles.add(profile())
        before = places.settings.read_bytes()

        def fail(*_: object) -> None:
            raise OSError("disk full")

        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            profiles.add(profile("two"))
        assert places.settings.read_bytes() == before
        assert list(places.config.iterdir()) == [places.settings]

    def test_a_linked_file_stays_a_link(self, profiles: Profiles, places: Places) -> None:
        """People keep their settings in a repository and link to them."""
        real = places.config.parent / "dotfiles.toml"
        write(places, "")
        places.settings.unlink()
        real.write_text(EDITED, encoding="utf-8")
        places.settings.symlink_to(real)
        profiles.set_default("shop.test")
        assert places.settings.is_symlink()
        assert 'default = "shop.test"' in real.read_text(encoding="utf-8")


BROKEN: dict[str, str | None] = {
    "no TOML": 'default = "a" b\n',
    "an open list": "profiles = [",
    "half written": EDITED[:200],
    "a key twice": 'default = "a"\ndefault = "b"\n',
    "not UTF-8": None,
    "profiles is a text": 'profiles = "acme"\n',
    "a profile is a text": '[profiles]\nacme = "na"\n',
    "an unknown key": EDITED.replace("merchant_id", "merchant_di"),
    "a secret in the file": EDITED.replace("merchant_id", "private_key"),
    "a missing key": EDITED.replace('region = "eu"\n', "", 1),
    "a number": EDITED.replace('"A1O8CIV1A24A6X"', "118"),
    "another region": EDITED.replace('region = "eu"', 'region = "us"', 1),
    "another environment": EDITED.replace('environment = "live"', 'environment = "prod"'),
    "default is no text": EDITED.replace('default = "shop"', "default = 5"),
}


class TestBroken:
    """Errors name the file, the key and the nearest; what is broken is never overwritten."""

    # A wrong default can be mended with `profile default`.
    @pytest.fixture(params=sorted(BROKEN.keys() - {"default is no text"}))
    def broken(self, request: pytest.FixtureRequest, places: Places) -> bytes:
        text = BROKEN[request.param]
        write(places, text or "")
        if text is None:
            places.settings.write_bytes(b'default = "\xff\xfe"\n')
        return places.settings.read_bytes()

    def test_is_named_and_left_as_it_is(
        self, profiles: Profiles, places: Places, broken: bytes
    ) -> None:
        for use in (
            lambda: profiles.get(),
            lambda: profiles.add(profile("new")),
            lambda: profiles.remove("shop"),
            lambda: profiles.set_default("shop"),
        ):
            with pytest.raises(SettingsError) as caught:
                use()
            assert str(places.settings) in str(caught.value)
            assert places.settings.read_bytes() == broken

    @pytest.mark.parametrize(
        ("case", "said"),
        [
            ("an unknown key", "'merchant_di'; did you mean 'merchant_id'"),
            ("a secret in the file", "'private_key'"),
            ("a missing key", "'shop' has no region"),
            ("a number", "'shop.test': merchant_id must be a text"),
            ("another region", "'shop': region must be one of na, eu, jp"),
            ("another environment", "'shop': environment must be one of sandbox, live"),
            ("no TOML", "line 1"),
            ("profiles is a text", "`profiles` must be a table"),
            ("a profile is a text", "'acme' must be a table"),
            ("default is no text", "default"),
        ],
    )
    def test_says_what_is_wrong(
        self, profiles: Profiles, places: Places, case: str, said: str
    ) -> None:
        write(places, BROKEN[case] or "")
        with pytest.raises(SettingsError) as caught:
            profiles.get()
        assert said in str(caught.value)

    @pytest.mark.parametrize(
        "wrong", [{"region": "us"}, {"environment": "prod"}, {"region": ""}, {"region": None}]
    )
    def test_a_profile_that_could_not_be_read_again_is_not_written(
        self, profiles: Profiles, places: Places, wrong: dict[str, str | None]
    ) -> None:
        with pytest.raises(SettingsError):
            profiles.add(profile(**wrong))
        assert not places.settings.exists()

    def test_a_folder_in_its_place_is_named(self, profiles: Profiles, places: Places) -> None:
        places.settings.mkdir(parents=True)
        with pytest.raises(SettingsError, match=r"settings\.toml"):
            profiles.get()


texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.builds(
            Profile,
            name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", fullmatch=True),
            region=st.sampled_from(["na", "eu", "jp"]),
            environment=st.sampled_from(["live", "sandbox"]),
            public_key_id=texts,
            endpoint=st.none() | texts,
            merchant_id=st.none() | texts,
            store_name=st.none() | texts,
        ),
        unique_by=lambda p: p.name,
        max_size=4,
    ),
    st.data(),
)
def test_any_profiles_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, made: list[Profile], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("settings")
    kept = Profiles(Places(folder, folder))
    for one in made:
        kept.add(one)
    assert kept.all() == made
    assert kept.default_name() == (made[0].name if made else None)
    if made:
        gone = data.draw(st.sampled_from(made))
        kept.remove(gone.name)
        assert kept.all() == [one for one in made if one != gone]


class TestPlaces:
    def test_two_variables_override_the_platform(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PAYCONSOLE_CONFIG_DIR", str(tmp_path / "c"))
        monkeypatch.setenv("PAYCONSOLE_DATA_DIR", str(tmp_path / "d"))
        found = user_places()
        assert found.settings == tmp_path / "c" / "settings.toml"
        assert found.journal.parent == found.index.parent == tmp_path / "d"

    def test_without_them_the_platform_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PAYCONSOLE_CONFIG_DIR", raising=False)
        monkeypatch.setenv("PAYCONSOLE_DATA_DIR", "")
        found = user_places()
        assert found.config.name == found.data.name == "payconsole"

    @pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
    def test_folders_are_private(self, tmp_path: Path) -> None:
        made = private_folder(tmp_path / "a" / "b")
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
