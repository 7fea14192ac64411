"""`refund` on a disputed charge: held back until it is said that the dispute is known."""

from __future__ import annotations

from tests.cli.conftest import Shell

ORDER = "S01-3947265-6081179"
DISPUTE = f"{ORDER}-B031187"
REFUND = ("refund", f"{ORDER}-C037518", "--amount", "5", "--confirm", "5.00 USD")


def test_without_the_switch_it_is_held_back_and_says_what_to_do(shell: Shell) -> None:
    assert shell.run("lookup", DISPUTE).code == 0
    answer = shell.run(*REFUND, "--json")
    assert answer.code == 6
    assert answer.json["outcome"] == "blocked"
    assert DISPUTE in answer.json["message"]
    assert "--disputed" in answer.json["hint"]
    assert shell.refund_requests() == 0

    said = shell.run(*REFUND)
    assert said.code == 6
    assert "--disputed" in said.err
    assert "Answer it in Seller Central by" in said.out
    assert shell.refund_requests() == 0

    answer = shell.run(*REFUND, "--disputed", "--json")
    assert answer.code == 0
    assert any(DISPUTE in warning for warning in answer.json["warnings"])
    assert shell.refunds_made() == 1


def test_the_disputes_own_id_leads_to_its_charge(shell: Shell) -> None:
    words = (DISPUTE, "--amount", "5", "--confirm", "5.00 USD")
    assert shell.run("refund", *words).code == 6
    answer = shell.run("refund", *words, "--disputed", "--json")
    assert answer.code == 0
    assert answer.json["target"] == f"{ORDER}-C037518"


def test_the_help_says_why(bare_shell: Shell) -> None:
    said = " ".join(bare_shell.run("refund", "--help").out.split())
    assert "--disputed" in said
    assert "the buyer can get the money twice" in said
