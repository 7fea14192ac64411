"""How hard the tests try: in a moment for every change, or thoroughly with `pytest --thorough`.

The option reaches the processes of pytest-xdist too, and is known before any test is collected:
`budget` may stand in decorators and parameters. A test under `each_once` runs with every value of
its parameters, and only thoroughly with all that they make together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final, TypeVar

import pytest

T = TypeVar("T")

each_once: Final = pytest.mark.each_once


class _Effort:
    thorough = False


EFFORT: Final = _Effort()  # set once, by tests/conftest.py


def budget(short: T, long: T) -> T:
    """`long` in a thorough run, else `short`: a count of rounds, a range of places, …"""
    return long if EFFORT.thorough else short


def covering(cases: Sequence[Mapping[str, Hashable]]) -> list[int]:
    """The places of few of the cases, in their order, that hold every value of every name.

    Each time the case that holds most of what is still missing is taken, and of several the one
    whose values were taken least: so they are mixed, and it is the same choice every time.
    """
    missing = {value for case in cases for value in case.items()}
    taken: Counter[tuple[str, Hashable]] = Counter()
    chosen: list[int] = []

    def worth(place: int) -> tuple[int, int]:
        values = cases[place].items()
        return len(missing & set(values)), -sum(taken[value] for value in values)

    while missing:
        best = max(range(len(cases)), key=worth)
        missing -= set(cases[best].items())
        taken.update(cases[best].items())
        chosen.append(best)
    return sorted(chosen)


def left_out(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The cases that a short run does without: see `each_once`."""
    together: dict[Any, list[pytest.Function]] = {}
    for item in items:
        marked = item.get_closest_marker("each_once") is not None
        if isinstance(item, pytest.Function) and marked and hasattr(item, "callspec"):
            together.setdefault((item.parent, item.originalname), []).append(item)
    out: list[pytest.Item] = []
    for cases in together.values():
        kept = covering([_values(case) for case in cases])
        out += [case for place, case in enumerate(cases) if place not in kept]
    return out


def _values(case: pytest.Function) -> dict[str, Hashable]:
    """What each `parametrize` of a case gives it: of a table with several names the whole row."""
    given = case.callspec.params
    values: dict[str, Hashable] = {}
    for mark in case.iter_markers("parametrize"):
        said = mark.args[0]
        names = [name.strip() for name in said.split(",")] if isinstance(said, str) else said
        values[",".join(names)] = tuple(id(given[name]) for name in names)
    return values
