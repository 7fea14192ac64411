"""Plan against outcome: how each row of a list stands, by the journal alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from console.actions.batch import LONGEST
from console.actions.renewal import half_done
from console.domain.batch import Batch, Ended, Report, Row, Standing
from console.domain.intent import LIVE_STATES, State
from console.domain.text import clean_line
from console.store.decisions import Intent
from console.store.journal import Journal

NOTE: Final = "batch_row"  # a line about a row that was held back, so that no intent tells of it


def report_of(journal: Journal, batch: Batch) -> Report:
    """Plan against outcome, row by row, by the journal alone. Blocks."""
    around: defaultdict[str | None, list[Intent]] = defaultdict(list)
    for intent in journal.intents():
        around[intent.scope].append(intent)
    notes = _notes(journal, batch)
    return Report(
        batch,
        tuple(
            _ended(journal, batch, row, around[row.order], notes.get(row.line))
            for row in batch.rows
        ),
    )


def ended_now(journal: Journal, batch: Batch, row: Row) -> Ended:
    """How one row stands at this moment, by its order's intents alone; blocks."""
    return _ended(journal, batch, row, journal.intents(scope=row.order), None)


def _ended(
    journal: Journal,
    batch: Batch,
    row: Row,
    around: Sequence[Intent],
    note: Mapping[str, Any] | None,
) -> Ended:
    if not row.acts:
        return Ended(row, Standing.WONT, row.why)
    own = [intent for intent in around if _is_of(batch, row, intent)]
    last = own[-1] if own else None
    standing = _standing(own, around)
    if note is not None and standing is Standing.LEFT:
        return Ended(row, Standing(note["standing"]), str(note["why"]), last.id if last else None)
    if last is None:
        return Ended(row, Standing.LEFT)
    made = next((i.result for i in own if i.result and i.operation != "cancel_charge"), last.result)
    why = _why(journal, last) if standing in _NEEDS_A_REASON or last.human else ""
    return Ended(row, standing, why, last.id, made)


def _is_of(batch: Batch, row: Row, intent: Intent) -> bool:
    link = intent.link or {}
    return link.get("batch") == batch.hash and link.get("line") == row.line


_BY_STATE: Final = {
    State.RESERVED: Standing.AT_WORK,
    State.SENDING: Standing.AT_WORK,
    State.UNKNOWN: Standing.UNKNOWN,
    State.ACCEPTED: Standing.INITIATED,
    State.SETTLED: Standing.DONE,
    State.DECLINED: Standing.DECLINED,
    State.STALE: Standing.STALE,
    State.CONFLICT: Standing.CONFLICT,
    State.ABSORBED: Standing.ABSORBED,
    State.REFUSED: Standing.REFUSED,
    State.NOT_SENT: Standing.LEFT,
    State.ABANDONED: Standing.LEFT,
}
_NEEDS_A_REASON: Final = frozenset(Standing) - {Standing.DONE, Standing.INITIATED}


def _standing(own: Sequence[Intent], around: Sequence[Intent]) -> Standing:
    if not own:
        return Standing.LEFT
    last = own[-1]
    if last.is_open:  # no earlier one is: a row's next decision waits for the end of the one before
        return _BY_STATE[last.state]
    halves = {intent.id for intent in half_done(around)}
    if any(intent.id in halves for intent in own):
        return Standing.HALF_DONE
    if (last.link or {}).get("over"):
        return Standing.STALE  # a renewal that something else has ended
    if last.human == "happened":
        return Standing.DONE  # by that person's word, which the reason tells
    if any(intent.state is State.ACCEPTED for intent in own) and last.state in LIVE_STATES:
        return Standing.INITIATED
    return _BY_STATE[last.state]


def _why(journal: Journal, intent: Intent) -> str:
    """The journal's last word on why an intent ended as it did."""
    for line in reversed(journal.entries(intent=intent.id)):
        found = line.data.get("why") or line.data.get("evidence") or line.data.get("code")
        if found:
            return clean_line(str(found), LONGEST)
    return ""


def _notes(journal: Journal, batch: Batch) -> dict[int, Mapping[str, Any]]:
    """The rows that were held back, by their lines."""
    lines = journal.entries(kind=NOTE)
    return {n.data["line"]: n.data for n in lines if n.data.get("batch") == batch.hash}
