"""Keys that are not in the keyring, by the profile's own choice: a command, an encrypted file."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from console.keys import KeyUnusable, WrongPassphrase, make_key, public_half, without_secrets
from console.store import credentials
from console.store.credentials import PassphraseNeeded, delete_key, in_keyring, load_key
from console.store.profiles import Profile
from console.store.vault import CredentialsError

from .conftest import profile

PEM, _ = make_key()
PASSPHRASE = "correct horse"
TOKEN = "ops_eyJzaWduSW5BZGRyZXNzIjoibXkuMXBhc3N3b3JkLmNvbSIsInVzZXJBdXRoIjp7"

Command = Callable[..., Profile]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """A profile whose key is printed by a little program, of which this is the text."""

    def write(code: str, *words: str) -> Profile:
        program = tmp_path / "prints.py"
        program.write_text(textwrap.dedent(code))
        return profile(key_command=(sys.executable, str(program), *words))

    return write


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.write_bytes(PEM)
    return path


class TestCommand:
    def test_prints_the_key(self, command: Command, key_file: Path) -> None:
        mine = command("import sys; print(open(sys.argv[1]).read())", str(key_file))
        assert public_half(load_key(mine)) == public_half(PEM)
        assert not in_keyring(mine)
        assert delete_key(mine) is False

    def test_no_shell_reads_its_words(self, command: Command, tmp_path: Path) -> None:
        touched = tmp_path / "touched"
        mine = command("import sys; sys.exit(3)", f"; touch {touched}", f"$(touch {touched})")
        with pytest.raises(CredentialsError, match="ended with 3"):
            load_key(mine)
        assert not touched.exists()

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("", "There is nothing in it"),
            ("print('\\n\\n')", "There is nothing in it"),
            ("print('not a key')", "no line BEGIN PRIVATE KEY"),
            ("import sys; sys.stdout.buffer.write(bytes(range(256)))", "no PEM file"),
            ("print('-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----')", "damaged"),
        ],
    )
    def test_prints_something_else(self, command: Command, code: str, said: str) -> None:
        with pytest.raises(CredentialsError, match="printed no key that can be used") as caught:
            load_key(command(code))
        assert said in str(caught.value)
        assert "print the PEM and nothing else" in str(caught.value.hint)

    def test_prints_an_encrypted_key(self, command: Command, tmp_path: Path) -> None:
        path = tmp_path / "encrypted.pem"
        path.write_bytes(encrypted(PrivateFormat.PKCS8))
        with pytest.raises(CredentialsError, match="needs its passphrase"):
            load_key(command("import sys; print(open(sys.argv[1]).read())", str(path)))

    def test_fails_and_nothing_of_what_it_says_is_repeated(self, command: Command) -> None:
        """No rule tells a token from a word: one of Vault's has 26 characters."""
        mine = command("import sys; sys.exit('denied for s.Wq8ZbH2xN0pLrT5vYc3KdJfA')")
        with pytest.raises(CredentialsError, match=r"ended with 1\.$") as caught:
            load_key(mine)
        assert "another terminal to see what it says" in str(caught.value.hint)

    def test_what_it_prints_before_it_fails_is_never_shown(
        self, command: Command, key_file: Path
    ) -> None:
        code = "import sys; print(open(sys.argv[1]).read()); sys.exit(2)"
        with pytest.raises(CredentialsError, match=r"ended with 2\.$"):
            load_key(command(code, str(key_file)))

    def test_hangs(self, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """It is ended with the children that it started."""
        monkeypatch.setattr(credentials, "COMMAND_SECONDS", 1.5)
        numbers = tmp_path / "numbers"
        mine = command(
            """
            import os, subprocess, sys, time
            child = subprocess.Popen(["sleep", "60"])
            with open(sys.argv[1], "w") as file: print(os.getpid(), child.pid, file=file)
            time.sleep(60)
            """,
            str(numbers),
        )
        began = time.monotonic()
        with pytest.raises(CredentialsError, match="did not end within") as caught:
            load_key(mine)
        assert time.monotonic() - began < 10
        assert "another terminal" in str(caught.value.hint)
        for number in map(int, numbers.read_text().split()):
            assert is_gone(number), "and nobody is left behind"

    def test_leaves_a_child_that_keeps_its_pipes(self, command: Command, key_file: Path) -> None:
        """As a password manager that starts its daemon: the key is there, so nobody waits."""
        code = """
            import subprocess, sys
            subprocess.Popen(["sleep", "8"])
            print(open(sys.argv[1]).read(), flush=True)
            """
        began = time.monotonic()
        assert load_key(command(code, str(key_file)))
        assert time.monotonic() - began < 7

    def test_can_not_ask_at_the_terminal(self, command: Command) -> None:
        """Neither at the one that we have, nor by stdin."""
        mine = command(
            """
            import sys
            assert sys.stdin.read() == ""
            try: open("/dev/tty")
            except OSError: sys.exit(7)
            sys.exit(8)
            """
        )
        with pytest.raises(CredentialsError, match="ended with 7"):
            load_key(mine)

    def test_the_same_from_a_process_that_has_one(self, tmp_path: Path) -> None:
        """The control: with a terminal of our own, a child could open it."""
        code = (
            "import subprocess, sys; from console.store.bounded import run_bounded\n"
            "ask = [sys.executable, '-c', 'open(\"/dev/tty\")']\n"
            "plain = subprocess.run(ask, capture_output=True).returncode\n"
            "print('codes', plain, run_bounded(ask, 20, 1000).code)"
        )
        written = bytearray()
        child, terminal = os.forkpty()
        if child == 0:
            os.execv(sys.executable, [sys.executable, "-c", code])
        while True:
            try:
                written += os.read(terminal, 1000)
            except OSError:  # the other side is closed
                break
        os.waitpid(child, 0)
        os.close(terminal)
        assert b"codes 0 1" in written

    @pytest.mark.parametrize("ignores", [False, True], ids=["ends then", "goes on"])
    def test_prints_a_thousand_million_bytes(
        self, command: Command, monkeypatch: pytest.MonkeyPatch, ignores: bool
    ) -> None:
        monkeypatch.setattr(credentials, "COMMAND_SECONDS", 20.0)
        mine = command(
            f"""
            import os
            try:
                for _ in range(1000): os.write(1, b"A" * 1_000_000)
            except BrokenPipeError:
                if not {ignores}: raise
            """
        )
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(CredentialsError, match="printed more than a key has"):
            load_key(mine)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 50_000, "kilobytes"

    def test_complains_without_end(self, command: Command, key_file: Path) -> None:
        code = """
            import os, sys
            for _ in range(100): os.write(2, b"A" * 1_000_000)
            print(open(sys.argv[1]).read())
            """
        assert load_key(command(code, str(key_file)))

    @pytest.mark.parametrize("name", ["/no/such/program", "", "nul\0byte", "/"])
    def test_can_not_be_started(self, name: str) -> None:
        with pytest.raises(CredentialsError, match="can't be started") as caught:
            load_key(profile(key_command=(name,)))
        assert "Mend key_command of profile acme" in str(caught.value.hint)


def encrypted(form: PrivateFormat, passphrase: str = PASSPHRASE) -> bytes:
    key = load_pem_private_key(PEM, None)
    return key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(passphrase.encode()))


