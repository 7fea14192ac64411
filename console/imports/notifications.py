"""Instant payment notifications (IPN) of v1 and v2, as merchants' logs hold them.

An SNS envelope around the message or the message alone; one JSON document, an array, JSON
lines, or lines of a log with JSON somewhere in them, also as a value of another document. Keys
come in any case ("Set up Instant Payment Notifications"). Signatures are not checked: these are
the merchant's own records, and all that is taken from them are ids, states and times.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

from console.domain.checkout_v1 import notifications
from console.domain.language import N_, _
from console.imports import notification_data
from console.imports.between import Between
from console.imports.facts import (
    MAX_BAD,
    NO_TIME,
    BadRow,
    Facts,
    Problem,
    Record,
    Records,
    order_id,
    time_of,
    word,
)
from console.imports.source import MAX_LINE, NotUnderstood, Piece
from console.store.index import Known, Told

Fields = Mapping[str, Any]  # keys in lower case

# Where an object begins; what stands in every message, also where JSON is quoted in JSON.
_START: Final = re.compile(r'\{\s*(?:["}]|\Z)')
_MENTIONS: Final = re.compile(
    r'(?:objectid|chargepermissionid|notificationdata|notificationtype|topicarn)\\*"\s*:'
    r'|type\\*"\s*:\s*\\*"notification\\*"',
    re.IGNORECASE,
)
_NO_JSON: Final = N_("A notification is mentioned, but its JSON is broken or cut off.")
_CUT: Final = N_("The JSON is broken or cut off.")
_MAX_DEPTH: Final = 8
# So close to the end of what was read an error may only mean that there is more to read.
_CLOSE: Final = 12


class NoMessage(NotUnderstood):
    """A text without a single message."""


@dataclass(frozen=True)
class _Json:
    """An outermost object; `alone` where no words stand before it on its line."""

    value: Any
    alone: bool


class _Held:
    """What was come across before the first message: without one it is no bad row of anything."""

    def __init__(self) -> None:
        self._problems: list[Record] = []
        self._more: Counter[Problem] = Counter()
        self._skipped = 0

    def add(self, record: Record) -> None:
        number, said = record
        if not isinstance(said, Problem):
            self._skipped += 1
        elif len(self._problems) < MAX_BAD:
            self._problems.append((number, said))
        else:  # more than these nobody lists by their lines
            self._more[said] += 1

    def release(self) -> Records:
        yield from self._problems
        yield from ((0, problem) for problem in self._more.elements())
        yield from repeat((0, None), self._skipped)


def read(pieces: Iterator[Piece]) -> Records:
    """What each message says, and each line that is lost: see `console.imports.between`.

    An object without a message that begins its line is a record that speaks of no order. Raises
    NoMessage at the end where there was none at all.
    """
    held: _Held | None = _Held()
    for number, found in _documents(pieces):
        for record, is_message in _records(number, found):
            if held is None:
                yield record
            elif is_message:
                yield from held.release()
                yield record
                held = None
            else:
                held.add(record)
    if held is not None:
        raise NoMessage


def _records(number: int, found: _Json | Problem) -> Iterator[tuple[Record, bool]]:
    """The records of one find, each with whether it proves that there are messages here."""
    if isinstance(found, Problem):
        yield (number, found), found.mentions
        return
    any_message = False
    for record in _of_document(number, found.value):
        any_message = True
        yield record, True
    if found.alone and not any_message:
        yield (number, None), False


def _of_document(number: int, document: Any) -> Iterator[Record]:
    try:
        for fields, sent in _messages(document, ""):
            yield number, _facts(fields, sent)
    except BadRow as error:
        yield number, Problem(str(error))


# --- JSON in whatever surrounds it ----------------------------------------------------------------


def _documents(pieces: Iterator[Piece]) -> Iterator[tuple[int, _Json | Problem]]:
    """Every outermost JSON object and the line where it begins; a Problem for what is lost.

    Only as much text is kept as one object needs. Behind a broken object reading goes on at the
    next line, or where its error was: a line that was cut off costs no other.
    """
    decoder = json.JSONDecoder()
    between = Between()
    text, line, enough = "", 1, 0
    more = True
    while more:
        piece = next(pieces, None)
        more = piece is not None
        if piece is not None:
            if not text:
                line = piece[0]
            text += piece[1]
            if len(text) < enough:
                continue
        enough = 0
        while True:
            start = _START.search(text)
            if start is None:
                yield from _unread(between, text, line)
                text = ""
                break
            begin = start.start()
            yield from _unread(between, text[:begin], line)
            line += text.count("\n", 0, begin)
            found, end = _decode(decoder, text, begin, more)
            if end is None:  # the rest of it is still to be read
                text = text[begin:]
                enough = len(text) + len(text) // 4  # or every line would be read ever again
                break
            last = line + text.count("\n", begin, end)
            if isinstance(found, Problem):
                yield from _broken(between, text[begin:end], line)
            else:
                alone = between.is_at_start(line)
                yield from between.settle(line, last)
                yield line, _Json(found, alone)
            text, line = text[end:], last
    yield from between.end()


def _unread(between: Between, text: str, line: int) -> Iterator[tuple[int, Problem]]:
    """Text outside of objects: a log's own words, unless it speaks of a notification."""
    for number, part in enumerate(text.split("\n"), start=line):
        if _MENTIONS.search(part):
            yield from between.settle(number, number)
            yield number, Problem(_(_NO_JSON), mentions=True)
        else:
            yield from between.words(part, number)


