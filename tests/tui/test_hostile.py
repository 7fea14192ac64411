"""Texts of attackers: nothing reaches the terminal that it obeys, nothing runs from markup."""

from __future__ import annotations

import re

import pytest
from textual.geometry import Offset

from console.domain.text import has_hidden
from console.simulator.stories import HOSTILE_NAME
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")


def assert_harmless(console: Driver) -> None:
    """No control character in what is drawn, and no action behind any cell of it."""
    for strip in console.app.screen._compositor.render_strips():
        for segment in strip:
            assert not CONTROL.search(segment.text), repr(segment.text)
            meta = segment.style.meta if segment.style else {}
            assert "@click" not in meta, meta


async def test_a_hostile_buyer_is_shown_and_obeyed_nowhere(stage: Stage) -> None:
    assert has_hidden(HOSTILE_NAME)
    async with stage.console(120, 60) as console:
        await console.look_up("S01-6666013-1313666")
        await console.sees("Acme-␛[5m120[/]")
        for tab in "12345":
            await console.press(tab)
            assert_harmless(console)
        await console.press("b")
        await console.sees("Buyer data is shown")
        await console.press("tab", "home")
        for _ in range(80):
            if "[@click" in console.words:
                break
            await console.press("down")
            await console.pilot.pause(0.01)
        await console.sees("[@click=app.quit]x[/]", "␛[31m", "Ann [/ Bob")
        assert_harmless(console)
        lines = console.screen.splitlines()
        row = next(n for n, line in enumerate(lines) if "[@click=app.quit]x[/]" in line)
        column = lines[row].index("@click") + 15
        await console.pilot.click(offset=Offset(column, row))
        await console.pilot.pause()
        assert console.app.is_running
        await console.press("l", "question_mark", "escape")
        assert_harmless(console)


async def test_buyer_data_is_masked_until_asked_for_and_each_look_is_written_down(
    stage: Stage,
) -> None:
    async with stage.console(120, 60) as console:
        await console.look_up("S02-6865442-5879427")
        await console.press("4")
        await console.sees("Buyer data is masked")
        await console.press("tab", "end")
        await console.sees('"buyer": "(hidden)"')
        assert "Jörg" not in console.screen
        await console.press("b")
        await console.sees("Buyer data is shown")
        await console.press("end")
        await console.sees("Jörg Weiß")
        session = console.app.session
        assert session is not None
        looks = [line for line in session.journal.entries() if line.kind == "reveal"]
        assert [(line.object, line.actor) for line in looks] == [("S02-6865442-5879427", "ann")]
        assert "Jörg" not in str(looks[0].data)
        await console.press("b", "home")
        await console.sees("Buyer data is masked")
        await console.press("end")
        await console.sees('"buyer": "(hidden)"')
        assert "Jörg" not in console.screen


@pytest.mark.parametrize("text", [HOSTILE_NAME, "a\x1b]0;owned\x07\nb", "\u202egnp.exe [/b]"])
async def test_what_is_typed_or_pasted_is_cleaned(stage: Stage, text: str) -> None:
    async with stage.console() as console:
        await console.paste(text)
        await console.sees("Not an Amazon Pay id")
        assert_harmless(console)
        await console.look_up("S01-4966596-9591203-C079366")
        await console.press("r")
        await console.paste(text)
        await console.sees("✗")
        assert_harmless(console)
