"""The command line as others rely on it: names, JSON keys, exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import CHARGE, OPEN_AUTHORIZATION, TIMEOUT, V1_ID, Shell


class TestWithoutAnAccount:
    def test_identify_gives_every_key_of_the_contract(self, bare_shell: Shell) -> None:
        answer = bare_shell.run("identify", "s01 5797829 1888777 a043451", "--json")
        assert answer.code == 0
        assert {
            "id": OPEN_AUTHORIZATION,
            "kind": "authorization",
            "generation": "v1",
            "environment": "sandbox",
            "region_hint": "na",
            "order_id": "S01-5797829-1888777",
            "v2": {
                "kind": "charge",
                "id": "S01-5797829-1888777-C043451",
                "path": "/charges/S01-5797829-1888777-C043451",
            },
        }.items() <= answer.json.items()
        assert isinstance(answer.json["notes"], list)

    def test_a_text_that_is_no_id_is_wrong_usage(self, bare_shell: Shell) -> None:
        answer = bare_shell.run("identify", "123-1234567-1234567", "--json")
        assert answer.code == 2
        assert set(answer.json["error"]) == {"code", "message", "hint"}
        assert "marketplace" in answer.json["error"]["message"]

    def test_a_lookup_says_what_to_do_first(self, bare_shell: Shell) -> None:
        answer = bare_shell.run("lookup", V1_ID)
        assert answer.code == 8
        assert "profile add" in answer.err
        assert answer.out == ""

    def test_the_tour_needs_no_terminal(self, bare_shell: Shell) -> None:
        answer = bare_shell.run("demo")
        assert answer.code == 0
        assert "RefundInitiated" in answer.out
        assert "hash chain verified" in answer.out
        assert not (bare_shell.folder / "data").exists()

    def test_the_tour_in_json_is_one_document(self, bare_shell: Shell) -> None:
        answer = bare_shell.run("demo", "--json")
        assert answer.code == 0
        assert answer.json["refund"]["outcome"] == "accepted"

    def test_without_a_terminal_the_screen_names_the_alternatives(self, bare_shell: Shell) -> None:
        answer = bare_shell.run()
        assert answer.code == 2
        assert "--help" in answer.err

    @pytest.mark.parametrize("words", [["refund"], ["frobnicate"], ["journal"], ["refund", V1_ID]])
    def test_a_wrong_command_line_is_usage(self, bare_shell: Shell, words: list[str]) -> None:
        assert bare_shell.run(*words).code == 2

    def test_mapping_finds_a_v1_call(self, bare_shell: Shell) -> None:
        answer = bare_shell.run("mapping", "CancelOrderReference", "--json")
        assert answer.code == 0
        assert any("Close Charge Permission" in row["v2"] for row in answer.json)

    def test_the_version_loads_nothing_heavy(self) -> None:
        code = (
            "import sys; from console.__main__ import main; main(['--version']);"
            "heavy = {'textual', 'httpx', 'cryptography', 'keyring', 'sqlalchemy', 'argparse'};"
            "print(sorted(heavy & set(sys.modules)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"

    def test_the_help_needs_the_parser_alone(self) -> None:
        """Every command stands in it, and none is loaded for it."""
        code = (
            "import sys; from console.__main__ import main\n"
            "try: main(['--help'])\n"
            "except SystemExit: pass\n"
            "print(*(m for m in sys.modules if m.startswith('console.') or m == 'dataclasses'))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        needed = {"__main__", "cli", "cli.main", "cli.parser", "cli.running", "cli.streams",
                  "cli.verbs", "domain", "domain.colours", "simulator",
                  "simulator.command"}  # fmt: skip
        assert set(done.stdout.splitlines()[-1].split()) <= {f"console.{name}" for name in needed}


class TestSwitchesThatEveryCommandKnows:
    @pytest.mark.parametrize("where", [0, 1])
    def test_a_profile_is_named_before_or_behind_the_command(
        self, shell: Shell, where: int
    ) -> None:
        words = ["lookup", V1_ID]
        words[where:where] = ["--profile", "nope"]
        answer = shell.run(*words)
        assert answer.code == 8
        assert "'nope'" in answer.err
        assert shell.server.world.log.entries() == []

    @pytest.mark.parametrize(
        "words",
        [
            ("--json", "identify", V1_ID),
            ("identify", "--json", V1_ID),
            ("--json", "identify", "hello"),
            ("--json", "journal", "list"),
            ("journal", "--json", "list"),
            ("journal", "list", "--json"),
            ("--json", "journal", "show", "7"),
            ("--json", "simulator", "orders"),
            ("--json", "mapping", "Capture"),
        ],
    )
    def test_json_is_one_document_wherever_it_is_asked_for(
        self, bare_shell: Shell, words: tuple[str, ...]
    ) -> None:
        assert bare_shell.run(*words).json is not None


class TestProfiles:
    def test_the_first_profile_is_the_default_and_its_key_is_in_the_keyring(
        self, bare_shell: Shell
    ) -> None:
        answer = bare_shell.add_profile()
        assert answer.code == 0
        listed = bare_shell.run("profile", "list", "--json").json["profiles"]
        assert [(p["name"], p["default"]) for p in listed] == [("acme", True)]
        settings = (bare_shell.folder / "config" / "settings.toml").read_text()
        assert "PRIVATE KEY" not in settings
        assert "PRIVATE KEY" in (bare_shell.folder / "keyring.json").read_text()

    def test_removing_takes_the_key_out_too(self, shell: Shell) -> None:
        assert shell.run("profile", "remove", "acme").code == 6
        assert shell.run("profile", "remove", "acme", "--yes").code == 0
        assert json.loads((shell.folder / "keyring.json").read_text()) == {}
        assert shell.run("lookup", V1_ID).code == 8

    def test_a_key_of_the_other_environment_is_refused(self, bare_shell: Shell) -> None:
        answer = bare_shell.add_profile("--public-key-id", "LIVE-TEST")
        assert answer.code == 2
        assert "live" in answer.err

    def test_plain_http_to_another_machine_is_refused(self, bare_shell: Shell) -> None:
        assert bare_shell.add_profile("--endpoint", "http://pay.example.com").code == 2

    def test_a_keyring_that_keeps_nothing_is_refused(self, bare_shell: Shell) -> None:
        for backend in ("keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"):
            bare_shell.environment["PYTHON_KEYRING_BACKEND"] = backend
            answer = bare_shell.add_profile()
            assert answer.code == 8, answer.err
        assert bare_shell.run("profile", "list", "--json").json == {"profiles": []}

    def test_what_is_no_private_key_is_refused(self, bare_shell: Shell) -> None:
        (bare_shell.folder / "key.pem").write_text("hello")
        answer = bare_shell.add_profile()
        assert answer.code == 8
        assert "PEM" in answer.err


class TestLookup:
    def test_it_gives_every_key_of_the_contract(self, shell: Shell) -> None:
        answer = shell.run("lookup", V1_ID, "--json")
        assert answer.code == 0
        document = answer.json
        assert set(document) >= {
            "query", "order", "charges", "refunds", "actions", "history", "warnings",
        }  # fmt: skip
        assert set(document["order"]) >= {
            "id", "type", "state", "reasons", "v1_state", "seller_central_state", "created",
            "expires", "limits", "merchant", "totals",
        }  # fmt: skip
        totals = document["order"]["totals"]
        assert totals["refundable"] == {"amount": "36.00", "currencyCode": "USD"}
        assert set(totals) >= {"authorized_open", "captured", "refunded", "unaccounted"}
        (charge,) = document["charges"]
        assert charge["v1"]["authorization_id"] == V1_ID
        assert charge["v1"]["capture_state"] == "Completed"
        assert isinstance(document["order"]["v1_state"], list)
        actions = {(a["action"], a["target"]): a for a in document["actions"]}
        assert actions["refund", CHARGE]["max_amount"]["amount"] == "36.00"
        assert all(a["why"] for a in document["actions"])

    def test_buyer_data_appears_only_when_asked_for_and_is_journaled(self, shell: Shell) -> None:
        hidden = shell.run("lookup", V1_ID, "--json")
        assert "buyer" not in hidden.json
        shown = shell.run("lookup", V1_ID, "--json", "--show-buyer")
        assert shown.json["buyer"]["buyer"]["email"]
        assert shown.json["buyer"]["buyer"]["email"] not in hidden.out
        kinds = [e["kind"] for e in json.loads(shell.run("journal", "export").out)["entries"]]
        assert kinds == ["reveal"]

    def test_refunds_that_amazon_counts_and_nobody_here_has_seen_are_said(
        self, shell: Shell
    ) -> None:
        answer = shell.run("lookup", V1_ID, "--json")
        assert any(w.startswith("10.00 USD of charge") for w in answer.json["warnings"])
        shell.run("lookup", f"{CHARGE[:19]}-R022311")
        assert shell.run("lookup", V1_ID, "--json").json["warnings"] == []

    def test_what_amazon_does_not_know_is_not_found(self, shell: Shell) -> None:
        answer = shell.run("lookup", "S01-0000000-0000000", "--json")
        assert answer.code == 7
        assert answer.json["error"]["hint"]

    def test_an_id_of_the_other_environment_is_held_back_unasked(self, shell: Shell) -> None:
        answer = shell.run("lookup", "P01-1840276-5529301", "--json")
        assert answer.code == 6
        assert shell.server.world.log.entries() == []

    def test_a_rejected_signature_is_about_credentials(self, shell: Shell) -> None:
        (shell.folder / "keyring.json").unlink()
        from console.keys import make_key

        (shell.folder / "key.pem").write_bytes(make_key()[0])
        shell.run("profile", "remove", "acme", "--yes")
        shell.add_profile()
        assert shell.run("lookup", V1_ID).code == 8

    def test_hostile_names_reach_no_terminal(self, shell: Shell) -> None:
        answer = shell.run("lookup", "S01-6666013-1313666", "--show-buyer")
        assert answer.code == 0
        controls = [c for c in answer.out if c != "\n" and (c < " " or "\x7f" <= c <= "\x9f")]
        assert controls == []
        assert "\u202e" not in answer.out


class TestRefund:
    @pytest.mark.parametrize(
        "text",
        [
            "S01-5797829-1888777 oops {charge}",
            "{charge} and S01-3309177-6402958",
            "C01-2612863-4691163 {charge}",
        ],
    )
    def test_a_text_with_another_order_in_it_is_not_guessed_about(
        self, shell: Shell, text: str
    ) -> None:
        answer = shell.run(
            "refund", text.format(charge=CHARGE), "--amount", "1", "--confirm", "1.00 USD"
        )
        assert answer.code == 6
        assert "several ids" in answer.err
        assert shell.refund_requests() == 0

    def test_its_own_order_may_stand_beside_a_charge(self, shell: Shell) -> None:
        answer = shell.run("refund", f"{CHARGE[:19]} {CHARGE}", "--amount", "1", "--dry-run")
        assert answer.code == 0

    def test_without_confirmation_nothing_is_sent(self, shell: Shell) -> None:
        answer = shell.run("refund", V1_ID, "--amount", "10.00", "--json")
        assert answer.code == 6
        assert answer.json["outcome"] == "blocked"
        assert shell.refund_requests() == 0

    @pytest.mark.parametrize("phrase", ["", "yes", "10", "10.00", "10.00 EUR", "10.00 USD 9366"])
    def test_another_phrase_is_no_confirmation(self, shell: Shell, phrase: str) -> None:
        assert shell.run("refund", V1_ID, "--amount", "10", "--confirm", phrase).code == 6
        assert shell.refund_requests() == 0

    def test_dry_run_stops_after_the_plan(self, shell: Shell) -> None:
        answer = shell.run("refund", V1_ID, "--amount", "10", "--dry-run", "--json")
        assert answer.code == 0
        assert answer.json["outcome"] == "dry_run"
        assert shell.refund_requests() == 0

    def test_the_asked_phrase_refunds_once(self, shell: Shell) -> None:
        answer = shell.run("refund", V1_ID, "--amount", "10", "--confirm", "10.00 USD", "--json")
        assert answer.code == 0
        document = answer.json
        assert set(document) >= {
            "action", "target", "outcome", "amount", "object", "idempotency_key", "attempts",
            "intent", "message",
        }  # fmt: skip
        assert document["outcome"] == "accepted"
        assert document["target"] == CHARGE
        assert document["object"]["statusDetails"]["state"] == "RefundInitiated"
        assert "not done" in document["message"]
        assert shell.refunds_made() == 1

    @pytest.mark.parametrize(
        ("amount", "code"), [("1,5", 2), ("1.005 USD", 2), ("1e3", 2), ("-1", 2), ("NaN", 2),
                             ("100", 6), ("5 EUR", 2)],
    )  # fmt: skip
    def test_amounts_that_can_not_be(self, shell: Shell, amount: str, code: int) -> None:
        answer = shell.run("refund", V1_ID, f"--amount={amount}", "--confirm", "x")
        assert answer.code == code
        assert shell.refund_requests() == 0

    def test_above_the_captured_amount_needs_a_second_word(self, shell: Shell) -> None:
        words = ("refund", V1_ID, "--amount", "35", "--confirm", "35.00 USD")
        assert shell.run(*words).code == 6
        assert shell.run(*words, "--above-captured").code == 0
        assert shell.refunds_made() == 1

    def test_what_was_not_captured_is_held_back_with_the_alternative(self, shell: Shell) -> None:
        answer = shell.run("refund", OPEN_AUTHORIZATION, "--amount", "1", "--confirm", "1.00 USD")
        assert answer.code == 6
        assert "cancel" in answer.err

    def test_of_two_charges_none_is_guessed(self, shell: Shell) -> None:
        two = f"{V1_ID} and S01-8120934-5567021-C033870"
        answer = shell.run("refund", two, "--amount", "1", "--confirm", "1.00 USD")
        assert answer.code == 6
        assert "several ids" in answer.err
        assert shell.refund_requests() == 0

    def test_the_same_line_again_is_a_second_refund_and_says_so(self, shell: Shell) -> None:
        words = ("refund", V1_ID, "--amount", "10", "--confirm", "10.00 USD", "--json")
        assert shell.run(*words).code == 0
        again = shell.run(*words)
        assert again.code == 0
        assert any("second refund" in warning for warning in again.json["warnings"])
        assert shell.refunds_made() == 2

    def test_an_earlier_declined_refund_is_named(self, shell: Shell) -> None:
        charge = "S01-8120934-5567021-C033870"
        shell.run("lookup", f"{charge[:19]}-R051029")  # now it is known here
        answer = shell.run("refund", charge, "--amount", "1", "--dry-run")
        assert "declined an earlier refund of 15.00 USD" in answer.out

    def test_a_lost_answer_is_found_again(self, shell: Shell) -> None:
        shell.server.world.add_fault("create_refund:hang_up_after")
        answer = shell.run("refund", V1_ID, "--amount", "10", "--confirm", "10.00 USD", "--json")
        assert answer.code == 0
        assert answer.json["attempts"] == 2
        assert shell.refunds_made() == 1

    def test_a_refusal_is_told_with_its_code(self, shell: Shell) -> None:
        shell.server.world.add_fault("create_refund:refuse:AmazonRejected")
        answer = shell.run("refund", V1_ID, "--amount", "10", "--confirm", "10.00 USD", "--json")
        assert answer.code == 3
        assert answer.json["reason_code"] == "AmazonRejected"
        assert "retry" in answer.json["hint"]


class TestJournal:
    def test_killed_between_arming_and_the_answer_money_moves_once(self, shell: Shell) -> None:
        shell.server.world.add_fault("create_refund:delay:30")
        process = shell.start("refund", V1_ID, "--amount", "10", "--confirm", "10.00 USD")
        with process:
            while shell.refund_requests() == 0:
                assert process.poll() is None
            process.kill()
        (intent,) = shell.run("journal", "list", "--json").json["intents"]
        assert intent["state"] == "sending"

        again = shell.run("refund", V1_ID, "--amount", "10", "--confirm", "10.00 USD")
        assert again.code == 6  # what is open comes first, and a person is asked
        assert "journal recover 1" in again.err
        recovered = shell.run("journal", "recover")
        assert recovered.code == 4
        assert "--nobody-else" in recovered.out
        assert shell.refunds_made() == 1

        answered = shell.run("journal", "recover", "1", "--nobody-else")
        assert answered.code == 0
        assert shell.refunds_made() == 1
        shown = shell.run("journal", "show", "1", "--json").json
        assert shown["state"] in ("accepted", "settled")  # Amazon may be done with it by now
        assert shown["result"]
        assert shell.run("journal", "verify").code == 0

    def test_killed_before_it_arrived_it_is_sent_again_with_the_same_key(
        self, shell: Shell
    ) -> None:
        shell.server.world.add_fault("create_refund:hang_up_before:xalways")
        process = shell.start("refund", V1_ID, "--amount", "10", "--confirm", "10.00 USD")
        with process:
            while shell.refund_requests() == 0:
                assert process.poll() is None
            process.kill()
        shell.server.world.faults.clear()
        assert shell.refunds_made() == 0
        assert shell.run("journal", "recover").code == 0
        assert shell.refunds_made() == 1
        keys = {entry.key for entry in shell.server.world.log.entries("create_refund")}
        assert len(keys) == 1

    def test_ctrl_c_during_the_send_is_an_unknown_outcome(self, shell: Shell) -> None:
        shell.server.world.add_fault("create_refund:delay:30")
        process = shell.start("refund", V1_ID, "--amount", "10", "--confirm", "10.00 USD")
        with process:
            while shell.refund_requests() == 0:
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT) == 4
        assert shell.run("journal", "recover", "1", "--nobody-else").code == 0
        assert shell.refunds_made() == 1

    def test_a_broken_journal_blocks_and_says_where(self, shell: Shell) -> None:
        import sqlite3

        shell.run("refund", V1_ID, "--amount", "1", "--confirm", "1.00 USD")
        with sqlite3.connect(shell.folder / "data" / "journal.sqlite") as database:
            database.execute("update entries set actor = 'somebody' where seq = 2")
        database.close()
        answer = shell.run("journal", "verify", "--json")
        assert answer.code == 9
        assert "line 2" in answer.json["error"]["message"]
        assert shell.run("refund", V1_ID, "--amount", "1", "--confirm", "1.00 USD").code == 9

    def test_there_is_no_such_intent(self, shell: Shell) -> None:
        assert shell.run("journal", "show", "7").code == 7
        assert shell.run("journal", "recover", "7").code == 7

    def test_evidence_can_not_be_empty(self, shell: Shell) -> None:
        answer = shell.run("journal", "resolve", "1", "--happened", "--evidence", " ")
        assert answer.code == 2

    def test_a_word_on_what_is_not_unknown_is_held_back(self, shell: Shell) -> None:
        shell.run("refund", V1_ID, "--amount", "1", "--confirm", "1.00 USD")
        answer = shell.run("journal", "resolve", "1", "--happened", "--evidence", "x")
        assert answer.code == 6


def test_no_secret_is_left_behind(shell: Shell) -> None:
    shell.run("refund", V1_ID, "--amount", "1", "--confirm", "1.00 USD")
    secret = (shell.folder / "key.pem").read_text().splitlines()[5].encode()
    for folder in ("config", "data"):
        for file in (shell.folder / folder).iterdir():
            assert secret not in file.read_bytes(), file
