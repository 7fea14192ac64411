"""A key goes in and comes out whole, in every keyring, whatever comes between."""

from __future__ import annotations

import json
import os
import random
import string
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring.core
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyring.backends import chainer
from keyring.errors import KeyringLocked, PasswordDeleteError

from console.keys import make_key
from console.store import remedies, vault
from console.store.credentials import (
    backend_name,
    delete_key,
    drop_other_keys,
    keep_beside,
    load_key,
    store_key,
)
from console.store.vault import CredentialsError, Vault

from .conftest import profile
from .vaults import (
    SAYING,
    VAULTS,
    Denied,
    Ended,
    Keychain,
    Locked,
    Memory,
    Prompt,
    Talkative,
    kde,
    macos,
    windows,
)

ROOT = Path(__file__).parents[2]
OLD, NEW, THIRD = (make_key()[0] for _ in range(3))
PROFILE = profile()
CHANGED = profile(public_key_id="SANDBOX-OTHER")
USER = "acme/sandbox"

Make = Callable[[], Any]


@pytest.fixture(params=VAULTS)
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes an empty keyring of one kind, and has it chosen."""

    def fresh() -> Any:
        return choose(monkeypatch, VAULTS[request.param](monkeypatch))

    return fresh


def choose(patch: pytest.MonkeyPatch, backend: Any) -> Any:
    patch.setattr(keyring.core, "_keyring_backend", backend)
    return backend


def end_everywhere(backend: Any, act: Callable[[], object]) -> bool:
    """Whether `act` came to its end; `Ended` is where its process ended."""
    try:
        act()
    except Ended:
        return False
    finally:
        backend.steps.go_on()
    return True


class TestWhole:
    @pytest.mark.parametrize("kind", VAULTS)
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
    @given(seed=st.integers(0, 2**32), length=st.integers(0, 9_000))
    def test_any_text(
        self, monkeypatch: pytest.MonkeyPatch, kind: str, seed: int, length: int
    ) -> None:
        """Up to the size of a key of 8192 bits, and half as much again."""
        choose(monkeypatch, VAULTS[kind](monkeypatch))
        drawn = random.Random(seed)
        text = "".join(drawn.choices(string.printable, k=length))
        kept = Vault()
        kept.keep("any", "label", text)
        assert [one.text for one in kept.all_kept("any")] == [text]

    def test_real_keys_beside_each_other(self, make: Make) -> None:
        """On Windows all of them are one entry that is moved about."""
        backend = make()
        names = [profile(name) for name in ("one", "two", "three")]
        for mine, key in zip(names, (OLD, NEW, THIRD), strict=True):
            store_key(mine, key)
        assert [load_key(mine) for mine in names] == [OLD, NEW, THIRD]
        for mine in names:
            assert delete_key(mine) is True
        assert not backend.kept, "and nothing is left of them"

    def test_a_key_that_no_keyring_could_hold_is_refused(self, make: Make) -> None:
        backend = make()
        with pytest.raises(CredentialsError, match="too large"):
            Vault().keep("any", "x" * 400, "text")
        assert not backend.kept

    def test_windows_would_not_take_it_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        backend = choose(monkeypatch, windows(monkeypatch))
        with pytest.raises(Exception, match="bad data"):
            backend.set_password("payconsole", "whole", OLD.decode())
        store_key(PROFILE, OLD)
        assert all(len(blob) <= 2560 for _, blob in backend.kept.values())
        assert len(backend.kept) > 1


class TestEndedAnywhere:
    """The process ends at one step after the other; what is there loads whole after each."""

    def test_storing_over_a_key(self, make: Make) -> None:
        step, ended = 0, False
        while not ended:
            step += 1
            backend = make()
            store_key(PROFILE, OLD)
            backend.steps.end_at(step)
            ended = end_everywhere(backend, lambda: store_key(PROFILE, NEW))
            assert load_key(PROFILE) in ((NEW,) if ended else (OLD, NEW)), f"at step {step}"
            self.is_usable(backend, PROFILE)
        assert step > 5

    def test_storing_over_a_key_with_the_leftover_of_a_rotation(self, make: Make) -> None:
        step, ended = 0, False
        while not ended:
            step += 1
            backend = make()
            store_key(PROFILE, OLD)
            keep_beside(CHANGED, THIRD)
            backend.steps.end_at(step)
            ended = end_everywhere(backend, lambda: store_key(PROFILE, NEW))
            assert load_key(PROFILE) in ((NEW,) if ended else (OLD, NEW)), f"at step {step}"
            self.is_usable(backend, PROFILE)

    def test_a_rotation(self, make: Make) -> None:
        step, ended = 0, False
        while not ended:
            step += 1
            backend = make()
            store_key(PROFILE, OLD)
            backend.steps.end_at(step)
            ended = end_everywhere(backend, lambda: keep_beside(CHANGED, NEW))
            assert load_key(PROFILE) == OLD, f"at step {step}: the settings name the old one"
            keep_beside(CHANGED, NEW)
            assert (load_key(PROFILE), load_key(CHANGED)) == (OLD, NEW)
        step, ended = 0, False
        while not ended:
            step += 1
            backend = make()
            store_key(PROFILE, OLD)
            keep_beside(CHANGED, NEW)
            backend.steps.end_at(step)
            ended = end_everywhere(backend, lambda: drop_other_keys(CHANGED))
            assert load_key(CHANGED) == NEW, f"at step {step}: the settings name the new one"
            self.is_usable(backend, CHANGED)

    def test_removing_a_key(self, make: Make) -> None:
        step, ended = 0, False
        while not ended:
            step += 1
            backend = make()
            store_key(PROFILE, OLD)
            backend.steps.end_at(step)
            ended = end_everywhere(backend, lambda: delete_key(PROFILE))
            delete_key(PROFILE)
            assert not backend.kept, f"at step {step}: nothing stays behind"

    def is_usable(self, backend: Any, mine: Any) -> None:
        """What is there can be replaced, and goes without a trace."""
        store_key(mine, THIRD)
        assert load_key(mine) == THIRD
        assert len(Vault().all_kept(USER)) == 1
        assert delete_key(mine) is True
        assert not backend.kept


class TestWaiting:
    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vault, "UNLOCK_SECONDS", 0.1)

    def test_an_answer_that_comes_late_breaks_nothing(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was told to have failed may still be done: the key is the old one or the new one,
        and the next write is not mixed with it. The prompt is at one step after the other."""
        step, stored = 0, False
        while not stored:
            step += 1
            backend = make()
            monkeypatch.setattr(vault, "UNLOCK_SECONDS", 5)
            store_key(PROFILE, OLD)
            monkeypatch.setattr(vault, "UNLOCK_SECONDS", 0.1)
            stored = self.answered_late(backend, step)
            monkeypatch.setattr(vault, "UNLOCK_SECONDS", 5)
            assert load_key(PROFILE) in (OLD, NEW)
            store_key(PROFILE, THIRD)
            assert load_key(PROFILE) == THIRD
            assert delete_key(PROFILE) is True
            assert not backend.kept
        assert step > 5

    def answered_late(self, backend: Any, step: int) -> bool:
        """Whether a new key is stored though the keyring asks at `step`, and is answered after
        the console has given up."""
        prompt = Prompt()
        backend.steps.count, backend.steps.before = 0, prompt.wait_at(step)
        try:
            store_key(PROFILE, NEW)
        except CredentialsError:
            return False
        finally:
            backend.steps.go_on()
            threading.Timer(0.05, prompt.answered.set).start()
        return True

    def test_nobody_writes_while_a_write_may_still_happen(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backend = choose(monkeypatch, Memory())
        prompt = Prompt()
        writing = "set_password"
        real = backend.set_password
        monkeypatch.setattr(backend, writing, lambda *what: (prompt.answered.wait(20), real(*what)))
        with pytest.raises(CredentialsError, match="did not answer within"):
            store_key(PROFILE, OLD)
        with pytest.raises(CredentialsError, match="still writing"):
            store_key(PROFILE, NEW)
        prompt.answered.set()
        monkeypatch.setattr(vault, "UNLOCK_SECONDS", 5)
        store_key(PROFILE, NEW)
        assert load_key(PROFILE) == NEW

    def test_a_question_that_nobody_answers_holds_up_no_other(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backend = choose(monkeypatch, Memory())
        store_key(PROFILE, OLD)
        prompt = Prompt()
        backend.steps.count, backend.steps.before = 0, prompt.wait_at(1)
        began = time.monotonic()
        with pytest.raises(CredentialsError, match="did not answer") as caught:
            load_key(PROFILE)
        assert time.monotonic() - began < 2
        assert "key_command" in str(caught.value.hint)
        assert load_key(PROFILE) == OLD
        prompt.answered.set()


class TestAtOnce:
    def test_two_processes_that_write_leave_one_key_whole(self, tmp_path: Path) -> None:
        code = (
            "import sys; from console.store.credentials import store_key, load_key;"
            "from console.store.profiles import Profile;"
            "mine = Profile('acme', 'na', 'sandbox', 'A')\n"
            "for _ in range(12): store_key(mine, sys.argv[1].encode() * 300)\n"
        )
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "tests.settings.processes.SmallFileKeyring",
            "TEST_KEYRING_FILE": str(tmp_path / "keyring.json"),
        }
        both = [
            subprocess.Popen([sys.executable, "-c", code, f"key{name}-"], env=environment)
            for name in ("a", "b")
        ]
        assert [process.wait(60) for process in both] == [0, 0]
        held = json.loads((tmp_path / "keyring.json").read_text())
        heads = [text for text in held.values() if text.startswith('{"v":')]
        assert len(heads) == 1, "one slot is left"
        pieces = json.loads(heads[0].split("\n")[0])["pieces"]
        assert len(held) == pieces, "and nothing but its pieces"
        assert len({text[-5] for text in held.values()}) == 1

    def test_a_reader_never_finds_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between two looks of the reader the key moves from the one slot to the other."""
        backend = choose(monkeypatch, Memory())
        store_key(PROFILE, OLD)
        store_key(PROFILE, OLD)
        assert list(backend.kept) == [f"{USER} (2)"]

        def moves(number: int) -> None:
            if number == 2:  # the first slot was empty; the second has not been read
                backend.steps.go_on()
                store_key(PROFILE, NEW)

        backend.steps.count, backend.steps.before = 0, moves
        assert load_key(PROFILE) == NEW


DAMAGE: dict[str, Callable[[str], str]] = {
    "cut head": lambda text: text[:20],
    "no JSON": lambda text: '{"v":' + "[" * 2_000 + text[5:],
    "other fields": lambda text: '{"v":1,"x":2}\n' + text,
    "endless count": lambda text: text.replace('"n":1', '"n":1e999'),
    "newer": lambda text: text.replace('"v":1', '"v":2'),
    "too many pieces": lambda text: text.replace('"pieces":1', '"pieces":99'),
    "no pieces": lambda text: text.replace('"pieces":1', '"pieces":0'),
    "cut secret": lambda text: text[:-30],
    "one bit": lambda text: text.replace("M", "N", 1),
    "empty": lambda text: "",
}


class TestDamaged:
    @pytest.fixture
    def backend(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        return choose(monkeypatch, Memory())

    @pytest.mark.parametrize("kind", DAMAGE)
    def test_is_said_and_can_be_replaced(self, backend: Any, kind: str) -> None:
        store_key(PROFILE, OLD)
        damaged = DAMAGE[kind](backend.kept[USER])
        assert damaged != backend.kept[USER]
        backend.kept[USER] = damaged
        with pytest.raises(CredentialsError, match="can't be used") as caught:
            load_key(PROFILE)
        assert "payconsole profile rotate" in str(caught.value.hint)
        store_key(PROFILE, NEW)
        assert load_key(PROFILE) == NEW
        assert len(backend.kept) == 1, "what was damaged is gone"

    @pytest.mark.parametrize("kind", DAMAGE)
    def test_can_be_removed(self, backend: Any, kind: str) -> None:
        store_key(PROFILE, OLD)
        backend.kept[USER] = DAMAGE[kind](backend.kept[USER])
        assert delete_key(PROFILE) is True
        assert not backend.kept

    def test_does_not_hide_the_other_slot_nor_take_its_place(self, backend: Any) -> None:
        store_key(PROFILE, OLD)
        backend.kept[f"{USER} (2)"] = '{"v":damaged'
        assert load_key(PROFILE) == OLD
        backend.steps.end_at(6)
        assert not end_everywhere(backend, lambda: keep_beside(CHANGED, NEW))
        assert load_key(PROFILE) == OLD, "the damaged one is written over"
        keep_beside(CHANGED, NEW)
        assert (load_key(PROFILE), load_key(CHANGED)) == (OLD, NEW)

    def test_a_piece_that_is_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        backend = choose(monkeypatch, windows(monkeypatch))
        store_key(PROFILE, OLD)
        backend.delete_password("payconsole", f"{USER} piece 2")
        with pytest.raises(CredentialsError, match="it is not whole"):
            load_key(PROFILE)
        store_key(PROFILE, NEW)
        assert load_key(PROFILE) == NEW

    def test_a_wallet_that_was_closed_is_not_one_without_a_key(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """KWallet gives an empty text for an entry that it can't read."""
        backend = choose(monkeypatch, kde(monkeypatch))
        store_key(PROFILE, OLD)
        backend.iface.closed = True
        with pytest.raises(CredentialsError, match="gives nothing for it"):
            load_key(PROFILE)
        with pytest.raises(CredentialsError, match="did not keep"):
            store_key(PROFILE, NEW)
        backend.iface.closed = False
        assert load_key(PROFILE) == OLD


class TestWhatStays:
    """`drop_other_keys` removes others, never the last one that would be found."""

    @pytest.fixture
    def backend(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        return choose(monkeypatch, Memory())

    def test_a_key_that_was_put_there_by_hand(self, backend: Any) -> None:
        backend.kept[USER] = OLD.decode()
        assert drop_other_keys(PROFILE) is False
        assert load_key(PROFILE) == OLD

    def test_nothing_goes_where_nothing_would_stay(self, backend: Any) -> None:
        store_key(PROFILE, OLD)
        assert drop_other_keys(CHANGED) is False
        assert load_key(PROFILE) == OLD

    def test_namesakes_of_other_programs_go_with_it(
        self, backend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The Secret Service can hold several entries for one name, and deletes one at a time."""
        store_key(PROFILE, OLD)
        namesakes = [OLD.decode()]
        real = backend.delete_password

        def one_at_a_time(service: str, username: str) -> None:
            if username == USER and namesakes:
                namesakes.pop()
            else:
                real(service, username)

        monkeypatch.setattr(backend, "delete_password", one_at_a_time)
        assert delete_key(PROFILE) is True
        assert not namesakes
        assert not backend.kept

    def test_a_keyring_that_does_not_let_go_is_told(
        self, backend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store_key(PROFILE, OLD)
        monkeypatch.setattr(backend, "delete_password", lambda *what: None)
        with pytest.raises(CredentialsError, match="did not remove the key"):
            delete_key(PROFILE)


class TestTold:
    def test_locked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        choose(monkeypatch, Locked())
        for act in (lambda: store_key(PROFILE, OLD), lambda: load_key(PROFILE)):
            with pytest.raises(CredentialsError, match="KeyringLocked") as caught:
                act()
            assert "locked" in str(caught.value.hint)

    def test_denied_on_macos(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody pressed Deny: the key that is there stays, and nothing is asked again."""
        backend = choose(monkeypatch, macos(monkeypatch))
        monkeypatch.setattr(remedies, "place", lambda: "macos")
        store_key(PROFILE, OLD)
        asked = []

        def deny(self: Keychain, *what: str) -> None:
            asked.append(what)
            raise Denied(-128, "Keychain Access Denied")

        with monkeypatch.context() as denied:
            denied.setattr(Keychain, "set_generic_password", deny)
            with pytest.raises(CredentialsError, match="Access Denied") as caught:
                store_key(PROFILE, NEW)
        assert "Allow" in str(caught.value.hint)
        assert len(asked) == 1
        assert load_key(PROFILE) == OLD
        with monkeypatch.context() as denied:
            denied.setattr(Keychain, "find_generic_password", deny)
            with pytest.raises(CredentialsError, match="Access Denied"):
                load_key(PROFILE)
        assert load_key(PROFILE) == OLD
        assert backend.kept

    def test_over_ssh_the_keychain_has_no_window(self, monkeypatch: pytest.MonkeyPatch) -> None:
        choose(monkeypatch, macos(monkeypatch))
        monkeypatch.setattr(remedies, "place", lambda: "macos")

        def no_window(self: Keychain, *what: str) -> None:
            raise self.Error(-25308, "Unknown Error")

        monkeypatch.setattr(Keychain, "find_generic_password", no_window)
        with pytest.raises(CredentialsError) as caught:
            load_key(PROFILE)
        assert "security unlock-keychain" in str(caught.value.hint)

    @pytest.mark.parametrize("way", SAYING)
    def test_no_error_repeats_the_key(self, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
        choose(monkeypatch, Talkative(SAYING[way]))
        with pytest.raises(CredentialsError, match="PasswordSetError") as caught:
            store_key(PROFILE, OLD)
        told = "".join(traceback.format_exception(caught.value)) + str(caught.value.hint)
        secret = OLD.decode()
        in_hex, in_base64 = secret.encode().hex(), SAYING["in Base64"](secret)
        for form in (secret.replace("\n", ""), in_hex, in_base64):
            assert not any(form[at : at + 12] in told for at in range(60, len(form) - 60))
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None or caught.value.__suppress_context__

    def test_what_a_backend_says_is_cleaned(self, monkeypatch: pytest.MonkeyPatch) -> None:
        backend = choose(monkeypatch, Memory())

        def fail(*what: str) -> None:
            raise KeyringLocked("\x1b[2J\nlocked")

        monkeypatch.setattr(backend, "get_password", fail)
        with pytest.raises(CredentialsError, match="KeyringLocked") as caught:
            load_key(PROFILE)
        assert str(caught.value).isprintable()

    def test_a_refused_removal_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        backend = choose(monkeypatch, Memory())
        store_key(PROFILE, OLD)

        def refuse(*what: str) -> None:
            raise PasswordDeleteError("Cancelled by user")

        monkeypatch.setattr(backend, "delete_password", refuse)
        with pytest.raises(CredentialsError, match="Cancelled by user"):
            delete_key(PROFILE)


def named(module: str, name: str, base: type = Memory) -> Any:
    """A backend that goes by another name, for packages that are not installed here."""
    return type(name, (base,), {"__module__": module, "__qualname__": name})()


def chain(*links: Any) -> Any:
    return type(
        "ChainerBackend",
        (chainer.ChainerBackend,),
        {"backends": list(links), "priority": -10, "__module__": "keyring.backends.chainer"},
    )()


class TestChosen:
    @pytest.mark.parametrize("way", vault._PLAINTEXT)
    def test_plain_text_is_used_where_the_profile_says_so_and_is_named(
        self, monkeypatch: pytest.MonkeyPatch, way: str
    ) -> None:
        module, _, name = way.rpartition(".")
        choose(monkeypatch, named(module, name))
        with pytest.raises(CredentialsError, match=f"{way} is refused"):
            store_key(PROFILE, OLD)
        willing = profile(plaintext_keyring=True)
        store_key(willing, OLD)
        assert load_key(willing) == OLD
        assert backend_name(plaintext=True) == way
        with pytest.raises(CredentialsError, match="is refused"):
            load_key(PROFILE)

    @pytest.mark.parametrize("way", ["null", "fail"])
    def test_what_keeps_nothing_is_refused_whatever_the_profile_says(
        self, monkeypatch: pytest.MonkeyPatch, way: str
    ) -> None:
        choose(monkeypatch, None)
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"keyring.backends.{way}.Keyring")
        for mine in (PROFILE, profile(plaintext_keyring=True)):
            with pytest.raises(CredentialsError, match="is refused"):
                store_key(mine, OLD)

    def test_no_link_of_a_chain_gets_it_behind_the_first_ones_back(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """keyring's chain goes on to the next link where one doesn't write, to plain text too."""
        plain = named("keyrings.alt.file", "PlaintextKeyring")
        first = Memory()

        def fail(*what: str) -> None:
            raise NotImplementedError

        monkeypatch.setattr(first, "set_password", fail)
        choose(monkeypatch, chain(first, plain))
        with pytest.raises(CredentialsError, match="NotImplementedError"):
            store_key(PROFILE, OLD)
        assert plain.kept == {}

    def test_a_chain_goes_by_the_name_of_what_is_used(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        choose(monkeypatch, chain(windows(monkeypatch), Memory()))
        assert backend_name() == (
            "the Windows Credential Manager (keyring.backends.Windows.WinVaultKeyring)"
        )
        store_key(PROFILE, OLD)
        assert load_key(PROFILE) == OLD
