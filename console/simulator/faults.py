"""Faults on demand: what a network and a service can do to a request, one at a time.

Written `OPERATION:FAULT[:ARGUMENT][:xN][:afterN]`, for example `create_refund:hang_up_after`,
`create_refund:late:5`, `get_charge:delay:0.1:xalways` or `get_charge:foreign_refund:5.00:after1`.
`xN` is how many requests it meets (default 1), `afterN` how many it lets pass first.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from console.domain.errorcodes import ERROR_CODES
from console.domain.limits import THROTTLE

ANY: Final = "*"
ALWAYS: Final = -1

# Fault -> (its argument: "" takes none, a trailing "?" may be left out; what it does).
FAULTS: Final = {
    "hang_up_before": ("", "closes the connection; nothing is executed"),
    "hang_up_after": ("", "executes, then closes the connection without an answer"),
    "late": ("SECONDS", "closes the connection now and executes SECONDS later"),
    "error_before": ("STATUS?", "answers 500 (or 503); nothing is executed"),
    "error_after": ("STATUS?", "executes, then answers 500 (or 503)"),
    "refuse": ("CODE?[,unsaved]", "refuses with a documented code, by default ProcessingFailure"),
    "decline": ("REASON?", "accepts a refund that is Declined later, by default ProcessingFailure"),
    "garbage": ("", "executes, then answers 200 with bytes that are no JSON"),
    "html_502": ("before?", "executes (not with 'before'), then answers 502 with a web page"),
    "delay": ("SECONDS", "executes, then waits SECONDS before the answer"),
    "throttle": ("", "answers 429 TooManyRequests; nothing is executed"),
    "wrong_amount": ("", "executes, then echoes another amount"),
    "foreign_refund": ("[CHARGE=]AMOUNT", "somebody else refunds AMOUNT just before the request"),
    "lag": ("SECONDS", "from now on reads show what was true SECONDS ago; needs operation *"),
    "clock_shift": ("SECONDS", "from now on the server's clock is off; needs operation *"),
}
WORLD_FAULTS: Final = frozenset({"lag", "clock_shift"})
_NUMBERED: Final = frozenset({"late", "delay", "lag", "clock_shift"})


@dataclass
class Fault:
    """One fault and how often it still strikes: `skip` requests pass, then it meets `count`."""

    operation: str
    name: str
    argument: str | None = None
    count: int = 1
    skip: int = 0

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
        elif self.argument is None:
            self.argument = part
        else:
            raise ValueError(
                f"Fault {spec!r}: {part!r} is neither xN, xalways nor afterN,"
                f" and the argument is {self.argument!r} already."
            )

    def _check(self, spec: str) -> None:
        wanted, meaning = FAULTS[self.name]
        optional = wanted.endswith("?") or "?" in wanted
        if self.argument is None and wanted and not optional:
            raise ValueError(f"Fault {spec!r}: {self.name} needs {wanted}; it {meaning}.")
        if self.argument is not None and not wanted:
            raise ValueError(f"Fault {spec!r}: {self.name} takes no argument; it {meaning}.")
        if self.name in WORLD_FAULTS and self.operation != ANY:
            raise ValueError(f"Fault {spec!r}: {self.name} is for all operations: write *.")
        if self.argument is not None and not _ARGUMENT_CHECKS[self.name](self.argument):
            raise ValueError(f"Fault {spec!r}: {self.argument!r} is not {wanted}; it {meaning}.")

    @property
    def seconds(self) -> float:
        return float(self.argument or 0)

    def strikes(self, operation: str) -> bool:
        """Whether it meets this request; counts itself down."""
        if self.operation not in (ANY, operation) or self.count == 0:
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
        return ":".join([*parts, f"x{count}", *([f"after{self.skip}"] if self.skip else [])])


def _is_seconds(argument: str) -> bool:
    try:
        return Decimal(argument).is_finite()
    except InvalidOperation:
        return False


def _is_refusal(argument: str) -> bool:
    code, _, saved = argument.partition(",")
    return code in ERROR_CODES and saved in ("", "unsaved")


def _is_foreign(argument: str) -> bool:
    amount = argument.rpartition("=")[2]
    return _is_seconds(amount) and Decimal(amount) > 0


_ARGUMENT_CHECKS: Final = {
    **dict.fromkeys(_NUMBERED, _is_seconds),
    "error_before": ("500", "503").__contains__,
    "error_after": ("500", "503").__contains__,
    "refuse": _is_refusal,
    "decline": ("ProcessingFailure", "AmazonRejected").__contains__,
    "html_502": ("before",).__contains__,
    "foreign_refund": _is_foreign,
}

# These combine with another fault; of the others one request meets at most one.
_COMPANIONS: Final = frozenset({"delay", "decline", "foreign_refund"})


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
