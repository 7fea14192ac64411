"""`payconsole prove`, as somebody uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from console.cli import prove
from console.cli.main import main
from console.proof.protocol import Protocol
from console.proof.scenarios import WEAKER, Scenario, Weaker, model
from console.proof.unkeyed import UPDATE
from console.proof.world import Rules, Scope
from tests.cli.conftest import Shell, bare_shell

__all__ = ["bare_shell"]

_ONE: dict[str, Any] = {"amounts": (10,), "things": ("charge",), "crashes": 0}
# A small one: a PATCH from one console.
UPDATES = Scenario("update", "PATCH", Scope(**_ONE, foreign=1), {"lag": (False, True)}, {}, UPDATE)
QUICK = [weaker for weaker in WEAKER if weaker.name in ("new-key", "blind-patch")]


def test_a_weaker_rule_is_told_step_by_step(bare_shell: Shell) -> None:
    answer = bare_shell.run("prove", "--rule", "late-refusal")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0] == (
        "late-refusal: a refusal of a later attempt is called refused (protocol, step 9)"
    )
    assert "key A" in lines[1]
    assert "PAYS 10.00" in lines[-2]
    assert lines[-1].strip() == "-> intent 1 is called refused, and yet it was paid"


def test_in_json(bare_shell: Shell) -> None:
    answer = bare_shell.run("prove", "--rule", "blind-patch", "--json")
    assert answer.code == 0
    assert answer.json["name"] == "blind-patch"
    assert answer.json["broken"]
    assert len(answer.json["trace"]) > 5


def test_an_unknown_rule_is_answered_with_those_there_are(bare_shell: Shell) -> None:
    answer = bare_shell.run("prove", "--rule", "nope\x1b[31m")
    assert answer.code == 2
    assert "\x1b" not in answer.out + answer.err
    for weaker in WEAKER:
        assert weaker.name in answer.err


def run(*words: str) -> int:
    """The command in this process, where the tables can be others."""
    return main(["prove", *words])


def test_a_whole_run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(prove, "SCENARIOS", [UPDATES])
    monkeypatch.setattr(prove, "WEAKER", QUICK)
    assert run() == 0
    lines = capfd.readouterr().out.splitlines()
    [row] = [line for line in lines if line.startswith("update")]
    assert row.endswith("holds")
    [total] = [line for line in lines if line.startswith("in all")]
    assert total.split()[2:4] == row.split()[1:3]  # states and transitions
    for weaker in QUICK:
        [row] = [line for line in lines if line.startswith(f"{weaker.name} ")]
        assert "steps" in row


def test_a_scenario_that_fails_shows_its_trace_and_exits_1(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A model that is made wrong on purpose: PATCH repeated without a look."""
    monkeypatch.setattr(prove, "SCENARIOS", [Wrong("wrong", "wrong", Scope(**_ONE, foreign=1))])
    monkeypatch.setattr(prove, "WEAKER", QUICK)
    assert run("--json") == 1
    document = json.loads(capfd.readouterr().out)
    [told] = document["scenarios"]
    assert "overwritten" in told["broken"]
    assert told["trace"]
    assert document["holds"] is False


def test_a_weaker_rule_that_does_not_fail_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    harmless = Weaker("harmless", "0", "nothing", Rules(), Scope(**_ONE))
    monkeypatch.setattr(prove, "SCENARIOS", [])
    monkeypatch.setattr(prove, "WEAKER", [harmless])
    assert run() == 1
    assert "DOES NOT FAIL" in capfd.readouterr().out
    assert run("--rule", "harmless") == 1


class Wrong(Scenario):
    def models(self, *, thorough: bool = False) -> Iterator[Protocol]:
        yield model(self.scope, UPDATE, Rules(reads_first=False))
