"""After a day's use the private key is in the keyring, and nowhere else on this machine."""

from __future__ import annotations

import base64
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from console.keys import make_key, public_half
from tests.cli.conftest import CHARGE, V1_ID, Answer, Shell, bare_shell

from .secrets import Scan, Watch

__all__ = ["bare_shell"]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

# A fault inside of where the key is used, in a process that is otherwise the real one.
FAULT = """
import console.amazon.signing as signing

def fail(self, pem, *rest):
    number = int.from_bytes(pem, "big")
    raise RuntimeError("forced")

signing.Signer.__init__ = fail
"""


class Day:
    """A user's day: what they type, and everything that was printed."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.printed: list[bytes] = []
        for name in ("home", "tmp", "run", "broken"):
            (shell.folder / name).mkdir(mode=0o700)
        (shell.folder / "broken" / "sitecustomize.py").write_text(FAULT)
        shell.environment |= {
            "HOME": str(shell.folder / "home"),
            "TMPDIR": str(shell.folder / "tmp"),
            "XDG_RUNTIME_DIR": str(shell.folder / "run"),
            "TERM": "xterm-256color",
        }

    def run(self, *words: str, **environment: str) -> Answer:
        answer = self.shell.run(*words, **environment)
        self.printed += [answer.out.encode(), answer.err.encode()]
        return answer

    def broken(self, *words: str) -> Answer:
        """The same with the fault in it."""
        folder = self.shell.folder / "broken"
        path = f"{folder}{os.pathsep}{self.shell.environment['PYTHONPATH']}"
        return self.run(*words, PYTHONPATH=path)

    def killed_in_the_middle_of_a_send(self) -> None:
        self.shell.server.world.add_fault("create_refund:delay:30")
        before = self.shell.refund_requests()
        process = self.shell.start("refund", V1_ID, "--amount", "2", "--confirm", "2.00 USD")
        wait(lambda: self.shell.refund_requests() > before or process.poll() is not None)
        process.kill()
        self.printed += [text.encode() for text in process.communicate()]
        assert process.returncode == -signal.SIGKILL
        self.shell.server.world.faults.clear()

    def at_the_screen(self, *, broken: bool = False) -> bytes:
        """The screen at a terminal: an order is looked up, then the program is left."""
        environment = {**os.environ, **self.shell.environment}
        if broken:
            environment["PYTHONPATH"] = (
                f"{self.shell.folder / 'broken'}{os.pathsep}{environment['PYTHONPATH']}"
            )
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "console"],
            env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        shown = bytearray()

        def sees(text: bytes) -> bool:
            if select.select([ours], [], [], 0.05)[0]:
                shown.extend(read(ours))
            return text in shown or process.poll() is not None

        try:
            if broken:
                wait(lambda: sees(b"RuntimeError"))  # on the page that tells of it
            else:
                wait(lambda: sees(b"journal"))
                os.write(ours, b"/" + V1_ID.encode() + b"\r")
                wait(lambda: sees(b"40.00"))
            # What is still watched, such as a refund, is told in a dialog: leave at once.
            os.write(ours, b"\x11")
            for _ in range(20):
                if process.poll() is None:
                    sees(b"")
                    os.write(ours, b"l")
                    time.sleep(0.2)
            shown.extend(read(ours) if select.select([ours], [], [], 0)[0] else b"")
        finally:
            process.kill()
            process.wait()
            os.close(ours)
        self.printed.append(bytes(shown))
        return bytes(shown)


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other side is closed
        return b""


def wait(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def day(bare_shell: Shell) -> Day:
    return Day(bare_shell)


def test_after_a_day_the_key_is_in_the_keyring_alone(day: Day) -> None:
    shell = day.shell
    pem = (shell.folder / "key.pem").read_bytes()
    scan = Scan(pem)
    with Watch() as watch:
        use(day)
    assert len(watch.processes) >= 15, "every command was seen while it ran"
    assert scan.find(watch.seen) is None, "no command line and no environment had it"
    assert scan.find(b"\n".join(day.printed)) is None, "nothing that was printed"
    assert scan.find(json.dumps([answer.decode() for answer in day.printed]).encode()) is None
    found = scan.files(shell.folder)
    assert set(found) == {"key.pem", "keyring.json"}, found


def use(day: Day) -> None:
    shell = day.shell
    day.printed += [text.encode() for text in vars(shell.add_profile()).values() if text and
                    isinstance(text, str)]  # fmt: skip
    assert day.run("profile", "list").code == 0
    assert day.run("profile", "show", "acme", "--json").code == 0
    assert day.run("lookup", V1_ID).code == 0
    refund = ("refund", V1_ID, "--amount", "1", "--confirm", "1.00 USD")
    assert day.run(*refund).code == 0
    assert day.run("export", V1_ID, "-o", str(shell.folder / "bundle.json")).code == 0
    assert day.run("export", V1_ID).code == 0
    assert day.run("curl", CHARGE).code == 0
    assert day.run("journal", "export").code == 0
    assert day.run("doctor", "--json").code in (0, 1, 2, 8)
    day.run("profile", "check", "acme")
    assert b"40.00" in day.at_the_screen()
    day.killed_in_the_middle_of_a_send()
    assert "RuntimeError" in day.broken("lookup", V1_ID).err
    assert b"RuntimeError" in day.at_the_screen(broken=True)
    in_the_way(day)
    assert day.run("journal", "recover").code in (0, 4)
    assert day.run("journal", "recover", "2", "--nobody-else").code == 0
    shell.server.world.add_fault("create_refund:refuse:AmazonRejected")
    assert day.run(*refund, "--json").code == 3
    shell.server.world.faults.clear()
    assert day.run("journal", "verify").code == 0
    another_key(day)


def in_the_way(day: Day) -> None:
    """The data folder is no folder for a while."""
    data = day.shell.folder / "data"
    data.rename(day.shell.folder / "data.away")
    data.write_text("in the way")
    assert day.run("lookup", V1_ID).code != 0
    data.unlink()
    (day.shell.folder / "data.away").rename(data)


def another_key(day: Day) -> None:
    """A key that can't be used, and keyrings that refuse to keep one that can."""
    shell = day.shell
    key = (shell.folder / "key.pem").read_bytes()
    (shell.folder / "key.pem").write_bytes(key[:900])
    assert day.run("profile", "add", "two", *more(shell)).code == 8
    (shell.folder / "key.pem").write_bytes(key)
    chosen = "tests.settings.processes.TalkativeKeyring"
    refused = day.run("profile", "add", "two", *more(shell), PYTHON_KEYRING_BACKEND=chosen)
    assert (refused.code, "PasswordSetError" in refused.err) == (8, True)


