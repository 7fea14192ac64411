"""Functions of a loaded module that get another body."""

from __future__ import annotations

import gc
import inspect
from types import CodeType, FunctionType
from typing import Any

Pairs = list[tuple[CodeType, CodeType]]  # functions' code, as it was and as it is


def changed_functions(before: str, after: str) -> Pairs | None:
    """The outermost functions that differ; None where anything else differs too."""
    pairs: Pairs = []

    def same(was: Any, now: Any) -> bool:
        if not isinstance(was, CodeType) or not isinstance(now, CodeType):
            return type(was) is type(now) and bool(was == now)
        if was.co_flags & now.co_flags & inspect.CO_OPTIMIZED:  # a function's, not a class's
            if was != now:
                pairs.append((was, now))
            return was.co_freevars == now.co_freevars
        return (
            (was.co_code, was.co_names) == (now.co_code, now.co_names)
            and len(was.co_consts) == len(now.co_consts)
            and all(map(same, was.co_consts, now.co_consts))
        )

    try:
        codes = [compile(text, "", "exec", dont_inherit=True) for text in (before, after)]
    except SyntaxError:
        return None
    return pairs if same(*codes) else None


def functions_of(module: str) -> list[FunctionType]:
    """Every function of a loaded module, wherever it is kept."""
    found = (thing for thing in gc.get_objects() if isinstance(thing, FunctionType))
    return [function for function in found if function.__module__ == module]


def are_there(functions: list[FunctionType], pairs: Pairs) -> bool:
    """Whether each changed function is one of those."""
    return all(any(f.__code__ == was for f in functions) for was, _now in pairs)


def exchange(functions: list[FunctionType], pairs: Pairs) -> None:
    """Give the functions their new bodies."""
    for was, now in pairs:
        for function in [f for f in functions if f.__code__ == was]:
            function.__code__ = now
