"""`profile`: connecting by switches and by questions, rotating, handing out, passphrases."""

from __future__ import annotations

import json
import re
import shlex
import sys
import time
import tomllib
from pathlib import Path

import pytest

from console.keys import make_key
from console.store.credentials import load_key
from console.store.places import Places
from console.store.profiles import Profiles
from tests.cli.conftest import V1_ID, Answer, Shell, key_pair
from tests.cli.terminal import Terminal, at_terminal
from tests.settings.test_key_sources import is_gone
from tests.test_onboarding import encrypted

STRANGER = make_key()
ID = "SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B"
SWITCHES = ("--region", "na", "--environment", "sandbox", "--public-key-id", ID)


def places(shell: Shell) -> Places:
    return Places(shell.folder / "config", shell.folder / "data")


def kept(shell: Shell) -> dict[str, str]:
    file = shell.folder / "keyring.json"
    return json.loads(file.read_text()) if file.exists() else {}


def signs_with(shell: Shell, name: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The key that the console would load for a profile."""
    import keyring.core

    from tests.cli.keyring_in_a_file import FileKeyring

    monkeypatch.setenv("TEST_KEYRING_FILE", shell.environment["TEST_KEYRING_FILE"])
    monkeypatch.setattr(keyring.core, "_keyring_backend", FileKeyring())  # type: ignore[no-untyped-call]
    return load_key(Profiles(places(shell)).get(name))


def key_file(shell: Shell, name: str, pem: bytes) -> str:
    path = shell.folder / name
    path.write_bytes(pem)
    return str(path)


def told_of(answer: Answer) -> str:
    return answer.out + answer.err


class TestBySwitches:
    def test_it_asks_nothing_and_nobody(self, bare_shell: Shell) -> None:
        answer = bare_shell.add_profile()
        assert answer.code == 0
        assert answer.out.rstrip().splitlines()[-1] == (
            "  Not tried yet: `payconsole profile check acme` proves it."
        )
        assert not bare_shell.server.world.log.entries()

    def test_all_that_is_missing_is_named(self, bare_shell: Shell) -> None:
        answer = bare_shell.run("profile", "add", "acme", "--region", "na")
        assert answer.code == 2
        for switch in ("--environment", "--public-key-id", "--private-key-file"):
            assert switch in answer.err
        assert "--region," not in answer.err.split("required:")[1]
        assert "NAME" in bare_shell.run("profile", "add").err.split("required:")[1]

    @pytest.mark.parametrize(
        ("switches", "word"),
        [
            (("--public-key-id", "amzn1.application-oa2-client.1"), "store id"),
            (("--public-key-id", "A3URCZVLDMDI45"), "merchant id"),
            (("--proxy", "http://me:secret@proxy:1"), "without a user"),
            (("--ca-file", "/nowhere.pem"), "ca_file"),
            (("--colour", "pink"), "invalid choice"),
        ],
        ids=["store id", "merchant id", "proxy", "ca file", "colour"],
    )
    def test_what_cant_be_used_is_refused(
        self, bare_shell: Shell, switches: tuple[str, ...], word: str
    ) -> None:
        answer = bare_shell.add_profile(*switches)
        assert answer.code == 2
        assert word in answer.err
        assert "secret" not in told_of(answer)
        assert not kept(bare_shell)

    def test_a_file_that_cant_be_read_is_no_matter_of_keys(self, bare_shell: Shell) -> None:
        answer = bare_shell.add_profile("--private-key-file", "/nowhere.pem")
        assert (answer.code, "No such file" in answer.err) == (2, True)

    @pytest.mark.parametrize("switch", ["--private-key-file", "--key-file", "--ca-file"])
    @pytest.mark.parametrize("part", [slice(None), slice(1, -1), slice(4, 5)])
    def test_a_key_in_place_of_its_path_is_not_repeated(
        self, bare_shell: Shell, switch: str, part: slice
    ) -> None:
        lines = key_pair()[0].decode().splitlines()
        given = "\n".join(lines[part]) * (4 if part == slice(4, 5) else 1)
        answer = bare_shell.run("profile", "add", "acme", *SWITCHES, f"{switch}={given}")
        assert answer.code == 2
        assert not any(line[:12] in told_of(answer) for line in lines[1:-1])

    def test_another_installations_key_is_refused_and_stays(self, bare_shell: Shell) -> None:
        assert bare_shell.add_profile().code == 0
        before = kept(bare_shell)
        elsewhere = str(bare_shell.folder / "elsewhere")
        words = ("profile", "add", "acme", *SWITCHES, "--private-key-file")
        path = key_file(bare_shell, "other.pem", STRANGER[0])
        answer = bare_shell.run(*words, path, PAYCONSOLE_CONFIG_DIR=elsewhere)
        assert answer.code == 2
        assert "--replace-key" in answer.err
        assert kept(bare_shell) == before
        again = bare_shell.run(*words, path, "--replace-key", PAYCONSOLE_CONFIG_DIR=elsewhere)
        assert again.code == 0
        assert kept(bare_shell) != before

    def test_an_encrypted_key_needs_a_terminal(self, bare_shell: Shell) -> None:
        key_file(bare_shell, "key.pem", encrypted(key_pair()[0]))
        answer = bare_shell.add_profile()
        assert answer.code == 8
        assert "passphrase" in answer.err
        assert "no terminal" in answer.err

    def test_at_one_it_is_asked_once_and_stored_decrypted(
        self, bare_shell: Shell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = key_file(bare_shell, "key.pem", encrypted(key_pair()[0]))
        words = ("profile", "add", "acme", *SWITCHES, "--private-key-file", path)
        with at_terminal(bare_shell, *words) as terminal:
            terminal.answer("Passphrase of", "wrong")
            terminal.answer("Passphrase of", "open sesame")
            assert terminal.ends() == 0
        assert "sesame" not in terminal.shown
        assert "wrong" not in terminal.shown
        assert signs_with(bare_shell, "acme", monkeypatch) == key_pair()[0]
        assert b"ENCRYPTED" in Path(path).read_bytes()

    def test_three_wrong_passphrases_end_it(self, bare_shell: Shell) -> None:
        path = key_file(bare_shell, "key.pem", encrypted(key_pair()[0]))
        words = ("profile", "add", "acme", *SWITCHES, "--private-key-file", path)
        with at_terminal(bare_shell, *words) as terminal:
            for _ in range(3):
                terminal.answer("Passphrase of", "wrong")
            assert terminal.ends() == 8
        assert not kept(bare_shell)


class TestKeysElsewhere:
    def add(self, shell: Shell, *words: str) -> Answer:
        return shell.run(
            "profile", "add", "acme", *SWITCHES, "--endpoint", shell.server.url, *words
        )

    def test_a_command(self, bare_shell: Shell) -> None:
        path = key_file(bare_shell, "my key.pem", key_pair()[0])
        program = f"import sys; sys.stdout.write(open({path!r}).read())"
        command = shlex.join([sys.executable, "-c", program])
        answer = self.add(bare_shell, "--key-command", command)
        assert answer.code == 0
        assert not kept(bare_shell)
        assert bare_shell.run("lookup", V1_ID).code == 0
        shown = bare_shell.run("profile", "show")
        assert sys.executable in shown.out
        assert program not in told_of(shown) + told_of(answer)
        assert program not in bare_shell.run("profile", "list", "--json").out

    def test_a_command_that_is_stuck_is_told_and_ends_with_us(self, bare_shell: Shell) -> None:
        number = bare_shell.folder / "number"
        stuck = (
            f"import os, time; open({str(number)!r}, 'w').write(str(os.getpid())); time.sleep(50)"
        )
        command = shlex.join([sys.executable, "-c", stuck])
        assert self.add(bare_shell, "--key-command", command).code == 0
        process = bare_shell.start("profile", "check")
        assert process.stderr is not None
        assert "waiting for key_command" in process.stderr.readline()
        while not (number.exists() and number.read_text()):
            time.sleep(0.05)
        process.terminate()
        process.communicate(timeout=20)
        assert process.returncode == -15
        assert is_gone(int(number.read_text()))

    @pytest.mark.parametrize("command", ["", "op 'read"])
    def test_a_command_that_cant_be_read(self, bare_shell: Shell, command: str) -> None:
        assert self.add(bare_shell, "--key-command", command).code == 2

    def test_an_encrypted_file_asks_at_each_start(
        self, bare_shell: Shell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = key_file(bare_shell, "sealed.pem", encrypted(key_pair()[0]))
        assert self.add(bare_shell, "--key-file", path).code == 0
        assert not kept(bare_shell)
        answer = bare_shell.run("lookup", V1_ID)
        assert answer.code == 8
        assert "passphrase" in answer.err
        assert "no terminal" in answer.err
        with at_terminal(bare_shell, "lookup", V1_ID) as terminal:
            terminal.answer("Passphrase of", "wrong")
            terminal.answer("Passphrase of", "open sesame")
            assert terminal.ends() == 0
        assert "S01-4966596-9591203" in terminal.shown
        assert path in bare_shell.run("profile", "show").out

    def test_an_open_file_is_no_choice(self, bare_shell: Shell) -> None:
        answer = self.add(bare_shell, "--key-file", str(bare_shell.folder / "key.pem"))
        assert answer.code == 8
        assert "not encrypted" in answer.err
        assert not places(bare_shell).settings.exists()

    def test_one_place_only(self, bare_shell: Shell) -> None:
        both = ("--key-command", "op read x", "--key-file", "x.pem")
        assert self.add(bare_shell, *both).code == 2
        words = ("--key-command", "op read x", "--plaintext-keyring")
        assert self.add(bare_shell, *words).code == 2
        assert bare_shell.add_profile("--key-command", "op read x").code == 2


def hears(terminal: Terminal, *pairs: tuple[str, str | None]) -> None:
    """Questions and their answers in turn; what has None is only told."""
    for shown, answer in pairs:
        terminal.expect(shown)
        if answer is not None:
            terminal.line(answer)


class TestByQuestions:
    """At a terminal what is missing is asked, each answer judged at once."""

    @pytest.fixture
    def words(self, bare_shell: Shell) -> tuple[str, ...]:
        return ("profile", "add", "--endpoint", bare_shell.server.url)

    def test_everything_from_a_key_file(
        self, bare_shell: Shell, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = key_file(bare_shell, f"AmazonPay_{ID} (1).pem", key_pair()[0])
        with at_terminal(bare_shell, *words) as terminal:
            hears(
                terminal,
                ("Region, such as na: ", "usa"),
                ("Type one of: na, eu, jp", None),
                ("Region, such as na: ", "na"),
                ("Environment, such as sandbox: ", "sandbox"),
                ("Where is it [file]: ", ""),
                ("Key file", "/nowhere/key.pem"),
                ("can't be read", None),
                ("Key file", path.replace(" ", "\\ ")),
            )
            terminal.expect("SHA256:")
            hears(
                terminal,
                (f"B [{ID}]: ", "A3URCZVLDMDI45"),  # the id stands in the file's name
                ("merchant id", None),
                (f"B [{ID}]: ", ""),
                ("Name [na-sandbox]: ", "no good name"),
                ("letters, digits", None),
                ("Name [na-sandbox]: ", "acme"),
                ("Store name, such as", "Acme Store"),
                ("Merchant id, such as", ""),
            )
            terminal.expect("Amazon accepts this key")
            assert not places(bare_shell).settings.exists()
            terminal.answer("Delete ", "")
            terminal.expect("still there")
            assert terminal.ends() == 0
        assert Path(path).exists()
        profile = Profiles(places(bare_shell)).get()
        assert (profile.name, profile.public_key_id) == ("acme", ID)
        assert (profile.store_name, profile.merchant_id) == ("Acme Store", None)
        assert signs_with(bare_shell, "acme", monkeypatch) == key_pair()[0]
        assert bare_shell.run("lookup", V1_ID).code == 0

    def test_pasted_and_never_shown(
        self, bare_shell: Shell, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pem = key_pair()[0].decode()
        with at_terminal(bare_shell, *words, "acme", *SWITCHES) as terminal:
            terminal.answer("Where is it", "paste")
            terminal.answer("ready to paste", "")
            terminal.expect("Paste the key now")
            terminal.expect("Nothing is shown.\n")
            terminal.type(pem.replace("\n", "\r") + "and what else was in the clipboard\r\r")
            terminal.expect("SHA256:")
            hears(terminal, ("Store name, such as", ""), ("Merchant id, such as", ""))
            assert terminal.ends() == 0
        assert "Amazon accepts" in terminal.shown
        assert "Delete" not in terminal.shown
        assert not any(line in terminal.shown for line in pem.splitlines())
        assert "clipboard" not in terminal.shown
        assert signs_with(bare_shell, "acme", monkeypatch) == key_pair()[0]

    @pytest.mark.parametrize(
        ("pasted", "why"),
        [
            (key_pair()[1].decode(), "public half"),
            ("not a key\n\n", "no PEM file"),
            ("\n\n", "nothing in it"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "damaged"),
        ],
        ids=["public", "junk", "nothing", "damaged"],
    )
    def test_what_is_no_key_is_explained_and_asked_again(
        self, bare_shell: Shell, words: tuple[str, ...], pasted: str, why: str
    ) -> None:
        with at_terminal(bare_shell, *words, "acme", *SWITCHES) as terminal:
            terminal.answer("Where is it", "paste")
            terminal.answer("ready to paste", "")
            terminal.expect("Nothing is shown.\n")
            terminal.type(pasted)
            terminal.expect(why)
            terminal.expect("ready to paste")
            terminal.type("\x03")
            assert terminal.ends() == 130
        assert not kept(bare_shell)

    def test_encrypted_and_pasted(
        self, bare_shell: Shell, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with at_terminal(bare_shell, *words, "acme", *SWITCHES) as terminal:
            terminal.answer("Where is it", "paste")
            terminal.answer("ready to paste", "")
            terminal.expect("Nothing is shown.\n")
            terminal.type(encrypted(key_pair()[0]).decode())
            terminal.answer("Passphrase of the key", "open sesame")
            hears(terminal, ("Store name, such as", ""), ("Merchant id, such as", ""))
            assert terminal.ends() == 0
        assert "sesame" not in terminal.shown
        assert signs_with(bare_shell, "acme", monkeypatch) == key_pair()[0]

    def test_made_here_it_waits_for_its_id(
        self, bare_shell: Shell, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settled = ("--region", "eu", "--environment", "sandbox")
        with at_terminal(bare_shell, *words, "acme", *settled) as terminal:
            terminal.answer("Where is it", "make")
            terminal.expect("-----BEGIN PUBLIC KEY-----")
            public = "-----BEGIN PUBLIC KEY-----" + terminal.expect("-----END PUBLIC KEY-----")
            terminal.expect("sellercentral-europe")
            terminal.expect("Public key id, such as")
            terminal.type("\x03")  # it takes a while in Seller Central
            assert terminal.ends() == 130
        assert "waits in the keyring" in terminal.shown
        assert "PRIVATE KEY-----" not in terminal.shown
        assert not places(bare_shell).settings.exists()
        assert "waits for its id" in bare_shell.run("profile", "list").out
        bare_shell.server.world.keys.register((public + "-----END PUBLIC KEY-----\n").encode())
        with at_terminal(bare_shell, *words, "acme", *settled) as terminal:
            hears(
                terminal,
                ("Use it? [Y/n]", ""),
                ("once more? [y/N]", ""),
                ("Public key id, such as", ID),
                ("Store name, such as", ""),
                ("Merchant id, such as", ""),
            )
            assert terminal.ends() == 0
        assert "Amazon accepts" in terminal.shown
        assert [name for name in kept(bare_shell) if "made here" in name] == []
        assert signs_with(bare_shell, "acme", monkeypatch).startswith(b"-----BEGIN PRIVATE")

    def test_made_here_and_not_wanted(self, bare_shell: Shell, words: tuple[str, ...]) -> None:
        settled = ("acme", "--region", "eu", "--environment", "sandbox")
        with at_terminal(bare_shell, *words, *settled) as terminal:
            terminal.answer("Where is it", "make")
            terminal.expect("Public key id, such as")
            terminal.type("\x03")
            assert terminal.ends() == 130
        assert bare_shell.run("profile", "remove", "--made-here").code == 6
        assert kept(bare_shell)
        assert bare_shell.run("profile", "remove", "--made-here", "--yes").code == 0
        assert not kept(bare_shell)
        assert "waits" not in bare_shell.run("profile", "list").out
        assert bare_shell.run("profile", "remove").code == 2

    def test_an_id_of_the_other_environment(
        self, bare_shell: Shell, words: tuple[str, ...]
    ) -> None:
        path = key_file(bare_shell, "k.pem", key_pair()[0])
        given = ("acme", "--region", "na", "--private-key-file", path)
        with at_terminal(bare_shell, *words, *given) as terminal:
            hears(
                terminal,
                ("Environment, such as sandbox: ", "live"),
                ("Public key id, such as", ID),
                ("This id is for sandbox. Is the environment sandbox, then? [y/N]", "n"),
                ("it takes an id for live", None),
                ("Public key id, such as", ID),
                ("Is the environment sandbox, then? [y/N]", "y"),
                ("Store name, such as", ""),
                ("Merchant id, such as", ""),
                ("Delete", "y"),
            )
            terminal.expect("is deleted")
            assert terminal.ends() == 0
        assert not Path(path).exists()
        assert Profiles(places(bare_shell)).get().environment == "sandbox"

    @pytest.mark.parametrize(("choice", "code"), [("leave", 8), ("keep", 0)])
    def test_a_key_that_is_not_proven(
        self, bare_shell: Shell, words: tuple[str, ...], choice: str, code: int
    ) -> None:
        path = key_file(bare_shell, "stranger.pem", STRANGER[0])
        given = ("acme", *SWITCHES, "--private-key-file", path, "--store-name", "Acme")
        with at_terminal(bare_shell, *words, *given, "--merchant-id", "A1") as terminal:
            # Nothing is missing: no question, and no network.
            assert terminal.ends() == 0
        assert bare_shell.run("profile", "remove", "acme", "--yes").code == 0
        with at_terminal(bare_shell, *words, *given[1:]) as terminal:
            hears(
                terminal, ("Name [", "acme"), ("Merchant id", ""), ("What now [change]: ", choice)
            )
            if choice == "keep":
                terminal.answer("Delete", "")
            assert terminal.ends() == code
        assert bool(kept(bare_shell)) == (choice == "keep")
        assert places(bare_shell).settings.exists()
        assert [one.name for one in Profiles(places(bare_shell)).all()] == (
            ["acme"] if choice == "keep" else []
        )

    def test_an_answer_is_changed_until_it_is_proven(
        self, bare_shell: Shell, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stranger = key_file(bare_shell, "stranger.pem", STRANGER[0])
        right = key_file(bare_shell, "right.pem", key_pair()[0])
        given = (*SWITCHES, "--private-key-file", stranger, "--store-name", "Acme")
        with at_terminal(bare_shell, *words, *given) as terminal:
            hears(
                terminal,
                ("Name [na-sandbox]", ""),
                ("Merchant id", ""),
                ("What now [change]: ", "again"),
                ("What now [change]: ", ""),
                ("Which answer", "keys"),
                ("Type one of", None),
                ("Which answer", "key"),
                ("Where is it", "file"),
                ("Key file", f"'{right}'"),
                (f"Delete {right}?", ""),
            )
            assert terminal.ends() == 0
        assert "Amazon accepts" in terminal.shown
        assert signs_with(bare_shell, "na-sandbox", monkeypatch) == key_pair()[0]

    def test_what_was_given_is_judged_before_anything_is_asked(
        self, bare_shell: Shell, words: tuple[str, ...]
    ) -> None:
        for switches, code in (
            (("--public-key-id", "A3URCZVLDMDI45"), 2),
            (("--proxy", "socks://x"), 2),
            (("--key-file", "/nowhere.pem"), 2),
            (("no good name",), 2),
        ):
            with at_terminal(bare_shell, *words, *switches) as terminal:
                assert terminal.ends() == code
            assert "Region, such as" not in terminal.shown

    def test_a_refused_keyring_is_told_before_anything_is_asked(
        self, bare_shell: Shell, words: tuple[str, ...]
    ) -> None:
        null = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        with at_terminal(bare_shell, *words, **null) as terminal:
            assert terminal.ends() == 8
        assert "Region, such as" not in terminal.shown


class TestRotating:
    def rotate(self, shell: Shell, key_id: str, pem: bytes, *more: str) -> Answer:
        path = key_file(shell, "new.pem", pem)
        return shell.run(
            "profile",
            "rotate",
            "acme",
            "--public-key-id",
            key_id,
            "--private-key-file",
            path,
            *more,
        )

    def test_proven_and_switched(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        new = make_key()
        shell.server.world.keys.register(new[1])
        answer = self.rotate(shell, ID, new[0], "--json")
        assert answer.code == 0
        assert answer.json["public_key_id"] == ID
        assert signs_with(shell, "acme", monkeypatch) == new[0]
        assert len(kept(shell)) == 1
        assert shell.run("lookup", V1_ID).code == 0

    def test_not_proven_and_nothing_changed(self, shell: Shell) -> None:
        before = kept(shell), places(shell).settings.read_text()
        answer = self.rotate(shell, ID, STRANGER[0], "--json")
        assert answer.code == 8
        assert answer.json["error"]["code"] in ("wrong_key", "unknown_key_id")
        assert (kept(shell), places(shell).settings.read_text()) == before

    def test_not_reached_is_another_exit_code(self, shell: Shell) -> None:
        shell.server.stop()
        assert self.rotate(shell, ID, STRANGER[0]).code == 5

    def test_at_a_terminal_it_may_be_meant_all_the_same(
        self, shell: Shell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = key_file(shell, "new.pem", STRANGER[0])
        words = ("--public-key-id", ID, "--private-key-file", path)
        with at_terminal(shell, "profile", "rotate", "acme", *words) as terminal:
            terminal.answer("all the same? [y/N]", "y")
            assert terminal.ends() == 0
        assert signs_with(shell, "acme", monkeypatch) == STRANGER[0]

    def test_two_processes_at_once(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = {"SANDBOX-FIRST": make_key(), "SANDBOX-SECOND": make_key()}
        for number, (private, public) in enumerate(keys.values()):
            shell.server.world.keys.register(public)
            key_file(shell, f"{number}.pem", private)
        for _ in range(3):
            under_way = [
                shell.start(
                    "profile", "rotate", "acme", "--public-key-id", key_id,
                    "--private-key-file", str(shell.folder / f"{number}.pem"),
                )
                for number, key_id in enumerate(keys)
            ]  # fmt: skip
            for process in under_way:
                process.communicate(timeout=60)
            assert [process.returncode for process in under_way] == [0, 0]
            now = Profiles(places(shell)).get().public_key_id
            assert signs_with(shell, "acme", monkeypatch) == keys[now][0]

    @pytest.mark.parametrize("switched", [False, True])
    def test_stopped_it_says_what_is_so(
        self, shell: Shell, monkeypatch: pytest.MonkeyPatch, switched: bool
    ) -> None:
        from console.cli.profile import _as_it_is

        signs_with(shell, "acme", monkeypatch)
        before = Profiles(places(shell)).get()
        if switched:
            Profiles(places(shell)).change("acme", public_key_id=ID)
        said = _as_it_is(places(shell), before, STRANGER[0])
        assert said == (f"profile acme uses {ID} now." if switched else "nothing was changed.")

    def test_where_the_key_is_elsewhere_the_id_alone(self, bare_shell: Shell) -> None:
        path = str(bare_shell.folder / "key.pem")
        words = ("--endpoint", bare_shell.server.url, "--key-command", shlex.join(["cat", path]))
        assert bare_shell.run("profile", "add", "acme", *SWITCHES, *words).code == 0
        assert self.rotate(bare_shell, "SANDBOX-NEW", key_pair()[0]).code == 2
        answer = bare_shell.run("profile", "rotate", "acme", "--public-key-id", "SANDBOX-NEW")
        assert answer.code == 0
        assert Profiles(places(bare_shell)).get().public_key_id == "SANDBOX-NEW"

    def test_the_new_key_has_to_be_given(self, shell: Shell) -> None:
        answer = shell.run("profile", "rotate", "acme", "--public-key-id", ID)
        assert answer.code == 2
        assert "--private-key-file" in answer.err


class TestHandingOut:
    @pytest.fixture
    def team(self, shell: Shell) -> Path:
        """A file with two profiles, from an installation that has more of its own."""
        settings = places(shell).settings
        settings.write_text(
            settings.read_text()
            + """
[profiles.live]
region = "eu"
environment = "live"
public_key_id = "LIVE-AFVX7ULWSGBZ5535PCUQOY7B"
store_name = "Acme [b]Store[/b]"
colour = "teal"
proxy = "http://proxy.example:3128"
key_command = ["op", "read", "op://mine/key"]

[profiles.live.policy]
max_per_action = { EUR = "100.00" }
require_reason = true
# a note of mine
"""
        )
        file = shell.folder / "team.toml"
        assert shell.run("profile", "export", "-o", str(file)).code == 0
        return file

    @pytest.fixture
    def colleague(self, shell: Shell, tmp_path: Path) -> Shell:
        folder = tmp_path / "colleague"
        folder.mkdir()
        own = {
            "PAYCONSOLE_CONFIG_DIR": str(folder / "config"),
            "PAYCONSOLE_DATA_DIR": str(folder / "data"),
            "TEST_KEYRING_FILE": str(folder / "keyring.json"),
        }
        return Shell(folder, shell.server, shell.environment | own)

    def test_it_holds_no_secret_and_nothing_of_this_machine(self, shell: Shell, team: Path) -> None:
        text = team.read_text()
        assert team.stat().st_mode & 0o777 == 0o600
        assert "op" not in tomllib.loads(text)["profiles"]["live"].values()
        for word in ("key_command", "op://", "a note of mine", "PRIVATE"):
            assert word not in text
        assert shell.run("profile", "export").out == text
        only = shell.run("profile", "export", "live").out
        assert set(tomllib.loads(only)["profiles"]) == {"live"}
        assert set(shell.run("profile", "export", "--json").json["profiles"]) == {"acme", "live"}

    def test_a_file_is_replaced_with_force(self, shell: Shell, team: Path) -> None:
        team.write_text("old")
        assert shell.run("profile", "export", "-o", str(team), "--force").code == 0
        assert tomllib.loads(team.read_text())["profiles"]

    def test_a_file_is_never_replaced(self, shell: Shell, team: Path) -> None:
        assert shell.run("profile", "export", "-o", str(team)).code == 2
        assert shell.run("profile", "export", "nope").code == 8

    def test_there_and_back(self, team: Path, shell: Shell, colleague: Shell) -> None:
        answer = colleague.run("profile", "import", str(team), "--yes")
        assert answer.code == 0
        ours, theirs = (
            {one.name: one for one in Profiles(places(each)).all()} for each in (shell, colleague)
        )
        assert theirs["acme"] == ours["acme"]
        assert theirs["live"].policy == ours["live"].policy
        assert theirs["live"].store_name == "Acme [b]Store[/b]"
        assert theirs["live"].key_command is None
        assert "its proxy decides where requests go: http://proxy.example:3128" in answer.err
        assert f"its endpoint decides where requests go: {shell.server.url}" in answer.err
        command = next(line for line in answer.out.splitlines() if "rotate acme" in line)
        words = command.replace("PEM", str(shell.folder / "key.pem")).split()[1:]
        assert colleague.run(*words).code == 0  # and that gives the first key
        assert colleague.run("lookup", V1_ID).code == 0

    def test_without_yes_it_asks(self, team: Path, colleague: Shell) -> None:
        assert colleague.run("profile", "import", str(team)).code == 6
        for answer, code in (("", 6), ("y", 0)):
            words = ("profile", "import", str(team), "--quiet")
            with at_terminal(colleague, *words) as terminal:
                terminal.answer("Add 2 profiles? [y/N]", answer)
                assert terminal.ends() == code
            assert "decides where requests go" in terminal.shown
            assert places(colleague).settings.exists() == (code == 0)

    def test_a_taken_name_refuses_all_of_it(self, team: Path, shell: Shell) -> None:
        text = team.read_text().replace("profiles.live", "profiles.other")
        team.write_text(text)
        before = places(shell).settings.read_bytes()
        answer = shell.run("profile", "import", str(team), "--yes")
        assert answer.code == 2
        assert "'acme'" in answer.err
        assert places(shell).settings.read_bytes() == before

    def test_what_is_there_already_stays(self, team: Path, colleague: Shell) -> None:
        settings = places(colleague).settings
        settings.parent.mkdir()
        settings.write_text("# mine\nlock_after_minutes = 5\n")
        assert colleague.run("profile", "import", str(team), "--yes").code == 0
        assert settings.read_text().startswith("# mine\nlock_after_minutes = 5\n")
        assert [file.name for file in settings.parent.iterdir()] == ["settings.toml"]
        assert settings.stat().st_mode & 0o777 == 0o600

    PROFILE = """[profiles.x]
region = "na"
environment = "sandbox"
public_key_id = "SANDBOX-X"
"""

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (PROFILE + 'key_command = ["sh", "-c", "id"]', "must not run commands"),
            (PROFILE + 'key_file = "/etc/shadow"', "key_file"),
            (PROFILE + "plaintext_keyring = true", "plaintext_keyring"),
            (PROFILE + 'shell = "id"', "unknown key"),
            (PROFILE + "colour = 3", "colour"),
            (PROFILE + 'proxy = "http://u:p@x"', "without a user"),
            (PROFILE + 'endpoint = "http://evil.example"', "Plain http"),
            (PROFILE + "[profiles.x.policy]\nread_onli = true", "read_onli"),
            (PROFILE.replace("SANDBOX-X", "LIVE-X"), "is for live"),
            (PROFILE.replace("profiles.x", 'profiles."../x"'), "letters, digits"),
            (PROFILE.replace('"SANDBOX-X"', "[1]"), "public_key_id"),
            ('default = "x"\n' + PROFILE, "no part"),
            ("profiles = 3", "table"),
            ("[profiles]\nx = 3", "table"),
            ('[profiles.x]\nregion = "na"', "no environment"),
            ("[[[", "Invalid"),
            ("x = " + "[" * 20000, "no part|nested|Expected|Invalid"),
            ("", "no profile"),
            ("\xff", "utf-8"),
            ("#" * 1_000_001, "too large"),
        ],
        ids=range(20),
    )
    def test_what_is_hostile_or_broken(self, shell: Shell, text: str, why: str) -> None:
        file = shell.folder / "bad.toml"
        file.write_bytes(text.encode("latin-1"))
        before = places(shell).settings.read_bytes()
        answer = shell.run("profile", "import", str(file), "--yes")
        assert answer.code == 2, answer.err
        assert re.search(why, answer.err), answer.err
        assert "Traceback" not in answer.err
        assert places(shell).settings.read_bytes() == before

    def test_no_file_at_all(self, shell: Shell) -> None:
        for name in ("/nowhere.toml", "/dev/zero", str(shell.folder)):
            assert shell.run("profile", "import", name, "--yes").code == 2
