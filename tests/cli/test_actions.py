"""Every action as a command: plan, phrase, outcome, exit code, JSON; and what a stop leaves."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from console.cli.parser import build_parser
from console.cli.verbs import VERBS
from console.domain.action_table import BY_NAME
from tests.cli.conftest import CHARGE, OPEN_AUTHORIZATION, TIMEOUT, V1_ID, Shell
from tests.support.effort import EFFORT, budget

AUTHORIZED = "S01-5797829-1888777-C043451"  # 85.00 USD, of OPEN_AUTHORIZATION's order
SESSION = "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3"  # open, agreed 18.00 USD
KEYS = {
    "action", "target", "outcome", "amount", "object", "idempotency_key", "attempts", "intent",
    "message", "warnings",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """An action on an order of its own: the command, its phrase, its object, Amazon's call."""

    words: tuple[str, ...]
    phrase: str
    target: str
    call: str
    leads: str  # how the plan says that the id leads to the object
    again: str = "already_so"  # what the same command gives once it was accepted

    @property
    def confirmed(self) -> tuple[str, ...]:
        return (*self.words, "--confirm", self.phrase)


CASES = {
    "capture": Case(
        ("capture", OPEN_AUTHORIZATION, "--amount", "85"), "85.00 USD", AUTHORIZED,
        "capture_charge", f"{OPEN_AUTHORIZATION} is charge {AUTHORIZED} in Checkout v2",
    ),
    "cancel": Case(
        ("cancel", "S01-1570286-9944673-C052210"), "cancel 2210", "S01-1570286-9944673-C052210",
        "cancel_charge", "on charge S01-1570286-9944673-C052210",
    ),
    "authorize": Case(
        ("authorize", "S01-3309177-6402958-C010001", "--amount", "12.50"), "12.50 USD",
        "S01-3309177-6402958", "create_charge",
        "S01-3309177-6402958-C010001 leads to charge permission S01-3309177-6402958",
        again="accepted",
    ),
    "close": Case(
        ("close", "S01-7034412-2290865-C061177", "--cancel-pending"), "close 0865",
        "S01-7034412-2290865", "close_charge_permission",
        "S01-7034412-2290865-C061177 leads to charge permission S01-7034412-2290865",
    ),
    "extend": Case(
        ("extend", "C01-2612863-4691163", "--frequency", "1 Year"), "extend 1163",
        "C01-2612863-4691163", "update_charge_permission",
        "on charge permission C01-2612863-4691163",
    ),
    "update": Case(
        ("update", "S01-4420597-1866304", "--merchant-reference", "Acme-119-b", "--note", "hi"),
        "update 6304", "S01-4420597-1866304", "update_charge_permission",
        "on charge permission S01-4420597-1866304",
    ),
    "complete": Case(
        ("complete", SESSION, "--amount", "18"), "18.00 USD", SESSION,
        "complete_checkout_session", f"on checkout session {SESSION}",
    ),
}  # fmt: skip

each_action = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
# With a key and without one; thoroughly every action.
SOME = budget({name: CASES[name] for name in ("authorize", "cancel")}, CASES)
some_actions = pytest.mark.parametrize("case", SOME.values(), ids=list(SOME))


def sent(shell: Shell, call: str) -> int:
    return len(shell.server.world.log.entries(call))


def done(shell: Shell, call: str) -> int:
    return sum(e.effect == "executed" for e in shell.server.world.log.entries(call))


def policy(shell: Shell, *lines: str) -> None:
    settings = shell.folder / "config" / "settings.toml"
    head = "[profiles.acme.policy]"
    settings.write_text("\n".join([settings.read_text(), head, *lines, ""]))


@contextmanager
def under_way(shell: Shell, case: Case) -> Iterator[subprocess.Popen[str]]:
    """A command whose request was executed and whose answer doesn't come."""
    shell.server.world.add_fault(f"{case.call}:delay:30")
    process = shell.start(*case.confirmed)
    with process:
        try:
            while not done(shell, case.call):
                assert process.poll() is None, process.communicate()
            yield process
        finally:
            process.kill()
    shell.server.world.faults.clear()


def leave_unknown(shell: Shell, case: Case) -> None:
    with under_way(shell, case) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 4


