"""What was on the screen is let go when it is gone."""

from __future__ import annotations

import gc

import pytest
from textual._styles_cache import StylesCache
from textual.widget import Widget

from console.tui.screens.help import HelpScreen
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio


def left_lines() -> int:
    """How many widgets are gone whose drawn lines are still kept."""
    gc.collect()
    objects = gc.get_objects()
    alive = {id(one._styles_cache) for one in objects if isinstance(one, Widget)}
    return sum(type(one) is StylesCache and id(one) not in alive for one in objects)


async def opened_and_closed(console: Driver, times: int) -> None:
    for _time in range(times):
        await console.press("question_mark")
        await console.until(lambda: isinstance(console.app.screen, HelpScreen))
        await console.press("escape")
        await console.until(lambda: not isinstance(console.app.screen, HelpScreen))
        await console.idle()


async def test_the_lines_of_dialogs_that_were_closed_are_not_kept(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up("S01-4966596-9591203")
        await console.idle()
        await opened_and_closed(console, 2)
        before = left_lines()
        await opened_and_closed(console, 6)
        assert left_lines() <= before + 5
