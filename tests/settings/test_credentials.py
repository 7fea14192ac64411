"""Private keys: in a keyring that keeps them, or nowhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keyring
import keyring.backend
import keyring.core
import pytest
from keyring.backends import chainer, fail, null
from keyring.errors import InitError, KeyringError, KeyringLocked, PasswordSetError

from console.store import vault
from console.store.credentials import (
    backend_name,
    delete_key,
    load_key,
    store_key,
)
from console.store.vault import CredentialsError

from .conftest import profile

PEM = b"-----BEGIN PRIVATE KEY-----\n" + b"QUJDRA==" * 60 + b"\n-----END PRIVATE KEY-----\n"
PROFILE = profile()


class Memory(keyring.backend.KeyringBackend):
    """A keyring that keeps what it is given. keyring itself must never choose it."""

    priority = -10

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Forgetful(Memory):
    def set_password(self, service: str, username: str, password: str) -> None: ...


class Cutting(Memory):
    """As one that has room for 1,280 characters only."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[:200])


class Hanging(Memory):
    def get_password(self, service: str, username: str) -> str | None:
        time.sleep(1)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        time.sleep(1)


class Raising(Memory):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error


_builtin: Any = (null.Keyring, fail.Keyring)
NULL, FAIL = (kind() for kind in _builtin)


def named(module: str, name: str, base: type = Memory) -> Any:
    """A backend that goes by another name, for packages that are not installed here."""
    return type(name, (base,), {"__module__": module, "__qualname__": name})()


