"""A plan and what became of it as lines of text: the same words at every door."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from console.domain.batch import (
    FINISHED,
    GOOD,
    OUTLIER_FACTOR,
    OUTLIER_ROWS,
    READS_TO_APPLY,
    Batch,
    Ended,
    Report,
    Row,
    Standing,
    Verdict,
    in_words,
    seconds_a_row,
    sums,
)
from console.domain.plural import counted

_VERDICTS: Final = {
    Verdict.WILL_ACT: "will be done",
    Verdict.ALREADY_SO: "is so already",
    Verdict.NOT_ALLOWED: "not allowed",
    Verdict.DUPLICATE: "duplicate",
    Verdict.INVALID: "can't be read",
}
_STANDINGS: Final = {
    Standing.DONE: "done",
    Standing.INITIATED: "initiated, not done",
    Standing.DECLINED: "declined by Amazon after it was begun",
    Standing.REFUSED: "refused by Amazon",
    Standing.STALE: "not touched: the order had changed",
    Standing.CONFLICT: "conflict: another request from the same starting point",
    Standing.ABSORBED: "somebody had done it already",
    Standing.ALREADY_SO: "was so already",
    Standing.HALF_DONE: "half done: the second step is missing",
    Standing.UNKNOWN: "UNKNOWN: it may have happened",
    Standing.AT_WORK: "begun, and not known to be done",
    Standing.LEFT: "left",
    Standing.WONT: "not planned",
}


def review_text(batch: Batch) -> Iterator[str]:
    """A plan for people: what will be done, its sums, then what will not and why."""
    account = f"{batch.profile or 'this account'} ({batch.region.upper()} {batch.environment})"
    yield f"Plan of {batch.made[:16].replace('T', ' ')} UTC by {batch.by} for {account}"
    yield f"  list      {batch.source or 'no file'}, {counted(len(batch.rows), 'row')}"
    yield f"  plan      {batch.hash[:12]}"
    yield ""
    if not batch.acting:
        yield "Nothing will be done."
    else:
        yield f"Will be done: {batch.phrase}"
        for action in dict.fromkeys(row.action for row in batch.acting):
            yield from _group(action, [row for row in batch.acting if row.action == action])
        yield from _remarkable(batch)
        if any(row.action == "refund" for row in batch.acting):
            yield "  disputes  none is known here of these rows; Seller Central shows them"
        seconds = len(batch.acting) * seconds_a_row(batch.environment, READS_TO_APPLY)
        yield (
            "  They are done in the order of the list: the first row, then five, then the rest;"
            f" {in_words(seconds)} by Amazon's throttle."
        )
        yield f"  To do it, the phrase is: {batch.phrase}"
    for verdict in list(Verdict)[1:]:
        yield from _left_out(verdict, [row for row in batch.rows if row.verdict is verdict])


def _group(action: str, rows: Sequence[Row]) -> Iterator[str]:
    total = " ".join(map(str, sums(row.amount for row in rows)))
    yield f"  {action}: {counted(len(rows), 'row')}{f', {total}' if total else ''}"
    for row in rows:
        said = f"    line {row.line:<4} {row.amount or ''!s:>14}  {row.target}"
        extra = [f'"{row.reason}"'] if row.reason else []
        extra += [f"ticket {row.ticket}"] if row.ticket else []
        yield said + "".join(f"  {one}" for one in extra)
        if row.then:
            yield f"              {row.then}"
        for note in row.notes:
            yield f"              {'·' if _is_mapping(note) else '!'} {note}"


def _is_mapping(note: str) -> bool:
    """What an id led to is worth a line, and no warning."""
    return note.endswith("in Checkout v2") or " leads to " in note


def _remarkable(batch: Batch) -> Iterator[str]:
    yield f"  total     {' · '.join(map(str, batch.totals)) or 'no amount'}"
    for row in batch.largest:
        yield f"  largest   line {row.line}: {row.amount} ({row.action} of {row.target})"
    for row, middle in batch.outliers:
        yield (
            f"  outlier   line {row.line}: {row.amount} is more than {OUTLIER_FACTOR} times the"
            f" median of {middle}"
        )
    if batch.outliers:
        yield (
            "            (an outlier: of the rows with the same action and currency, where there"
            f" are {OUTLIER_ROWS} or more)"
        )


def _left_out(verdict: Verdict, rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield f"Will not be done, {_VERDICTS[verdict]}: {counted(len(rows), 'row')}"
    for row in rows:
        yield f"    line {row.line:<4} {row.action or '–'}  {row.target or row.id or '–'}"
        yield f"              {row.why}"
        if row.instead:
            yield f"              {row.instead}"


def report_text(report: Report, *, only_trouble: bool = False) -> Iterator[str]:
    batch = report.batch
    planned = " ".join(map(str, batch.totals))
    yield f"Planned: {counted(len(batch.acting), 'row')}{f', {planned}' if planned else ''}"
    for standing in Standing:
        count = sum(one.row.acts for one in report.of(standing))
        if count:
            total = " ".join(map(str, report.sum(standing)))
            yield f"  {count:>4}  {_STANDINGS[standing]}{f': {total}' if total else ''}"
    others = len(batch.rows) - len(batch.acting)
    if others:
        yield f"  {others:>4}  not planned (`payconsole review PLAN` says why)"
    fine = GOOD | ({Standing.LEFT} if only_trouble else set())
    shown = [e for e in report.rows if e.row.acts and not (only_trouble and e.standing in fine)]
    if shown:
        yield ""
    for ended in shown:
        yield from _ended_text(ended)
    if not report.is_finished:
        left = sum(ended.standing not in FINISHED for ended in report.rows)
        yield ""
        yield f"{counted(left, 'row')} not finished: `payconsole apply PLAN` goes on."


def _ended_text(ended: Ended) -> Iterator[str]:
    row = ended.row
    intent = f"  intent {ended.intent}" if ended.intent is not None else ""
    made = f"  {ended.result}" if ended.result and ended.result != row.target else ""
    said = f"  line {row.line:<4} {row.action} {row.amount or ''}".rstrip()
    yield f"{said}  {row.target}  {_STANDINGS[ended.standing]}{made}{intent}"
    if ended.why:
        yield f"            {ended.why}"
