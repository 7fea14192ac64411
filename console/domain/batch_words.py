"""A plan and what became of it as lines of text: the same words at every door."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from console.domain import moments
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
from console.domain.language import N_, _, many
from console.domain.listed import listed
from console.domain.money import Money
from console.domain.text import columns, padded

_LEFT_OUT: Final = {
    Verdict.ALREADY_SO: N_("Will not be done, is so already: {rows}"),
    Verdict.NOT_ALLOWED: N_("Will not be done, not allowed: {rows}"),
    Verdict.DUPLICATE: N_("Will not be done, duplicate: {rows}"),
    Verdict.INVALID: N_("Will not be done, can't be read: {rows}"),
}
_STANDINGS: Final = {
    Standing.DONE: N_("done"),
    Standing.INITIATED: N_("initiated, not done"),
    Standing.DECLINED: N_("declined by Amazon after it was begun"),
    Standing.REFUSED: N_("refused by Amazon"),
    Standing.STALE: N_("not touched: the order had changed"),
    Standing.CONFLICT: N_("conflict: another request from the same starting point"),
    Standing.ABSORBED: N_("somebody had done it already"),
    Standing.ALREADY_SO: N_("was so already"),
    Standing.HALF_DONE: N_("half done: the second step is missing"),
    Standing.UNKNOWN: N_("UNKNOWN: it may have happened"),
    Standing.AT_WORK: N_("begun, and not known to be done"),
    Standing.LEFT: N_("left"),
    Standing.WONT: N_("not planned"),
}
_LABELS: Final = {
    "list": N_("list"),
    "plan": N_("plan"),
    "disputes": N_("disputes"),
    "total": N_("total"),
    "largest": N_("largest"),
    "outlier": N_("outlier"),
}
_LINE: Final = 9  # columns of `line 1234`


def review_text(batch: Batch) -> Iterator[str]:
    """A plan for people: what will be done, its sums, then what will not and why."""
    account = f"{batch.profile or _('this account')} ({batch.region.upper()} {batch.environment})"
    time = moments.told(batch.made)
    yield _(
        "Plan of {time} by {operator} for {account}",
        time=time,
        operator=batch.by,
        account=account,
    )
    yield _labelled(
        "list", listed([_(batch.source) if batch.source else _("no file"), _rows(len(batch.rows))])
    )
    yield _labelled("plan", batch.hash[:12])
    yield ""
    if not batch.acting:
        yield _("Nothing will be done.")
    else:
        yield _("Will be done: {phrase}", phrase=batch.phrase)
        for action in dict.fromkeys(row.action for row in batch.acting):
            yield from _group(action, [row for row in batch.acting if row.action == action])
        yield from _remarkable(batch)
        if any(row.action == "refund" for row in batch.acting):
            unknown = _("none is known here of these rows; Seller Central shows them")
            yield _labelled("disputes", unknown)
        seconds = len(batch.acting) * seconds_a_row(batch.environment, READS_TO_APPLY)
        order = _(
            "They are done in the order of the list: the first row, then five, then the rest;"
            " {time} by Amazon's throttle.",
            time=in_words(seconds),
        )
        yield f"  {order}"
        yield "  " + _("To do it, the phrase is: {phrase}", phrase=batch.phrase)
    for verdict in list(Verdict)[1:]:
        yield from _left_out(verdict, [row for row in batch.rows if row.verdict is verdict])


def _rows(count: int, total: Iterable[Money] = ()) -> str:
    """`3 rows`, `3 rows, 30.00 USD`."""
    rows, money = many("{count} row", "{count} rows", count), " ".join(map(str, total))
    return listed([rows, money]) if money else rows


def _labelled(label: str, text: str) -> str:
    return f"  {padded(_(_LABELS[label]), _label_width())}{text}"


def _label_width() -> int:
    return 2 + max(columns(_(label)) for label in _LABELS.values())


def _line(row: Row) -> str:
    return padded(_("line {line}", line=row.line), _LINE)


def _group(action: str, rows: Sequence[Row]) -> Iterator[str]:
    yield f"  {action}: {_rows(len(rows), sums(row.amount for row in rows))}"
    for row in rows:
        said = f"    {_line(row)} {row.amount or ''!s:>14}  {row.target}"
        extra = [f'"{row.reason}"'] if row.reason else []
        extra += [_("ticket {ticket}", ticket=row.ticket)] if row.ticket else []
        yield said + "".join(f"  {one}" for one in extra)
        if row.then:
            yield f"              {_(row.then)}"
        for note in row.notes:
            yield f"              {'·' if _is_mapping(note) else '!'} {_(note)}"


def _is_mapping(note: str) -> bool:
    """What an id led to is worth a line, and no warning; a plan holds its notes in English."""
    return note.endswith("in Checkout v2") or " leads to " in note


def _remarkable(batch: Batch) -> Iterator[str]:
    yield _labelled("total", " · ".join(map(str, batch.totals)) or _("no amount"))
    for row in batch.largest:
        said = _(
            "line {line}: {amount} ({action} of {object})",
            line=row.line,
            amount=row.amount,
            action=row.action,
            object=row.target,
        )
        yield _labelled("largest", said)
    for row, middle in batch.outliers:
        said = _(
            "line {line}: {amount} is more than {factor} times the median of {median}",
            line=row.line,
            amount=row.amount,
            factor=OUTLIER_FACTOR,
            median=middle,
        )
        yield _labelled("outlier", said)
    if batch.outliers:
        said = _(
            "(an outlier: of the rows with the same action and currency, where there are {rows} or"
            " more)",
            rows=OUTLIER_ROWS,
        )
        yield " " * (2 + _label_width()) + said


def _left_out(verdict: Verdict, rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield _(_LEFT_OUT[verdict], rows=_rows(len(rows)))
    for row in rows:
        yield f"    {_line(row)} {row.action or '–'}  {row.target or row.id or '–'}"
        yield f"              {_(row.why)}"
        if row.instead:
            yield f"              {_(row.instead)}"


def report_text(report: Report, *, only_trouble: bool = False) -> Iterator[str]:
    batch = report.batch
    yield _("Planned: {rows}", rows=_rows(len(batch.acting), batch.totals))
    for standing in Standing:
        count = sum(one.row.acts for one in report.of(standing))
        if count:
            total = " ".join(map(str, report.sum(standing)))
            yield f"  {count:>4}  {_(_STANDINGS[standing])}{f': {total}' if total else ''}"
    others = len(batch.rows) - len(batch.acting)
    if others:
        yield f"  {others:>4}  " + _("not planned (`payconsole review PLAN` says why)")
    fine = GOOD | ({Standing.LEFT} if only_trouble else set())
    shown = [e for e in report.rows if e.row.acts and not (only_trouble and e.standing in fine)]
    if shown:
        yield ""
    for ended in shown:
        yield from _ended_text(ended)
    if not report.is_finished:
        left = sum(ended.standing not in FINISHED for ended in report.rows)
        yield ""
        yield many(
            "{count} row not finished: `payconsole apply PLAN` goes on.",
            "{count} rows not finished: `payconsole apply PLAN` goes on.",
            left,
        )


def _ended_text(ended: Ended) -> Iterator[str]:
    row = ended.row
    said = f"  {_line(row)} {row.action} {row.amount or ''}".rstrip()
    parts = [said, str(row.target), _(_STANDINGS[ended.standing])]
    parts += [ended.result] if ended.result and ended.result != row.target else []
    parts += [_("intent {number}", number=ended.intent)] if ended.intent is not None else []
    yield "  ".join(parts)
    if ended.why:
        yield f"            {_(ended.why)}"
