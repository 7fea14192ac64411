"""Connecting an account and rotating its key: both whole, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import keyring.core
import pytest

from console import onboarding
from console.amazon.endpoints import AccountError
from console.keys import KeyEncrypted, make_key
from console.onboarding import (
    DELETING_A_KEY_FILE,
    check_key_id,
    connect,
    delete_key_file,
    forget_made_key,
    keep_made_key,
    made_key,
    rotate,
    where_to_paste,
)
from console.simulator.server import SimulatorServer, running
from console.simulator.stories import story_world
from console.store.credentials import drop_other_keys, keep_beside, load_key, store_key
from console.store.places import Places
from console.store.profiles import NoProfile, Profile, Profiles, SettingsError
from console.store.vault import CredentialsError
from tests.settings.test_credentials import Memory

OLD, NEW, STRANGER = make_key(), make_key(), make_key()
OLD_ID, NEW_ID = "SANDBOX-OLD", "SANDBOX-NEW"


class Stopped(BaseException):
    """As Ctrl-C or the end of the process: nothing may catch and mend it on the way."""


class Stopping(Memory):
    """A keyring that ends everything at its nth writing call, before or after it took effect.

    `before` it, everything that is asked of it later is refused too, as after a kill.
    """

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None
        self.after = False
        self.calls = 0

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write(lambda: super(Stopping, self).set_password(service, username, password))

    def delete_password(self, service: str, username: str) -> None:
        self._write(lambda: super(Stopping, self).delete_password(service, username))

    def _write(self, act: Callable[[], None]) -> None:
        self.calls += 1
        if self.left is not None:
            self.left -= 1
            if self.left < 0 or (self.left == 0 and not self.after):
                raise Stopped
        act()
        if self.left == 0:
            raise Stopped


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Stopping:
    backend = Stopping()
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    return backend


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(config=tmp_path / "config", data=tmp_path / "data")


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    """Knows the old key and the new one, and not the stranger's."""
    world = story_world()
    world.keys.register(OLD[1])
    world.keys.register(NEW[1])
    with running(world) as started:
        yield started


def acme(server: SimulatorServer | None = None, **values: Any) -> Profile:
    endpoint = server.url if server else None
    return Profile("acme", "na", "sandbox", OLD_ID, endpoint=endpoint, **values)


def loaded(places: Places) -> bytes:
    """What the console would sign with at its next start."""
    return load_key(Profiles(places).get("acme"))


def rotated(places: Places, key_id: str, pem: bytes, *, unproved: bool = False) -> str:
    return asyncio.run(rotate(places, "acme", key_id, pem, unproved=unproved)).code


class TestKeyIds:
    @pytest.mark.parametrize(
        ("text", "environment", "expected"),
        [
            ("SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B", "sandbox", None),
            ("LIVE-AFVX7ULWSGBZ5535PCUQOY7B", "live", None),
            ("AFVX7ULWSGBZ5535PCUQOY7B", "sandbox", None),
            ("AFVX7ULWSGBZ5535PCUQOY7B", "live", None),
            ("LIVEX7ULWSGBZ5535PCUQOY7", "sandbox", None),  # a classic one, by chance
            (" \t'SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B'\n", "sandbox",
             "SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B"),
            ("SANDBOX\u2013AFVX7ULWSGBZ5535PCUQOY7B\u200b", "sandbox",
             "SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B"),
            ("SANDBOX-TEST", "sandbox", None),  # unusual, and Amazon may make new ones
            ("BETA-2027_afvx7ulwsgbz5535", "live", None),
        ],
    )  # fmt: skip
    def test_what_passes(self, text: str, environment: str, expected: str | None) -> None:
        assert check_key_id(text, environment) == (expected or text)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "no public key id"),
            (" \n", "no public key id"),
            ("SANDBOX-", "beginning"),
            ("sandbox", "beginning"),
            ("LIVEAAA", "did you mean LIVE-AAA"),
            ("sandbox-Aaa", "did you mean SANDBOX-AAA"),
            ("LIVE-AFVX7ULWSGBZ5535PCUQOY7B", "is for live"),
            ("SANDBOX-AFVX7ULW SGBZ5535PCUQOY7B", "no blanks"),
            ("amzn1.application-oa2-client.0c9f4b", "store id"),
            ("amzn1.oa2-cs.v1.5f9c", "client secret"),
            ("A3URCZVLDMDI45", "merchant id"),
            ("AKIAIOSFODNN7EXAMPLE", "access key of MWS"),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "secret key of MWS"),
            ("S01-5797829-1888777", "order"),
            (OLD[0].decode(), "private key"),
            (OLD[0].decode().splitlines()[3], "too long"),
            (OLD[1].decode(), "public half"),
            ("SANDBOX-ÄÖÜ", "letters, digits"),
            ("SANDBOX-A\x1b[31m", "letters, digits"),
        ],
        ids=range(19),
    )
    def test_what_is_refused_and_why(self, text: str, why: str) -> None:
        with pytest.raises(AccountError, match=why) as refused:
            check_key_id(text, "sandbox")
        assert "\x1b" not in str(refused.value)

    @pytest.mark.parametrize(
        "secret",
        [
            OLD[0].decode(),
            OLD[0].decode().splitlines()[5],
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ],
        ids=["a key", "a line of it", "of MWS"],
    )
    def test_no_message_repeats_a_secret(self, secret: str) -> None:
        with pytest.raises(AccountError) as refused:
            check_key_id(secret, "sandbox")
        lines = [line for line in secret.splitlines() if "-----" not in line]
        assert not any(line[:12] in str(refused.value) for line in lines)
        assert refused.value.__cause__ is None