class TestEachAction:
    @each_action
    def test_it_is_done_once_and_the_same_line_again_finds_it_so(
        self, shell: Shell, case: Case
    ) -> None:
        answer = shell.run(*case.confirmed, "--reason", "as agreed", "--json")
        assert answer.code == 0, answer.err
        told = answer.json
        assert set(told) >= KEYS
        assert "error" not in told
        assert (told["outcome"], told["action"], told["target"]) == (
            "accepted", case.words[0], case.target,
        )  # fmt: skip
        assert told["object"] is not None
        assert case.leads in answer.err  # the plan, which is narration here
        assert done(shell, case.call) == 1
        again = shell.run(*case.confirmed, "--json")
        assert again.code == 0
        assert again.json["outcome"] == case.again
        assert "error" not in again.json
        assert done(shell, case.call) == (1 if case.again == "already_so" else 2)

    @each_action
    def test_a_dry_run_tells_all_and_another_phrase_sends_nothing(
        self, shell: Shell, case: Case
    ) -> None:
        answer = shell.run(*case.words, "--dry-run", "--json")
        assert answer.code == 0, answer.err
        told = answer.json
        assert set(told) >= KEYS | {"phrase", "before", "after", "facts", "then", "request"}
        assert told["outcome"] == "dry_run"
        assert told["phrase"] == case.phrase
        assert told["before"].keys() == told["after"].keys()
        assert told["before"] != told["after"] or case.words[0] == "authorize"
        assert all(set(fact) == {"name", "value"} for fact in told["facts"])
        answer = shell.run(*case.words, "--confirm", "yes", "--json")
        assert answer.code == 6
        assert answer.json["outcome"] == "blocked"
        assert case.phrase in answer.json["error"]["message"]
        assert sent(shell, case.call) == 0

    @some_actions
    def test_ctrl_c_after_it_was_sent_is_unknown_and_recovery_proves_it(
        self, shell: Shell, case: Case
    ) -> None:
        leave_unknown(shell, case)
        recovered = shell.run("journal", "recover", "--json")
        assert recovered.code == 0, recovered.out
        (outcome,) = recovered.json["resolved"]
        assert outcome["outcome"] == "accepted"
        assert done(shell, case.call) == 1

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (("capture", CHARGE, "--amount", "10"), "Only a new charge can collect more"),
            (("cancel", CHARGE), "refund it instead"),
            (("authorize", V1_ID, "--amount", "1"), "has to check out again"),
            (("close", "S01-1570286-9944673-C052210", "--cancel-pending"), "stayed open"),
            (("extend", CHARGE), "Only an authorized charge can be renewed"),
            (("update", "C01-3750922-6618403", "--note", "x"), "only a one-time permission"),
            (("complete", "c70f8e15-2a94-4d6b-b3e1-58f09a7d2c46", "--amount", "27"), "Canceled"),
        ],
        ids=lambda given: given[0] if isinstance(given, tuple) else "",
    )
    def test_what_is_not_allowed_is_held_back_with_the_reason(
        self, shell: Shell, words: tuple[str, ...], why: str
    ) -> None:
        answer = shell.run(*words, "--confirm", "x", "--json")
        assert answer.code == 6
        told = answer.json
        assert why in f"{told['error']['message']} {told['error']['hint']}"
        assert sent(shell, BY_NAME[words[0]].operation) == 0

    def test_in_live_the_phrase_ends_with_the_last_four(self, bare_shell: Shell) -> None:
        live = ("--environment", "live", "--public-key-id", "LIVE-TEST")
        assert bare_shell.add_profile(*live).code == 0
        words = ("authorize", "P01-1840276-5529301", "--amount", "5", "--json")
        assert bare_shell.run(*words, "--confirm", "5.00 USD").code == 6
        made = bare_shell.run(*words, "--confirm", "5.00 USD 9301")
        assert made.code == 0
        charge = made.json["object"]["chargeId"]
        assert bare_shell.run("cancel", charge, "--confirm", "cancel").code == 6
        assert bare_shell.run("cancel", charge, "--confirm", f"cancel {charge[-4:]}").code == 0

    @pytest.mark.skipif(not EFFORT.thorough, reason="waits for all attempts: most of a minute")
    def test_where_no_answer_ever_comes_the_outcome_is_unknown(self, shell: Shell) -> None:
        """What has a key is asked for again and again; what has none is read instead."""
        for case in CASES.values():
            shell.server.world.add_fault(f"{case.call}:hang_up_after:xalways")
        runs = [(case, shell.start(*case.confirmed, "--json")) for case in CASES.values()]
        for case, process in runs:
            out, err = process.communicate(timeout=300)
            keyed = case.words[0] in ("capture", "authorize", "complete")
            assert process.returncode == (4 if keyed else 0), (case.words, out, err)
            assert done(shell, case.call) == (2 if "update" in case.call else 1)
        shell.server.world.faults.clear()
        assert shell.run("journal", "recover").code == 0
        assert shell.run("journal", "list", "--open", "--json").json["intents"] == []


