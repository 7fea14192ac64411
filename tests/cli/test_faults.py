"""Files, pipes and networks that fail: said in a sentence, with the exit code of what happened."""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.amazon.errors import NotAllowed, NotSent
from console.cli.failures import CREDENTIALS, FAULT, failure_of
from console.cli.main import _ACTS
from console.cli.parser import build_parser
from console.keys import make_key
from tests.cli.conftest import CHARGE, TIMEOUT, V1_ID, Answer, Shell

REFUND = ("refund", V1_ID, "--amount", "10", "--confirm", "10.00 USD")
NO_SPACE = "payconsole: can't write the output: No space left on device.\n"
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
# Python writes at once, or when a command ends: the failure comes at different places.
at_once = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["at the end", "at once"])


@contextmanager
def without_reader() -> Iterator[int]:
    """The writing end of a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


def run(
    shell: Shell,
    *words: str,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
    unbuffered: str = "",
    bound_by_rights: bool = False,
) -> Answer:
    """payconsole with streams of the test's choice."""
    done = subprocess.run(
        [sys.executable, "-m", "console", *words],
        env={**os.environ, **shell.environment, "PYTHONUNBUFFERED": unbuffered},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        timeout=TIMEOUT,
        check=False,
        preexec_fn=_bound_by_rights if bound_by_rights else None,
    )
    return Answer(done.returncode, done.stdout or "", done.stderr or "")


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parser and those of all its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from commands(below)


def _bound_by_rights() -> None:
    """Root is above the rights of files: take that from the program that is started next."""
    if os.geteuid() == 0:
        drop_from_bounding_set, dac_override, dac_read_search = 24, 1, 2  # linux/prctl.h
        prctl = ctypes.CDLL(None).prctl
        for capability in (dac_override, dac_read_search):
            prctl(drop_from_bounding_set, capability, 0, 0, 0)


