"""Breadth-first search of every state that a model can reach, with the shortest trace."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Protocol

State = tuple[Any, ...]
Progress = Callable[[int, float], None]

_BITS: Final = 32  # of each part's number in a packed state
_MASK: Final = (1 << _BITS) - 1
_TELL_EVERY: Final = 4096  # states between two looks at the clock


class Model(Protocol):
    """What can be searched. A state is a tuple of parts that can be hashed."""

    def start(self) -> State: ...
    def steps(self, state: Any) -> Iterator[tuple[str, Any]]:
        """Every step from a state: what happens, in words, and the state after it."""

    def broken(self, state: Any) -> str | None:
        """The invariant that a state breaks, in words; None where all hold."""

    def at_rest(self, state: Any) -> bool:
        """Whether everything that was begun has ended."""


@dataclass(frozen=True)
class Found:
    """What a search found. `trace` leads to `broken` on a shortest way; both empty if all holds.

    `seconds` are the processor's, so that they don't depend on what else the machine does.
    """

    states: int
    transitions: int
    seconds: float
    broken: str | None = None
    trace: tuple[str, ...] = ()


class _Packed:
    """States as one integer each: every part has a number, so millions of states fit."""

    def __init__(self) -> None:
        self._numbers: list[dict[Any, int]] = []
        self._parts: list[list[Any]] = []

    def pack(self, state: Sequence[Any]) -> int:
        while len(self._numbers) < len(state):
            self._numbers.append({})
            self._parts.append([])
        packed = 0
        for numbers, parts, part in zip(self._numbers, self._parts, state, strict=True):
            number = numbers.get(part)
            if number is None:
                number = numbers[part] = len(parts)
                parts.append(part)
            packed = packed << _BITS | number
        return packed

    def unpack(self, packed: int) -> list[Any]:
        found = []
        for parts in reversed(self._parts):
            found.append(parts[packed & _MASK])
            packed >>= _BITS
        return found[::-1]


class _Search:
    def __init__(self, model: Model, tell: Progress) -> None:
        self._model, self._tell = model, tell
        self._packed = _Packed()
        first = model.start()
        self._make = getattr(type(first), "_make", tuple)
        self._order = [self._packed.pack(first)]  # states by the time they were found
        self._known = {self._order[0]: 0}
        self._parent = array("l", [-1])
        self._edges, self._offsets = array("l"), array("l", [0])  # who follows whom
        self._began, self._worked = time.monotonic(), time.process_time()

    def run(self) -> Found:
        broken = self._model.broken(self._state(0))
        if broken:
            return self._found(broken, 0)
        here = 0
        while here < len(self._order):
            for _, state in self._model.steps(self._state(here)):
                packed = self._packed.pack(state)
                number = self._known.get(packed)
                if number is None:
                    number = self._known[packed] = len(self._order)
                    self._order.append(packed)
                    self._parent.append(here)
                    broken = self._model.broken(state)
                    if broken:
                        return self._found(broken, number)
                self._edges.append(number)
            here += 1
            self._offsets.append(len(self._edges))
            if here % _TELL_EVERY == 0:
                self._tell(len(self._order), time.monotonic() - self._began)
        stuck = self._never_ends()
        if stuck is not None:
            return self._found("from here nothing leads to an end", stuck)
        return self._found(None, 0)

    def _state(self, number: int) -> Any:
        return self._make(self._packed.unpack(self._order[number]))

    def _never_ends(self) -> int | None:
        """The first state from which no state at rest can be reached, if there is one."""
        ends = bytearray(self._model.at_rest(self._state(n)) for n in range(len(self._order)))
        edges, offsets, grew = self._edges, self._offsets, True
        while grew:
            grew = False
            for number in range(len(ends) - 1, -1, -1):
                if not ends[number] and any(
                    ends[after] for after in edges[offsets[number] : offsets[number + 1]]
                ):
                    ends[number] = grew = True
        stuck = ends.find(0)
        return None if stuck < 0 else stuck

    def _found(self, broken: str | None, number: int) -> Found:
        seconds = time.process_time() - self._worked
        trace = self._trace(number) if broken else ()
        return Found(len(self._order), len(self._edges), seconds, broken, trace)

    def _trace(self, number: int) -> tuple[str, ...]:
        way = [number]
        while self._parent[way[-1]] >= 0:
            way.append(self._parent[way[-1]])
        way.reverse()
        return tuple(self._words(before, after) for before, after in pairwise(way))

    def _words(self, before: int, after: int) -> str:
        for words, state in self._model.steps(self._state(before)):
            if self._packed.pack(state) == self._order[after]:
                return words
        raise AssertionError("a step that was taken is gone")  # pragma: no cover


def search(model: Model, tell: Progress = lambda states, seconds: None) -> Found:
    """Visit every state that `model` can reach, until one breaks an invariant.

    Where none does, also look that from every state a state at rest can be reached. `tell` is
    called now and then with the states found so far and the seconds taken.
    """
    return _Search(model, tell).run()
