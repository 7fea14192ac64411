"""Profiles: kept in a file that people edit, which is never damaged and never holds a secret."""

from __future__ import annotations

import argparse
import json
import os
import stat
import tomllib
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.cli.output import Output
from console.cli.profile import run_show
from console.domain.money import exponent
from console.domain.policy import LIMITS, Policy, action_names
from console.domain.text import has_hidden
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
            "whole", endpoint="https://pay.example.com", merchant_id="A1", store_name='"x" \\'
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
        write(places, "lock_after_minutes = 5\n")
        profiles.add(profile())
        assert written(places)["lock_after_minutes"] == 5
        assert written(places)["default"] == "acme"

    def test_no_secret_is_in_it(self, profiles: Profiles, places: Places) -> None:
        profiles.add(profile())
        assert set(asdict(profile())) == {
            "name", "region", "environment", "public_key_id", "endpoint", "merchant_id",
            "store_name", "colour", "proxy", "ca_file", "key_command", "key_file",
            "plaintext_keyring", "policy",
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
    "a number without end": EDITED + "wide = 1e99999999999999999999\n",
    "a policy is a text": EDITED + 'policy = "read-only"\n',
    "a policy that can't be used": EDITED + "[profiles.shop.policy]\nread_only = 1\n",
    "a policy's key outside of it": EDITED + "read_only = true\n",
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
            ("a number without end", "1e99999999999999999999 is no usable number"),
            ("a policy is a text", "'shop.test': policy must be a table"),
            ("a policy that can't be used", "'shop': policy.read_only must be true or false"),
            (
                "a policy's key outside of it",
                "'shop.test': read_only must stand under [profiles.\"shop.test\".policy]",
            ),
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


POLICY = """
[profiles.shop.policy]  # agreed with Ann
# A guard against mistakes.
read_only = false
actions = ["refund", "capture"]          # no cancelling
max_per_action = { USD = "100.00", JPY = "10000" } # for now
max_per_day = { USD = "1000" }
max_per_operator_and_day = { USD = 300.50 }
require_reason = true
require_ticket = false
above_captured = false
cooling_seconds = 5
"""
READ = Policy(
    actions=frozenset({"refund", "capture"}),
    max_per_action={"USD": Decimal("100.00"), "JPY": Decimal(10000)},
    max_per_day={"USD": Decimal(1000)},
    max_per_operator_and_day={"USD": Decimal("300.50")},
    require_reason=True,
    above_captured=False,
    cooling_seconds=5,
)


class TestPolicy:
    def test_without_one_everything_is_allowed(self, profiles: Profiles, places: Places) -> None:
        write(places, EDITED)
        assert [one.policy for one in profiles.all()] == [Policy(), Policy()]
        write(places, EDITED + "[profiles.shop.policy]\n")
        assert profiles.get("shop").policy == Policy()

    def test_is_read(self, profiles: Profiles, places: Places) -> None:
        write(places, EDITED + POLICY)
        assert profiles.get("shop").policy == READ
        assert profiles.get("shop.test").policy == Policy()

    def test_what_is_written_out_may_be_the_default(
        self, profiles: Profiles, places: Places
    ) -> None:
        lines = "read_only = false\nabove_captured = true\ncooling_seconds = 0\n"
        write(places, f"{EDITED}[profiles.shop.policy]\n{lines}")
        assert profiles.get("shop").policy == Policy()

    def test_a_long_amount_does_not_make_a_long_message(
        self, profiles: Profiles, places: Places
    ) -> None:
        lines = f'max_per_day = {{ USD = "{"1" * 500}" }}\n'
        write(places, f"{EDITED}[profiles.shop.policy]\n{lines}")
        with pytest.raises(SettingsError, match="an amount alone, like USD") as caught:
            profiles.get("shop")
        assert "1" * 50 not in str(caught.value)

    def test_knows_where_it_stands(self, profiles: Profiles, places: Places) -> None:
        write(places, EDITED + POLICY)
        assert profiles.get("shop").policy.where == f"[profiles.shop.policy] in {places.settings}"
        other = profiles.get("shop.test").policy.where
        assert other == f'[profiles."shop.test".policy] in {places.settings}'

    def test_comments_and_limits_survive_our_changes(
        self, profiles: Profiles, places: Places
    ) -> None:
        write(places, EDITED + POLICY)
        profiles.add(profile("third"))
        profiles.set_default("third")
        profiles.remove("shop.test")
        text = places.settings.read_text(encoding="utf-8")
        for line in POLICY.strip().splitlines():
            assert line in text
        assert profiles.get("shop").policy == READ

    def test_goes_with_its_profile(self, profiles: Profiles, places: Places) -> None:
        """Or the next profile of that name would have the rights of the last one."""
        write(places, EDITED + POLICY)
        profiles.remove("shop")
        assert "policy" not in places.settings.read_text(encoding="utf-8")
        profiles.add(profile("shop"))
        assert profiles.get("shop").policy == Policy()

    @pytest.mark.parametrize(
        ("written_as", "exact"),
        [
            ('USD = "100.00"', "100.00"),
            ('USD = "100"', "100"),
            ("USD = 100", "100"),
            ("USD = 100.10", "100.10"),
            ("USD = 0.1", "0.1"),
            ("USD = 1_000.25", "1000.25"),
            ("USD = 99999999999.99", "99999999999.99"),
            ("JPY = 10000", "10000"),
        ],
    )
    def test_amounts_are_exact_with_quotes_or_without(
        self, profiles: Profiles, places: Places, written_as: str, exact: str
    ) -> None:
        write(places, f"{EDITED}[profiles.shop.policy]\nmax_per_day = {{ {written_as} }}\n")
        [amount] = profiles.get("shop").policy.max_per_day.values()
        assert amount == Decimal(exact)

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ('max_per_action = { JPY = "10000.00" }', "JPY has no decimal places"),
            ("max_per_action = { JPY = 10000.0 }", "JPY has no decimal places"),
            ('max_per_action = { USD = "1.005" }', "USD has two decimal places"),
            ("max_per_action = { USD = 1.005 }", "USD has two decimal places"),
            ('max_per_day = { USD = "-1" }', "for USD: An amount can't be negative"),
            ("max_per_day = { USD = -1 }", "for USD: An amount can't be negative"),
            ("max_per_day = { USD = -0.5 }", "for USD: An amount can't be negative"),
            ("max_per_day = { USD = 0 }", "must be more than zero"),
            ('max_per_day = { USD = "1,000.00" }', "two ways"),
            ('max_per_day = { USD = "100 USD" }', "USD = \"100\", not '100 USD'"),
            ("max_per_day = { USD = 1e3 }", 'USD = "100", not 1E+3'),
            ("max_per_day = { USD = nan }", 'USD = "100", not NaN'),
            ("max_per_day = { USD = inf }", 'USD = "100", not Infinity'),
            ("max_per_day = { USD = true }", "amounts in quotes, not True"),
            ('max_per_day = { USD = ["1"] }', "amounts in quotes"),
            ('max_per_day = { usd = "1" }', "three capital letters, like USD, not 'usd'"),
            ('max_per_day = { EURO = "1" }', "three capital letters, like USD, not 'EURO'"),
            ('max_per_day = { "ＵＳＤ" = "1" }', "three capital letters"),
            ('max_per_day = "100.00"', 'table by currency, like { USD = "100.00" }'),
            ("max_per_day = 100", 'table by currency, like { USD = "100.00" }'),
            ("max_per_day = {}", "is empty"),
            ('actions = ["refnd"]', "unknown action 'refnd'; did you mean 'refund'?"),
            ('actions = ["Refund"]', "unknown action 'Refund'; did you mean 'refund'?"),
            ('actions = ["zzz"]', "There are: refund, capture, cancel"),
            ('actions = "refund"', 'a list of names in quotes, like ["refund", "capture"]'),
            ("actions = [1]", "a list of names in quotes"),
            ("actions = []", "is empty. Leave it out to allow all, or set read_only"),
            ('read_only = "true"', "must be true or false, without quotes, not 'true'"),
            ("require_reason = 1", "must be true or false, without quotes, not 1"),
            ('require_ticket = "no"', "must be true or false"),
            ("above_captured = 0", "must be true or false"),
            ("cooling_seconds = -1", "whole seconds from 0 to 3600, like 5, not -1"),
            ("cooling_seconds = 2.5", "whole seconds from 0 to 3600"),
            ("cooling_seconds = true", "whole seconds from 0 to 3600"),
            ('cooling_seconds = "5"', "whole seconds from 0 to 3600"),
            ("cooling_seconds = 3601", "whole seconds from 0 to 3600"),
            ("readonly = true", "unknown key 'readonly'; did you mean 'read_only'?"),
            ("max_per_week = 1", "unknown key 'max_per_week'; did you mean"),
            ('"\\u001b[31m" = 1', "unknown key '\\x1b[31m'. There are: read_only"),
        ],
    )
    def test_says_what_is_wrong_and_what_would_be_right(
        self, profiles: Profiles, places: Places, line: str, said: str
    ) -> None:
        write(places, f"{EDITED}[profiles.shop.policy]\n{line}\n")
        with pytest.raises(SettingsError) as caught:
            profiles.get("shop.test")
        message = str(caught.value)
        key = line.partition(" ")[0]
        assert message.startswith(f"{places.settings}: profile 'shop': policy")
        assert f"policy.{key} " in message or "unknown key" in message
        assert said in message
        assert message.isprintable()
        assert message[-1] in ".?"


