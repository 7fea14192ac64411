"""Faults on demand: what a network and a service can do to a request, one at a time.

Written `OPERATION:FAULT[:ARGUMENT][:xN][:afterN]`, for example `create_refund:hang_up_after`,
`create_refund:late:5`, `get_charge:delay:0.1:xalways` or `get_charge:foreign_refund:5.00:after1`.
`xN` is how many requests it meets (default 1), `afterN` how many it lets pass first.

The foreign acts are what somebody else does just before a request is executed, or just after it
with `:then`. They concern the order of the request, or the object that they name:
`capture_charge:foreign_cancel:then`, `cancel_charge:foreign_capture:S01-…-C043451=10.00`.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from console.domain.errorcodes import ERROR_CODES
from console.domain.limits import THROTTLE

from .objects import DECLINED, DECLINED_AT_ONCE

ANY: Final = "*"
ALWAYS: Final = -1

# Declines, by operation: the codes with which Amazon declines at once (Error handling page), and
# the reason codes with which what was accepted ends (Charge and Refund pages).
_AUTHORIZED: Final = ("create_charge", "complete_checkout_session")
_TRANSFERS: Final = ("AmazonRejected", "ProcessingFailure")
_DECLINED_NOW: Final = {
    **dict.fromkeys(_AUTHORIZED, DECLINED_AT_ONCE),
    "capture_charge": _TRANSFERS,
}
_DECLINED_LATER: Final = {
    **dict.fromkeys(_AUTHORIZED, DECLINED),
    **dict.fromkeys(("capture_charge", "create_refund"), _TRANSFERS),
}
_BEGUN: Final[dict[str, tuple[str, ...]]] = dict.fromkeys((*_AUTHORIZED, "capture_charge"), ())

# Fault -> (its argument: "" takes none, a trailing "?" may be left out; what it does).
FAULTS: Final = {
    "hang_up_before": ("", "closes the connection; nothing is executed"),
    "hang_up_after": ("", "executes, then closes the connection without an answer"),
    "late": ("SECONDS", "closes the connection now and executes SECONDS later"),
    "error_before": ("STATUS?", "answers 500 (or 503); nothing is executed"),
    "error_after": ("STATUS?", "executes, then answers 500 (or 503)"),
    "refuse": ("CODE?[,unsaved]", "refuses with a documented code, by default ProcessingFailure"),
    "decline": (
        "REASON?",
        "accepts a refund, capture or pending authorization that is Declined later,"
        " by default with ProcessingFailure",
    ),
    "decline_now": (
        "CODE?",
        "declines a charge or a capture at once, by default ProcessingFailure",
    ),
    "pending": ("", "only initiates a charge or a capture, which is final later"),
    "garbage": ("", "executes, then answers 200 with bytes that are no JSON"),
    "html_502": ("before?", "executes (not with 'before'), then answers 502 with a web page"),
    "delay": ("SECONDS", "executes, then waits SECONDS before the answer"),
    "throttle": ("", "answers 429 TooManyRequests; nothing is executed"),
    "wrong_amount": ("", "executes, then echoes another amount"),
    "wrong_object": ("", "executes, then echoes another object's id"),
    "foreign_refund": ("[CHARGE=]AMOUNT", "somebody else refunds AMOUNT of the charge"),
    "foreign_capture": ("[CHARGE=]AMOUNT?", "somebody else captures AMOUNT, by default all of it"),
    "foreign_cancel": ("CHARGE?", "somebody else cancels the charge"),
    "foreign_charge": (
        "[PERMISSION=]AMOUNT[,capture]",
        "somebody else makes a charge of AMOUNT, and captures it",
    ),
    "foreign_close": (
        "[PERMISSION=]pending?",
        "somebody else closes the permission, with 'pending' canceling its open charges",
    ),
    "foreign_update": (
        "[PERMISSION=]REFERENCE",
        "somebody else makes REFERENCE the merchant's reference",
    ),
    "foreign_complete": (
        "[SESSION=]AMOUNT?",
        "the shop completes the session, by default with the agreed amount",
    ),
    "lag": ("SECONDS", "from now on reads show what was true SECONDS ago; needs operation *"),
    "clock_shift": ("SECONDS", "from now on the server's clock is off; needs operation *"),
}
WORLD_FAULTS: Final = frozenset({"lag", "clock_shift"})
_AMOUNT: Final = r"(?=.*[1-9])[0-9]+(\.[0-9]+)?"
# The foreign acts: what they take besides the id of an object.
FOREIGN: Final = {
    "foreign_refund": _AMOUNT,
    "foreign_capture": f"({_AMOUNT})?",
    "foreign_cancel": "",
    "foreign_charge": rf"{_AMOUNT}(,capture)?",
    "foreign_close": "(pending)?",
    "foreign_update": ".+",
    "foreign_complete": f"({_AMOUNT})?",
}
_ID: Final = re.compile(r"[A-Z][0-9]{2}-[0-9]{7}-[0-9]{7}(-C[0-9]+)?|[0-9a-f]{8}(-[0-9a-f]+){4}")
_NUMBERED: Final = frozenset({"late", "delay", "lag", "clock_shift"})


@dataclass
class Fault:
    """One fault and how often it still strikes: `skip` requests pass, then it meets `count`.

    `then` is for foreign acts: after the request, not before it.
    """

    operation: str
    name: str
    argument: str | None = None
    count: int = 1
    skip: int = 0
    then: bool = False

    @classmethod
    def parse(cls, spec: str) -> Fault:
        """Read the text form. ValueError says what is wrong and what there is to choose."""
        operation, _, rest = spec.strip().partition(":")
        name, *more = rest.split(":")
        if operation not in THROTTLE and operation != ANY:
            raise ValueError(
                f"Fault {spec!r}: there is no operation {operation!r}."
                f" Operations: {ANY}, {', '.join(sorted(THROTTLE))}."
            )
        if name not in FAULTS:
            raise ValueError(
                f"Fault {spec!r}: there is no fault {name!r}. Faults: {', '.join(FAULTS)}."
            )
        fault = cls(operation, name)
        for part in more:
            fault._read(spec, part)
        fault._check(spec)
        return fault

    def _read(self, spec: str, part: str) -> None:
        if part == "xalways":
            self.count = ALWAYS
        elif part[:1] == "x" and part[1:].isdecimal():
            self.count = int(part[1:])
        elif part[:5] == "after" and part[5:].isdecimal():
            self.skip = int(part[5:])
        elif part == "then" and self.name in FOREIGN:
            self.then = True
        elif self.argument is None:
            self.argument = part
        else:
            raise ValueError(
                f"Fault {spec!r}: {part!r} is neither xN, xalways nor afterN,"
                f" and the argument is {self.argument!r} already."
            )

    def _check(self, spec: str) -> None:
        wanted, meaning = FAULTS[self.name]
        optional = "?" in wanted
        if self.argument is None and wanted and not optional:
            raise ValueError(f"Fault {spec!r}: {self.name} needs {wanted}; it {meaning}.")
        if self.argument is not None and not wanted:
            raise ValueError(f"Fault {spec!r}: {self.name} takes no argument; it {meaning}.")
        if self.name in WORLD_FAULTS and self.operation != ANY:
            raise ValueError(f"Fault {spec!r}: {self.name} is for all operations: write *.")
        if self.operation not in (ANY, *_ONLY.get(self.name, THROTTLE)):
            operations = ", ".join(_ONLY[self.name])
            raise ValueError(f"Fault {spec!r}: {self.name} is for {operations}; it {meaning}.")
        if self.argument is not None and not self._is_right(self.argument):
            raise ValueError(f"Fault {spec!r}: {self.argument!r} is not {wanted}; it {meaning}.")

    def _is_right(self, argument: str) -> bool:
        if self.name in FOREIGN:
            return re.fullmatch(FOREIGN[self.name], target_and_value(argument)[1]) is not None
        if self.name in _ONLY:
            lists = _ONLY[self.name].items()
            return any(argument in codes for operation, codes in lists if self._meets(operation))
        return _ARGUMENT_CHECKS[self.name](argument)

    def _meets(self, operation: str) -> bool:
        return self.operation in (ANY, operation)

    @property
    def seconds(self) -> float:
        return float(self.argument or 0)

    def strikes(self, operation: str) -> bool:
        """Whether it meets this request; counts itself down."""
        if not self._meets(operation) or self.count == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.count != ALWAYS:
            self.count -= 1
        return True

    def __str__(self) -> str:
        parts = [self.operation, self.name, *([self.argument] if self.argument else [])]
        count = "always" if self.count == ALWAYS else str(self.count)
        skip = [f"after{self.skip}"] if self.skip else []
        return ":".join([*parts, f"x{count}", *skip, *(["then"] if self.then else [])])


def target_and_value(argument: str) -> tuple[str, str]:
    """The id that a foreign act names ("" for the request's own object), and the rest."""
    first, equals, rest = argument.partition("=")
    return (first, rest) if _ID.fullmatch(first) and (equals or not rest) else ("", argument)


def _is_seconds(argument: str) -> bool:
    try:
        return Decimal(argument).is_finite()
    except InvalidOperation:
        return False


def _is_refusal(argument: str) -> bool:
    code, _, saved = argument.partition(",")
    return code in ERROR_CODES and saved in ("", "unsaved")


_ARGUMENT_CHECKS: Final = {
    **dict.fromkeys(_NUMBERED, _is_seconds),
    "error_before": ("500", "503").__contains__,
    "error_after": ("500", "503").__contains__,
    "refuse": _is_refusal,
    "html_502": ("before",).__contains__,
}
# These are for some operations only, and what they may take differs.
_ONLY: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "decline": _DECLINED_LATER,
    "decline_now": _DECLINED_NOW,
    "pending": _BEGUN,
}

# These combine with another fault; of the others one request meets at most one.
_COMPANIONS: Final = frozenset({"delay", "decline", "decline_now", "pending", *FOREIGN})


class Faults:
    """The faults that wait for their requests, in the order in which they were added."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[str]:
        with self._lock:
            return [str(fault) for fault in self._waiting if fault.count]

    def take(self, operation: str) -> list[Fault]:
        """The faults that this request meets: companions, and at most one other."""
        taken: list[Fault] = []
        with self._lock:
            for fault in self._waiting:
                single = fault.name not in _COMPANIONS
                if single and any(other.name not in _COMPANIONS for other in taken):
                    continue
                if fault.strikes(operation):
                    taken.append(fault)
            self._waiting = [fault for fault in self._waiting if fault.count]
        return taken
