"""What bytes that are no UTF-8 are: the encodings that spreadsheets and shops write.

ISO-2022-JP says so itself, by its escape sequences. The others don't: the one is taken in which
most lines can be read and which gives the most plausible text, and the result of the import says
which it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

ISO_2022_JP: Final = "ISO-2022-JP"
# What begins two-byte characters there (RFC 1468); what ends them is ESC ( and a letter.
_TWO_BYTES: Final = (b"\x1b$B", b"\x1b$@")
# What only files for Japan hold.
_JAPAN: Final = re.compile(rb"[SPBC]03-\d{7}|JPY")
_ENOUGH: Final = 1_000  # lines that are looked at

# Latin text has accents among letters, two of them at most in a row, and these signs of cp1252.
_NOT_LATIN: Final = re.compile("[^\x00-\x7f]{3,}|[\u0192\u02c6\u02dc\u2020\u2021\u2030\u00ad]")
_SIGNS: Final = re.compile(
    "[\u00a0\u2018-\u201e\u2013\u2014\u2026\u2022\u20ac\u2122\u00ab\u00bb\u2039\u203a]"
)
_KANA: Final = re.compile("[\u3000-\u30ff\uff01-\uff5e]")
_COMMON_KANJI: Final = range(0xB0, 0xD0)  # first bytes of JIS level 1 in EUC-JP


@dataclass(frozen=True)
class Encoding:
    """An encoding, what people call it, and how many characters of a text are implausible."""

    name: str
    codec: str
    odd: Callable[[str], int]


def _odd_latin(text: str) -> int:
    return sum(len(found) for found in _NOT_LATIN.findall(_SIGNS.sub("", text)))


def _odd_japanese(text: str) -> int:
    """Characters that are neither kana nor common kanji; half-width kana are rare in tables."""
    return sum(not (char.isascii() or _KANA.match(char) or _is_common(char)) for char in text)


def _is_common(char: str) -> bool:
    encoded = char.encode("euc_jp", "ignore")
    return len(encoded) == 2 and encoded[0] in _COMMON_KANJI


WINDOWS_1252: Final = Encoding("Windows-1252", "cp1252", _odd_latin)
# With JIS X 0213, which has the circled digits and the like that Windows adds to JIS X 0208.
EUC_JP: Final = Encoding("EUC-JP", "euc_jis_2004", _odd_japanese)
SHIFT_JIS: Final = Encoding("Shift_JIS", "cp932", _odd_japanese)


class Decoder:
    """Turns the lines of one text into characters; `assumed` is what they were taken for.

    UTF-8 is no assumption: `assumed` stays None where everything is that.
    """

    def __init__(self, head: bytes) -> None:
        self._japanese = _JAPAN.search(head) is not None
        lines = [line for line in head.splitlines()[:-1] if not line.isascii()]
        self._others = [line for line in lines if not _is_utf8(line)][:_ENOUGH]
        self._encoding: Encoding | None = None
        self.assumed: str | None = None

    def decode(self, raw: bytes) -> str:
        """A line, or a part of one that was cut between characters."""
        if any(mark in raw for mark in _TWO_BYTES):
            self.assumed = ISO_2022_JP
            return raw.decode("iso2022_jp_ext", "replace")
        if _is_utf8(raw):
            return raw.decode()
        if self._encoding is None:
            self._encoding = guess(self._others or [raw], japanese=self._japanese)
        self.assumed = self._encoding.name
        try:
            return raw.decode(self._encoding.codec)
        except UnicodeDecodeError:
            if self._encoding is WINDOWS_1252:
                return raw.decode("latin-1")
            return raw.decode(self._encoding.codec, "replace")


def guess(lines: Sequence[bytes], *, japanese: bool) -> Encoding:
    """The encoding in which these lines, none of them UTF-8, are most likely written.

    `japanese` where something else says that the text is for Japan. Of encodings that fit
    equally well the first is taken.
    """
    candidates = (SHIFT_JIS, EUC_JP) if japanese else (WINDOWS_1252, SHIFT_JIS, EUC_JP)
    return min(candidates, key=lambda encoding: _misfit(encoding, lines))


def _misfit(encoding: Encoding, lines: Sequence[bytes]) -> tuple[int, float]:
    """Lines that can't be read, and the share of implausible characters in the others."""
    unreadable = odd = size = 0
    for line in lines:
        try:
            text = line.decode(encoding.codec)
        except UnicodeDecodeError:
            unreadable += 1
            continue
        odd += encoding.odd(text)
        size += sum(not char.isascii() for char in text)
    return unreadable, odd / size if size else 1.0


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
