"""`doctor` and `profile check`: every trouble has its line, its remedy and its exit code."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from console import doctor
from console.checkup import Verdict
from console.cli.doctor import _exit_of
from console.doctor import CHECKS, Check
from console.domain.limits import THROTTLE
from console.keys import fingerprint, make_key
from console.store.places import Places
from console.store.profiles import Profile
from tests.amazon.raw import NO_REPLY, raw_server
from tests.support.tls import DAY, ca_file, certificate, tls_server

from .conftest import CHARGE, Shell

STATUSES = {"ok", "note", "bad", "skipped"}
NETWORK = ("tls", "reach", "clock", "signed call")


@dataclass
class Report:
    """What `doctor --json` said, by check."""

    code: int
    checks: dict[str, dict[str, Any]]
    ok: bool

    def status(self, *names: str) -> set[str]:
        return {self.checks[name]["status"] for name in names}

    def says(self, name: str) -> str:
        return str(self.checks[name]["says"])

    def remedy(self, name: str) -> str:
        return str(self.checks[name]["remedy"])


def examined(shell: Shell, *words: str, **environment: str) -> Report:
    answer = shell.run("doctor", "--json", *words, **{"LANG": "C.UTF-8", **environment})
    document = answer.json
    assert set(document) == {"checks", "ok"}
    for check in document["checks"]:
        assert list(check) == ["check", "status", "says", "remedy"]
        assert check["status"] in STATUSES
    assert [check["check"] for check in document["checks"]] == list(CHECKS)
    assert document["ok"] == (answer.code == 0)
    assert document["ok"] == all(c["status"] != "bad" for c in document["checks"])
    return Report(answer.code, {c["check"]: c for c in document["checks"]}, document["ok"])


def settings(shell: Shell) -> Path:
    return shell.folder / "config" / "settings.toml"


def point_to(shell: Shell, endpoint: str, more: str = "") -> None:
    """Give the profile another endpoint, as somebody who edits the file."""
    file = settings(shell)
    text = file.read_text()
    text = text.replace(f'endpoint = "{shell.server.url}"', f'endpoint = "{endpoint}"\n{more}')
    file.write_text(text)


class TestAllIsWell:
    def test_every_check_is_made_and_none_is_bad(self, shell: Shell) -> None:
        shell.run("lookup", CHARGE)
        report = examined(shell)
        assert report.code == 0
        alike = ("python", "settings", "keyring", "key", "proxy", "dns", "reach", "clock")
        assert report.status(*alike, "signed call", "throttle", "journal", "index") == {"ok"}
        assert "Amazon accepts this key" in report.says("signed call")
        pem = (shell.folder / "key.pem").read_bytes()
        assert f"2048 bits, {fingerprint(pem)}" in report.says("key")
        assert " ms" in report.says("reach")

    def test_as_text_each_is_a_line(self, shell: Shell) -> None:
        answer = shell.run("doctor")
        assert answer.code == 0
        for name in CHECKS:
            assert f" {name} " in answer.out

    def test_it_asks_with_one_signed_read_and_writes_nothing(self, shell: Shell) -> None:
        before = sorted(shell.folder.rglob("*"))
        examined(shell)
        assert sorted(shell.folder.rglob("*")) == before
        signed = shell.server.world.log.entries("get_charge_permission")
        assert [entry.method for entry in signed] == ["GET"]

    def test_it_holds_no_secret_and_no_home_folder(self, shell: Shell) -> None:
        home = str(shell.folder)
        proxy = {"HTTPS_PROXY": "http://user:hunter2@127.0.0.1:9", "HOME": home}
        answer = shell.run("doctor", "--json", **proxy)
        pem = (shell.folder / "key.pem").read_text().splitlines()
        for secret in (*pem[1:-1], "hunter2", home):
            assert secret not in answer.out + answer.err
        assert "~/config/settings.toml" in answer.out


class TestANewMachine:
    def test_without_a_profile_the_rest_is_checked(self, bare_shell: Shell) -> None:
        report = examined(bare_shell)
        assert report.code == 0
        assert report.status("python", "keyring", "disk") == {"ok"}
        assert report.status("key", "dns", "throttle", *NETWORK) == {"skipped"}
        assert report.status("journal", "index") == {"skipped"}
        assert "payconsole profile add" in report.remedy("settings")

    def test_nothing_is_made(self, bare_shell: Shell) -> None:
        examined(bare_shell)
        assert not (bare_shell.folder / "config").exists()
        assert not (bare_shell.folder / "data").exists()


class TestWithoutUtf8:
    @pytest.mark.parametrize("form", [[], ["--json"]])
    def test_it_says_so_instead_of_failing(self, bare_shell: Shell, form: list[str]) -> None:
        plain = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        answer = bare_shell.run("doctor", *form, **plain)
        assert answer.code == 1
        assert "marks and names can't be shown" in answer.out
        assert "UTF-8 locale" in answer.out


class TestSettings:
    def test_a_broken_file_is_named_and_the_rest_is_checked(self, shell: Shell) -> None:
        settings(shell).write_text("[profiles\n")
        report = examined(shell)
        assert report.code == 2
        assert report.status("settings") == {"bad"}
        assert "settings.toml" in report.says("settings")
        assert report.status("keyring", "disk") == {"ok"}
        assert report.status(*NETWORK) == {"skipped"}

    def test_a_profile_that_is_not_there(self, shell: Shell) -> None:
        report = examined(shell, "--profile", "acne")
        assert report.code == 8
        assert "did you mean 'acme'" in report.says("settings")

    def test_a_file_that_others_may_read_is_a_note(self, shell: Shell) -> None:
        settings(shell).chmod(0o644)
        report = examined(shell)
        assert report.status("settings") == {"note"}
        assert "chmod 600" in report.remedy("settings")

    def test_a_proxy_that_is_not_used_is_told(self, shell: Shell) -> None:
        report = examined(shell, HTTPS_PROXY="http://proxy.example:3128")
        assert report.status("proxy") == {"ok"}
        assert "not used for this machine's own addresses" in report.says("proxy")

    def test_a_file_that_others_may_change(self, shell: Shell) -> None:
        settings(shell).chmod(0o666)
        report = examined(shell)
        assert report.code == 2
        assert "chmod 600" in report.remedy("settings")
        assert report.status("signed call") == {"ok"}, "it goes on"


class TestTheKey:
    @pytest.mark.parametrize("backend", ["null", "fail"])
    def test_without_a_keyring_the_way_is_checked_all_the_same(
        self, shell: Shell, backend: str
    ) -> None:
        refused = f"keyring.backends.{backend}.Keyring"
        report = examined(shell, PYTHON_KEYRING_BACKEND=refused)
        assert report.code == 8
        assert refused in report.says("keyring")
        assert report.checks["keyring"]["remedy"]
        assert report.status("key", "signed call") == {"skipped"}
        assert report.status("reach", "clock") == {"ok"}

    def test_a_keyring_without_the_key(self, shell: Shell) -> None:
        (shell.folder / "keyring.json").unlink()
        report = examined(shell)
        assert report.code == 8
        assert report.status("keyring") == {"ok"}
        assert "holds no key" in report.says("key")
        assert "profile rotate acme" in report.remedy("key")

    def test_a_keyring_that_never_answers(self, shell: Shell) -> None:
        (shell.folder / "asleep.py").write_text(
            "import time\nfrom keyring.backend import KeyringBackend\n"
            "class Keyring(KeyringBackend):\n    priority = 1\n"
            "    def get_password(self, service, name):\n        time.sleep(60)\n"
            "    set_password = delete_password = get_password\n"
        )
        path = f"{shell.folder}:{shell.environment['PYTHONPATH']}"
        started = time.monotonic()
        report = examined(shell, PYTHON_KEYRING_BACKEND="asleep.Keyring", PYTHONPATH=path)
        assert time.monotonic() - started < 15
        assert report.code == 8
        # On a busy machine loading the backend alone can take that long.
        assert "within 3 seconds" in report.says("keyring") + report.says("key")
        assert "unlocked" in report.remedy("keyring") + report.remedy("key")
        assert report.status("reach") == {"ok"}

    def test_another_key(self, shell: Shell) -> None:
        private, _ = make_key()
        (shell.folder / "key.pem").write_bytes(private)
        assert shell.run("profile", "remove", "acme", "--yes").code == 0
        assert shell.add_profile().code == 0
        report = examined(shell)
        assert report.code == 8
        assert "the private key does not belong to it" in report.says("signed call")

    def test_an_encrypted_file_is_not_asked_for(self, shell: Shell) -> None:
        point_to(shell, shell.server.url, f'key_file = "{encrypted(shell)}"')
        report = examined(shell)
        assert report.code == 0
        assert report.status("keyring", "signed call") == {"skipped"}
        assert "passphrase" in report.says("key")


def encrypted(shell: Shell) -> Path:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
    )

    from console.keys import load_private_key

    key = load_private_key((shell.folder / "key.pem").read_bytes())
    file = shell.folder / "encrypted.pem"
    secret = BestAvailableEncryption(b"open sesame")
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
    file.chmod(0o600)
    return file


class TestTheWay:
    def test_nobody_listens(self, shell: Shell) -> None:
        point_to(shell, "http://127.0.0.1:1")
        report = examined(shell)
        assert report.code == 5
        assert "refused" in report.says("reach")
        assert report.status("key") == {"ok"}
        assert report.status("tls", "clock", "signed call") == {"skipped"}

    def test_a_name_that_nobody_knows(self, shell: Shell) -> None:
        point_to(shell, "https://pay-api.nowhere.invalid")
        report = examined(shell)
        assert report.code == 5
        assert "can't be resolved" in report.says("dns")
        assert report.status(*NETWORK) == {"skipped"}

    def test_a_certificate_that_is_not_trusted(self, shell: Shell) -> None:
        with tls_server(certificate(shell.folder)) as server:
            point_to(shell, server.url)
            report = examined(shell)
        assert report.code == 5
        assert "Acme Security, Inspection Root" in report.says("tls")
        assert "ca_file" in report.remedy("tls")

    @pytest.mark.parametrize(("ends", "status"), [(90 * DAY, "ok"), (5 * DAY, "note")])
    def test_a_trusted_one_with_its_issuer_and_its_days(
        self, shell: Shell, ends: timedelta, status: str
    ) -> None:
        answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
        with tls_server(certificate(shell.folder, ends=ends), answer) as server:
            point_to(shell, server.url, f'ca_file = "{ca_file(shell.folder)}"')
            report = examined(shell)
            assert server.requests[0].startswith(b"HEAD / HTTP/1.1\r\n")
            assert b"authorization" not in server.requests[0].lower()
        assert report.status("tls") == {status}
        assert "TLSv1.3, issued by Acme Security, Inspection Root" in report.says("tls")
        assert f"good for {ends.days - 1} days" in report.says("tls")
        assert report.status("clock") == {"skipped"}, "the answer had no date"
        assert "not Amazon Pay" in report.says("signed call")

    @pytest.mark.parametrize(("shift", "side"), [(-400, "ahead of"), (400, "behind")])
    def test_a_clock_that_is_wrong_is_a_note(self, shell: Shell, shift: int, side: str) -> None:
        shell.server.world.add_fault(f"*:clock_shift:{shift}")
        examined(shell)  # the fault begins with a request that is signed
        report = examined(shell)
        assert report.code == 0
        assert report.status("clock") == {"note"}
        assert f"s {side} Amazon's" in report.says("clock")
        assert report.status("signed call") == {"ok"}

    def test_through_a_proxy_that_is_behind_tls_only_the_call_goes(self, shell: Shell) -> None:
        with tls_server(certificate(shell.folder)) as server:
            point_to(shell, "https://localhost.localdomain.invalid", f'proxy = "{server.url}"')
            report = examined(shell)
        assert report.status("tls", "reach", "clock") == {"skipped"}
        assert report.status("signed call") == {"bad"}
        assert report.code == 5

    def test_a_proxy_is_named(self, shell: Shell) -> None:
        with raw_server() as nobody:
            proxy = nobody.url
        text = settings(shell).read_text()
        lines = [line for line in text.splitlines() if not line.startswith("endpoint")]
        settings(shell).write_text("\n".join(lines))
        report = examined(shell, HTTPS_PROXY=proxy, NO_PROXY="", no_proxy="")
        assert report.code == 5
        assert f"{proxy}, by the environment" in report.says("proxy")
        assert "refused" in report.says("reach")


class TestTheJournal:
    def test_one_that_does_not_verify(self, shell: Shell) -> None:
        refund = ("refund", CHARGE, "--amount", "1.00", "--reason", "x", "--confirm", "1.00 USD")
        assert shell.run(*refund).code == 0
        with sqlite3.connect(shell.folder / "data" / "journal.sqlite") as book:
            book.execute("UPDATE entries SET actor = 'somebody else' WHERE seq = 1")
        book.close()
        report = examined(shell)
        assert report.code == 9
        assert "does not verify" in report.says("journal")

    def test_one_that_is_no_database(self, shell: Shell) -> None:
        shell.run("lookup", CHARGE)
        (shell.folder / "data" / "journal.sqlite").write_bytes(b"no database" * 1000)
        report = examined(shell)
        assert report.code == 9
        assert report.status("journal") == {"bad"}
        assert report.status("signed call") == {"ok"}


class TestTheMachine:
    @pytest.fixture
    def at_terminal(self, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setattr(doctor, "_encoding", lambda: "UTF-8")
        monkeypatch.setattr("shutil.get_terminal_size", lambda _: os.terminal_size((120, 40)))
        return monkeypatch

    @pytest.mark.parametrize(
        ("environment", "status", "says"),
        [
            ({"TERM": "xterm-256color"}, "ok", "256 colours"),
            ({"TERM": "xterm", "COLORTERM": "truecolor"}, "ok", "true colours"),
            ({"TERM": "xterm", "NO_COLOR": "1"}, "ok", "no colours"),
            ({"TERM": "dumb"}, "note", "no terminal that has a screen"),
            ({"TERM": "xterm", "LANG": "ja_JP.UTF-8"}, "note", "two cells wide"),
            (
                {"TERM": "xterm", "LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"},
                "note",
                "two cells",
            ),
        ],
    )
    def test_the_terminal(
        self, at_terminal: object, environment: dict[str, str], status: str, says: str
    ) -> None:
        found = doctor.terminal(environment)
        assert found.status == status
        assert says in found.says

    def test_a_small_one(self, at_terminal: pytest.MonkeyPatch) -> None:
        small = os.terminal_size((79, 24))
        at_terminal.setattr("shutil.get_terminal_size", lambda _: small)
        assert "80x24" in (doctor.terminal({"TERM": "xterm"}).remedy or "")

    def test_an_encoding_without_the_marks(self, at_terminal: pytest.MonkeyPatch) -> None:
        at_terminal.setattr(doctor, "_encoding", lambda: "ANSI_X3.4-1968")
        found = doctor.terminal({"TERM": "xterm"})
        assert found.status == "bad"
        assert "UTF-8" in (found.remedy or "")

    @pytest.mark.parametrize(
        ("environment", "programs", "status", "says"),
        [
            ({}, {"pbcopy"}, "ok", "pbcopy"),
            ({"WAYLAND_DISPLAY": "w"}, {"wl-copy", "xclip"}, "ok", "wl-copy"),
            ({"DISPLAY": ":0"}, {"wl-copy", "xclip"}, "ok", "xclip"),
            ({}, {"wl-copy", "xclip"}, "note", "OSC 52"),
            ({"DISPLAY": ":0", "SSH_CONNECTION": "x"}, {"xclip"}, "note", "OSC 52"),
            ({"TMUX": "/tmp/t"}, {"pbcopy"}, "note", "tmux"),
        ],
    )
    def test_the_clipboard(
        self,
        monkeypatch: pytest.MonkeyPatch,
        environment: dict[str, str],
        programs: set[str],
        status: str,
        says: str,
    ) -> None:
        monkeypatch.setattr("shutil.which", lambda name: name if name in programs else None)
        found = doctor.clipboard(environment)
        assert found.status == status
        assert says in found.says
        assert (found.remedy is None) == (status == "ok")

    @pytest.mark.parametrize(
        ("free", "status"), [(10**11, "ok"), (9 * 10**8, "note"), (10**7, "bad")]
    )
    def test_the_disk(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, status: str
    ) -> None:
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
        assert doctor.disk(Places(tmp_path, tmp_path / "data")).status == status

    def test_a_data_folder_that_others_may_look_into(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        found = doctor.disk(Places(tmp_path, tmp_path))
        assert found.status == "note"
        assert f"chmod 700 {tmp_path}" == found.remedy

    @pytest.mark.parametrize("environment", ["live", "sandbox"])
    def test_the_throttle_names_published_figures_only(self, environment: str) -> None:
        says = doctor.throttle(Profile("p", "na", environment, "KEY")).says
        column = 0 if environment == "live" else 1
        known = {n for row in THROTTLE.values() for n in (row[column].burst, row[column].rate)}
        numbers = {int(number) for number in re.findall(r"\d+", says)}
        assert numbers
        assert numbers <= known

    @pytest.mark.parametrize(
        ("seconds", "status"), [(0, "ok"), (20, "ok"), (-20, "ok"), (31, "note"), (-9999, "note")]
    )
    def test_the_clock(self, seconds: int, status: str) -> None:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        found = doctor.clock(now + timedelta(seconds=seconds), now)
        assert found.status == status
        assert ("behind" in found.says) == (seconds > 30)
        assert ("ahead" in found.says) == (seconds < -30)

    def test_the_home_folder_alone_becomes_a_tilde(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Path, "home", lambda: Path("/home/ann"))
        check = Check("x", "bad", "/home/ann/a and /home/anna/b", "chmod /home/ann: now")
        assert doctor._homely(check).says == "~/a and /home/anna/b"
        assert doctor._homely(check).remedy == "chmod ~: now"


@pytest.mark.anyio
class TestBounded:
    async def test_a_server_that_accepts_and_never_answers(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(doctor, "LOOK_SECONDS", 0.4)
        said: list[Check] = []
        started = time.monotonic()
        with raw_server(NO_REPLY) as server:
            profile = Profile("p", "na", "sandbox", "SANDBOX-X", endpoint=server.url)
            assert not await doctor._way(profile, said.append)
        assert time.monotonic() - started < 3
        [reach] = [check for check in said if check.name == "reach"]
        assert "nothing came" in reach.says
        assert reach.verdict is not None

    async def test_each_is_told_as_soon_as_it_is_known(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        others_are_told = threading.Event()

        def slow(places: Places) -> Check:
            assert others_are_told.wait(30)
            return Check("journal", "ok", "at last")

        said: list[str] = []

        def tell(check: Check) -> None:
            said.append(check.name)
            if len(said) == len(CHECKS) - 1:
                others_are_told.set()

        monkeypatch.setattr(doctor, "journal", slow)
        monkeypatch.setattr(doctor, "JOURNAL_SECONDS", 30.0)
        checks = await doctor.examine(Places(tmp_path / "c", tmp_path / "d"), None, tell)
        assert said[-1] == "journal"
        assert [check.name for check in checks] == list(CHECKS)

    async def test_what_hangs_is_given_up(self) -> None:
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            await doctor.bounded(lambda: time.sleep(2), 0.1)
        assert time.monotonic() - started < 1

    async def test_what_fails_is_a_check_too(self) -> None:
        def broken() -> Check:
            raise RuntimeError("with a secret in it")

        check = await doctor._caught("index", broken, 1.0)
        assert check.status == "bad"
        assert "RuntimeError" in check.says
        assert "secret" not in check.says


class TestExitCodes:
    @pytest.mark.parametrize(
        ("about", "code"),
        [("machine", 1), ("settings", 2), ("reach", 5), ("key", 8), ("journal", 9)],
    )
    def test_by_what_it_is_about(self, about: str, code: int) -> None:
        assert _exit_of(Check("x", "bad", "", None, about)) == code

    def test_of_a_verdict(self) -> None:
        verdict = Verdict("no_network", "", None)
        assert _exit_of(Check("signed call", "bad", "", None, "key", verdict)) == 5

    def test_they_are_told(self, bare_shell: Shell) -> None:
        assert "8 keyring, key" in bare_shell.run("doctor", "--help").out


class TestProfileCheck:
    def test_a_key_that_works(self, shell: Shell) -> None:
        answer = shell.run("profile", "check")
        assert answer.code == 0
        pem = (shell.folder / "key.pem").read_bytes()
        assert f"2048 bits, {fingerprint(pem)}" in answer.out
        assert "Amazon accepts this key for NA sandbox" in answer.out

    def test_as_json(self, shell: Shell) -> None:
        answer = shell.run("profile", "check", "acme", "--json")
        assert answer.json["proven"] is True
        assert answer.json["profile"] == "acme"
        assert answer.json["key"]["bits"] == 2048
        assert "FileKeyring" in answer.json["key"]["from"]

    def test_a_key_that_amazon_does_not_take(self, shell: Shell) -> None:
        shell.server.world.add_fault("get_charge_permission:refuse:InvalidAccountStatus:xalways")
        answer = shell.run("profile", "check", "--json")
        assert answer.code == 8
        assert answer.json["proven"] is False
        assert answer.json["error"]["code"] == "suspended"
        spoken = shell.run("profile", "check")
        assert "may not use it now" in spoken.out
        assert "→ Look in Seller Central" in spoken.out

    def test_amazon_out_of_reach(self, shell: Shell) -> None:
        point_to(shell, "http://127.0.0.1:1")
        answer = shell.run("profile", "check")
        assert answer.code == 5
        assert "refused" in answer.out

    def test_no_key(self, shell: Shell) -> None:
        (shell.folder / "keyring.json").unlink()
        answer = shell.run("profile", "check")
        assert answer.code == 8
        assert "holds no key" in answer.err

    def test_a_passphrase_without_a_terminal(self, shell: Shell) -> None:
        point_to(shell, shell.server.url, f'key_file = "{encrypted(shell)}"')
        answer = shell.run("profile", "check")
        assert answer.code == 8
        assert "passphrase" in answer.err

    def test_no_profile(self, bare_shell: Shell) -> None:
        assert bare_shell.run("profile", "check").code == 8