def _broken(between: Between, text: str, line: int) -> Iterator[tuple[int, Problem]]:
    """What begins like an object and is none: words of a log, where a line does not begin so."""
    mentions = _MENTIONS.search(text)
    if mentions or between.is_at_start(line):
        yield from between.settle(line, line)
        yield line, Problem(_(_NO_JSON if mentions else _CUT), mentions=mentions is not None)
    else:
        yield from _unread(between, text, line)


def _decode(decoder: json.JSONDecoder, text: str, begin: int, more: bool) -> tuple[Any, int | None]:
    """The object at `begin` and where it ends; no end where `more` text may complete it."""
    try:
        return decoder.raw_decode(text, begin)
    except json.JSONDecodeError as error:
        unfinished = error.msg.startswith("Unterminated string") or error.pos > len(text) - _CLOSE
        if unfinished and more and len(text) - begin <= MAX_LINE:
            return None, None
        where = len(text) if error.msg.startswith("Unterminated string") else error.pos
    except (RecursionError, ValueError):  # nested too deeply; a number with too many digits
        where = len(text)
    newline = text.find("\n", begin, where)
    return Problem(_(_NO_JSON), mentions=True), max(begin + 1, where if newline < 0 else newline)


# --- messages -------------------------------------------------------------------------------------


def _messages(value: Any, sent: str, depth: int = 0) -> Iterator[tuple[Fields, str]]:
    """The messages in a JSON value, each with the time that its envelope gives.

    What SNS sends beside messages comes as it is, for `_facts` to pass over.
    """
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, str):
        value = _nested(value)
    if isinstance(value, list):
        for item in value:
            yield from _messages(item, sent, depth + 1)
    if not isinstance(value, dict):
        return
    fields = {str(key).casefold(): item for key, item in value.items()}
    if _is_message(fields) or "subscribeurl" in fields:
        yield fields, _text(fields, "timestamp") or sent
        return
    if "message" in fields:
        sent = _text(fields, "timestamp") or sent
    if "topicarn" in fields:
        _check_envelope(fields)
    for item in value.values():
        if isinstance(item, dict | list | str):
            yield from _messages(item, sent, depth + 1)


def _nested(text: str) -> Any:
    """The JSON that a string holds, None where it holds another text."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if _MENTIONS.search(text):
            raise BadRow(_(_NO_JSON)) from None
        return None


def _check_envelope(fields: Fields) -> None:
    message = fields.get("message")
    if isinstance(message, str) and message.lstrip().startswith("{") and _nested(message) is None:
        raise BadRow(_("The Message in the envelope is broken."))


def _is_message(fields: Fields) -> bool:
    v2 = "objectid" in fields and ("objecttype" in fields or "chargepermissionid" in fields)
    return v2 or "notificationdata" in fields


def _text(fields: Fields, key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def _facts(fields: Fields, sent: str) -> Facts | None:
    if not _is_message(fields) or fields.get("issample") in (True, "true", "True"):
        return None  # a subscription to confirm; a test that Seller Central sends
    if "notificationdata" in fields:
        kinds = notifications(_text(fields, "notificationtype"))
        return notification_data.read(_text(fields, "notificationdata"), kinds, sent)
    return _v2_facts(fields, sent)


def _v2_facts(fields: Fields, sent: str) -> Facts:
    """A v2 message gives ids alone: that something changed, not to what."""
    changed = order_id(_text(fields, "objectid"))
    time = time_of(sent) if sent else None
    seen = time or NO_TIME
    permission = None
    if above := _text(fields, "chargepermissionid"):
        permission = order_id(above)
        if permission.v2.kind != "charge_permission":
            raise BadRow(_("ChargePermissionId {id} is no charge permission.", id=permission.id))
    owner = permission.v2.id if permission else None
    target = changed.v2
    known = []
    if owner:
        known.append(Known(owner, "charge_permission", None, owner, None, None, seen))
    if target.kind == "charge_permission":
        if target.id != owner:
            mine = owner or target.id
            known.append(Known(target.id, target.kind, owner, mine, None, None, seen))
    else:
        parent = owner if target.kind == "charge" else None
        known.append(Known(target.id, target.kind, parent, owner, None, None, seen))
    event = f"Amazon notified: {_words(fields, 'notificationtype') or 'news'}"
    event += f" of {_words(fields, 'objecttype') or target.kind.replace('_', ' ')}"
    told = (Told(target.id, time, event, "notification"),) if time else ()
    return Facts(tuple(known), told, undated=bool(sent and not time))


def _words(fields: Fields, key: str) -> str:
    """`STATE_CHANGE` as `state change`."""
    return word(_text(fields, key)).replace("_", " ").lower()
