"""`plan`, `review`, `apply`, `report`: one-off fixes from a list, and what became of them."""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.cli.documents import Document
from console.cli.failures import DONE, HELD, REFUSED, UNKNOWN, WrongUsage, exit_code_for
from console.cli.output import Output
from console.domain.batch import (
    COLUMNS,
    GOOD,
    MOST_ROWS,
    OPEN,
    REQUIRED,
    Batch,
    Ended,
    Line,
    Progress,
    Report,
    Standing,
    read_plan,
)
from console.domain.batch_words import report_text, review_text
from console.domain.money import Money
from console.domain.text import clean_line
from console.export import refuse_existing, write_bundle, write_text

if TYPE_CHECKING:
    from console.actions.batch.applying import Applied
    from console.actions.batch.stop import Stop
    from console.imports.source import Piece, Text
    from console.imports.table import Header
    from console.session import Session
    from console.store.journal import Journal

STOPPED: Final = 130
_HEADER_LINES: Final = 20  # a header below them is none
_LARGEST_FILE: Final = 64 * 1024**2

# --- plan ----------------------------------------------------------------------------------------


async def run_plan(session: Session, args: argparse.Namespace, out: Output) -> int:
    """Plan a list. Without `-o` the plan is shown and kept nowhere."""
    from console.actions.batch.planning import plan_batch

    path = Path(args.output) if args.output else None
    if path is not None:
        await asyncio.to_thread(refuse_existing, path, force=args.force)
    lines, ignored = await asyncio.to_thread(read_list, args.list)
    if ignored:
        out.tell(f"Columns that say nothing here: {', '.join(ignored)}.")

    def tell(progress: Progress) -> None:
        out.tell(f"planning {progress.said}")

    batch = await plan_batch(session.engine, lines, Path(args.list).name, tell)
    if path is not None:
        await asyncio.to_thread(write_bundle, batch.as_json(), path, force=args.force)
    out.document(plan_document(batch))
    for line in review_text(batch):
        out.text(line)
    if path is not None:
        shown = clean_line(str(path), 300)
        out.tell(f"The plan is in {shown}, for you alone (0600). Nothing was sent.")
        out.tell(f"To do it: payconsole apply {shown}")
    return DONE


def read_list(name: str) -> tuple[list[Line], list[str]]:
    """The rows of a CSV file, or of stdin for `-`, and the columns that nobody asked for.

    Raises WrongUsage where it can't be read, or has no header that a plan can be made from.
    Blocks.
    """
    from console.imports.source import DAMAGE, STDIN, NotUnderstood, sources

    path = STDIN if name == "-" else Path(name)
    shown = clean_line(name, 200)
    try:
        if path != STDIN and path.is_file() and path.stat().st_size > _LARGEST_FILE:
            raise WrongUsage(f"{shown} is too large for a list of {MOST_ROWS:,} rows.")
        with ExitStack() as stack:
            found = sources(path, again=False, stack=stack)
            if len(found) != 1:
                raise WrongUsage(f"{shown} has {len(found)} files in it; a list is one.")
            with found[0].open() as text:
                return _lines(text, shown)
    except NotUnderstood as error:
        raise WrongUsage(f"{shown}: {error}") from None
    except DAMAGE as error:
        why = getattr(error, "strerror", None) or "it is damaged"
        raise WrongUsage(f"{shown} can't be read: {why}.") from None


def _lines(text: Text, shown: str) -> tuple[list[Line], list[str]]:
    from console.imports.facts import Problem
    from console.imports.source import whole_lines
    from console.imports.table import rows

    header = _header(text.head[:_HEADER_LINES], shown)
    names = header.names
    lines: list[Line] = []
    for number, cells in rows(whole_lines(text.pieces), header):
        if isinstance(cells, Problem):
            lines.append(Line(number, problem=cells.why))
        elif any(cell.strip() for cell in cells):
            values = dict(zip(names, cells, strict=True))
            lines.append(Line(number, **{name: values.get(name, "") for name in COLUMNS}))
        if len(lines) > MOST_ROWS:
            raise WrongUsage(f"{shown} has more than {MOST_ROWS:,} rows: split it.")
    if not lines:
        raise WrongUsage(f"{shown} has no rows below its header.")
    return lines, [clean_line(t, 40) for t, n in zip(header.titles, names, strict=True)
                   if n not in COLUMNS and n]  # fmt: skip


