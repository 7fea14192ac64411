"""For engineers: raw objects that fold and are searched, requests, differences between looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from console.amazon.signing import Signer
from console.domain.order import Event, Order
from console.keys import make_key
from console.store.index import Look
from console.tui.screens.diff import DiffScreen
from console.tui.screens.objects import ObjectsScreen
from console.tui.screens.requests import RequestsScreen
from console.tui.widgets.details import requests, sorted_requests, timeline
from console.tui.widgets.outline import MOST_LINES, Outline, outlined
from tests.tui.stage import Driver, Stage
from tests.tui.test_hostile import assert_harmless

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"
BUYER = "S02-6865442-5879427"
HOSTILE = "S01-6666013-1313666"


async def shown(console: Driver, identifier: str) -> Order:
    await console.look_up(identifier)
    assert console.app.console_screen is not None
    order = console.app.console_screen.order
    assert order is not None
    return order


async def open_objects(console: Driver, order: Order, chosen: str | None = None) -> ObjectsScreen:
    screen = ObjectsScreen(order, chosen, revealed=False)
    console.app.push_screen(screen)
    await console.sees("Raw objects")
    return screen


class TestObjects:
    async def test_the_chosen_one_is_open_and_the_others_are_folded(self, stage: Stage) -> None:
        async with stage.console() as console:
            await open_objects(console, await shown(console, CHARGE), CHARGE)
            await console.sees("▾ Charge " + CHARGE, "captureAmount", "40.00")
            await console.press("left")
            await console.sees("▸ Charge " + CHARGE, "▸ Charge permission " + ORDER)
            await console.sees_no("captureAmount")
            await console.press("right")
            await console.sees("captureAmount")
            await console.press("escape")
            await console.sees("Transactions")

    async def test_a_filter_unfolds_what_it_finds_and_goes_round(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await open_objects(console, await shown(console, ORDER), CHARGE)
            outline = console.app.screen.query_one(Outline)
            await console.press("slash")
            await console.type("acme-118")
            await console.sees("1 of ", "merchantMetadata", "merchantReferenceId")
            await console.sees_no("captureAmount")
            assert outline.path().endswith("merchantMetadata › merchantReferenceId")
            await console.press("escape")
            assert outline.path().endswith("merchantMetadata › merchantReferenceId")
            await console.press("f")
            await console.type("CURRENCYCODE")
            await console.press("enter")
            places = []
            for _ in range(4):
                places.append(outline.path())
                await console.press("n")
            assert len(set(places)) == 4
            for _ in range(4):
                await console.press("N")
            assert outline.path() == places[0]
            await console.press("slash")
            await console.type("no such thing")
            await console.sees("none of ", "Nothing matches.")
            await console.press("escape", "left", "escape")
            await console.sees("Transactions")

    async def test_a_value_is_copied_as_it_is_and_an_object_as_json(self, stage: Stage) -> None:
        async with stage.console() as console:
            await open_objects(console, await shown(console, CHARGE), CHARGE)
            await console.press("down", "y")
            await console.sees("Copied")
            assert console.app.clipboard == CHARGE
            await console.press("down", "down", "y")
            await console.until(lambda: '"amount": "40.00"' in console.app.clipboard)

    async def test_buyer_data_is_masked_here_too(self, stage: Stage) -> None:
        async with stage.console(120, 60) as console:
            order = await shown(console, BUYER)
            await open_objects(console, order)
            await console.sees("(hidden)", "Buyer data is masked")
            await console.press("slash")
            await console.type("Jörg")
            await console.sees("none of ")
            await console.press("escape", "escape")
            console.app.push_screen(ObjectsScreen(order, None, revealed=True))
            await console.sees("Buyer data is shown", "Jörg Weiß")

    async def test_hostile_text_is_shown_and_obeyed_nowhere(self, stage: Stage) -> None:
        async with stage.console(120, 60) as console:
            order = await shown(console, HOSTILE)
            console.app.push_screen(ObjectsScreen(order, None, revealed=True))
            await console.sees("Raw objects")
            await console.press("slash")
            await console.type("@click")
            await console.sees("[@click=app.quit]x[/]")
            assert_harmless(console)
            await console.press("escape", "home", "y")
            await console.until(lambda: console.app.clipboard != "")
            assert "\x1b" not in console.app.clipboard

    async def test_a_huge_object_does_not_freeze(self, stage: Stage) -> None:
        async with stage.console() as console:
            order = await shown(console, ORDER)
            assert order.permission is not None
            raw = {"chargePermissionId": ORDER, "many": [{"n": n} for n in range(400_000)]}
            permission = replace(order.permission, raw=raw)
            screen = ObjectsScreen(replace(order, permission=permission), None, revealed=False)
            console.app.push_screen(screen)
            await console.sees("[400000]")
            await console.press("end")
            await console.sees(f"cut after {MOST_LINES} lines")

    @pytest.mark.parametrize(
        ("value", "said"),
        [(None, "null"), (True, "true"), ([], "[]"), ({}, "{}"), (Decimal("1.50"), '"1.50"'),
         ("a\nb", "a␤b"), ([1, 2], "[2]"), ({"a": 1}, "{1}")],
    )  # fmt: skip
    def test_every_kind_of_value_is_one_line(self, value: Any, said: str) -> None:
        lines = outlined([("Charge", {"x": value})])
        assert lines[1].shown == said


class TestRequests:
    async def test_those_of_the_order_come_first(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            first = await shown(console, CHARGE)
            await shown(console, BUYER)
            assert console.app.session is not None
            records = list(console.app.session.client.records)
            ids = frozenset({CHARGE, ORDER})
            newest = sorted_requests(records, ids)
            assert {record.object for record in newest[:2]} == ids
            assert sorted(newest, key=id) == sorted(records, key=id)
            lines = requests(records, 120, first)
            dimmed = [line for line in lines if BUYER in line.plain]
            assert dimmed
            assert all("$foreground-muted" in str(line.spans) for line in dimmed)
            assert lines[-1].plain.strip() == dimmed[-1].plain.strip()

    @pytest.mark.parametrize("size", [(80, 24), (120, 40)])
    async def test_everything_of_one_is_shown(self, stage: Stage, size: tuple[int, int]) -> None:
        async with stage.console(*size) as console:
            order = await shown(console, CHARGE)
            assert console.app.session is not None
            record = next(r for r in console.app.session.client.records if r.object == CHARGE)
            console.app.push_screen(RequestsScreen([record], order))
            await console.sees("get_charge, attempt 1", str(record.request_id), "200 after")
            await console.press("tab", "end")
            await console.sees("x-amz-pay-region", "authorization: left out")
            await console.press("c")
            await console.until(lambda: f"/v2/charges/{CHARGE}" in console.app.clipboard)
            assert "authorization" not in console.app.clipboard.split("curl --request")[1]
            await console.press("y")
            await console.until(lambda: console.app.clipboard == record.request_id)

    async def test_a_write_is_not_given_as_curl(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            order = await shown(console, CHARGE)
            await console.refund("1.00", "1.00 USD")
            await console.sees("Refund initiated")
            await console.press("escape")
            assert console.app.session is not None
            records = [r for r in console.app.session.client.records if r.method == "POST"]
            assert [record.object for record in records] == [CHARGE]
            console.app.push_screen(RequestsScreen(records, order))
            await console.sees("x-amz-pay-idempotency-key")
            await console.press("c")
            await console.sees("Only reads are given as curl")
            assert "curl" not in console.app.clipboard

    async def test_a_wrong_key_is_called_so(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            assert console.app.session is not None
            client = console.app.session.client
            client._signer = Signer(make_key()[0], "SANDBOX-STAGE")
            await console.press("slash")
            await console.type(CHARGE)
            await console.press("enter")
            await console.sees("does not belong to public key id SANDBOX-STAGE")


class TestTimeline:
    async def test_each_line_says_its_source_and_what_lies_ahead_is_on_top(
        self, stage: Stage
    ) -> None:
        async with stage.console() as console:
            order = await shown(console, CHARGE)
        at = order.observed
        history = (
            Event(at - timedelta(days=2), CHARGE, "Refund of 10.00 USD posted", "report"),
            Event(at - timedelta(days=1), CHARGE, "seen [b]Captured[/b]", "seen"),
            Event(at, CHARGE, "declined", "journal", "ann"),
            Event(at, CHARGE, "told", "carrier pigeon"),
            Event(at + timedelta(days=12), ORDER, "expires", "amazon"),
        )
        lines = [line.plain for line in timeline(replace(order, history=history), 100)]
        assert lines[0].endswith("order     in 12 days: expires  · Amazon")
        assert [line.partition("  · ")[2] for line in lines] == [
            "Amazon", "carrier pigeon", "by ann", "seen here", "Amazon's report",
        ]  # fmt: skip
        assert "seen [b]Captured[/b]" in lines[3]


async def test_the_screens(stage: Stage, golden: Callable[[str, str], None]) -> None:
    async with stage.console() as console:
        await open_objects(console, await shown(console, CHARGE), CHARGE)
        await console.press("slash")
        await console.type("currency")
        await console.idle()
        golden("objects-80x24", console.screen)
        await console.press("escape", "escape")
        console.app.push_screen(DiffScreen(CHARGE, TestDifferences.LOOKS))
        await console.sees("2 values changed")
        await console.idle()
        golden("diff-80x24", console.screen)


def look(number: int, **raw: object) -> Look:
    state = str(raw.get("state", "Authorized"))
    return Look(CHARGE, "charge", f"2026-01-15T12:0{number}:00Z", state, dict(raw))


class TestDifferences:
    LOOKS = (
        look(1, state="Authorized", amount="10.00"),
        look(2, state="CaptureInitiated", amount="10.00"),
        look(3, state="Captured", amount="10.00", note="[@click=app.quit]x[/]"),
    )

    async def test_the_last_two_looks_at_first_and_then_any(self, stage: Stage) -> None:
        async with stage.console() as console:
            console.app.push_screen(DiffScreen(CHARGE, self.LOOKS))
            await console.sees("2 values changed", "− CaptureInitiated", "+ Captured", "+ [@click")
            assert_harmless(console)
            await console.press("down", "down")
            await console.sees("1 value changed", "− Authorized", "+ CaptureInitiated")
            await console.press("enter")
            await console.sees("This look is the marked one")
            await console.press("home")
            await console.sees("2 values changed", "− Authorized", "+ Captured")
            await console.press("escape")
            await console.sees("Paste or type")

    @pytest.mark.parametrize(
        ("looks", "said"),
        [(LOOKS[:1], "Nothing has changed since"), ((), "This object was never read here")],
    )
    async def test_nothing_to_compare_is_said(
        self, stage: Stage, looks: tuple[Look, ...], said: str
    ) -> None:
        async with stage.console() as console:
            console.app.push_screen(DiffScreen(CHARGE, looks))
            await console.sees(said)
            await console.press("down", "enter")

    async def test_a_refund_that_came_between_two_looks(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await shown(console, CHARGE)
            await console.refund("1.00", "1.00 USD")
            await console.sees("Refund initiated")
            await console.press("escape")
            await shown(console, ORDER)
            assert console.app.session is not None
            looks = await asyncio.to_thread(console.app.session.known.looks, CHARGE)
            console.app.push_screen(DiffScreen(CHARGE, looks))
            await console.sees("refundedAmount.amount", "− 10.00", "+ 11.00")