class TestWhatIsAskedFor:
    def test_capture_without_an_amount_tells_the_most_and_guesses_nothing(
        self, shell: Shell
    ) -> None:
        answer = shell.run("capture", OPEN_AUTHORIZATION, "--json")
        assert answer.code == 2
        assert answer.json["error"]["code"] == "usage"
        assert "Up to 85.00 USD" in answer.json["error"]["message"]
        assert "--amount" in answer.json["error"]["message"]

    def test_more_than_was_authorized_names_both_ways(self, shell: Shell) -> None:
        answer = shell.run("capture", "S01-3309177-6402958-C010002", "--amount", "25", "--json")
        assert answer.code == 6
        hint = answer.json["error"]["hint"]
        assert "payconsole authorize S01-3309177-6402958 --amount 5.00 --capture" in hint
        assert "authorize 25.00 USD anew" in hint
        assert sent(shell, "capture_charge") == 0

    def test_another_amount_than_the_buyer_agreed_to(self, shell: Shell) -> None:
        answer = shell.run("complete", SESSION, "--amount", "17", "--confirm", "17.00 USD")
        assert answer.code == 6
        assert "AmountMismatch" in answer.err
        assert "--amount 18.00" in answer.err
        assert sent(shell, "complete_checkout_session") == 0

    def test_an_amount_mismatch_of_amazon_is_a_refusal(self, shell: Shell) -> None:
        shell.server.world.add_fault("complete_checkout_session:refuse:AmountMismatch")
        answer = shell.run(*CASES["complete"].confirmed, "--json")
        assert answer.code == 3
        assert answer.json["reason_code"] == "AmountMismatch"

    def test_update_without_a_field_names_the_switches(self, shell: Shell) -> None:
        answer = shell.run("update", "S01-4420597-1866304")
        assert answer.code == 2
        for switch in ("--merchant-reference", "--store-name", "--note", "--custom-information"):
            assert switch in answer.err

    def test_a_close_lists_each_charge_that_it_would_cancel(self, shell: Shell) -> None:
        order = "S01-3309177-6402958"
        for word, fate in (("--cancel-pending", "is canceled"), ("--quiet", "is kept")):
            plan = shell.run("close", f"{order}-C010002", word, "--dry-run").out
            (line,) = [line for line in plan.splitlines() if line.strip().startswith(fate)]
            assert f"{order}-C010002 Authorized 20.00 USD" in line

    def test_no_two_charges_are_guessed_about(self, shell: Shell) -> None:
        answer = shell.run("cancel", f"{AUTHORIZED} S01-1570286-9944673-C052210")
        assert answer.code == 6
        assert "several ids" in answer.err


