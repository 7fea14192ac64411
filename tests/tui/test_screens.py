"""Whole screens at three sizes, against golden files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tui.stage import Stage

pytestmark = pytest.mark.anyio

SIZES = ((80, 24), (120, 40), (200, 60))


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_the_order_and_the_plan(
    stage: Stage, golden: Callable[[str, str], None], width: int, height: int
) -> None:
    size = f"{width}x{height}"
    async with stage.console(width, height) as console:
        await console.sees("Paste or type any Amazon Pay id")
        await console.idle()
        golden(f"start-{size}", console.screen)
        await console.look_up("S01-3309177-6402958")
        await console.press("2")
        await console.idle()
        golden(f"order-{size}", console.screen)
        await console.plan_refund("12.00")
        await console.idle()
        golden(f"plan-{size}", console.screen)


async def test_live_is_a_frame_and_a_word(
    live_stage: Stage, golden: Callable[[str, str], None]
) -> None:
    async with live_stage.console(80, 24) as console:
        await console.look_up("P01-1840276-5529301")
        await console.idle()
        golden("live-80x24", console.screen)


STORIES = (
    "C01-2612863-4691163",
    "S03-2045518-8837160",
    "C01-8824045-7416542",
    "S01-3947265-6081179-B031187",
    "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3",
)


async def test_every_kind_of_order(stage: Stage, golden: Callable[[str, str], None]) -> None:
    async with stage.console(120, 40) as console:
        for story in STORIES:
            await console.look_up(story)
            await console.press("2")
            await console.idle()
            golden(f"story-{story[:19]}", console.screen)
