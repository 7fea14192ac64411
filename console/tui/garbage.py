"""When Python looks for garbage: not before the first paint, and all of it while nobody types.

To look through everything takes 30 ms and more with an order open, which a key would wait for.
"""

from __future__ import annotations

import gc
from functools import lru_cache
from typing import Any, Final

from textual._styles_cache import StylesCache

REST: Final = 2.0  # seconds without a key after which nobody is taken to type
_YOUNG, _MIDDLE, _OLD = 700, 10, 10  # Python's own thresholds
_MUCH: Final = 10  # so many times as much may gather while somebody types


def begin() -> None:
    """All is loaded: look from now on. What is there stays, and is not looked through again."""
    _let_lines_go()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD * _MUCH)
    gc.enable()


def _let_lines_go() -> None:
    """Have a cache of Textual's told by the class, as its signature means it.

    Told by each widget's own drawn lines, it keeps those of the last thousand widgets that are
    gone: some 50 MB after a day of opening dialogs.
    """
    lines: Any = StylesCache
    told = vars(StylesCache)["get_inner_outer"]
    if not isinstance(told, classmethod):
        by_class: Any = lru_cache(1024)(told.__wrapped__)
        lines.get_inner_outer = classmethod(by_class)


def look(quiet: float) -> None:
    """Look through everything where Python would have, if the last key was `quiet` seconds ago."""
    if quiet >= REST and gc.isenabled() and gc.get_count()[2] > _OLD:
        gc.collect()