class TestExtend:
    def test_a_one_time_permission_says_its_life_and_what_can_be_done(self, shell: Shell) -> None:
        assert shell.run("lookup", "S01-7034412-2290865-C061177").code == 0  # now it is known
        answer = shell.run("extend", "S01-7034412-2290865", "--json")
        assert answer.code == 6
        told = answer.json["error"]
        assert "can't be changed later" in told["message"]
        assert "180 days" in told["message"]
        assert re.search(r"in \d+ hours", told["hint"])
        assert "payconsole capture S01-7034412-2290865-C061177" in told["hint"]
        assert "payconsole extend S01-7034412-2290865-C061177" in told["hint"]
        assert "new checkout" in told["hint"]

    def test_a_recurring_permission_shows_when_it_expires_before_and_after(
        self, shell: Shell
    ) -> None:
        answer = shell.run(*CASES["extend"].confirmed)
        assert answer.code == 0
        assert re.search(r"  expires +20\d\d-.* ->  what Amazon computes from it", answer.out)
        assert re.search(r"It expires 20\S+; before, 20\S+\.", answer.out)

    def test_and_says_so_where_amazon_did_not_move_it(self, shell: Shell) -> None:
        world = shell.server.world
        world.switches = world.switches.changed({"update_moves_expiry": False})
        answer = shell.run(*CASES["extend"].confirmed)
        assert answer.code == 0
        assert "did not move the expiry" in answer.out

    def test_without_a_frequency_it_says_which_it_has(self, shell: Shell) -> None:
        answer = shell.run("extend", "C01-2612863-4691163")
        assert answer.code == 6
        assert "now it is 1 Month" in answer.err

    def test_a_charge_takes_no_amount_and_no_frequency(self, shell: Shell) -> None:
        assert shell.run("extend", AUTHORIZED, "--amount", "5").code == 2
        assert shell.run("extend", AUTHORIZED, "--frequency", "1 Year").code == 2

    def test_a_charge_is_renewed_in_two_steps(self, shell: Shell) -> None:
        words = ("extend", OPEN_AUTHORIZATION, "--reason", "late parcel")
        plan = shell.run(*words, "--dry-run", "--json")
        assert plan.json["then"] == f"Then, once the new one is Authorized: cancel {AUTHORIZED}."
        said = shell.run(*words, "--dry-run").out
        assert f"Plan: extend charge {AUTHORIZED}, step 1 of 2: authorize 85.00 USD" in said
        assert f"{OPEN_AUTHORIZATION} is charge {AUTHORIZED} in Checkout v2" in said
        assert "charged beside it" not in said  # it goes with the second step
        answer = shell.run(*words, "--confirm", "85.00 USD", "--json")
        assert answer.code == 0
        assert answer.json["target"] == AUTHORIZED
        assert answer.json["object"]["chargeId"] != AUTHORIZED
        assert (done(shell, "create_charge"), done(shell, "cancel_charge")) == (1, 1)
        assert shell.run("journal", "list", "--json").json["half_renewed"] == []
        shown = shell.run("journal", "show", "2").out
        assert f"step 2 of 2 of renewing {AUTHORIZED}, after intent 1" in shown

    def test_half_renewed_is_told_with_both_ways_and_finished_by_the_same_command(
        self, shell: Shell
    ) -> None:
        shell.server.world.add_fault("cancel_charge:refuse:AmazonRejected:xalways")
        answer = shell.run("extend", AUTHORIZED, "--confirm", "85.00 USD", "--json")
        assert answer.code == 3
        assert answer.json["half_done"] is True
        again = shell.run("extend", AUTHORIZED, "--confirm", "extend 3451")
        assert again.code == 3
        shell.server.world.faults.clear()
        (half,) = shell.run("journal", "list", "--json").json["half_renewed"]
        assert f"payconsole extend {AUTHORIZED}" in half["standing"]
        assert "To undo: `payconsole cancel S01" in half["standing"]
        assert "Half renewed" in shell.run("journal", "recover").out
        finished = shell.run("extend", AUTHORIZED, "--confirm", "extend 3451")
        assert finished.code == 0, finished.err
        assert (done(shell, "create_charge"), done(shell, "cancel_charge")) == (1, 1)
        assert shell.run("journal", "list", "--json").json["half_renewed"] == []

    def test_without_room_the_old_one_goes_first(self, shell: Shell) -> None:
        world = shell.server.world
        world.switches = world.switches.changed({"balance_falls_at": "authorization"})
        shell.server.world.add_fault("create_charge:refuse:SoftDeclined:xalways")
        words = ("extend", AUTHORIZED, "--json")
        plan = shell.run(*words, "--dry-run")
        assert "There is no room for both" in " ".join(plan.json["warnings"])
        answer = shell.run(*words[:-1], "--confirm", "85.00 USD")
        assert answer.code == 3
        assert "\nHalf done, step 2: refused. " in answer.out
        (half,) = shell.run("journal", "list", "--open", "--json").json["half_renewed"]
        assert "can't be undone" in half["standing"]
        shell.server.world.faults.clear()
        finished = shell.run(*words, "--confirm", "85.00 USD")
        assert finished.code == 0, finished.err
        assert (done(shell, "create_charge"), done(shell, "cancel_charge")) == (1, 1)


class TestPolicy:
    def test_what_it_forbids_is_held_back(self, shell: Shell) -> None:
        policy(shell, 'actions = ["capture"]', "require_ticket = true")
        answer = shell.run(*CASES["cancel"].confirmed, "--json")
        assert answer.code == 6
        assert "allows capture, not cancel" in answer.json["error"]["message"]
        assert shell.run(*CASES["capture"].confirmed).code == 6  # no ticket
        assert shell.run(*CASES["capture"].confirmed, "--ticket", "T-1").code == 0
        assert sent(shell, "cancel_charge") == 0

    def test_ctrl_c_in_the_cooling_time_sends_nothing(self, shell: Shell) -> None:
        policy(shell, "cooling_seconds = 60")
        with shell.start(*CASES["cancel"].confirmed) as process:
            assert process.stderr is not None
            told = ""
            while "Sending in 59 s" not in told:
                told += process.stderr.readline()
            assert "Ctrl-C stops it" in told
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT) == 130
            assert "stopped; nothing was sent" in process.stderr.read()
        assert sent(shell, "cancel_charge") == 0
        assert shell.run("journal", "list", "--json").json["intents"] == []