Use = Callable[[Any], Any]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Make a backend the one that is chosen."""

    def choose(backend: Any) -> Any:
        monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
        return backend

    return choose


class TestKeeping:
    def test_stored_loaded_deleted(self, use: Use) -> None:
        memory = use(Memory())
        store_key(PROFILE, PEM)
        assert load_key(PROFILE) == PEM
        assert list(memory.kept) == [("payconsole", "acme/sandbox")]
        assert delete_key(PROFILE) is True
        assert delete_key(PROFILE) is False
        assert memory.kept == {}

    def test_each_profile_and_environment_has_its_own(self, use: Use) -> None:
        use(Memory())
        store_key(PROFILE, PEM)
        for other in (profile("other"), profile(environment="live")):
            with pytest.raises(CredentialsError, match="holds no key"):
                load_key(other)

    def test_no_key_says_the_next_step(self, use: Use) -> None:
        use(Memory())
        with pytest.raises(CredentialsError, match="holds no key for profile 'acme'") as caught:
            load_key(PROFILE)
        assert "payconsole profile rotate acme" in str(caught.value.hint)

    def test_a_new_key_replaces_the_old_one(self, use: Use) -> None:
        use(Memory())
        store_key(PROFILE, b"old")
        store_key(PROFILE, PEM)
        assert load_key(PROFILE) == PEM

    @pytest.mark.parametrize("backend", [Forgetful, Cutting])
    def test_is_read_back_to_be_sure(self, use: Use, backend: type) -> None:
        memory = use(backend())
        with pytest.raises(CredentialsError, match="did not keep the key") as caught:
            store_key(PROFILE, PEM)
        assert memory.kept == {}, "half a key is not left behind"
        assert "QUJDRA" not in str(caught.value)

    def test_the_backend_has_a_name(self, use: Use) -> None:
        use(Memory())
        assert backend_name() == f"{__name__}.Memory"


REFUSED = {
    "null": NULL,
    "fail": FAIL,
    "plaintext": named("keyrings.alt.file", "PlaintextKeyring"),
    "plaintext on a file system": named("keyrings.alt.pyfs", "PlaintextKeyring"),
    "Gnome's old": named("keyrings.alt.Gnome", "Keyring"),
    "Google Docs": named("keyrings.alt.Google", "DocsKeyring"),
    "the registry": named("keyrings.alt.Windows", "RegistryKeyring"),
    "an heir of plaintext": named(
        "my.own", "Better", type(named("keyrings.alt.file", "PlaintextKeyring"))
    ),
}


class TestRefused:
    @pytest.mark.parametrize("backend", REFUSED.values(), ids=REFUSED.keys())
    def test_what_drops_or_shows_secrets(self, use: Use, backend: Any) -> None:
        use(backend)
        for act in (
            lambda: store_key(PROFILE, PEM),
            lambda: load_key(PROFILE),
            lambda: delete_key(PROFILE),
            backend_name,
        ):
            with pytest.raises(CredentialsError, match="is refused") as caught:
                act()
            assert "Secret Service" in str(caught.value.hint), "the remedy is named"
        assert not getattr(backend, "kept", None)

    def chain(self, *links: Any) -> Any:
        return type(
            "ChainerBackend",
            (chainer.ChainerBackend,),
            {"backends": list(links), "priority": -10, "__module__": "keyring.backends.chainer"},
        )()

    def test_an_empty_chain(self, use: Use) -> None:
        use(self.chain())
        with pytest.raises(CredentialsError, match="nothing is behind it"):
            store_key(PROFILE, PEM)

    def test_a_chain_of_refused_ones(self, use: Use) -> None:
        use(self.chain(NULL, FAIL))
        with pytest.raises(CredentialsError, match="refused"):
            store_key(PROFILE, PEM)

    def test_a_chain_whose_first_link_would_get_the_secret_in_plain_text(self, use: Use) -> None:
        plain = named("keyrings.alt.file", "PlaintextKeyring")
        use(self.chain(plain, Memory()))
        with pytest.raises(CredentialsError, match="plain text"):
            store_key(PROFILE, PEM)
        assert plain.kept == {}

    def test_a_chain_with_a_good_first_link_is_used(self, use: Use) -> None:
        good = Memory()
        use(self.chain(good, NULL))
        store_key(PROFILE, PEM)
        assert load_key(PROFILE) == PEM
        assert good.kept


class TestTrouble:
    @pytest.mark.parametrize(
        "error",
        [
            KeyringLocked("locked"),
            InitError("no collection"),
            PasswordSetError("no"),
            KeyringError(),
            OSError("no bus"),
            RuntimeError("org.freedesktop.DBus.Error.NoReply"),
            ValueError("?"),
        ],
        ids=lambda e: type(e).__name__,
    )
    def test_is_one_error_with_its_name(self, use: Use, error: Exception) -> None:
        use(Raising(error))
        for act in (
            lambda: store_key(PROFILE, PEM),
            lambda: load_key(PROFILE),
            lambda: delete_key(PROFILE),
        ):
            with pytest.raises(CredentialsError, match=type(error).__name__) as caught:
                act()
            assert "QUJDRA" not in str(caught.value)

    def test_a_prompt_that_nobody_sees_does_not_hang(
        self, use: Use, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(vault, "UNLOCK_SECONDS", 0.05)
        use(Hanging())
        began = time.monotonic()
        for act in (lambda: store_key(PROFILE, PEM), lambda: load_key(PROFILE)):
            with pytest.raises(CredentialsError, match="did not answer"):
                act()
        assert time.monotonic() - began < 0.9

    @pytest.mark.parametrize(
        "chosen",
        ["no.such.module.Keyring", "keyring.backends.null.NoSuch", "nonsense", "a..b", "."],
    )
    def test_a_chosen_backend_that_can_not_be_loaded(
        self, use: Use, monkeypatch: pytest.MonkeyPatch, chosen: str
    ) -> None:
        use(None)
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", chosen)
        with pytest.raises(CredentialsError):
            load_key(PROFILE)

    def test_a_chosen_backend_is_trusted_and_named(
        self, use: Use, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use(None)
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"{__name__}.Memory")
        assert backend_name() == f"{__name__}.Memory"

    def test_a_stored_text_that_is_no_key_is_given_as_it_is_or_refused(self, use: Use) -> None:
        memory = use(Memory())
        memory.kept["payconsole", "acme/sandbox"] = "schlüssel"
        with pytest.raises(CredentialsError, match="no PEM"):
            load_key(PROFILE)

    def test_a_file_that_is_no_pem_is_never_stored(self, use: Use) -> None:
        memory = use(Memory())
        with pytest.raises(CredentialsError, match="no PEM"):
            store_key(PROFILE, "schlüssel".encode())
        assert memory.kept == {}