class TestNobodyReads:
    """`| head -1`: as grep and cat end, without a word."""

    @at_once
    @pytest.mark.parametrize(
        "words",
        [
            ["mapping"],
            ["mapping", "--json"],
            ["--version"],
            ["journal", "list"],
            ["journal", "export"],
            ["identify", V1_ID],
        ],
        ids=" ".join,
    )
    def test_a_command_ends_as_if_sigpipe_had_ended_it(
        self, bare_shell: Shell, words: list[str], unbuffered: str
    ) -> None:
        with without_reader() as pipe:
            answer = run(bare_shell, *words, stdout=pipe, unbuffered=unbuffered)
        assert (answer.code, answer.err) == (141, "")

    def test_help_too(self, bare_shell: Shell) -> None:
        with without_reader() as pipe:
            answer = run(bare_shell, "--help", stdout=pipe)
        assert (answer.code, answer.err) == (141, "")

    @at_once
    def test_a_failure_keeps_its_code_and_its_words(
        self, bare_shell: Shell, unbuffered: str
    ) -> None:
        with without_reader() as pipe:
            answer = run(
                bare_shell, "identify", "zzz", "--json", stdout=pipe, unbuffered=unbuffered
            )
        assert answer.code == 2
        assert "zzz" in answer.err

    @at_once
    @pytest.mark.parametrize("form", ["text", "json"])
    def test_a_refund_ends_with_its_own_outcome(
        self, shell: Shell, form: str, unbuffered: str
    ) -> None:
        more = ("--json",) if form == "json" else ()
        with without_reader() as pipe:
            made = run(shell, *REFUND, *more, stdout=pipe, unbuffered=unbuffered)
        assert made.code == 0
        assert shell.refunds_made() == 1
        [intent] = shell.run("journal", "list", "--json").json["intents"]
        assert intent["state"] == "accepted"

    def test_a_refund_is_carried_through_with_neither_stream_read(self, shell: Shell) -> None:
        """`2>&1 | head -1`: the narration stands between the journal's line and the sending."""
        with without_reader() as pipe:
            made = run(shell, *REFUND, stdout=pipe, stderr=pipe, unbuffered="1")
        assert made.code == 0
        assert shell.refunds_made() == 1
        assert shell.run("journal", "list", "--open", "--json").json["intents"] == []

    def test_a_refused_refund_is_refused(self, shell: Shell) -> None:
        shell.server.world.add_fault("create_refund:refuse:TransactionAmountExceeded:x9")
        with without_reader() as pipe:
            assert run(shell, *REFUND, stdout=pipe).code == 3

    def test_narration_that_nobody_reads_stops_nothing(self, shell: Shell) -> None:
        with without_reader() as pipe:
            answer = run(shell, "lookup", V1_ID, "--json", stderr=pipe)
        assert answer.code == 0
        assert answer.json["order"]["id"]

    def test_streams_that_were_closed_are_no_fault(self, bare_shell: Shell) -> None:
        line = f"exec {sys.executable} -m console mapping <&- >&- 2>&-"
        done = subprocess.run(
            ["sh", "-c", line],
            env={**os.environ, **bare_shell.environment},
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0

    def test_every_command_that_acts_is_known_as_one(self) -> None:
        """Those that take a confirmation or a person's word, and `recover`."""
        acting = {
            parser.prog
            for parser in commands(build_parser())
            if {"--confirm", "--evidence"} & set(parser._option_string_actions)
        }
        assert acting | {"payconsole journal recover"} == _ACTS


@needs_full
class TestNoRoom:
    """The output can't be written: a line, and no traceback."""

    @at_once
    @pytest.mark.parametrize(
        "words", [["mapping"], ["mapping", "--json"], ["--version"], ["identify", V1_ID]],
        ids=" ".join,
    )  # fmt: skip
    def test_it_is_said_in_a_line(
        self, bare_shell: Shell, words: list[str], unbuffered: str
    ) -> None:
        with FULL.open("w") as full:
            answer = run(bare_shell, *words, stdout=full.fileno(), unbuffered=unbuffered)
        assert (answer.code, answer.err) == (1, NO_SPACE)

    @at_once
    @pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
    def test_of_a_lookup(self, shell: Shell, form: tuple[str, ...], unbuffered: str) -> None:
        with FULL.open("w") as full:
            answer = run(shell, "lookup", V1_ID, *form, stdout=full.fileno(), unbuffered=unbuffered)
        assert (answer.code, answer.err) == (1, NO_SPACE)

    @at_once
    def test_a_refund_says_it_and_ends_with_its_own_outcome(
        self, shell: Shell, unbuffered: str
    ) -> None:
        with FULL.open("w") as full:
            answer = run(shell, *REFUND, stdout=full.fileno(), unbuffered=unbuffered)
        assert answer.code == 0
        assert answer.err.endswith(NO_SPACE)
        assert shell.refunds_made() == 1

    def test_another_file_is_named(self) -> None:
        failure = failure_of(FileNotFoundError(2, "No such file or directory", "/no/where"))
        assert failure is not None
        assert failure.message == "/no/where: No such file or directory."
        assert failure.exit == FAULT

    def test_an_error_without_the_systems_word_is_a_fault_of_ours(self) -> None:
        assert failure_of(TimeoutError()) is None


class TestDataThatCanNotBeUsed:
    """The file, the reason and the remedy; never the alarm of a journal that was changed."""

    @pytest.fixture
    def data(self, shell: Shell) -> Path:
        assert shell.run(*REFUND).code == 0
        return shell.folder / "data"

    @pytest.mark.parametrize("words", [["import", "ids.csv"], ["lookup", V1_ID], [*REFUND]])
    def test_a_damaged_index_can_be_made_again(
        self, shell: Shell, data: Path, words: list[str]
    ) -> None:
        index = data / "index.sqlite"
        (data / "index.sqlite").write_bytes(os.urandom(9000))
        table = shell.folder / "ids.csv"
        table.write_text(f"order,id\nShop-1,{CHARGE}\n")
        words = [str(table) if word == "ids.csv" else word for word in words]
        answer = shell.run(*words, "--json")
        assert answer.code == 2
        error = answer.json["error"]
        assert error["code"] == "data_unusable"
        assert str(index) in error["message"]
        assert "damaged" in error["message"]
        assert "made again" in error["hint"]
        assert answer.err.count("\n") == 2
        assert shell.refunds_made() == 1

        for file in data.glob("index.sqlite*"):  # as the remedy says
            file.rename(shell.folder / file.name)
        assert shell.run("import", str(table)).code == 0
        assert shell.run("lookup", "Shop-1").code == 0

    def test_a_damaged_journal_is_the_alarm(self, shell: Shell, data: Path) -> None:
        (data / "journal.sqlite").write_bytes(os.urandom(9000))
        for words in (["journal", "verify"], ["journal", "list"], ["lookup", V1_ID]):
            answer = shell.run(*words, "--json")
            assert answer.code == 9
            assert answer.json["error"]["code"] == "journal_broken"
            assert "journal.sqlite" in answer.json["error"]["message"]

    @pytest.mark.parametrize("words", [["journal", "verify"], ["journal", "list"], [*REFUND]])
    def test_a_journal_that_may_not_be_read_is_no_alarm(
        self, shell: Shell, data: Path, words: list[str]
    ) -> None:
        journal = data / "journal.sqlite"
        journal.chmod(0o000)
        answer = run(shell, *words, "--json", bound_by_rights=True)
        journal.chmod(0o600)
        assert answer.code == 2
        error = answer.json["error"]
        assert error["code"] == "data_unusable"
        assert error["message"] == f"{journal} can't be used: this user may not read it."
        assert "readable and writable" in error["hint"]
        assert "verif" not in answer.out + answer.err
        assert shell.run("journal", "verify").code == 0

    def test_a_journal_that_may_only_be_read_is_read_and_nothing_is_refunded(
        self, shell: Shell, data: Path
    ) -> None:
        journal = data / "journal.sqlite"
        journal.chmod(0o400)
        for words in (["journal", "verify"], ["journal", "list"], ["lookup", V1_ID]):
            assert run(shell, *words, bound_by_rights=True).code == 0
        answer = run(shell, *REFUND, "--json", bound_by_rights=True)
        journal.chmod(0o600)
        assert answer.code == 1
        error = answer.json["error"]
        assert error["message"] == f"{journal} can't be used: this user may not write it."
        assert "readable and writable" in error["hint"]
        assert shell.refunds_made() == 1

    def test_a_journal_in_a_folder_that_may_only_be_read(self, shell: Shell, data: Path) -> None:
        data.chmod(0o500)
        answer = run(shell, "journal", "verify", bound_by_rights=True)
        data.chmod(0o700)
        assert answer.code == 2
        assert "this user may not write its folder" in answer.err

    def test_a_folder_that_may_not_be_written(self, bare_shell: Shell) -> None:
        bare_shell.folder.joinpath("locked").mkdir(mode=0o500)
        bare_shell.environment["PAYCONSOLE_DATA_DIR"] = str(bare_shell.folder / "locked")
        answer = run(bare_shell, "journal", "list", bound_by_rights=True)
        assert answer.code == 2
        assert answer.err.startswith(f"payconsole: {bare_shell.folder / 'locked'}/journal.sqlite")
        assert "Permission denied" in answer.err
        assert "PAYCONSOLE_DATA_DIR" in answer.err

    @pytest.mark.parametrize("words", [["journal", "list"], ["import", "/dev/null"]], ids=" ".join)
    def test_a_folder_that_can_not_be(self, bare_shell: Shell, words: list[str]) -> None:
        (bare_shell.folder / "file").write_text("")
        bare_shell.environment["PAYCONSOLE_DATA_DIR"] = str(bare_shell.folder / "file" / "data")
        answer = bare_shell.run(*words, "--json")
        assert answer.code == 2
        error = answer.json["error"]
        assert f"{bare_shell.folder}/file/data" in error["message"]
        assert "Not a directory" in error["message"]
        assert "PAYCONSOLE_DATA_DIR" in error["hint"]


class TestAmazonOutOfReach:
    def test_the_host_the_reason_and_the_next_step_are_named(self, shell: Shell) -> None:
        with socket.socket() as taken:  # bound, and nobody listens
            taken.bind(("127.0.0.1", 0))
            host = f"127.0.0.1:{taken.getsockname()[1]}"
            settings = shell.folder / "config" / "settings.toml"
            settings.write_text(settings.read_text().replace(shell.server.url, f"http://{host}"))
            answer = shell.run("lookup", V1_ID, "--json")
        assert answer.code == 5
        error = answer.json["error"]
        assert error["message"] == f"{host} could not be reached: connection refused"
        assert "HTTPS_PROXY" in error["hint"]

    def test_our_own_refusal_to_send_is_not_about_the_network(self) -> None:
        failure = failure_of(NotSent("The address can't be sent as it was signed."))
        assert failure is not None
        assert failure.hint is None


class TestARejectedSignature:
    def test_the_code_in_json_says_so(self, shell: Shell) -> None:
        private, _ = make_key()  # the server knows another
        (shell.folder / "key.pem").write_bytes(private)
        assert shell.run("profile", "remove", "acme", "--yes").code == 0
        assert shell.add_profile().code == 0
        answer = shell.run("lookup", V1_ID, "--json")
        assert answer.code == 8
        assert answer.json["error"]["code"] == "signature_rejected"

    def test_another_rejection_keeps_its_code(self) -> None:
        failure = failure_of(NotAllowed(403, "UnauthorizedAccess", "", None))
        assert failure is not None
        assert (failure.code, failure.exit) == ("not_allowed", CREDENTIALS)


def test_help_names_every_exit_code(bare_shell: Shell) -> None:
    told = bare_shell.run("--help").out.partition("exit codes:")[2]
    for code in (*range(10), 130, 141):
        assert f" {code} " in told


def test_json_stays_one_document(bare_shell: Shell) -> None:
    answer = bare_shell.run("lookup", V1_ID, "--json")
    assert json.loads(answer.out)["error"]["code"] == "no_profile"
