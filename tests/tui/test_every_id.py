"""Every order of the simulator's stories, by every id that it has, on the screen."""

from __future__ import annotations

import pytest

from console.domain.ids import parse
from tests.lookup.conftest import all_ids
from tests.tui.stage import Stage

pytestmark = pytest.mark.anyio

IDS = {name: order for name, order in all_ids() if parse(order).environment != "live"}
LIVE = {name: order for name, order in all_ids() if parse(order).environment == "live"}


async def test_any_id_leads_to_its_order(stage: Stage) -> None:
    await open_each(stage, IDS)


async def test_any_live_id_leads_to_its_order(live_stage: Stage) -> None:
    await open_each(live_stage, LIVE)


async def open_each(stage: Stage, ids: dict[str, str]) -> None:
    async with stage.console(120, 40) as console:
        screen = console.app.console_screen
        assert screen is not None
        for name, order in ids.items():
            screen.look_up(name)
            await console.until(
                lambda name=name: (
                    screen.order is not None  # type: ignore[misc]
                    and screen.order.query.id == name
                    and not screen.order.remembered
                )
            )
            assert screen.order is not None
            assert screen.order.id == order
            assert order in console.words
            said = screen.notice.said  # another id may bring what was not known of it before
            assert said is None or "is new here" in said.text, said
