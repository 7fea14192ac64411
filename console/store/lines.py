"""The lines of the journal: how they are chained, and what those of an intent add up to."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row

from console.domain.intent import Move, State, advance
from console.domain.language import _
from console.store.decisions import Draft

GENESIS: Final = "0" * 64


THROTTLED: Final = "TooManyRequests"


_MOVES: Final = frozenset(Move)


def project(
    current: dict[str, Any] | None, line: Mapping[str, Any], data: Mapping[str, Any]
) -> dict[str, Any]:
    """What an intent's row becomes by one line. Used to write rows and to verify them."""
    if current is None:
        return _reserved_row(line, data)
    row = dict(current)
    if line["kind"] in _MOVES:
        row["state"] = str(advance(State(row["state"]), Move(line["kind"])))
    _COUNTERS.get(line["kind"], _count_nothing)(row, data)
    row["updated"] = line["time"]
    return row


def _count_armed(row: dict[str, Any], data: Mapping[str, Any]) -> None:
    row["attempts"] += 1
    row["unanswered"] += 1


def _count_answer(row: dict[str, Any], data: Mapping[str, Any]) -> None:
    row["unanswered"] -= 1


def _count_refusal(row: dict[str, Any], data: Mapping[str, Any]) -> None:
    if data.get("code") != THROTTLED:  # then Amazon has not looked at it
        row["refusals"] += 1


def _count_result(row: dict[str, Any], data: Mapping[str, Any]) -> None:
    row["result"] = data.get("result", row["result"])


def _count_reopened(row: dict[str, Any], data: Mapping[str, Any]) -> None:
    if data.get("link") is not None:  # the same decision, now as a part of something else
        row["link"] = _json_or_none(data["link"])


def _count_renewal_over(row: dict[str, Any], data: Mapping[str, Any]) -> None:
    row["link"] = _json_or_none({**json.loads(row["link"]), "over": True})


def _count_human(word: str) -> Any:
    def count(row: dict[str, Any], data: Mapping[str, Any]) -> None:
        row["human"] = word

    return count


def _count_nothing(row: dict[str, Any], data: Mapping[str, Any]) -> None:
    return None


_COUNTERS: Final = {
    str(Move.ARM): _count_armed,
    "answered": _count_answer,
    "never_left": _count_answer,  # so no answer is outstanding
    str(Move.REFUSE): _count_refusal,
    str(Move.REOPEN): _count_reopened,
    "renewal_over": _count_renewal_over,
    str(Move.ACCEPT): _count_result,
    str(Move.ABSORB): _count_result,
    str(Move.HAPPENED): _count_human("happened"),
    str(Move.DID_NOT): _count_human("did_not"),
    "next_key": _count_human("next_key"),
}


def _reserved_row(line: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    if line["kind"] != Move.RESERVE:
        raise ValueError(_("moves an intent that was never reserved"))
    amount = data["amount"] or {}
    return {
        "id": line["intent"],
        "state": str(advance(State.PLANNED, Move.RESERVE)),
        "environment": data["environment"],
        "action": data["action"],
        "operation": data["operation"],
        "object": line["object"],
        "scope": line["scope"],
        "lock": data["lock"],
        "amount": amount.get("amount"),
        "currency": amount.get("currencyCode"),
        "observed": data["observed"],
        "generation": data["generation"],
        "key": data["key"],
        "method": data["method"],
        "path": data["path"],
        "body": base64.b64decode(data["body"]),
        "actor": line["actor"],
        "reason": data["reason"],
        "snapshot": json.dumps(data["snapshot"], sort_keys=True, ensure_ascii=False),
        # Lines of the first versions have no such words.
        "ticket": data.get("ticket", ""),
        "profile": data.get("profile", ""),
        "link": _json_or_none(data.get("link")),
        "attempts": 0,
        "unanswered": 0,
        "refusals": 0,
        "result": None,
        "human": None,
        "created": line["time"],
        "updated": line["time"],
    }


def draft_data(draft: Draft) -> dict[str, Any]:
    return {
        "environment": draft.environment,
        "action": draft.action,
        "operation": draft.operation,
        "lock": draft.lock,
        "amount": draft.amount.to_api() if draft.amount else None,
        "observed": draft.observed,
        "generation": draft.generation,
        "key": draft.key,
        "method": draft.method,
        "path": draft.path,
        "body": base64.b64encode(draft.body).decode(),
        "reason": draft.reason,
        "snapshot": dict(draft.snapshot),
        "ticket": draft.ticket,
        "profile": draft.profile,
        "link": dict(draft.link) if draft.link is not None else None,
    }


def _json_or_none(value: object) -> str | None:
    return None if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)


def digest(line: Mapping[str, Any]) -> str:
    covered = [
        line[name]
        for name in ("seq", "time", "kind", "intent", "scope", "object", "actor", "data", "prev")
    ]
    # `default`: a damaged file holds values that no line has ever had.
    text = json.dumps(covered, ensure_ascii=False, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_line(row: Row[Any], expected: int, previous: str) -> str | None:
    """What is wrong with a row as the line `expected`, if anything; for people."""
    if row.seq != expected:
        return _("line {line} is missing (the next one is {next})", line=expected, next=row.seq)
    if row.prev != previous:
        return _("line {line} does not follow from the line before it", line=expected)
    if digest(dict(row._mapping)) != row.hash:
        return _("line {line} was changed after it was written", line=expected)
    return None


def replay(replayed: dict[int, dict[str, Any]], row: Row[Any]) -> str | None:
    if row.intent is None:
        return None
    try:
        line = dict(row._mapping)
        replayed[row.intent] = project(replayed.get(row.intent), line, json.loads(row.data))
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        return _("line {line} can't be right: {why}", line=row.seq, why=error)
    return None
