"""The real Secret Service, where this machine has one.

On a headless machine: `HOME=$(mktemp -d) dbus-run-session -- bash -c 'printf "ci\\n" |
gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec python -m pytest'`.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import which
from textwrap import dedent
from typing import Any

import keyring.core
import pytest

from console.amazon.signing import Signer
from console.keys import make_key
from console.store import vault
from console.store.credentials import (
    backend_name,
    delete_key,
    drop_other_keys,
    keep_beside,
    load_key,
    store_key,
)
from console.store.profiles import Profile
from console.store.vault import CredentialsError

from .conftest import profile


def unreachable() -> str | None:
    """Why there is no Secret Service here; None where there is one."""
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return "there is no D-Bus session"
    try:
        from keyring.backends import SecretService

        assert SecretService.Keyring.priority
    except (ImportError, RuntimeError, AssertionError) as error:
        return f"no Secret Service answers: {error}"
    return None


# Where a keyring was installed for these tests, not reaching it is a failure.
WHY_NOT = None if os.environ.get("PAYCONSOLE_NEEDS_KEYRING") else unreachable()


@pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
class TestSecretService:
    @pytest.fixture(autouse=True)
    def chosen_by_keyring_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
        monkeypatch.setattr(keyring.core, "_keyring_backend", None)
        monkeypatch.setattr(vault, "UNLOCK_SECONDS", 10)

    @pytest.fixture
    def mine(self) -> Iterator[Profile]:
        """A profile that nobody has; its key is taken out again."""
        made = profile(f"test-{uuid.uuid4().hex[:12]}")
        yield made
        delete_key(made)

    def test_it_is_what_keyring_chooses(self) -> None:
        assert backend_name() in (
            "the Secret Service (keyring.backends.SecretService.Keyring)",
            "the Secret Service (keyring.backends.libsecret.Keyring)",
        )

    def test_a_real_key_is_kept_whole_and_signs(self, mine: Profile) -> None:
        pem, _ = make_key()
        assert len(pem) > 1_500
        store_key(mine, pem)
        assert load_key(mine) == pem
        assert Signer(load_key(mine), mine.public_key_id).sign(b"x")

    def test_another_process_finds_it(self, mine: Profile) -> None:
        store_key(mine, b"-----BEGIN PRIVATE KEY-----")
        code = (
            "import sys; from console.store.credentials import load_key;"
            "from console.store.profiles import Profile;"
            "print(load_key(Profile(sys.argv[1], 'na', 'sandbox', sys.argv[2])).decode())"
        )
        words = [sys.executable, "-c", code, mine.name, mine.public_key_id]
        found = subprocess.run(words, capture_output=True, text=True, check=True)
        assert found.stdout.strip() == "-----BEGIN PRIVATE KEY-----"

    def test_it_is_replaced_and_deleted(self, mine: Profile) -> None:
        store_key(mine, b"one")
        store_key(mine, b"two")
        assert load_key(mine) == b"two"
        assert delete_key(mine) is True
        assert delete_key(mine) is False
        with pytest.raises(CredentialsError, match="holds no key"):
            load_key(mine)


# --- a keyring of the test's own, to which everything may happen ---------------------------------


OLD, NEW = (make_key()[0] for _ in range(2))
SMALL = "keyring.backends.SecretService.Keyring"
NEEDED = ("dbus-daemon", "gnome-keyring-daemon")
NOT_INSTALLED = not os.environ.get("PAYCONSOLE_NEEDS_KEYRING") and not all(map(which, NEEDED))


class Desktop:
    """A D-Bus session and a GNOME keyring, both started here, in folders of their own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.chmod(0o700)
        self.folder = folder
        self._monkeypatch = monkeypatch
        self.environment = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_DATA_HOME", "GNOME_KEYRING_CONTROL"):
            self.environment.pop(name, None)
        self.keyring: subprocess.Popen[str] | None = None
        self._start_bus()

    def _start_bus(self) -> None:
        self.bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address"],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.bus.stdout is not None
        address = self.bus.stdout.readline().strip()
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        self._monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)

    def log_in(self, *, unlock: bool = True) -> None:
        """Start the keyring, with its password as a login gives it, or without."""
        self.keyring = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--components=secrets",
             *(["--unlock"] if unlock else [])],
            env=self.environment, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.keyring.stdin is not None
        self.keyring.stdin.write("ci\n" if unlock else "")
        self.keyring.stdin.close()
        end = time.monotonic() + 20
        while not self.answers():
            assert time.monotonic() < end, "the keyring does not start"
            time.sleep(0.05)

    def answers(self) -> bool:
        from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
        from jeepney.io.blocking import (  # type: ignore[import-untyped]
            Proxy,
            open_dbus_connection,
        )

        connection = open_dbus_connection(self.environment["DBUS_SESSION_BUS_ADDRESS"])
        try:
            owned = Proxy(message_bus, connection).NameHasOwner("org.freedesktop.secrets")
        finally:
            connection.close()
        return bool(owned[0])

    def log_out(self) -> None:
        if self.keyring is not None:
            self.keyring.kill()
            self.keyring.wait()

    def end(self) -> None:
        self.log_out()
        self.bus.kill()
        self.bus.wait()
        assert self.bus.stdout is not None
        self.bus.stdout.close()

    def has_fallen(self) -> bool:
        """Whether the keyring ended by itself."""
        return self.keyring is not None and self.keyring.poll() is not None

    def start_again(self) -> None:
        """As after the next login: what was kept is in the same folder."""
        self.end()
        self._start_bus()
        self.log_in()

    def send(self, sign: signal.Signals) -> None:
        assert self.keyring is not None
        self.keyring.send_signal(sign)

    def items(self) -> list[str]:
        """The names of what is kept for payconsole."""
        import secretstorage

        with closing(secretstorage.dbus_init()) as bus:
            found = secretstorage.get_default_collection(bus).get_all_items()
            texts = [item.get_attributes() for item in found]
        return sorted(text["username"] for text in texts if text.get("service") == vault.SERVICE)

    def lock(self) -> None:
        import secretstorage

        with closing(secretstorage.dbus_init()) as bus:
            secretstorage.get_default_collection(bus).lock()


