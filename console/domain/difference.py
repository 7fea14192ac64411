"""What differs between two JSON objects, such as two looks at the same charge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Difference:
    """One value that differs. `path` is like `statusDetails.reasons[0].reasonCode`.

    None stands for a value that is not there. A JSON null stands for the same: Amazon gives
    either where there is nothing.
    """

    path: str
    before: Any
    after: Any


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The values that differ, in the order of `before`; what only `after` has comes behind.

    Lists are compared place by place.
    """
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return [
        Difference(path, old.get(path), new.get(path))
        for path in dict.fromkeys([*old, *new])
        if not _same(old.get(path), new.get(path))
    ]


def shown_value(value: Any) -> str:
    """A value of a Difference in one line: texts as they are, `–` for none, the rest as JSON."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that holds no others, with its path; an empty object or list is one."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, path + _step(key, first=not path))
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{place}]")
    elif path:
        yield path, value


def _step(key: str, *, first: bool) -> str:
    """A key as a part of a path; one that could be mistaken for something else is quoted."""
    if not _PLAIN_KEY.fullmatch(key):
        return f"[{json.dumps(key, ensure_ascii=False)}]"
    return key if first else f".{key}"


def _same(before: Any, after: Any) -> bool:
    """Equal, and of one kind: in JSON `1` is not `true`."""
    return before == after and isinstance(before, bool) == isinstance(after, bool)
