"""`payconsole sync` and `payconsole reports`, as a user runs them."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.simulator.shop import open_live_shop
from console.simulator.world import Delays
from tests.cli.conftest import Shell, bare_shell

__all__ = ["bare_shell"]  # a fixture

SINCE = (datetime.now(UTC) - timedelta(days=8)).strftime("%Y-%m-%d")


@pytest.fixture
def shell(bare_shell: Shell) -> Shell:
    """A profile of the live shop, whose reports are made at once."""
    world = bare_shell.server.world
    world.delays = Delays(report=0)
    open_live_shop(world)
    bare_shell.has_profile("shop", "live", "LIVE-TEST")
    return bare_shell


def test_sync_then_an_order_is_found_by_its_number(shell: Shell) -> None:
    done = shell.run("sync", "--since", SINCE)
    assert done.code == 0, done.err
    assert "Order Reference     complete until 20" in done.out
    assert "Requesting Refund" in done.err
    found = shell.run("lookup", "Live-1004", "--json")
    assert found.code == 0, found.err
    assert found.json["order"]["id"] == "P01-4100000-0000004"


def test_json_is_one_document(shell: Shell) -> None:
    done = shell.run("sync", "--since", SINCE, "--json", "--quiet")
    assert done.code == 0
    assert done.err == ""
    assert done.json["totals"]["rows"] > 0
    assert len(done.json["requested"]) == 4
    assert done.json["failed"] == done.json["refused"] == done.json["waiting"] == []
    assert done.json["stopped"] is False
    again = shell.run("sync", "--json", "--quiet").json
    assert again["imported"] == []
    assert again["requested"] == []


def test_a_failed_report_is_named_and_is_exit_3(shell: Shell) -> None:
    world = shell.server.world
    world.switches = world.switches.changed({"report_outcome": "FAILED"})
    done = shell.run("sync", "--since", SINCE)
    assert done.code == 3
    assert "Refund" in done.out
    assert "Amazon says FAILED" in done.out


def test_a_garbled_answer_is_exit_5_and_the_next_sync_tries_again(shell: Shell) -> None:
    """Amazon refused nothing."""
    shell.server.world.add_fault("get_report_document:garbage")
    done = shell.run("sync", "--since", SINCE)
    assert done.code == 5
    assert "4 reports of 4 types will be requested" in done.err
    assert "The next sync tries it again." in done.out
    assert shell.run("sync").code == 0


def test_ctrl_c_says_what_was_done_and_the_next_sync_goes_on(shell: Shell) -> None:
    world = shell.server.world
    world.delays = Delays(report=3600)
    process = shell.start("sync", "--since", SINCE, "--json")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Waiting for 4 reports"):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped" in err
    document: dict[str, Any] = json.loads(out)
    assert document["stopped"] is True
    assert len(document["waiting"]) == 4
    world.clock.advance(3600)
    world.delays = Delays(report=0)
    again = shell.run("sync", "--since", SINCE, "--json").json
    assert {row["report_id"] for row in document["requested"]} <= {
        row["report_id"] for row in again["imported"]
    }


def test_what_amazon_has_is_listed(shell: Shell) -> None:
    reports = shell.run("reports", "list")
    assert reports.code == 0
    assert "Settlement  20" in reports.out
    assert "COMPLETED" in reports.out
    schedules = shell.run("reports", "schedules", "--json").json["schedules"]
    assert {schedule["frequency"] for schedule in schedules} == {"P1D", "P7D"}
    assert "P1D" in shell.run("reports", "schedules").out


def test_disbursements(shell: Shell) -> None:
    everything = shell.run("reports", "disbursements", "--json").json["disbursements"]
    assert everything[0]["amount"]["currencyCode"] == "USD"
    since = everything[2]["time"][:10]
    some = shell.run("reports", "disbursements", "--since", since)
    assert some.code == 0
    assert len(some.out.splitlines()) == 1 + len(everything[2:])


@pytest.mark.parametrize(
    "words",
    [
        ("sync", "--since", "last week"),
        ("sync", "--since", "2999-01-01"),
        ("sync", "--since", (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")),
        ("reports", "disbursements", "--since", "2026-02-01", "--until", "2026-01-01"),
    ],
)
def test_wrong_dates_are_usage(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.run(*words).code == 2


def test_the_sandbox_says_what_it_does_not_have(bare_shell: Shell) -> None:
    assert bare_shell.add_profile().code == 0
    bare_shell.server.world.delays = Delays(report=0)
    done = bare_shell.run("sync", "--since", SINCE)
    assert done.code == 0, done.err
    assert "Sandbox Settlement reports only" in done.err
    assert "Sandbox Settlement" in done.out
