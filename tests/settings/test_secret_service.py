"""The real Secret Service, where this machine has one.

On a headless machine: `HOME=$(mktemp -d) dbus-run-session -- bash -c 'printf "ci\\n" |
gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec python -m pytest'`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator

import keyring.core
import pytest

from console.amazon.signing import Signer
from console.demo import make_key
from console.store import credentials
from console.store.credentials import (
    CredentialsError,
    backend_name,
    delete_key,
    load_key,
    store_key,
)
from console.store.profiles import Profile

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
        monkeypatch.setattr(credentials, "UNLOCK_SECONDS", 10)

    @pytest.fixture
    def mine(self) -> Iterator[Profile]:
        """A profile that nobody has; its key is taken out again."""
        made = profile(f"test-{uuid.uuid4().hex[:12]}")
        yield made
        delete_key(made)

    def test_it_is_what_keyring_chooses(self) -> None:
        assert backend_name() in (
            "keyring.backends.SecretService.Keyring",
            "keyring.backends.libsecret.Keyring",
            "keyring.backends.chainer.ChainerBackend",
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
            "print(load_key(Profile(sys.argv[1], 'na', 'sandbox', 'A')).decode())"
        )
        found = subprocess.run(
            [sys.executable, "-c", code, mine.name], capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == "-----BEGIN PRIVATE KEY-----"

    def test_it_is_replaced_and_deleted(self, mine: Profile) -> None:
        store_key(mine, b"one")
        store_key(mine, b"two")
        assert load_key(mine) == b"two"
        assert delete_key(mine) is True
        assert delete_key(mine) is False
        with pytest.raises(CredentialsError, match="holds no key"):
            load_key(mine)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have a keyring")
def test_without_any_keyring_nothing_is_stored_and_the_remedy_is_named() -> None:
    code = (
        "from console.store.credentials import store_key;"
        "from console.store.profiles import Profile;"
        "store_key(Profile('x', 'na', 'sandbox', 'A'), b'QUJDRA==')"
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
    assert "CredentialsError" in tried.stderr
    assert "Secret Service (gnome-keyring)" in tried.stderr
    assert "QUJDRA" not in tried.stderr.rpartition("CredentialsError")[2]