class TestPolicyExample:
    """A new profile shows in the file what a policy looks like, and has none."""

    @pytest.mark.parametrize("region", ["na", "eu", "jp"])
    @pytest.mark.parametrize("name", ["acme", "acme.eu"])
    def test_works_once_its_lines_are_no_comments(
        self, profiles: Profiles, places: Places, region: str, name: str
    ) -> None:
        profiles.add(profile(name, region=region))
        profiles.add(profile("other"))
        assert profiles.get(name).policy == Policy()
        text = places.settings.read_text(encoding="utf-8")
        begin = text.index("# [profiles.")
        end = text.index("[profiles.other]")
        write(places, text[:begin] + text[begin:end].replace("# ", "", 1).replace("\n# ", "\n")
              + text[end:])  # fmt: skip
        policy = profiles.get(name).policy
        assert set(policy.limits) == set(LIMITS)
        currencies = {"na": {"USD"}, "eu": {"EUR", "GBP"}, "jp": {"JPY"}}[region]
        assert all(set(table) == currencies for table in policy.limits.values())
        assert policy.actions == frozenset({"refund", "capture"})
        assert (policy.require_reason, policy.above_captured) == (True, False)
        assert (policy.read_only, policy.cooling_seconds) == (False, 5)
        assert profiles.get("other").policy == Policy()

    def test_names_every_key(self, profiles: Profiles, places: Places) -> None:
        profiles.add(profile())
        text = places.settings.read_text(encoding="utf-8")
        keys = set(asdict(Policy())) - {"where"}
        assert {key for key in keys if f"\n# {key} = " in text} == keys
        assert "not against somebody who holds the key" in text

    def test_goes_with_its_profile(self, profiles: Profiles, places: Places) -> None:
        profiles.add(profile("one"))
        profiles.add(profile("two"))
        profiles.remove("one")
        text = places.settings.read_text(encoding="utf-8")
        assert "profiles.one" not in text
        assert "# [profiles.two.policy]" in text

    def test_is_left_out_where_there_is_a_policy(self, profiles: Profiles, places: Places) -> None:
        profiles.add(replace(profile(), policy=READ))
        assert "#" not in places.settings.read_text(encoding="utf-8").partition("\n")[2]
        assert profiles.get().policy == READ