WRONG = {
    "short": "x",
    "other letters": PASSPHRASE.upper(),
    "a byte of Latin-1": "\udce4",
    "half a character": "\ud800",
    "long": "y" * 5_000,
}


@pytest.fixture(params=[PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def locked_file(request: pytest.FixtureRequest, tmp_path: Path) -> Profile:
    """A profile with an encrypted key file that nobody else can read."""
    path = tmp_path / "locked.pem"
    path.touch(0o600)
    path.write_bytes(encrypted(request.param))
    return profile(key_file=str(path))


class TestFile:
    def test_opens_with_its_passphrase(self, locked_file: Profile) -> None:
        pem = load_key(locked_file, PASSPHRASE)
        assert public_half(pem) == public_half(PEM)
        assert b"ENCRYPTED" not in pem
        assert not in_keyring(locked_file)

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_asks_for_it(self, locked_file: Profile, nothing: str | None) -> None:
        with pytest.raises(PassphraseNeeded, match="'acme' needs its passphrase") as caught:
            load_key(locked_file, nothing)
        assert caught.value.hint is None

    @pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
    def test_does_not_open_with_another(self, locked_file: Profile, wrong: str) -> None:
        with pytest.raises(WrongPassphrase, match="does not open") as caught:
            load_key(locked_file, wrong)
        assert wrong not in str(caught.value)

    def test_opens_with_one_that_is_no_utf_8(self, tmp_path: Path) -> None:
        """A terminal of another encoding gives bytes for which there are no characters."""
        path = tmp_path / "latin.pem"
        key = load_pem_private_key(PEM, None)
        typed = b"pass\xe4word"
        lock = BestAvailableEncryption(typed)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
        assert load_key(profile(key_file=str(path)), typed.decode("utf-8", "surrogateescape"))

    def test_says_that_others_can_read_it(self, locked_file: Profile) -> None:
        path = Path(str(locked_file.key_file))
        path.chmod(0o640)
        with pytest.raises(PassphraseNeeded) as caught:
            load_key(locked_file)
        assert "0640" in str(caught.value.hint)
        assert "chmod 600" in str(caught.value.hint)
        assert load_key(locked_file, PASSPHRASE), "that is said, not forbidden"

    @pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
    def test_is_refused_where_it_is_not_encrypted(
        self, key_file: Path, passphrase: str | None
    ) -> None:
        with pytest.raises(KeyUnusable, match="is not encrypted") as caught:
            load_key(profile(key_file=str(key_file)), passphrase)
        assert not isinstance(caught.value, WrongPassphrase)

    def test_a_name_in_it_does_not_make_it_encrypted(self, tmp_path: Path) -> None:
        path = tmp_path / "named.pem"
        path.write_bytes(b"friendlyName: ENCRYPTED\n" + PEM)
        with pytest.raises(KeyUnusable, match="is not encrypted"):
            load_key(profile(key_file=str(path)), PASSPHRASE)

    def test_a_cipher_that_is_not_known_is_no_wrong_passphrase(
        self, key_file: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "camellia.pem"
        words = f"openssl pkcs8 -topk8 -v2 camellia256 -passout pass:{PASSPHRASE.split()[0]}"
        done = subprocess.run(
            [*words.split(), "-in", str(key_file), "-out", str(path)],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            pytest.skip("this OpenSSL has no Camellia")
        with pytest.raises(KeyUnusable, match="not known here") as caught:
            load_key(profile(key_file=str(path)), PASSPHRASE.split()[0])
        assert not isinstance(caught.value, WrongPassphrase)

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("/no/such/key.pem", "No such file"),
            ("/", "Is a directory|no file"),
            ("/dev/zero", "no file"),
            ("nul\0byte", "null byte"),
            ("~no-such-user/key.pem", "home directory"),
        ],
    )
    def test_can_not_be_read(self, name: str, said: str) -> None:
        with pytest.raises(CredentialsError, match=rf"can't be read: .*({said})") as caught:
            load_key(profile(key_file=name), PASSPHRASE)
        assert "Mend key_file of profile acme" in str(caught.value.hint)

    def test_is_no_pipe_to_wait_for(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        assert stat.S_ISFIFO(pipe.stat().st_mode)
        with pytest.raises(CredentialsError, match="no file"):
            load_key(profile(key_file=str(pipe)), PASSPHRASE)

    def test_is_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "large"
        with path.open("wb") as file:
            file.truncate(3_000_000_000)
        with pytest.raises(KeyUnusable, match="too large"):
            load_key(profile(key_file=str(path)), PASSPHRASE)


class TestWithoutSecrets:
    def test_no_line_of_a_key_passes(self) -> None:
        for line in PEM.decode().splitlines()[1:-2]:
            assert line not in without_secrets(f"error: {line}!")

    @pytest.mark.parametrize(
        "text", [PEM.decode(), PEM.hex(), TOKEN], ids=["a key", "in hex", "a token"]
    )
    def test_nor_other_forms(self, text: str) -> None:
        left = without_secrets(f"x {text} y")
        assert not any(text[at : at + 10] in left for at in range(len(text) - 9))

    @pytest.mark.parametrize(
        "said",
        [
            "[ERROR] could not read secret op://vault/amazon-pay/key: not signed in",
            "No such object at path '/org/freedesktop/secrets/collection/login'",
            "item 6f1c2f7e-5d0a-4b1e-9d53-2f1c8a7b6c5d isn't in the vault",
            "Can't store password on keychain: (-25308, 'Unknown Error')",
        ],
    )
    def test_words_pass(self, said: str) -> None:
        assert without_secrets(said) == said


def is_gone(number: int) -> bool:
    for _ in alarm(5):
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
    return False


def alarm(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.02)
