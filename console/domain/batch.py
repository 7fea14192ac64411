"""A batch: one-off fixes from a list, a verdict for each row, and the file that holds the plan.

A plan file is JSON that people can read. Its hash covers all of it, and each row has a check of
its own, so that a change is found with its place. The hash guards against mistakes, such as an
edit or half a download; who means to deceive can compute it anew. What is sent is planned afresh
from Amazon's state all the same, by the one way that every action goes.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from statistics import median
from typing import Any, Final

from console.domain.action_table import BY_NAME
from console.domain.language import _
from console.domain.limits import THROTTLE
from console.domain.money import Money
from console.domain.text import clean_json

COLUMNS: Final = ("id", "action", "amount", "currency", "reason", "ticket")
REQUIRED: Final = ("id", "action")
MOST_ROWS: Final = 5_000
FORMAT: Final = 1
# How many rows are done before the batch looks at what became of them: one, then five.
WAVES: Final = (1, 5)
# More than this many times the median of its action and currency is an outlier, where there are
# enough rows to have a median worth the name.
OUTLIER_FACTOR: Final = 3
OUTLIER_ROWS: Final = 5
# Every row that acts reads its order three times: to plan it, before it is sent, and after it.
READS_TO_PLAN: Final = 1
READS_TO_APPLY: Final = 3


class Verdict(StrEnum):
    WILL_ACT = "will_act"
    ALREADY_SO = "already_so"
    NOT_ALLOWED = "not_allowed"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


class Standing(StrEnum):
    """What became of a row, as the journal tells it.

    `half_done` is a renewal whose second step is missing; `at_work` an intent that is open: at
    this moment, or since a crash.
    """

    DONE = "done"
    INITIATED = "initiated"
    DECLINED = "declined"
    REFUSED = "refused"
    STALE = "stale"
    CONFLICT = "conflict"
    ABSORBED = "absorbed"
    ALREADY_SO = "already_so"
    HALF_DONE = "half_done"
    UNKNOWN = "unknown"
    AT_WORK = "at_work"
    LEFT = "left"
    WONT = "wont"  # the plan itself says that it will not act


# Rows that the batch never touches again by itself.
FINISHED: Final = frozenset(
    {
        Standing.DONE,
        Standing.INITIATED,
        Standing.DECLINED,
        Standing.REFUSED,
        Standing.STALE,
        Standing.CONFLICT,
        Standing.ABSORBED,
        Standing.ALREADY_SO,
        Standing.WONT,
    }
)
GOOD: Final = frozenset({Standing.DONE, Standing.INITIATED, Standing.ALREADY_SO, Standing.WONT})
OPEN: Final = frozenset({Standing.UNKNOWN, Standing.AT_WORK})


class BadPlan(Exception):
    """A file that is no plan, or not the plan that was made; the message says where."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.hint = _("Make the plan anew from its list: `payconsole plan FILE.csv -o PLAN`.")