class TestConnecting:
    def test_the_key_is_kept_and_the_profile_written(
        self, places: Places, memory: Stopping
    ) -> None:
        connect(places, acme(), OLD[0])
        assert Profiles(places).get().public_key_id == OLD_ID
        assert loaded(places) == OLD[0]

    def test_a_taken_name_changes_nothing(self, places: Places, memory: Stopping) -> None:
        connect(places, acme(), OLD[0])
        with pytest.raises(SettingsError, match="already"):
            connect(places, acme(store_name="Other"), NEW[0])
        assert loaded(places) == OLD[0]

    def test_the_key_of_another_installation_is_left_alone(
        self, places: Places, memory: Stopping, tmp_path: Path
    ) -> None:
        """The keyring is the user's: the same name in other settings is the same entry."""
        connect(places, acme(), OLD[0])
        other = Places(config=tmp_path / "other", data=tmp_path / "data")
        with pytest.raises(SettingsError, match="holds a key under acme/sandbox") as refused:
            connect(other, acme(), NEW[0])
        assert "--replace-key" in str(refused.value.hint)
        assert loaded(places) == OLD[0]
        assert not other.settings.exists()
        connect(other, acme(), NEW[0], replace_key=True)  # as its owner says that it may go
        assert loaded(other) == NEW[0]

    def test_a_key_that_is_still_encrypted_is_not_kept(
        self, places: Places, memory: Stopping, tmp_path: Path
    ) -> None:
        with pytest.raises(KeyEncrypted):
            connect(places, acme(), encrypted(OLD[0]))
        assert not memory.kept
        assert not places.settings.exists()

    def test_a_profile_that_cant_be_written_leaves_no_key(
        self, places: Places, memory: Stopping
    ) -> None:
        places.config.symlink_to("nowhere")  # in the way of the folder
        with pytest.raises(FileExistsError):
            connect(places, acme(), OLD[0])
        assert not memory.kept

    def test_where_the_key_is_elsewhere_the_keyring_is_not_asked(
        self, places: Places, memory: Stopping
    ) -> None:
        connect(places, acme(key_command=("printf", "x")), b"")
        assert not memory.calls
        assert Profiles(places).get("acme").key_command == ("printf", "x")


def encrypted(pem: bytes, passphrase: bytes = b"open sesame") -> bytes:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    key = load_pem_private_key(pem, None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))


