"""The pictures show the program as it is: taken again, each says the same words."""

from __future__ import annotations

import io
import re
from typing import Final

import pytest
from rich.console import Console
from rich.text import Text

from tests.pictures import FOLDER, PICTURES, RECORDING, THEMES, record, scenes, take, words
from tests.support.film import Frame, film

# What differs from run to run: where the server listens, how long a request took, and what was
# drawn by lot.
_VOLATILE: Final = re.compile(
    r"127\.0\.0\.1:\d+|\d+ ms|\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]*…?|[0-9a-f]{64}"
)


def steady(lines: list[str]) -> list[str]:
    return [" ".join(_VOLATILE.sub("*", line).split()) for line in lines]


@pytest.mark.anyio
@pytest.mark.parametrize("name", PICTURES)
async def test_a_picture_is_up_to_date(name: str) -> None:
    taken = await take(name, {"": "dark"})  # in the light theme the words are the same
    for title, svg in taken.items():
        kept = (FOLDER / f"{title}.svg").read_text(encoding="utf-8")
        assert steady(words(kept)) == steady(words(svg)), (
            f"out of date: python -m tests.pictures {name}"
        )


@pytest.mark.anyio
async def test_the_recording_is_up_to_date() -> None:
    kept, taken = scenes(_kept_recording()), scenes(await record())
    out_of_date = f"out of date: python -m tests.pictures {RECORDING}"
    assert [frame[0] for frame in kept] == [frame[0] for frame in taken], out_of_date
    for old, new in zip(kept, taken, strict=True):
        assert steady(old) == steady(new), out_of_date


def test_the_recording_is_one_small_file_that_plays_by_itself() -> None:
    svg = _kept_recording()
    addresses = set(re.findall(r"[a-z]+://[^\s\"')]+", svg))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of the format, never fetched
    assert set(re.findall(r"url\((.*?)\)", svg)) == {"#line"}
    assert "<script" not in svg
    assert "@import" not in svg
    assert len(svg.encode()) < 500_000
    assert 8 <= len(scenes(svg)) <= 14
    assert svg.count(' still"') == 1
    whole = re.findall(r"animation: ([\d.]+)s step-end infinite", svg)
    assert 12 <= float(whole[0]) <= 16


def test_a_frame_of_a_film_stays_until_the_next_begins() -> None:
    svg = film([_frame("a", 1), _frame("b", 2, still=True), _frame("c", 1)])
    moments = re.findall(r"@keyframes frame-(\d) \{ (.*) \}", svg)
    assert moments == [
        ("0", "0.000% { visibility: visible } 25.000% { visibility: hidden }"),
        (
            "1",
            "0% { visibility: hidden } 25.000% { visibility: visible }"
            " 75.000% { visibility: hidden }",
        ),
        ("2", "0% { visibility: hidden } 75.000% { visibility: visible }"),
    ]
    assert ".frame { animation: 4s step-end infinite }" in svg


def test_where_nothing_may_move_one_frame_of_a_film_stands() -> None:
    svg = film([_frame("a", 1), _frame("b", 2, still=True), _frame("c", 1)])
    playing = svg.index("@media (prefers-reduced-motion: no-preference) {")
    assert "animation" not in svg[:playing]
    assert re.findall(r'class="frame frame-(\d) still"', svg) == ["1"]
    assert ".frame { visibility: hidden }\n.still { visibility: visible }" in svg


def test_a_film_keeps_what_its_frames_share_once_and_says_what_each_says() -> None:
    svg = film([_frame("a", 1), _frame("b", 1), _frame("a", 1)])
    assert scenes(svg) == [["to a", "a same"], ["to b", "b same"], ["to a", "a same"]]
    assert svg.count(">same</text>") == 2  # once beside a, once beside b
    colours = re.findall(r"^\.ink-\d+ \{ (.*) \}$", svg, re.MULTILINE)
    assert len(colours) == len(set(colours)) >= 2


def test_what_the_readme_shows_is_there() -> None:
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"screenshots/([\w-]+\.\w+)", readme))
    assert f"{RECORDING}.svg" in shown
    assert shown <= {path.name for path in FOLDER.iterdir()}


def test_every_picture_belongs_to_a_screen() -> None:
    known = {name + ending for name in PICTURES for ending in THEMES}
    assert {path.stem for path in FOLDER.iterdir()} == known | {RECORDING}


def test_words_are_read_from_a_picture() -> None:
    svg = '<text x="1" y="20">second</text><text y="10" x="1">fir</text><text y="10">st&amp;</text>'
    assert words(svg) == ["first&", "second"]


def _kept_recording() -> str:
    return (FOLDER / f"{RECORDING}.svg").read_text(encoding="utf-8")


def _frame(letter: str, seconds: float, *, still: bool = False) -> Frame:
    """A frame with one line, as Rich draws it: `letter`, and what all of them say."""
    console = Console(record=True, width=12, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"{letter} ", "red") + Text("same", "blue"))
    return Frame(console.export_svg(), seconds, f"to {letter}", still)