@dataclass(frozen=True)
class Line:
    """A row of the list as it was read; `problem` says why it could not be."""

    line: int
    id: str = ""
    action: str = ""
    amount: str = ""
    currency: str = ""
    reason: str = ""
    ticket: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a plan: what is wanted, its verdict, and what will be done where it acts.

    `target` is the object that the id leads to, `order` what the journal books it under. `why`
    is the reason of a verdict that doesn't act, `instead` what can be done instead; `notes` are
    the mapping of the id and the plan's warnings. `method`, `path` and `body` are the exact
    request, `then` the step that follows it; `snapshot` is what was seen of the order.
    """

    line: int
    id: str
    action: str
    verdict: Verdict
    why: str = ""
    instead: str = ""
    target: str | None = None
    order: str | None = None
    amount: Money | None = None
    reason: str = ""
    ticket: str = ""
    notes: tuple[str, ...] = ()
    method: str = ""
    path: str = ""
    body: str = ""
    then: str = ""
    snapshot: Mapping[str, Any] | None = None

    @property
    def acts(self) -> bool:
        return self.verdict is Verdict.WILL_ACT

    def as_json(self) -> dict[str, Any]:
        """As it stands in the file, and under `rows` of `plan --json`."""
        made: dict[str, Any] = {
            "line": self.line,
            "id": self.id,
            "target": self.target,
            "action": self.action,
            "amount": self.amount.to_api() if self.amount else None,
            "verdict": str(self.verdict),
            "why": self.why,
            "instead": self.instead,
            "order": self.order,
            "reason": self.reason,
            "ticket": self.ticket,
            "notes": list(self.notes),
        }
        if self.acts:
            made["request"] = {"method": self.method, "path": self.path, "body": self.body}
            made["then"] = self.then
            made["snapshot"] = self.snapshot
        return made

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Row:
        """Raises KeyError, TypeError or ValueError for what is no row."""
        verdict, request = Verdict(data["verdict"]), data.get("request") or {}
        amount = Money.from_api(data["amount"])
        if amount is None and data["amount"] is not None:
            raise ValueError(_("an amount that can't be read"))
        made = cls(
            line=int(data["line"]),
            id=str(data["id"]),
            action=str(data["action"]),
            verdict=verdict,
            why=str(data["why"]),
            instead=str(data["instead"]),
            target=data["target"],
            order=data["order"],
            amount=amount,
            reason=str(data["reason"]),
            ticket=str(data["ticket"]),
            notes=tuple(str(note) for note in data["notes"]),
            method=str(request.get("method", "")),
            path=str(request.get("path", "")),
            body=str(request.get("body", "")),
            then=str(data.get("then", "")),
            snapshot=data.get("snapshot"),
        )
        if made.acts and not (made.target and made.order and made.path and made.snapshot):
            raise ValueError(_("a row that acts without its request"))
        return made


@dataclass(frozen=True)
class Batch:
    """A plan of many rows, for one account. Nothing of it has been sent."""

    rows: tuple[Row, ...]
    profile: str
    region: str
    environment: str
    made: str
    by: str
    source: str = ""

    @cached_property
    def acting(self) -> tuple[Row, ...]:
        """The rows that will act, in the order in which they are done: that of the list."""
        return tuple(row for row in self.rows if row.acts)

    @cached_property
    def totals(self) -> tuple[Money, ...]:
        return sums(row.amount for row in self.acting)

    @property
    def phrase(self) -> str:
        """What must be typed: `3 rows 30.00 USD`, with the totals by currency code."""
        count = len(self.acting)
        rows = f"{count} row{'' if count == 1 else 's'}"
        return " ".join([rows, *map(str, self.totals)])

    def is_confirmed_by(self, typed: str) -> bool:
        """Whether exactly the phrase was typed; `1 rows`, as a script makes it, is `1 row`."""
        said = typed.strip()
        return said in (self.phrase, self.phrase.replace("1 row ", "1 rows ", 1)) or (
            said == "1 rows" and self.phrase == "1 row"
        )

    @cached_property
    def largest(self) -> tuple[Row, ...]:
        """The row with the largest amount of each currency."""
        found: dict[str, Row] = {}
        for row in self.acting:
            if row.amount is None:
                continue
            before = found.get(row.amount.currency)
            if before is None or before.amount is None or row.amount > before.amount:
                found[row.amount.currency] = row
        return tuple(found[currency] for currency in sorted(found))

    @cached_property
    def outliers(self) -> tuple[tuple[Row, Money], ...]:
        """Rows far above the others, each with the median that it is compared with.

        That is: more than three times the median amount of the rows of the same action and
        currency that will act, where there are at least five of these.
        """
        groups: defaultdict[tuple[str, str], list[Money]] = defaultdict(list)
        for row in self.acting:
            if row.amount is not None:
                groups[row.action, row.amount.currency].append(row.amount)
        middles = {
            key: Money(median(money.amount for money in amounts), key[1])
            for key, amounts in groups.items()
            if len(amounts) >= OUTLIER_ROWS
        }
        found = []
        for row in self.acting:
            middle = middles.get((row.action, row.amount.currency)) if row.amount else None
            if row.amount and middle and row.amount.amount > OUTLIER_FACTOR * middle.amount:
                found.append((row, middle))
        return tuple(found)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows have each verdict, all five."""
        return {str(v): sum(row.verdict is v for row in self.rows) for v in Verdict}

    @cached_property
    def hash(self) -> str:
        """What ties the journal's intents to this plan."""
        return _hash(self._body())

    def as_json(self) -> dict[str, Any]:
        """The plan file."""
        return {**self._body(), "hash": self.hash}

    def _body(self) -> dict[str, Any]:
        return {
            "file": "payconsole plan",
            "version": FORMAT,
            "made": self.made,
            "by": self.by,
            "source": self.source,
            "account": {
                "profile": self.profile,
                "region": self.region,
                "environment": self.environment,
            },
            "phrase": self.phrase,
            "totals": [money.to_api() for money in self.totals],
            "rows": [_checked(row.as_json()) for row in self.rows],
        }


