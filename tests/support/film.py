"""Several drawings of one terminal as one SVG that plays them, one after the other, for ever.

It plays by itself, also as an image: by CSS, without a script, and without anything from
elsewhere. What the drawings share is in it once: lines of text, colours, the window around them.
Where motion is not wanted, and where CSS is not played, the frame that is marked stands still.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

# The measures of Rich's drawings, in their own units: a line is as high as 1.22 × its letters.
_LINE: Final = 24.4
_BOX: Final = 'y="1.5" height="24.65"'  # a line's own box: a little into the next, so no seam shows
_BASE: Final = 20.0
_TERMINAL: Final = '<g transform="translate(9, 41)"'

_INK: Final = re.compile(r"\.[\w-]+-(r\d+) \{ (.*?) \}")
_PAPER: Final = re.compile(
    r'<rect fill="(#\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="24.65"'
)
_TEXT: Final = re.compile(
    r'<text class="[\w-]+-(r\d+)" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>(.*?)</text>'
)
_Piece = tuple[float, float, str]  # of a line's paper: where it begins, how wide, which colour
_STYLE: Final = """
.screen { font: 20px "Fira Code", ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
    shape-rendering: crispEdges }
.caption, .title { font: bold 18px arial, sans-serif; fill: #c5c8c6 }
.title { text-anchor: middle }
.caption { text-anchor: end }
.frame { visibility: hidden }
.still { visibility: visible }
"""


@dataclass(frozen=True)
class Frame:
    """One drawing (an SVG as Rich makes it), how long it stays, and what was done to get there."""

    svg: str
    seconds: float
    caption: str
    still: bool = False


def film(frames: Sequence[Frame]) -> str:
    """The frames as one SVG. All are as large as the first."""
    store = _Store({}, {})
    strips = [store.strip(frame.svg) for frame in frames]
    first = frames[0].svg
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', first)
    assert box is not None, f"no drawing of Rich's: {first[:100]}"
    width, height = map(float, box.groups())
    window = first[first.index("</defs>") + len("</defs>") : first.index(_TERMINAL)]
    window = re.sub(
        r'class="[\w-]+-title" fill="[^"]*" text-anchor="middle"', 'class="title"', window
    )
    shown = "\n".join(
        f'<g class="frame frame-{number}{" still" if frame.still else ""}">'
        f'<text class="caption" x="{width - 26:g}" y="27">{html.escape(frame.caption)}</text>'
        f'<g transform="translate(9 41)">{strip}</g></g>'
        for number, (frame, strip) in enumerate(zip(frames, strips, strict=True))
    )
    return (
        f'<svg {box[0]} width="{width:g}" height="{height:g}" xmlns="http://www.w3.org/2000/svg">\n'
        f"<style>{_STYLE}{store.style()}\n{''.join(_play(frames))}</style>\n"
        f'<defs>\n<clipPath id="line"><rect x="0" {_BOX} width="{width:g}"/></clipPath>\n'
        f"{store.defs()}\n</defs>\n{window.strip()}\n"
        f'<g class="screen">\n{shown}\n</g>\n</svg>\n'
    )


def _play(frames: Sequence[Frame]) -> Iterator[str]:
    """Which frame is seen when: from its beginning to that of the next, without any between."""
    ends = list(accumulate(frame.seconds for frame in frames))
    whole = ends[-1]
    yield "@media (prefers-reduced-motion: no-preference) {\n"
    yield f".frame {{ animation: {whole:g}s step-end infinite }}\n"
    for number, (frame, end) in enumerate(zip(frames, ends, strict=True)):
        begin = end - frame.seconds
        before = "0% { visibility: hidden } " if number else ""
        after = f" {end / whole:.3%} {{ visibility: hidden }}" if end < whole else ""
        yield f".frame-{number} {{ animation-name: frame-{number} }}\n"
        yield (
            f"@keyframes frame-{number} {{ {before}"
            f"{begin / whole:.3%} {{ visibility: visible }}{after} }}\n"
        )
    yield "}\n"


@dataclass(frozen=True)
class _Store:
    """What the frames share: each line and each colour once, by its name."""

    lines: dict[str, str]
    inks: dict[str, str]

    def strip(self, svg: str) -> str:
        """A drawing's lines, from the top, each as a use of the one in store."""
        inks = {name: self._ink(look) for name, look in _INK.findall(svg)}
        papers: dict[int, list[_Piece]] = {}
        for fill, x, y, width in _PAPER.findall(svg):
            papers.setdefault(int(float(y) / _LINE), []).append((float(x), float(width), fill))
        texts: dict[int, list[str]] = {}
        for ink, x, y, length, text in _TEXT.findall(svg):
            if html.unescape(text).strip():
                drawn = (
                    f'<text class="{inks[ink]}" x="{x}" y="{_BASE:g}" textLength="{length}"'
                    f' lengthAdjust="spacingAndGlyphs">{text}</text>'
                )
                texts.setdefault(int((float(y) - _BASE / 2) / _LINE), []).append(drawn)
        rows = sorted(papers.keys() | texts.keys())
        names = [self._line(papers.get(row, []), texts.get(row, [])) for row in rows]
        return "".join(
            f'<use href="#{name}" y="{row * _LINE:g}"/>'
            for row, name in zip(rows, names, strict=True)
        )

    def _line(self, papers: list[_Piece], texts: list[str]) -> str:
        # Only the letters are clipped: the edge of a clipped paper would show as a hair.
        letters = f'<g clip-path="url(#line)">{"".join(texts)}</g>' if texts else ""
        return self.lines.setdefault(_paper(papers) + letters, f"line-{len(self.lines)}")

    def _ink(self, look: str) -> str:
        return self.inks.setdefault(look, f"ink-{len(self.inks)}")

    def style(self) -> str:
        return "\n".join(f".{name} {{ {look} }}" for look, name in self.inks.items())

    def defs(self) -> str:
        return "\n".join(f'<g id="{name}">{drawn}</g>' for drawn, name in self.lines.items())


def _paper(pieces: Sequence[_Piece]) -> str:
    """What a line is written on; neighbours of one colour become one piece."""
    joined: list[_Piece] = []
    for x, width, fill in pieces:
        if joined and joined[-1][2] == fill:
            x, width = joined[-1][0], x + width - joined[-1][0]
            joined.pop()
        joined.append((x, width, fill))
    return "".join(
        f'<rect fill="{fill}" x="{x:g}" {_BOX} width="{width:g}"/>' for x, width, fill in joined
    )