def _header(head: Sequence[Piece], shown: str) -> Header:
    from console.imports.table import headers

    for header in headers(head):
        if set(REQUIRED) <= set(header.names):
            twice = [name for name in COLUMNS if header.names.count(name) > 1]
            if twice:
                raise WrongUsage(f"{shown}: the column {twice[0]} stands twice.")
            return header
    raise WrongUsage(
        f"{shown} has no header row with id and action. The columns are: {', '.join(COLUMNS)}."
    )


# --- review --------------------------------------------------------------------------------------


def run_review(args: argparse.Namespace, out: Output) -> int:
    batch = load(args.plan)
    out.document(plan_document(batch))
    for line in review_text(batch):
        out.text(line)
    return DONE


def load(name: str) -> Batch:
    """The plan in a file. Raises BadPlan where it was changed, WrongUsage if it can't be read."""
    shown = clean_line(name, 200)
    try:
        return read_plan(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongUsage(f"{shown} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise WrongUsage(f"{shown} is no plan: it is no text from byte {error.start} on.") from None


def plan_document(batch: Batch) -> Document:
    return {
        "rows": [row.as_json() for row in batch.rows],
        "totals": [money.to_api() for money in batch.totals],
        "hash": batch.hash,
        "phrase": batch.phrase,
        "counts": batch.counts,
        "largest": [row.line for row in batch.largest],
        "outliers": [{"line": row.line, "median": m.to_api()} for row, m in batch.outliers],
        "account": {
            "profile": batch.profile,
            "region": batch.region,
            "environment": batch.environment,
        },
        "made": batch.made,
        "by": batch.by,
    }


# --- apply ---------------------------------------------------------------------------------------


async def run_apply(session: Session, args: argparse.Namespace, out: Output) -> int:
    """Do what is left of a plan. Ctrl-C stops it before the next row; a second one at once."""
    from console.actions.batch.applying import Applied, apply_batch, require_account
    from console.actions.batch.report import report_of
    from console.actions.batch.stop import Stop
    from console.actions.outcome import Held

    batch = await asyncio.to_thread(load, args.plan)
    require_account(session.engine, batch)
    if not batch.acting:
        raise Held("No row of this plan will act.", "`payconsole review PLAN` says why.")
    before = await asyncio.to_thread(report_of, session.journal, batch)
    if before.is_finished:
        out.tell("Every row of this plan is finished already: nothing is left to do.")
        return _report_of(Applied(before), out)
    for line in review_text(batch):
        out.tell(line)
    phrase = await asyncio.to_thread(_phrase, batch, args.confirm)
    stop = Stop()
    with _interrupts(stop, out):
        applied = await apply_batch(session.engine, batch, phrase, stop=stop, tell=out.tell)
    return _report_of(applied, out)


def _report_of(applied: Applied, out: Output) -> int:
    out.document({**report_document(applied.report), **_ending(applied)})
    for line in report_text(applied.report, only_trouble=True):
        out.text(line)
    if applied.stopped:
        out.complain(applied.stopped, applied.hint or "Apply the plan again to go on.")
    return _exit_code(applied)


def _phrase(batch: Batch, confirm: str | None) -> str:
    """What was typed, by switch or at the terminal. Blocks on the terminal."""
    from console.actions.outcome import Held

    if confirm is not None:
        return confirm
    if not sys.stdin.isatty():
        why = "Nothing was confirmed, so nothing was sent."
        raise Held(why, f'Add --confirm "{batch.phrase}" to go on.')
    print(f"Type `{batch.phrase}` to do it: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().rstrip("\n")


@contextmanager
def _interrupts(stop: Stop, out: Output) -> Iterator[None]:
    """The first Ctrl-C asks to stop; the next ones are what they were before."""
    before = signal.getsignal(signal.SIGINT)
    if before in (signal.SIG_IGN, None):  # a background job's: to be ignored
        yield
        return
    loop = asyncio.get_running_loop()

    def asked() -> None:
        out.complain(
            "stopping: the row that is under way is brought to its end first.",
            "Ctrl-C once more breaks it off; its outcome is then unknown.",
        )
        stop.ask()

    def interrupt(signum: int, frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        loop.call_soon_threadsafe(asked)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ending(applied: Applied) -> Document:
    outcome = str(applied.result) if applied.result is not None else None
    return {
        "stopped": applied.stopped or None,
        "stopped_by": "request" if applied.asked_to_stop else outcome,
        "hint": applied.hint or None,
    }


def _exit_code(applied: Applied) -> int:
    """4 as soon as anything is unknown; else what stopped it; else the worst of its rows."""
    standings = {ended.standing for ended in applied.report.rows}
    if applied.asked_to_stop:
        return UNKNOWN if standings & OPEN else STOPPED
    if applied.result is not None:
        return exit_code_for(applied.result) or HELD
    if standings & OPEN:
        return UNKNOWN
    if standings & {Standing.REFUSED, Standing.DECLINED}:
        return REFUSED
    return DONE if standings <= GOOD else HELD


# --- report --------------------------------------------------------------------------------------


def run_report(journal: Journal, args: argparse.Namespace, out: Output) -> int:
    """Plan against outcome, from the journal alone."""
    from console.actions.batch.report import report_of
    from console.store.decisions import JournalBroken

    batch = load(args.plan)
    if args.output:
        refuse_existing(Path(args.output), force=args.force)
    problem = journal.verify().problem
    if problem is not None:
        raise JournalBroken(f"The journal does not verify: {problem}.")
    report = report_of(journal, batch)
    if args.output:
        write_text(report_csv(report), Path(args.output), force=args.force)
        out.tell(f"The report is in {clean_line(args.output, 300)}, for you alone (0600).")
    out.document(report_document(report))
    for line in report_text(report):
        out.text(line)
    return DONE


def report_document(report: Report) -> Document:
    def said(amounts: Sequence[Money]) -> list[dict[str, str]]:
        return [money.to_api() for money in amounts]

    return {
        "hash": report.batch.hash,
        "phrase": report.batch.phrase,
        "rows": [_ended_document(ended) for ended in report.rows],
        "counts": report.counts,
        "planned": said(report.batch.totals),
        "sums": {str(s): said(report.sum(s)) for s in Standing if report.sum(s)},
        "finished": report.is_finished,
    }


def _ended_document(ended: Ended) -> Document:
    row = ended.row
    return {
        "line": row.line,
        "id": row.id,
        "target": row.target,
        "action": row.action,
        "amount": row.amount.to_api() if row.amount else None,
        "verdict": str(row.verdict),
        "outcome": str(ended.standing),
        "why": ended.why,
        "intent": ended.intent,
        "result": ended.result,
    }


_CSV_COLUMNS: Final = (
    "line", "id", "action", "amount", "currency", "reason", "ticket", "target", "verdict",
    "outcome", "why", "intent", "result",
)  # fmt: skip


def report_csv(report: Report) -> str:
    """The report as CSV; a cell that a spreadsheet would compute begins with an apostrophe."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_CSV_COLUMNS)
    for ended in report.rows:
        row, money = ended.row, ended.row.amount
        writer.writerow(
            _harmless(str(cell) if cell is not None else "")
            for cell in (
                row.line, row.id, row.action, money.plain if money else None,
                money.currency if money else None, row.reason, row.ticket, row.target,
                row.verdict, ended.standing, ended.why, ended.intent, ended.result,
            )
        )  # fmt: skip
    return file.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def run_report_alone(args: argparse.Namespace, out: Output) -> int:
    """`report`: without profile, key or network."""
    from console.session import actor
    from console.store.journal import Journal
    from console.store.places import user_places

    journal = Journal(user_places().journal, actor())
    try:
        return run_report(journal, args, out)
    finally:
        journal.close()