class TestShow:
    def show(self, places: Places, capsys: pytest.CaptureFixture[str], *, as_json: bool) -> str:
        args = argparse.Namespace(name="shop")
        assert run_show(places, args, Output(json=as_json, colour=False)) == 0
        return capsys.readouterr().out

    def test_the_policy_in_words(self, places: Places, capsys: pytest.CaptureFixture[str]) -> None:
        write(places, EDITED + POLICY)
        shown = self.show(places, capsys, as_json=False)
        assert "policy          allowed: capture and refund\n" in shown
        for line in READ.words():
            assert f"{line}\n" in shown
        assert f"changed under [profiles.shop.policy] in {places.settings}\n" in shown
        assert "Policy(" not in shown

    def test_none_is_said_too(self, places: Places, capsys: pytest.CaptureFixture[str]) -> None:
        write(places, EDITED)
        shown = self.show(places, capsys, as_json=False)
        assert "policy          none: only Amazon's rules hold back\n" in shown
        assert f"[profiles.shop.policy] in {places.settings}\n" in shown

    def test_the_policy_in_json(self, places: Places, capsys: pytest.CaptureFixture[str]) -> None:
        write(places, EDITED + POLICY)
        document = json.loads(self.show(places, capsys, as_json=True))
        assert document["name"] == "shop"
        assert document["default"] is True
        usd = {"currencyCode": "USD"}
        assert document["policy"] == {
            "read_only": False,
            "actions": ["capture", "refund"],
            "max_per_action": [
                {"amount": "10000", "currencyCode": "JPY"},
                {"amount": "100.00", **usd},
            ],
            "max_per_day": [{"amount": "1000.00", **usd}],
            "max_per_operator_and_day": [{"amount": "300.50", **usd}],
            "require_reason": True,
            "require_ticket": False,
            "above_captured": False,
            "cooling_seconds": 5,
            "words": list(READ.words()),
        }

    def test_no_policy_in_json(self, places: Places, capsys: pytest.CaptureFixture[str]) -> None:
        write(places, EDITED)
        policy = json.loads(self.show(places, capsys, as_json=True))["policy"]
        assert (policy["actions"], policy["max_per_day"], policy["words"]) == (None, [], [])
        assert policy["above_captured"] is True


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Decimal]:
    """Limits in any currencies, in each one's own smallest unit; or none."""
    names = st.sampled_from(["USD", "EUR", "JPY", "KRW", "XYZ"])
    units = draw(st.dictionaries(names, st.integers(1, 10**12 - 1), max_size=3))
    return {name: Decimal(unit).scaleb(-exponent(name)) for name, unit in units.items()}