def read_plan(text: str) -> Batch:
    """The plan in a file's text. Raises BadPlan with the place where it is not what was made."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadPlan(
            _(
                "The plan is no JSON any more, at line {line}, column {column}.",
                line=error.lineno,
                column=error.colno,
            )
        ) from None
    except RecursionError:
        raise BadPlan(_("This is no plan of payconsole: it is nested too deeply.")) from None
    if not isinstance(data, dict) or data.get("file") != "payconsole plan":
        raise BadPlan(_("This is no plan of payconsole."))
    if data.get("version") != FORMAT:
        raise BadPlan(
            _(
                "This plan is of version {version}, not of {known}.",
                version=data.get("version"),
                known=FORMAT,
            )
        )
    _require_unchanged(data)
    return _batch(clean_json(data), str(data["hash"]))


def _batch(data: dict[str, Any], hash_: str) -> Batch:
    try:
        account = data["account"]
        made = Batch(
            rows=tuple(Row.from_json(row) for row in data["rows"]),
            profile=str(account["profile"]),
            region=str(account["region"]),
            environment=str(account["environment"]),
            made=str(data["made"]),
            by=str(data["by"]),
            source=str(data["source"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = _("This plan was not made by payconsole: {error}.", error=error)
        raise BadPlan(why) from None
    if made.hash != hash_:  # well hashed, and yet not what this program would write
        raise BadPlan(_("This plan was not made by payconsole: what it says doesn't fit together."))
    return made


def _require_unchanged(data: dict[str, Any]) -> None:
    rows = data.get("rows")
    if not isinstance(rows, list):
        raise BadPlan(_("The plan was changed after it was made: its rows are missing."))
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or row.get("check") != _check(row):
            line = row.get("line") if isinstance(row, dict) else None
            if isinstance(line, int):
                why = _(
                    "The plan was changed after it was made: row {row} (line {line} of the list).",
                    row=place,
                    line=line,
                )
            else:
                why = _("The plan was changed after it was made: row {row}.", row=place)
            raise BadPlan(why)
    body = {name: value for name, value in data.items() if name != "hash"}
    if data.get("hash") != _hash(body):
        raise BadPlan(
            _(
                "The plan was changed after it was made: what stands above its rows, or which rows"
                " it has."
            )
        )


def _checked(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "check": _check(row)}


def _check(row: Mapping[str, Any]) -> str:
    return _hash({name: value for name, value in row.items() if name != "check"})[:16]


def _hash(data: object) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


# --- money and time --------------------------------------------------------------------------


def sums(amounts: Iterable[Money | None]) -> tuple[Money, ...]:
    """The total of each currency, by its code."""
    found: dict[str, Money] = {}
    for money in amounts:
        if money is not None:
            before = found.get(money.currency, Money.zero(money.currency))
            found[money.currency] = before + money
    return tuple(found[currency] for currency in sorted(found))


def takes_amount(action: str) -> bool:
    """Whether a row of this action needs an amount: it collects, reserves or gives back."""
    return BY_NAME[action].moves_money


def seconds_a_row(environment: str, reads: int, *, cooling: int = 0) -> Fraction:
    """What a row takes by Amazon's throttle: its reads of the order, or its one write.

    `cooling` are the seconds that the profile's policy waits before each sending.
    """
    column = 0 if environment == "live" else 1
    read = Fraction(reads, THROTTLE["get_charge"][column].rate)
    write = Fraction(1, THROTTLE["create_refund"][column].rate) if reads > READS_TO_PLAN else 0
    return max(read, Fraction(write)) + cooling


@dataclass(frozen=True)
class Progress:
    """Row `done` of `total` is next or was just done; `seconds` is what the rest will take."""

    done: int
    total: int
    seconds: Fraction

    @property
    def said(self) -> str:
        """`row 12 of 500, about 6 min left`."""
        return _(
            "row {done} of {total}, {time} left",
            done=self.done,
            total=self.total,
            time=in_words(self.seconds),
        )


def time_left(left: int, done: int, elapsed: Fraction, a_row: Fraction) -> Fraction:
    """Seconds for `left` rows: as `done` of them took, or by the throttle while that is slower.

    The throttle's bucket makes the first rows quick, so a few of them say little.
    """
    average = elapsed / done if done else Fraction(0)
    return left * (average if done > _TELLING else max(average, a_row))


_TELLING: Final = 20  # rows; the buckets hold no more


def in_words(seconds: Fraction) -> str:
    """`less than a minute`, `about 6 min`, `about 1 h 40 min`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return _("less than a minute")
    hours, rest = divmod(minutes, 60)
    if hours:
        return _("about {hours} h {minutes} min", hours=hours, minutes=rest)
    return _("about {minutes} min", minutes=minutes)


# --- what became of it -----------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """A row and what became of it: `intent` is the journal's number, `result` what was made."""

    row: Row
    standing: Standing
    why: str = ""
    intent: int | None = None
    result: str | None = None


@dataclass(frozen=True)
class Report:
    """Plan against outcome, row by row."""

    batch: Batch
    rows: tuple[Ended, ...]

    def sum(self, *standings: Standing) -> tuple[Money, ...]:
        return sums(e.row.amount for e in self.rows if e.row.acts and e.standing in standings)

    def of(self, *standings: Standing) -> list[Ended]:
        return [ended for ended in self.rows if ended.standing in standings]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows stand in each way; those that the plan doesn't do are left out."""
        found = {str(s): len(self.of(s)) for s in Standing if s is not Standing.WONT}
        return {name: count for name, count in found.items() if count}

    @property
    def is_finished(self) -> bool:
        return all(ended.standing in FINISHED for ended in self.rows)
