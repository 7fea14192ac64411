"""A language that is English in capitals: what stays in small letters was not translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import NullTranslations
from typing import Final

from console.domain import language

_VALUES: Final = re.compile(r"(\{[a-z_]+\})")


class _Capitals(NullTranslations):
    def gettext(self, message: str) -> str:
        parts = _VALUES.split(message)
        return "".join(part if _VALUES.fullmatch(part) else part.upper() for part in parts)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@contextmanager
def capitals() -> Iterator[None]:
    """Everything is said in it meanwhile."""
    language.use(_Capitals())
    try:
        yield
    finally:
        language.use(language.ENGLISH)