# keyring leaves its connection open where the collection can't be unlocked.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.skipif(NOT_INSTALLED, reason="dbus-daemon or gnome-keyring-daemon is not installed")
class TestWhatMayHappen:
    MINE = profile()
    CHANGED = profile(public_key_id="SANDBOX-OTHER")

    @pytest.fixture
    def desktop(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
        from keyring.backends import SecretService

        (tmp_path / "desktop").mkdir()
        desktop = Desktop(tmp_path / "desktop", monkeypatch)
        chosen: Any = SecretService.Keyring
        monkeypatch.setattr(keyring.core, "_keyring_backend", chosen())
        monkeypatch.setattr(vault, "UNLOCK_SECONDS", 10)
        try:
            desktop.log_in()
            yield desktop
        finally:
            desktop.end()
            gc.collect()

    def test_in_pieces(self, desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vault, "_SMALL", frozenset({SMALL}))
        store_key(self.MINE, OLD)
        assert desktop.items() == ["acme/sandbox", "acme/sandbox piece 2"]
        store_key(self.MINE, NEW)
        assert desktop.items() == ["acme/sandbox (2)", "acme/sandbox (2) piece 2"]
        assert load_key(self.MINE) == NEW
        assert delete_key(self.MINE) is True
        assert desktop.items() == []

    def test_two_keys_beside_each_other(self, desktop: Desktop) -> None:
        store_key(self.MINE, OLD)
        keep_beside(self.CHANGED, NEW)
        assert desktop.items() == ["acme/sandbox", "acme/sandbox (2)"]
        assert (load_key(self.MINE), load_key(self.CHANGED)) == (OLD, NEW)
        assert drop_other_keys(self.CHANGED) is True
        assert desktop.items() == ["acme/sandbox (2)"]
        assert load_key(self.CHANGED) == NEW

    @pytest.mark.parametrize("call", ["set_password", "delete_password"])
    @pytest.mark.parametrize("number", [1, 2])
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_process_that_is_killed_between(
        self,
        desktop: Desktop,
        monkeypatch: pytest.MonkeyPatch,
        call: str,
        number: int,
        when: str,
        tmp_path: Path,
    ) -> None:
        """kill -9 around each write and each removal of a real process that stores a key."""
        monkeypatch.setattr(vault, "_SMALL", frozenset({SMALL}))
        store_key(self.MINE, OLD)
        (tmp_path / "new.pem").write_bytes(NEW)
        code = f"""
            import os, signal, sys
            from keyring.backends.SecretService import Keyring
            from console.store import vault
            from console.store.credentials import store_key
            from console.store.profiles import Profile

            real, calls = Keyring.{call}, 0

            def dying(*what):
                global calls
                calls += 1
                if calls == {number} and {when!r} == "before":
                    os.kill(os.getpid(), signal.SIGKILL)
                real(*what)
                if calls == {number}:
                    os.kill(os.getpid(), signal.SIGKILL)

            Keyring.{call} = dying
            vault._SMALL = frozenset({{{SMALL!r}}})
            mine = Profile("acme", "na", "sandbox", sys.argv[1])
            store_key(mine, open(sys.argv[2], "rb").read())
            """
        environment = {**desktop.environment, "PYTHON_KEYRING_BACKEND": SMALL}
        words = ["-c", dedent(code), self.MINE.public_key_id, str(tmp_path / "new.pem")]
        done = subprocess.run([sys.executable, *words], env=environment, timeout=60, check=False)
        assert done.returncode == -signal.SIGKILL
        try:
            self.is_mended()
        except CredentialsError:
            if not desktop.has_fallen():
                raise
            desktop.start_again()  # some keyrings fall now and then with a client that is killed
            self.is_mended()
        assert len(desktop.items()) == 2, "one key in two pieces, and nothing of another"

    def is_mended(self) -> None:
        """There is a key, and the next one is stored as ever."""
        assert load_key(self.MINE) in (OLD, NEW)
        store_key(self.MINE, NEW)
        assert load_key(self.MINE) == NEW

    def test_the_next_login(self, desktop: Desktop) -> None:
        store_key(self.MINE, OLD)
        desktop.log_out()
        assert desktop.has_fallen()
        desktop.start_again()
        self.is_mended()

    def test_locked(self, desktop: Desktop) -> None:
        """Its question can't be shown here: it is answered as if somebody had dismissed it."""
        store_key(self.MINE, OLD)
        desktop.lock()
        self.is_locked()

    def test_never_unlocked(self, desktop: Desktop) -> None:
        store_key(self.MINE, OLD)
        desktop.log_out()
        desktop.log_in(unlock=False)
        self.is_locked()
        desktop.log_out()
        desktop.log_in()
        assert load_key(self.MINE) == OLD

    def is_locked(self) -> None:
        began = time.monotonic()
        for act in (lambda: load_key(self.MINE), lambda: store_key(self.MINE, NEW)):
            with pytest.raises(CredentialsError, match="KeyringLocked") as caught:
                act()
            assert "It is locked" in str(caught.value.hint)
        assert time.monotonic() - began < 2 * vault.UNLOCK_SECONDS + 5

    def test_stopped(self, desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
        store_key(self.MINE, OLD)
        monkeypatch.setattr(vault, "UNLOCK_SECONDS", 0.5)
        desktop.send(signal.SIGSTOP)
        began = time.monotonic()
        for act in (lambda: load_key(self.MINE), lambda: store_key(self.MINE, NEW)):
            with pytest.raises(CredentialsError, match="did not answer within"):
                act()
        assert time.monotonic() - began < 5
        desktop.send(signal.SIGCONT)
        monkeypatch.setattr(vault, "UNLOCK_SECONDS", 10)
        assert load_key(self.MINE) == OLD
        store_key(self.MINE, NEW)
        assert load_key(self.MINE) == NEW

    def test_ended(self, desktop: Desktop) -> None:
        """D-Bus starts another one by itself, which nobody has unlocked."""
        store_key(self.MINE, OLD)
        desktop.log_out()
        self.is_locked()

    def test_without_the_bus(self, desktop: Desktop) -> None:
        store_key(self.MINE, OLD)
        desktop.bus.kill()
        desktop.bus.wait()
        for act in (lambda: load_key(self.MINE), lambda: store_key(self.MINE, NEW)):
            with pytest.raises(CredentialsError, match="can't be used") as caught:
                act()
            assert "gnome-keyring-daemon --unlock" in str(caught.value.hint)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have a keyring")
def test_without_any_keyring_nothing_is_stored_and_the_remedy_is_named() -> None:
    code = (
        "from console.store.credentials import store_key;"
        "from console.store.profiles import Profile;"
        "from console.store.vault import CredentialsError\n"
        "try: store_key(Profile('x', 'na', 'sandbox', 'A'), b'QUJDRA==')\n"
        "except CredentialsError as error: raise SystemExit(f'{error} {error.hint}')"
    )
    without = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND", "XDG_RUNTIME_DIR")
    }
    tried = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=without
    )
    assert tried.returncode == 1
    assert "there is no keyring on this machine" in tried.stderr
    assert "gnome-keyring-daemon --unlock" in tried.stderr
    assert "QUJDRA" not in tried.stderr