class TestRotating:
    @pytest.fixture
    def connected(self, places: Places, memory: Stopping, server: SimulatorServer) -> Places:
        connect(places, acme(server), OLD[0])
        return places

    def test_the_new_key_takes_the_place_of_the_old(
        self, connected: Places, memory: Stopping
    ) -> None:
        assert rotated(connected, NEW_ID, NEW[0]) == "proven"
        assert Profiles(connected).get("acme").public_key_id == NEW_ID
        assert loaded(connected) == NEW[0]
        assert OLD[0].decode()[100:200] not in str(memory.kept)

    def test_nothing_changes_unless_it_is_proven(self, connected: Places, memory: Stopping) -> None:
        kept, settings = dict(memory.kept), connected.settings.read_bytes()
        assert rotated(connected, NEW_ID, STRANGER[0]) != "proven"
        assert (memory.kept, connected.settings.read_bytes()) == (kept, settings)

    def test_nor_where_amazon_cant_be_reached(self, places: Places, memory: Stopping) -> None:
        connect(places, replace(acme(), endpoint="http://127.0.0.1:9"), OLD[0])
        assert rotated(places, NEW_ID, NEW[0]) == "no_network"
        assert loaded(places) == OLD[0]

    def test_unless_it_is_meant_all_the_same(self, connected: Places) -> None:
        assert rotated(connected, NEW_ID, STRANGER[0], unproved=True) != "proven"
        assert loaded(connected) == STRANGER[0]

    def test_another_key_for_the_same_id(self, connected: Places, memory: Stopping) -> None:
        assert rotated(connected, OLD_ID, NEW[0]) == "proven"
        assert loaded(connected) == NEW[0]
        assert len(memory.kept) == 1

    def test_a_wrong_key_for_the_same_id_is_never_kept(self, connected: Places) -> None:
        assert rotated(connected, OLD_ID, STRANGER[0]) != "proven"
        assert loaded(connected) == OLD[0]

    def test_a_first_key(self, places: Places, memory: Stopping, server: SimulatorServer) -> None:
        Profiles(places).add(acme(server))
        assert rotated(places, OLD_ID, OLD[0]) == "proven"
        assert loaded(places) == OLD[0]

    def test_an_id_of_the_other_environment_is_refused_before_anything(
        self, connected: Places, memory: Stopping
    ) -> None:
        calls = memory.calls
        with pytest.raises(AccountError, match="is for live"):
            rotated(connected, "LIVE-NEW", NEW[0])
        assert memory.calls == calls

    def test_there_must_be_such_a_profile(self, connected: Places) -> None:
        with pytest.raises(NoProfile):
            asyncio.run(rotate(connected, "acmee", NEW_ID, NEW[0]))

    def test_where_the_key_is_elsewhere_only_the_id_is_switched(
        self, places: Places, memory: Stopping, server: SimulatorServer, tmp_path: Path
    ) -> None:
        (tmp_path / "key.pem").write_bytes(NEW[0])
        connect(places, acme(server, key_command=("cat", str(tmp_path / "key.pem"))), b"")
        assert rotated(places, NEW_ID, NEW[0]) == "proven"
        assert Profiles(places).get("acme").public_key_id == NEW_ID
        assert not memory.calls

    def test_the_comments_of_the_settings_stay(self, connected: Places) -> None:
        text = "# mine\n" + connected.settings.read_text()
        connected.settings.write_text(text)
        rotated(connected, NEW_ID, NEW[0])
        assert connected.settings.read_text() == text.replace(OLD_ID, NEW_ID)

    def test_an_old_key_that_stays_behind_is_told(
        self, connected: Places, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def locked(profile: Profile) -> bool:
            if profile.public_key_id == NEW_ID:
                raise CredentialsError("It is locked.")
            return drop_other_keys(profile)

        monkeypatch.setattr(onboarding, "drop_other_keys", locked)
        with pytest.raises(CredentialsError, match="uses the new key, but the old one"):
            rotated(connected, NEW_ID, NEW[0])
        assert loaded(connected) == NEW[0]


def put_by_hand(places: Places, memory: Stopping, server: SimulatorServer) -> None:
    """As an older version or an administrator left it: a PEM without an id."""
    Profiles(places).add(acme(server))
    memory.kept["payconsole", "acme/sandbox"] = OLD[0].decode()


def kept_by_us(places: Places, memory: Stopping, server: SimulatorServer) -> None:
    connect(places, acme(server), OLD[0])


def beside_a_leftover(places: Places, memory: Stopping, server: SimulatorServer) -> None:
    """An earlier rotation ended before the settings were written."""
    connect(places, acme(server), OLD[0])
    keep_beside(replace(acme(server), public_key_id="SANDBOX-LEFT"), STRANGER[0])


class TestTwoAtOnce:
    def test_the_profile_loads_the_key_of_the_one_that_came_last(
        self, places: Places, memory: Stopping, server: SimulatorServer
    ) -> None:
        connect(places, acme(server), OLD[0])
        keys = {"SANDBOX-FIRST": OLD[0], "SANDBOX-SECOND": NEW[0]}
        for _ in range(4):
            with ThreadPoolExecutor(2) as pool:
                done = [pool.submit(rotated, places, *which) for which in keys.items()]
            assert [one.result() for one in done] == ["proven", "proven"]
            assert loaded(places) == keys[Profiles(places).get("acme").public_key_id]

    def test_nothing_is_switched_while_another_switches(
        self,
        places: Places,
        memory: Stopping,
        server: SimulatorServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        connect(places, acme(server), OLD[0])
        monkeypatch.setattr(onboarding, "_OTHERS_SECONDS", 0.1)
        with onboarding.changing_accounts(), pytest.raises(CredentialsError, match="Another"):
            rotated(places, NEW_ID, NEW[0])
        assert loaded(places) == OLD[0]

    def test_what_was_proven_for_other_settings_is_not_switched(
        self, places: Places, memory: Stopping, server: SimulatorServer
    ) -> None:
        connect(places, acme(server), OLD[0])
        proven = replace(Profiles(places).get("acme"), public_key_id=NEW_ID)
        Profiles(places).change("acme", endpoint="https://other.example")
        with pytest.raises(SettingsError, match="changed meanwhile"):
            onboarding._switch_alone(places, proven, NEW[0])
        assert loaded(places) == OLD[0]


class TestInterruptedAnywhere:
    """Whatever ends a rotation, and wherever: the profile loads a key that works."""

    @pytest.mark.parametrize("start", [put_by_hand, kept_by_us, beside_a_leftover])
    @pytest.mark.parametrize("key_id", [NEW_ID, OLD_ID], ids=["another id", "the same id"])
    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_at_each_writing_call_of_the_keyring(
        self,
        places: Places,
        memory: Stopping,
        server: SimulatorServer,
        start: Callable[[Places, Stopping, SimulatorServer], None],
        key_id: str,
        after: bool,
    ) -> None:
        start(places, memory, server)
        initial, settings = dict(memory.kept), places.settings.read_bytes()
        stops = 0
        for stop in range(1, 100):
            memory.kept, memory.left, memory.after = dict(initial), stop, after
            places.settings.write_bytes(settings)
            try:
                assert rotated(places, key_id, NEW[0]) == "proven"
            except Stopped:
                stops += 1
            else:
                break
            finally:
                memory.left = None
            works(places)
            # And it can be done again, however often it was stopped.
            assert rotated(places, key_id, NEW[0]) == "proven"
            assert loaded(places) == NEW[0]
        assert loaded(places) == NEW[0]
        assert stops >= 2

    def test_twice_in_a_row(
        self, places: Places, memory: Stopping, server: SimulatorServer
    ) -> None:
        put_by_hand(places, memory, server)
        initial = dict(memory.kept)
        for first in range(1, 12):
            for second in range(1, 12):
                memory.kept = dict(initial)
                Profiles(places).change("acme", public_key_id=OLD_ID)
                for stop in (first, second):
                    memory.left = stop
                    profile = Profiles(places).get("acme")
                    changed = replace(profile, public_key_id=NEW_ID)
                    with suppress(Stopped):
                        onboarding._switch(places, profile, changed, NEW[0])
                    memory.left = None
                    works(places)
                works(places)

    def test_where_the_settings_can_not_be_written(
        self,
        places: Places,
        memory: Stopping,
        server: SimulatorServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        kept_by_us(places, memory, server)

        def full(*_: object, **__: object) -> Profile:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(Profiles, "change", full)
            with pytest.raises(OSError, match="No space"):
                rotated(places, NEW_ID, NEW[0])
        works(places)
        assert rotated(places, NEW_ID, NEW[0]) == "proven"


def works(places: Places) -> None:
    """The key that would be loaded now belongs to the id that the settings name."""
    profile = Profiles(places).get("acme")
    pem = load_key(profile)
    assert pem in ((OLD[0], NEW[0]) if profile.public_key_id == OLD_ID else (NEW[0],))


class TestMadeHere:
    def test_it_waits_until_it_is_forgotten(self, memory: Stopping) -> None:
        assert made_key() is None
        keep_made_key(OLD[0])
        assert made_key() == OLD[0]
        keep_made_key(NEW[0])
        assert made_key() == NEW[0]
        forget_made_key()
        assert made_key() is None
        assert not memory.kept

    def test_it_is_no_profiles_key(self, places: Places, memory: Stopping) -> None:
        keep_made_key(NEW[0])
        store_key(acme(), OLD[0])
        assert load_key(acme()) == OLD[0]
        assert made_key() == NEW[0]

    @pytest.mark.parametrize("region", ["na", "eu", "jp"])
    def test_where_its_public_half_goes(self, region: str) -> None:
        lines = where_to_paste(region, "live")
        assert "Production view" in lines[0]
        assert "Sandbox view" in where_to_paste(region, "sandbox")[0]
        assert "https://sellercentral" in lines[0]
        assert "Create keys" in lines[2]
        assert all(len(line) < 130 for line in lines)


class TestDeletingAKeyFile:
    def test_the_file_is_gone(self, tmp_path: Path) -> None:
        file = tmp_path / "key.pem"
        file.write_bytes(OLD[0])
        delete_key_file(file)
        assert not file.exists()
        assert "copies" in DELETING_A_KEY_FILE

    def test_through_a_link_the_file_and_the_link(self, tmp_path: Path) -> None:
        file, link = tmp_path / "key.pem", tmp_path / "link.pem"
        file.write_bytes(OLD[0])
        link.symlink_to(file)
        delete_key_file(link)
        assert list(tmp_path.iterdir()) == []

    def test_what_cant_be_deleted_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            delete_key_file(tmp_path / "nothing.pem")