class TestAtATerminal:
    """The phrase is typed; Ctrl-C at the question stops at once."""

    def at_terminal(self, shell: Shell, typed: bytes, *words: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "console", *words],
            env={**os.environ, **shell.environment},
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        os.close(theirs)
        with process:
            assert process.stderr is not None
            told = ""
            while "anything else to stop: " not in told:
                told += process.stderr.read(1)
            if typed:
                os.write(ours, typed)
            else:
                process.send_signal(signal.SIGINT)
            code = process.wait(TIMEOUT)
            told += process.stderr.read()
        os.close(ours)
        return code, told

    def test_the_asked_phrase(self, shell: Shell) -> None:
        code, _ = self.at_terminal(shell, b"cancel 2210\n", *CASES["cancel"].words)
        assert code == 0
        assert done(shell, "cancel_charge") == 1

    @pytest.mark.parametrize(
        ("typed", "code", "said"),
        [(b"\n", 6, "Not confirmed"), (b"", 130, "stopped; nothing was sent")],
        ids=["enter alone", "ctrl-c"],
    )
    def test_anything_else_sends_nothing(
        self, shell: Shell, typed: bytes, code: int, said: str
    ) -> None:
        ended, told = self.at_terminal(shell, typed, *CASES["cancel"].words)
        assert (ended, said in told) == (code, True)
        assert sent(shell, "cancel_charge") == 0


class TestWhatIsOpen:
    def test_another_profile_leaves_it_alone_and_says_whose_it_is(self, shell: Shell) -> None:
        leave_unknown(shell, CASES["capture"])
        key = str(shell.folder / "key.pem")
        added = shell.run(
            "profile", "add", "beta", "--region", "na", "--environment", "sandbox",
            "--public-key-id", "SANDBOX-TEST", "--private-key-file", key,
            "--endpoint", shell.server.url,
        )  # fmt: skip
        assert added.code == 0
        asked = len(shell.server.world.log.entries())
        other = shell.run("journal", "recover", "--profile", "beta", "--json")
        assert other.code == 4
        (outcome,) = other.json["resolved"]
        assert "was made with profile acme" in outcome["message"]
        assert "--profile acme" in outcome["hint"]
        assert len(shell.server.world.log.entries()) == asked
        assert shell.run("journal", "recover", "1", "--profile", "acme").code == 0
        assert done(shell, "capture_charge") == 1

    def test_a_decision_is_shown_with_its_profile_and_ticket(self, shell: Shell) -> None:
        assert shell.run(*CASES["cancel"].confirmed, "--ticket", "T-9").code == 0
        (intent,) = shell.run("journal", "list", "--json").json["intents"]
        assert (intent["ticket"], intent["profile"], intent["link"]) == ("T-9", "acme", None)
        shown = shell.run("journal", "show", "1").out
        assert re.search(r"profile +acme", shown)
        assert re.search(r"ticket +T-9", shown)
        assert "none: this call takes none" in shown

    def test_a_dispute_since_needs_its_own_word(self, shell: Shell) -> None:
        for word in ("--disputed", "--nobody-else"):
            answer = shell.run("journal", "recover", word)
            assert answer.code == 2
            assert f"{word} is an answer about one intent" in answer.err

    def test_a_refusal_can_be_tried_again_by_its_number(self, shell: Shell) -> None:
        shell.server.world.add_fault("cancel_charge:refuse:AmazonRejected")
        refused = shell.run(*CASES["cancel"].confirmed, "--json")
        assert refused.code == 3
        assert "journal retry 1" in refused.json["hint"]
        assert shell.run("journal", "retry", "1", "--confirm", "cancel 2210").code == 0
        assert done(shell, "cancel_charge") == 1


class TestHelp:
    def test_every_action_has_a_command(self) -> None:
        assert {verb.action for verb in VERBS} == set(BY_NAME)

    @pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.action)
    def test_its_examples_are_right(self, verb: Any) -> None:
        parser = build_parser()
        lines = [line.strip() for line in verb.teaches.splitlines()]
        examples = [line for line in lines if line.startswith("payconsole ")]
        assert examples
        for line in examples:
            command = re.split(r" {2,}", line)[0]  # what follows is a remark
            args = parser.parse_args(shlex.split(command)[1:])
            assert args.action == verb.action

    def test_they_are_in_the_help(self, bare_shell: Shell) -> None:
        said = bare_shell.run("close", "--help").out
        assert "example" in said
        assert "nothing is sent without a confirmation" in said
        assert "--cancel-pending" in said
