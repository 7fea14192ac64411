"""`lookup --list`: many orders at once, and what becomes of the lines that are none."""

from __future__ import annotations

import pytest

from tests.cli.conftest import CHARGE, V1_ID, Shell

ORDER, OTHER = "S01-4966596-9591203", "S01-3309177-6402958"
GONE = "S01-0000000-0000000"


def test_each_line_is_looked_up_and_nothing_is_lost(shell: Shell) -> None:
    file = shell.folder / "orders.csv"
    file.write_text(f"number;id\n1;{V1_ID}\n2;{OTHER}\n3;{CHARGE}\n4;123-1234567-1234567\n")
    answer = shell.run("lookup", "--list", str(file), "--json")
    assert answer.code == 0
    heading, first, second, foreign = answer.json
    assert (heading["line"], heading["id"], heading["state"]) == (1, None, None)
    assert "marketplace" in foreign["why"]
    assert (first["line"], first["id"], first["kind"]) == (2, V1_ID, "authorization")
    assert (first["order_id"], first["state"]) == (ORDER, "Captured")
    assert first["refundable"] == {"amount": "36.00", "currencyCode": "USD"}
    assert first["notes"] == [f"again in line 4 as {CHARGE}"]
    assert (second["id"], second["state"], second["error"]) == (OTHER, "Chargeable", None)
    assert "line 5" in answer.err

    said = shell.run("lookup", "--list", str(file))
    assert said.code == 0
    lines = said.out.splitlines()
    assert sum(not line.startswith("         ! ") for line in lines) == 2
    assert any("was used by charges that this console has not seen" in line for line in lines)
    assert "refundable 36.00 USD" in said.out


def test_a_list_without_any_order_is_wrong_usage(shell: Shell) -> None:
    answer = shell.run("lookup", "--list", "-", "--json", typed="junk\n123-1234567-1234567\n")
    assert answer.code == 2
    assert answer.json["error"]["code"] == "not_an_id"


def test_from_stdin_with_an_order_number_that_was_seen(shell: Shell) -> None:
    assert shell.run("lookup", ORDER).code == 0
    answer = shell.run("lookup", "--list", "-", "--json", typed=f"Acme-118\n{OTHER}\n")
    assert answer.code == 0
    assert [row["order_id"] for row in answer.json] == [ORDER, OTHER]


def test_what_is_not_found_is_in_its_row_and_in_the_exit_code(shell: Shell) -> None:
    answer = shell.run("lookup", "--list", "-", "--json", typed=f"{GONE}\n{ORDER}\nP{GONE[1:]}\n")
    assert answer.code == 7
    assert [row["error"] and row["error"]["code"] for row in answer.json] == [
        "not_found", None, "wrong_environment",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [(), (V1_ID, "--list", "-"), ("--list", "no-such-file"), ("--list", "-", "--show-buyer")],
)
def test_wrong_usage(shell: Shell, words: tuple[str, ...]) -> None:
    answer = shell.run("lookup", *words, "--json")
    assert answer.code == 2
    assert answer.json["error"]["message"]
