"""Where a terminal shows ASCII alone: everything keeps its place, and all states stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual._border import BORDER_CHARS
from textual.color import Color

from console.domain import language
from console.store.screen_settings import Read, ScreenSettings
from console.tui.app import PayConsole
from console.tui.appearance import speak_as_set
from console.tui.ascii import STAND_INS, Ascii, in_ascii, needs_ascii
from console.tui.widgets.head import SEGMENTS
from console.tui.words import SYMBOLS, UNKNOWN_SYMBOL
from tests.tui.stage import Driver, Stage


def test_all_symbols_of_states_stay_apart() -> None:
    shown = {*SYMBOLS.values(), UNKNOWN_SYMBOL}
    assert len({in_ascii(symbol) for symbol in shown}) == len(shown)


def test_the_parts_of_the_money_bar_stay_apart() -> None:
    parts = [character for character, _colour, _name in SEGMENTS.values()]
    assert len({in_ascii(part) for part in parts}) == len(parts) == 4
    assert in_ascii("".join(parts)).isascii()


def test_every_stand_in_is_one_cell_for_one() -> None:
    for shown, stand_in in STAND_INS.items():
        assert len(shown) == len(stand_in) == 1
        assert stand_in.isascii()
        assert stand_in.isprintable()
        assert cell_len(shown) == 1, shown


@pytest.mark.parametrize("kind", ["round", "solid", "heavy", "outer", "double"])
def test_frames_are_plain_lines(kind: str) -> None:
    drawn = {character for row in BORDER_CHARS[kind] for character in row}  # type: ignore[index]
    assert {in_ascii(character) for character in drawn} <= set("+-| ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Läden & Söhne für €5", "Laden & Sohne fur E5"),
        ("返金 10 件", "???? 10 ??"),
        ("…1888777 · “ok” – ›", "~1888777 . \"ok\" - >"),
        ("e\u0301", "e"),
        ("\u241b[31m", "?[31m"),
        ("plain", "plain"),
    ],
)  # fmt: skip
def test_what_stands_for_a_text(text: str, said: str) -> None:
    assert in_ascii(text) == said


@given(st.text())
def test_a_line_stays_as_wide_as_it_was(text: str) -> None:
    made = in_ascii(text)
    assert made.isascii()
    assert len([c for c in made if c.isprintable()]) <= len(made)
    wide = sum(cell_len(character) for character in text if not character.isascii())
    assert len(made) == wide + sum(character.isascii() for character in text)


def test_styles_and_controls_are_left_as_they_are() -> None:
    bold = Style(bold=True)
    made = Ascii().apply([Segment("● ok", bold), Segment("ok")], Color(0, 0, 0))
    assert made == [Segment("* ok", bold), Segment("ok")]


@pytest.mark.parametrize(
    ("encoding", "term", "needed"),
    [
        ("utf-8", "xterm-256color", False),
        ("UTF8", "screen", False),
        ("utf-16", "", False),
        (None, "xterm", False),
        ("ascii", "xterm", True),
        ("cp1252", "", True),
        ("iso8859-1", "xterm", True),
        ("utf-8", "linux", True),
    ],
)
def test_where_a_terminal_says_that_it_cannot(
    encoding: str | None, term: str, needed: bool
) -> None:
    assert needs_ascii(encoding, {"TERM": term}) is needed


@pytest.mark.parametrize(
    ("said", "needed"),
    [
        ({}, False),  # nobody said anything
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "de_DE@euro"}, False),
        ({"LC_ALL": "ja_JP.utf8", "LANG": "C"}, False),
        ({"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, False),
        ({"LANG": "C"}, True),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, True),  # what Python makes of it
        ({"LC_ALL": "POSIX", "LANG": "C.UTF-8"}, True),
        ({"LC_CTYPE": "C", "LANG": "C.UTF-8"}, True),
        ({"LANG": "de_DE.ISO-8859-1@euro"}, True),
    ],
)
def test_where_the_locale_says_it(said: dict[str, str], needed: bool) -> None:
    assert needs_ascii("utf-8", {"TERM": "xterm", **said}) is needed


@pytest.mark.parametrize("ascii_only", [True, None])
def test_japanese_is_not_spoken_in_question_marks(ascii_only: bool | None) -> None:
    read = Read(ScreenSettings(language="ja", ascii=ascii_only))
    try:
        said = speak_as_set(read, {"TERM": "linux"})
        assert said.problems == ("Japanese can't be shown in ASCII alone: this is English",)
        assert not speak_as_set(Read(ScreenSettings()), {"TERM": "linux", "LANG": "ja_JP"}).problems
        assert language._("Recent") == "Recent"
    finally:
        language.use(language.ENGLISH)


@pytest.mark.anyio
async def test_the_whole_screen_is_ascii(stage: Stage) -> None:
    app = PayConsole(stage, settings=Read(ScreenSettings(ascii=True, times="utc")))
    async with app.run_test(size=(120, 40)) as pilot:
        console = Driver(stage, app, pilot)
        await console.sees("journal")
        await console.look_up("S01-5797829-1888777")
        await console.sees("* Chargeable")
        for keys in (("2",), ("3",), ("4",), ("question_mark",), ("escape", "comma")):
            await console.press(*keys)
            await console.pilot.pause()
            assert console.screen.isascii(), console.screen
            assert "+---" in console.screen
