"""How hard the tests try: in a moment for every change, or thoroughly with `pytest --thorough`.

The option reaches the processes of pytest-xdist too, and is known before any test is collected:
`budget` may stand in decorators and parameters.
"""

from __future__ import annotations

from typing import Final, TypeVar

T = TypeVar("T")


class _Effort:
    thorough = False


EFFORT: Final = _Effort()  # set once, by tests/conftest.py


def budget(short: T, long: T) -> T:
    """`long` in a thorough run, else `short`: a count of rounds, a range of places, …"""
    return long if EFFORT.thorough else short
