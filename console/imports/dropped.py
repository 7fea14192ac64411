"""Whether a text is what a terminal pastes when files are dropped on it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_MAX_TEXT: Final = 100_000
_MAX_PATHS: Final = 1_000


def paths_in(text: str) -> list[Path] | None:
    """The files that `text` names, if it consists of paths of existing files alone; else None.

    Terminals paste what is dropped on them as it is, in quotes, with backslashes before blanks,
    or as `file://` addresses; several apart by blanks or newlines. Only whole paths count: a
    file that is named like an id, in the folder where we run, must not hide the id.
    """
    text = text.strip()
    if not text or len(text) > _MAX_TEXT:
        return None
    for names in ([text], text.splitlines(), _words(text, "\\"), _words(text, "")):
        if names and len(names) <= _MAX_PATHS:
            found = [_file(name.strip()) for name in names if name.strip()]
            whole = [path for path in found if path is not None]
            if len(whole) == len(found):
                return whole
    return None


def _words(text: str, escape: str) -> list[str]:
    """As a shell reads them; Windows pastes backslashes that escape nothing."""
    words = shlex.shlex(text, posix=True, punctuation_chars="")
    words.whitespace_split = True
    words.commenters = ""
    words.escape = escape
    try:
        return list(words)
    except ValueError:  # a quote that is not closed: no list of paths
        return []


def _file(name: str) -> Path | None:
    if name.startswith("file://"):
        address = urlsplit(name)
        if address.netloc not in ("", "localhost"):
            return None
        name = unquote(address.path)
        if os.name == "nt":
            name = name.removeprefix("/")  # file:///C:/orders.csv
    path = Path(name)
    try:
        return path if path.is_absolute() and path.is_file() else None
    except (OSError, ValueError):  # too long for a name, or with a NUL
        return None
