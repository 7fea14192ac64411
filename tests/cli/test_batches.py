"""Batches through the real command line: a list, its plan, its doing with kills, its report."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.keys import make_key
from console.simulator.clock import Clock
from console.simulator.server import running
from console.simulator.stories import Teller
from console.simulator.world import World
from tests.cli.conftest import Answer, Shell
from tests.support.effort import budget

ROWS, KILLS = budget(20, 500), budget(2, 10)
PHRASE = "3 rows 30.00 USD"

# The real command line, with a throttle for which time flies: Amazon's own would take 1.5 s a
# row in live and 3 s in sandbox.
_QUICK = """\
import sys, time
from console.amazon import client
from console.amazon.throttle import Throttle
client.Throttle = lambda environment, now: Throttle(environment, lambda: time.monotonic() * 1000)
from console.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


class Batching(Shell):
    """A shell with quick commands, and an account with fresh captured charges."""

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-c", _QUICK, *words]

    def quick(self, *words: str, typed: str = "") -> Answer:
        done = subprocess.run(
            self.words(*words),
            env={**os.environ, **self.environment},
            input=typed,
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.words(*words),
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def charges(self, count: int) -> list[str]:
        teller, made = Teller(self.server.world), []
        for number in range(count):
            order, past = f"S01-4100000-{number:07d}", teller.ago(days=2)
            teller.permission(order, "50.00", past, reference=f"Fix-{number}")
            charge = teller.charge(f"{order}-C{number:06d}", "50.00", past, state="Captured")
            made.append(charge.id)
        return made

    def list_of(self, ids: list[str], name: str = "fixes.csv") -> str:
        path = self.folder / name
        rows = "".join(f"{one},refund,10.00,USD,damaged,T-1\n" for one in ids)
        path.write_text(f"id,action,amount,currency,reason,ticket\n{rows}")
        return str(path)

    def plan_of(self, ids: list[str]) -> str:
        path = str(self.folder / "fixes.plan")
        answer = self.quick("plan", self.list_of(ids), "-o", path, "--quiet")
        assert answer.code == 0, answer.err
        return path

    def paid(self, charge: str) -> str:
        world = self.server.world
        with world.lock:
            world.catch_up()
            latest = world.charges[charge].latest
            return str(world.refunded(latest, None, initiated=True))


@pytest.fixture
def batching(tmp_path: Path) -> Iterator[Batching]:
    private, public = make_key()
    (tmp_path / "key.pem").write_bytes(private)
    world = World(clock=Clock(speed=0))
    world.keys.register(public)
    environment = {
        "PAYCONSOLE_CONFIG_DIR": str(tmp_path / "config"),
        "PAYCONSOLE_DATA_DIR": str(tmp_path / "data"),
        "PYTHON_KEYRING_BACKEND": "tests.cli.keyring_in_a_file.FileKeyring",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TEST_KEYRING_FILE": str(tmp_path / "keyring.json"),
    }
    with running(world) as server:
        made = Batching(tmp_path, server, environment)
        assert made.add_profile().code == 0
        yield made


# --- plan and review -----------------------------------------------------------------------------


def test_a_list_becomes_a_plan_and_a_plan_becomes_done(batching: Batching) -> None:
    ids = batching.charges(3)
    plan = batching.folder / "fixes.plan"
    answer = batching.quick("plan", batching.list_of(ids), "-o", str(plan), "--json")
    assert answer.code == 0
    assert [row["verdict"] for row in answer.json["rows"]] == ["will_act"] * 3
    assert [row["target"] for row in answer.json["rows"]] == ids
    assert set(answer.json["rows"][0]) >= {"line", "id", "target", "action", "amount", "verdict",
                                           "why"}  # fmt: skip
    assert answer.json["totals"] == [{"amount": "30.00", "currencyCode": "USD"}]
    assert answer.json["hash"] == json.loads(plan.read_text())["hash"]
    assert "planning row 3 of 3" in answer.err
    assert stat.S_IMODE(plan.stat().st_mode) == 0o600
    assert batching.refund_requests() == 0

    said = batching.quick("review", str(plan))
    assert said.code == 0
    assert f"the phrase is: {PHRASE}" in said.out
    assert batching.quick("review", str(plan), "--json").json == answer.json

    applied = batching.quick("apply", str(plan), "--confirm", PHRASE, "--json")
    assert applied.code == 0, applied.err
    assert [row["outcome"] for row in applied.json["rows"]] == ["initiated"] * 3
    assert applied.json["stopped"] is None
    assert "about" in applied.err or "less than a minute" in applied.err
    assert [batching.paid(one) for one in ids] == ["10.00 USD"] * 3

    again = batching.quick("apply", str(plan), "--confirm", PHRASE, "--json")
    assert (again.code, again.json["rows"]) == (0, applied.json["rows"])
    assert batching.refund_requests() == 3

    report = batching.quick("report", str(plan), "--json")
    assert (report.code, report.json["rows"]) == (0, applied.json["rows"])
    assert report.json["sums"] == {"initiated": [{"amount": "30.00", "currencyCode": "USD"}]}
    assert report.json["finished"] is True


def test_a_plan_is_not_overwritten_without_being_asked(batching: Batching) -> None:
    ids = batching.charges(1)
    plan = batching.plan_of(ids)
    before = Path(plan).read_text()
    assert batching.quick("plan", batching.list_of(ids), "-o", plan).code == 2
    assert Path(plan).read_text() == before
    shorter = batching.list_of(batching.charges(2)[1:])
    assert batching.quick("plan", shorter, "-o", plan, "--force").code == 0
    assert Path(plan).read_text() != before


@pytest.mark.parametrize(
    "text",
    [
        "Ticket;AMOUNT;Id;unknown;Action\nT;10.00;{};x;refund\n;;;;\n",
        '\ufeff"id","action","amount"\r\n"{}","Refund","10.00"\r\n',
        "id\taction\tamount\n\n{}\trefund\t10.00\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_any_table_is_read(batching: Batching, text: str, encoding: str) -> None:
    [charge] = batching.charges(1)
    file = batching.folder / "list.csv"
    file.write_bytes(text.format(charge).encode(encoding, "ignore"))
    answer = batching.quick("plan", str(file), "--json")
    assert answer.code == 0, answer.err
    [row] = answer.json["rows"]
    assert (row["target"], row["verdict"]) == (charge, "will_act")
    assert row["amount"] == {"amount": "10.00", "currencyCode": "USD"}


def test_from_stdin_and_what_is_wrong_is_named_by_its_line(batching: Batching) -> None:
    [charge] = batching.charges(1)
    rows = ["junk,refund,1", f"{charge},refund,1,2,3", f'"{charge},refund', f"{charge},refund,10"]
    typed = "\n".join(["id,action,amount", *rows])
    answer = batching.quick("plan", "-", "--json", typed=typed)
    assert answer.code == 0, answer.err
    found = [(row["line"], row["verdict"]) for row in answer.json["rows"]]
    assert found == [(2, "invalid"), (3, "invalid"), (4, "invalid"), (5, "will_act")]


@pytest.mark.parametrize(
    "text",
    ["", "id,action\n", "S01-4100000-0000000-C000000,refund,1\n", "id,amount\nx,1\n",
     "id,action,id\nx,refund,y\n", "\x00\x01\x02\x03" * 99],
)  # fmt: skip
def test_what_is_no_list_is_wrong_usage(batching: Batching, text: str) -> None:
    file = batching.folder / "list.csv"
    file.write_text(text)
    answer = batching.quick("plan", str(file), "--json")
    assert (answer.code, answer.json["error"]["code"]) == (2, "usage")
    assert batching.quick("plan", str(batching.folder / "none.csv")).code == 2


def test_hostile_cells_reach_no_terminal(batching: Batching) -> None:
    [charge] = batching.charges(1)
    typed = f"id,action,amount,reason\n\x1b[31m[red],refund,1,x\n{charge},refund,1,\x1b[2J\u202e\n"
    answer = batching.quick("plan", "-", typed=typed)
    assert answer.code == 0
    assert "\x1b" not in answer.out + answer.err
    assert "\u202e" not in answer.out + answer.err


# --- apply ---------------------------------------------------------------------------------------


def test_without_the_phrase_nothing_is_sent(batching: Batching) -> None:
    plan = batching.plan_of(batching.charges(3))
    assert batching.quick("apply", plan).code == 6
    answer = batching.quick("apply", plan, "--confirm", "30.00 USD", "--json")
    assert answer.code == 6
    assert PHRASE in answer.json["error"]["message"]
    assert batching.refund_requests() == 0


def test_a_changed_plan_is_refused_with_the_place(batching: Batching) -> None:
    plan = batching.plan_of(batching.charges(3))
    file = Path(plan)
    file.write_text(file.read_text().replace('"amount": "10.00"', '"amount": "40.00"', 1))
    for command in (["review"], ["apply", "--confirm", PHRASE], ["report"]):
        answer = batching.quick(command[0], plan, *command[1:], "--json")
        assert (answer.code, answer.json["error"]["code"]) == (6, "bad_plan")
        assert "changed" in answer.json["error"]["message"]
    assert batching.refund_requests() == 0


def test_an_unknown_outcome_is_exit_4_until_it_is_resolved(batching: Batching) -> None:
    from console.simulator.faults import Fault

    ids = batching.charges(3)
    plan = batching.plan_of(ids)
    world = batching.server.world
    world.faults.add(Fault.parse("create_refund:hang_up_before:xalways"))
    process = batching.begin("apply", plan, "--confirm", PHRASE, "--json")
    while not world.log.entries("create_refund"):
        time.sleep(0.05)
    process.kill()  # in the middle of its attempts
    process.communicate()
    report = batching.quick("report", plan, "--json")
    assert next(row["outcome"] for row in report.json["rows"]) in ("unknown", "at_work")
    world.faults.clear()
    done = batching.quick("apply", plan, "--confirm", PHRASE, "--json")
    assert done.code == 0, done.err
    assert [batching.paid(one) for one in ids] == ["10.00 USD"] * 3
    assert batching.refunds_made() == 3


def test_a_changed_order_is_left_alone(batching: Batching) -> None:
    from console.simulator import foreign

    ids = batching.charges(3)
    plan = batching.plan_of(ids)
    foreign.refund(batching.server.world, ids[1], "2.00")
    answer = batching.quick("apply", plan, "--confirm", PHRASE, "--json")
    assert answer.code == 6
    assert [row["outcome"] for row in answer.json["rows"]] == ["initiated", "stale", "initiated"]
    assert [batching.paid(one) for one in ids] == ["10.00 USD", "2.00 USD", "10.00 USD"]


def test_the_report_as_csv_computes_nothing_in_a_spreadsheet(batching: Batching) -> None:
    [charge] = batching.charges(1)
    plan, out = str(batching.folder / "p.plan"), batching.folder / "out.csv"
    typed = f"id,action,amount,reason\n{charge},refund,1,=1+1\n"
    assert batching.quick("plan", "-", "-o", plan, typed=typed).code == 0
    assert batching.quick("report", plan, "-o", str(out)).code == 0
    [row] = csv.DictReader(io.StringIO(out.read_text()))
    assert (row["target"], row["outcome"], row["reason"]) == (charge, "left", "'=1+1")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert batching.quick("report", plan, "-o", str(out)).code == 2


# --- Ctrl-C and kill -9 --------------------------------------------------------------------------


def test_ctrl_c_ends_the_row_and_the_next_run_goes_on(batching: Batching) -> None:
    ids = batching.charges(8)
    plan = batching.plan_of(ids)
    process = batching.begin("apply", plan, "--confirm", "8 rows 80.00 USD")
    while batching.refunds_made() < 2:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "stopping" in err
    made = batching.refunds_made()
    assert 2 <= made < 8
    report = batching.quick("report", plan, "--json").json
    assert report["counts"] == {"initiated": made, "left": 8 - made}
    assert batching.quick("apply", plan, "--confirm", "8 rows 80.00 USD").code == 0
    assert batching.refunds_made() == batching.refund_requests() == 8


def test_killed_at_random_moments_every_row_is_done_exactly_once(batching: Batching) -> None:
    """`--thorough`: 500 rows and 10 kills; else 20 and 2."""
    ids = batching.charges(ROWS)
    plan = batching.plan_of(ids)
    phrase = f"{ROWS} rows {ROWS * 10}.00 USD"
    chance, killed = random.Random(ROWS), 0
    while killed < KILLS:
        before = batching.refunds_made()
        process = batching.begin("apply", plan, "--confirm", phrase, "--quiet")
        goal = min(ROWS - 1, before + max(1, (ROWS - before) // (KILLS - killed + 1)))
        while batching.refunds_made() < goal and process.poll() is None:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.3)
        process.kill()
        process.communicate()
        if process.returncode == 4:  # at the row whose answer the kill before it took
            give_word(batching, plan)
            continue
        assert process.returncode == -signal.SIGKILL, "it ended before it was killed"
        killed += 1
    ended = batching.quick("apply", plan, "--confirm", phrase, "--json", "--quiet")
    while ended.code == 4:
        give_word(batching, plan)
        ended = batching.quick("apply", plan, "--confirm", phrase, "--json", "--quiet")
    assert ended.code == 0, ended.err
    assert ended.json["counts"] == {"initiated": ROWS}
    assert {batching.paid(one) for one in ids} == {"10.00 USD"}
    assert batching.refunds_made() == ROWS
    assert batching.quick("journal", "verify").code == 0


def give_word(batching: Batching, plan: str) -> None:
    """An answer was lost, so the list stopped: a person says that nobody else did that row."""
    rows = batching.quick("report", plan, "--json").json["rows"]
    [row] = [row for row in rows if row["outcome"] == "unknown"]
    word = batching.quick("journal", "recover", str(row["intent"]), "--nobody-else")
    assert word.code == 0, word.err


def test_two_processes_with_one_plan_do_no_row_twice(batching: Batching) -> None:
    ids = batching.charges(12)
    plan = batching.plan_of(ids)
    phrase = "12 rows 120.00 USD"
    both = [batching.begin("apply", plan, "--confirm", phrase) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    codes = sorted(process.returncode for process in both)
    assert set(codes) <= {0, 6}, said
    assert batching.quick("apply", plan, "--confirm", phrase).code == 0
    assert {batching.paid(one) for one in ids} == {"10.00 USD"}
    assert batching.refunds_made() == 12