policies = st.builds(
    Policy,
    read_only=st.booleans(),
    actions=st.none() | st.frozensets(st.sampled_from(action_names()), min_size=1),
    max_per_action=tables(),
    max_per_day=tables(),
    max_per_operator_and_day=tables(),
    require_reason=st.booleans(),
    require_ticket=st.booleans(),
    above_captured=st.booleans(),
    cooling_seconds=st.integers(0, 3600),
)
texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
shown = texts.filter(lambda text: not has_hidden(text) and "\n" not in text)


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
            public_key_id=shown,
            endpoint=st.none() | shown,
            merchant_id=st.none() | shown,
            store_name=st.none() | shown,
            policy=st.just(Policy()) | policies,
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


class TestHostileText:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ('defualt = "acme"\n', "did you mean 'default'"),
            ('[profiles."a\\u001b[31m"]\n', "hidden characters"),
            ('[profiles.acme]\nstore_name = "\\u001b[31mAcme"\n', "store_name has hidden"),
            ('[profiles.acme]\nmerchant_id = "A\\nB"\n', "merchant_id has hidden"),
            ('[profiles.acme]\nkey_command = ["a\\u0007"]\n', "key_command has hidden"),
            ('[profiles.acme]\nkey_file = "-----BEGIN PRIVATE KEY-----"\n', "is a private key"),
        ],
    )
    def test_is_refused_and_not_repeated(self, tmp_path: Path, text: str, why: str) -> None:
        places = Places(config=tmp_path, data=tmp_path)
        places.settings.write_text(text)
        with pytest.raises(SettingsError, match=why) as refused:
            Profiles(places).all()
        assert str(refused.value).isprintable()
        assert "BEGIN" not in str(refused.value)