def more(shell: Shell) -> list[str]:
    return [
        "--region", "na", "--environment", "sandbox", "--public-key-id", "SANDBOX-TWO",
        "--private-key-file", str(shell.folder / "key.pem"), "--endpoint", shell.server.url,
    ]  # fmt: skip


# --- the scan itself -----------------------------------------------------------------------------

PEM = make_key()[0]
_KEY = load_pem_private_key(PEM, None)
assert isinstance(_KEY, RSAPrivateKey)
_DER = _KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
_D = _KEY.private_numbers().d

PLANTED: dict[str, bytes] = {
    "PKCS#8": PEM,
    "PKCS#1": _KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    "in JSON": json.dumps({"pem": PEM.decode()}).encode(),
    "in Python": repr(PEM).encode(),
    "its second half": PEM[len(PEM) // 2 :],
    "one line of it": PEM.splitlines()[20],
    "DER": _DER,
    "DER in Base64": base64.b64encode(_DER),
    "in lines of another width": base64.encodebytes(_DER),
    "for addresses": base64.urlsafe_b64encode(_DER),
    "in hex": _DER.hex().encode(),
    "in capital hex": _DER.hex().upper().encode(),
    "d in decimal": str(_D).encode(),
    "d in hex": f"{_D:x}".encode(),
    "p in decimal": str(_KEY.private_numbers().p).encode(),
    "in UTF-16": PEM.decode().encode("utf-16-le"),
}


class TestTheScanFindsIt:
    @pytest.mark.parametrize("form", PLANTED)
    def test_in_a_log(self, tmp_path: Path, form: str) -> None:
        (tmp_path / "deep").mkdir()
        log = tmp_path / "deep" / "payconsole.log"
        log.write_bytes(b"12:00 started\n" + b"x" * 5_000)
        assert Scan(PEM).files(tmp_path) == {}
        log.write_bytes(log.read_bytes() + b" key=" + PLANTED[form] + b"; done\n")
        assert set(Scan(PEM).files(tmp_path)) == {"payconsole.log"}

    def test_and_takes_no_other_for_it(self) -> None:
        assert Scan(PEM).find(make_key()[0]) is None
        assert Scan(PEM).find(public_half(PEM)) is None

    @pytest.mark.parametrize("where", ["argv", "environment"])
    def test_while_a_process_runs(self, where: str) -> None:
        line = PEM.decode().splitlines()[20]
        words = ["sleep", "0.3"] if where == "environment" else ["sh", "-c", "sleep 0.3", line]
        environment = dict(os.environ)
        if where == "environment":
            environment["KEY"] = line
        with Watch() as watch:
            subprocess.run(words, env=environment, check=True)
        assert watch.processes
        assert Scan(PEM).find(watch.seen)
