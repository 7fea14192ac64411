"""Many orders in a day: back and forward, tabs, and what has changed since the last look."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.ids import parse
from console.domain.order import Order
from console.domain.since import Picture
from console.simulator import foreign
from console.store.desk import Desk
from console.tui.browsing import MOST_TABS, Tab, Tabs, Visit, Visits
from console.tui.widgets.tabs import OrderTabs, fitting
from tests.tui.stage import Driver, Stage

FIRST, SECOND, THIRD = "S01-5797829-1888777", "S01-4966596-9591203", "S01-3309177-6402958"
CHARGE = f"{FIRST}-C043451"


def visit(name: str) -> Visit:
    return Visit(name, name)


def visits(*names: str, most: int = 9) -> Visits:
    made = Visits(most)
    for name in names:
        made.visit(visit(name))
    return made


def order(number: int) -> Order:
    identifier = parse(f"S01-0000000-{number:07}")
    return Order(identifier, None, (), (), datetime(2026, 1, 15, tzinfo=UTC))


def tabs(*numbers: int, kept: bool = True) -> Tabs:
    """Some open orders, each kept before the next was opened."""
    made = Tabs()
    for number in numbers:
        made.show(order(number))
        if kept:
            assert made.keep()
    return made


def numbers(of: Tabs) -> list[int]:
    return [int(tab.order.id[-7:]) for tab in of.open]


class TestVisits:
    def test_back_and_forward(self) -> None:
        made = visits("a", "b", "c")
        assert [made.go(-1), made.go(-1), made.go(1)] == [visit("b"), visit("a"), visit("b")]

    def test_there_is_nothing_before_the_first_and_after_the_last(self) -> None:
        made = visits("a", "b")
        assert made.go(1) is None
        assert made.go(-1) == visit("a")
        assert made.go(-1) is None
        assert made.current == visit("a")

    def test_nothing_was_shown_yet(self) -> None:
        assert (Visits().current, Visits().go(-1), Visits().go(1)) == (None, None, None)

    def test_a_visit_after_going_back_drops_what_was_ahead(self) -> None:
        made = visits("a", "b", "c")
        made.go(-1)
        made.visit(visit("d"))
        assert made.go(1) is None
        assert made.go(-1) == visit("b")

    def test_the_same_order_twice_in_a_row_is_one_visit(self) -> None:
        made = visits("a", "b")
        made.visit(Visit("b", "its refund"))
        assert len(made) == 2
        assert made.current == Visit("b", "its refund")

    def test_to_be_where_one_is_keeps_what_is_ahead(self) -> None:
        made = visits("a", "b")
        made.go(-1)
        made.visit(visit("a"))
        assert made.go(1) == visit("b")

    def test_the_oldest_is_forgotten(self) -> None:
        made = visits("a", "b", "c", most=2)
        assert (made.go(-1), made.go(-1)) == (visit("b"), None)

    def test_a_session_that_became_an_order_is_the_same_visit(self) -> None:
        made = visits("session", "b")
        made.rename("session", "order")
        assert made.go(-1) == Visit("order", "session")

    @given(st.lists(st.one_of(st.sampled_from("abc"), st.sampled_from((-1, 1)))))
    def test_back_always_leads_to_what_was_there_before(self, steps: list[str | int]) -> None:
        made, before, here, after = Visits(), [], None, []  # type: ignore[var-annotated]
        for step in steps:
            if isinstance(step, int):
                source, target = (before, after) if step < 0 else (after, before)
                if source:
                    target.append(here)
                    here = source.pop()
                made.go(step)
            elif step != here:
                before, here, after = [*before, here] if here else [], step, []
                made.visit(visit(step))
            assert made.current == (visit(here) if here else None)


class TestTabs:
    def test_what_is_not_kept_gives_way_to_the_next_order(self) -> None:
        assert numbers(tabs(1, 2, kept=False)) == [2]

    def test_what_is_kept_stays_beside_the_next_order(self) -> None:
        made = tabs(1)
        made.show(order(2))
        assert (numbers(made), made.at) == ([1, 2], 1)

    def test_an_order_that_is_open_is_not_opened_twice(self) -> None:
        made = tabs(1, 2)
        newer = order(1)
        assert made.show(newer) is made.open[0]
        assert (numbers(made), made.at, made.open[0].order) == ([1, 2], 0, newer)

    def test_round_and_round(self) -> None:
        made = tabs(1, 2, 3)
        assert [made.step(1) and made.at for _turn in range(3)] == [0, 1, 2]
        made.step(-1)
        assert made.at == 1

    def test_with_one_order_there_is_nowhere_to_go(self) -> None:
        made = tabs(1)
        assert (made.step(1), made.close(), numbers(made)) == (None, None, [1])

    def test_closing_leads_to_the_next_or_at_the_end_to_the_one_before(self) -> None:
        made = tabs(1, 2, 3)
        made.go(made.open[1])
        assert made.close() is made.open[1]
        assert numbers(made) == [1, 3]
        made.close()
        assert (numbers(made), made.at) == ([1], 0)

    def test_to_keep_twice_is_to_keep_no_longer(self) -> None:
        made = tabs(1)
        assert made.keep()
        made.show(order(2))
        assert numbers(made) == [2]

    def test_nothing_can_be_kept_before_something_is_open(self) -> None:
        assert not Tabs().keep()

    def test_there_is_always_room_for_one_more_order(self) -> None:
        made = tabs(*range(1, MOST_TABS))
        made.show(order(100))
        assert not made.keep()
        made.go(made.open[0])
        made.show(order(101))
        assert numbers(made) == [*range(1, MOST_TABS), 101]


class TestTheLineOfTabs:
    @given(st.lists(st.integers(3, 30), min_size=1, max_size=20), st.data())
    def test_the_current_one_is_shown_and_what_is_shown_fits(
        self, lengths: list[int], data: st.DataObject
    ) -> None:
        at = data.draw(st.integers(0, len(lengths) - 1))
        width = data.draw(st.integers(lengths[at] + 8, 200))
        first, last = fitting(lengths, at, width)
        counts = (4 if first else 0) + (4 if last < len(lengths) - 1 else 0)
        assert first <= at <= last
        assert sum(lengths[first : last + 1]) + counts <= width

    def test_all_of_them_where_there_is_room(self) -> None:
        assert fitting([20, 20, 20], 0, 60) == (0, 2)

    def test_the_neighbours_first(self) -> None:
        assert fitting([20] * 9, 4, 70) == (3, 5)

    def test_what_does_not_fit_is_counted_at_the_ends(self) -> None:
        line = OrderTabs()
        made = tabs(1, 2, 3, 4, 5)
        made.go(made.open[2])
        line._tabs, line._at = tuple(made.open), made.at
        [shown] = line._lines(30)
        assert shown.plain.startswith("‹2 [+…0000003")
        assert shown.plain.endswith("2›")

    def test_a_tab_tells_whether_it_is_kept_and_whether_it_is_current(self) -> None:
        line = OrderTabs()
        line._tabs, line._at = (Tab(order(1), kept=True), Tab(order(2))), 1
        [shown] = line._lines(80)
        assert shown.plain == " +…0000001 ? […0000002 ?]"


def on_screen(console: Driver) -> str | None:
    screen = console.app.console_screen
    assert screen is not None
    return screen.order.id if screen.order is not None else None


async def shows(console: Driver, identifier: str) -> None:
    await console.until(lambda: on_screen(console) == identifier)
    await console.sees("checked")
    await console.idle()


@pytest.mark.anyio
class TestOnTheScreen:
    async def test_back_and_forward_read_again_as_opening_does(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(f"{FIRST}-C043451")
            await console.look_up(SECOND)
            reads = len(stage.world.log.entries("get_charge_permission"))
            await console.press("left_square_bracket")
            await shows(console, FIRST)
            assert len(stage.world.log.entries("get_charge_permission")) > reads
            await console.press("right_square_bracket")
            await shows(console, SECOND)
            await console.press("right_square_bracket")
            await console.sees("Nothing after it")

    async def test_back_shows_what_is_remembered_while_the_network_hangs(
        self, stage: Stage
    ) -> None:
        async with stage.console() as console:
            await console.look_up(FIRST)
            await console.look_up(SECOND)
            stage.fault("get_charge_permission:delay:2:xalways")
            await console.press("left_square_bracket")
            await console.until(lambda: on_screen(console) == FIRST)
            await console.sees("5 Requests", "seen just now …")
            await console.press("right_square_bracket")
            await console.until(lambda: on_screen(console) == SECOND)
            await console.press("left_square_bracket", "right_square_bracket")
            await console.until(lambda: on_screen(console) == SECOND)
            stage.world.faults.clear()

    async def test_one_order_is_no_line_of_tabs(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(FIRST)
            assert not console.app.screen.query_one(OrderTabs).display
            await console.look_up(SECOND)
            assert not console.app.screen.query_one(OrderTabs).display
            await console.press("right_curly_bracket")
            await console.sees("No other tab")

    async def test_a_kept_order_stays_open_and_keeps_its_place(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(THIRD)
            await console.press("down", "3")
            pane = console.app.console_screen.order_pane  # type: ignore[union-attr]
            row = pane.rows.key
            await console.press("s")
            await console.sees("Kept in a tab")
            await console.look_up(SECOND)
            await console.sees("+…6402958", "[…9591203 Acme-118 ○]")
            await console.press("1", "left_curly_bracket")
            await shows(console, THIRD)
            await console.sees("[+…6402958")
            assert (pane.rows.key, pane.page) == (row, 2)
            await console.press("right_curly_bracket")
            await shows(console, SECOND)
            assert pane.page == 0

    async def test_switching_shows_at_once_what_is_in_memory_and_reads_again(
        self, stage: Stage
    ) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.press("s")
            await console.look_up(SECOND)
            stage.fault("get_charge:delay:2:xalways")
            await console.press("left_curly_bracket")
            assert on_screen(console) == FIRST
            await console.sees("checked", "[+…1888777 Acme-117 ●]")
            await console.press("r")  # nothing is begun on an old picture
            await console.sees("Refund: not yet")
            stage.world.faults.clear()

    async def test_the_keys_of_tabs_work_in_every_pane(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.press("s")
            await console.look_up(SECOND)
            for pane in ("#transactions", "#recent", "#details-pane", "#search"):
                for key, order_id in (("ctrl+pageup", FIRST), ("ctrl+pagedown", SECOND)):
                    console.app.screen.query_one(pane).focus()
                    await console.press(key)
                    await shows(console, order_id)

    async def test_a_session_that_became_an_order_is_one_visit(self, stage: Stage) -> None:
        async with stage.console() as console:
            await console.look_up(FIRST)
            await console.look_up("4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3")
            await console.look_up(SECOND)
            await console.press("left_square_bracket")
            await console.until(lambda: on_screen(console) not in (FIRST, SECOND))
            await console.sees("checked")
            await console.press("left_square_bracket")
            await shows(console, FIRST)

    async def test_closing_a_tab(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.press("s")
            await console.look_up(SECOND)
            await console.press("ctrl+w")
            await shows(console, FIRST)
            assert not console.app.screen.query_one(OrderTabs).display
            await console.press("ctrl+w")
            await console.sees("No other tab")

    async def test_a_click_opens_a_tab(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.press("s")
            await console.look_up(SECOND)
            await console.pilot.click(OrderTabs, offset=(4, 0))
            await shows(console, FIRST)


def change(stage: Stage, identifier: str, **values: Any) -> None:
    """Something happens to a charge that this console has no part in."""
    with stage.world.lock:
        charge = stage.world.charges[identifier].latest
        stage.world.put(replace(charge, **values))


@dataclass
class Slow:
    """A desk that keeps no look until it may go on."""

    begun: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)


def slow(desk: Desk) -> Slow:
    held, look = Slow(), desk.look

    def wait(identifier: str, picture: Picture) -> Picture | None:
        held.begun.set()
        assert held.go_on.wait(20)
        return look(identifier, picture)

    desk.look = wait  # type: ignore[method-assign]
    return held


@pytest.mark.anyio
class TestWhatHasChanged:
    async def test_nothing_is_marked_at_the_first_look(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.idle()
            assert "Since you looked" not in console.screen
            assert "* " not in console.screen

    async def test_a_state_that_differs_is_marked_until_it_is_seen(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.look_up(SECOND)
            charge = stage.world.charges[CHARGE].latest
            change(stage, CHARGE, state="Captured", captured=charge.amount)
            await console.look_up(FIRST)
            await console.sees("Since you looked", "C043451 Authorized → Captured")
            await console.sees("* was Authorized")
            await console.press("d")
            await console.sees_no("was Authorized", "Since you looked")

    async def test_the_mark_is_gone_when_it_is_opened_the_next_time(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            change(stage, CHARGE, state="Canceled")
            await console.press("g")
            await console.sees("* was Authorized")
            await console.look_up(SECOND)
            await console.look_up(FIRST)
            await console.idle()
            assert "was Authorized" not in console.screen

    async def test_a_slow_disk_takes_no_news_away(self, stage: Stage) -> None:
        """Asked again before the first look was kept: it is what was asked last that is told."""
        async with stage.console(120, 40) as console:
            desk = slow(console.app.session.desk)  # type: ignore[union-attr]
            await console.look_up(FIRST)
            await console.until(desk.begun.is_set)
            change(stage, CHARGE, state="Canceled")
            await console.press("g")
            await console.sees("Canceled 85.00")
            desk.go_on.set()
            await console.sees("C043451 Authorized → Canceled", "* was Authorized")

    async def test_a_tab_tells_what_happened_while_another_was_shown(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.press("s")
            await console.look_up(SECOND)
            change(stage, CHARGE, state="Canceled")
            await console.press("left_curly_bracket")
            await console.sees("C043451 Authorized → Canceled", "* was Authorized")

    async def test_what_one_does_oneself_is_no_news(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(SECOND)
            await console.idle()
            await console.refund("5.00", "5.00 USD")
            await console.sees("initiated")
            await console.press("escape")
            await console.sees("5.00")
            await console.idle()
            assert "* new" not in console.screen

    async def test_a_new_refund_of_somebody_else_is_marked(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(SECOND)
            foreign.refund(stage.world, f"{SECOND}-C079366", "5.00")
            await console.press("g")
            await console.sees("C079366 refunded 10.00 USD → 15.00 USD", "* refunded was 10.00 USD")

    async def test_a_look_that_nobody_saw_is_none(self, stage: Stage) -> None:
        """A work list reads its orders in the background: that is no look of a person."""
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.look_up(SECOND)
            change(stage, CHARGE, state="Canceled")
            await console.app.session.lookup.look_up(parse(FIRST))  # type: ignore[union-attr]
            await console.look_up(FIRST)
            await console.sees("C043451 Authorized → Canceled", "* was Authorized")

    async def test_what_happened_since_yesterday(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.idle()
        change(stage, CHARGE, state="Canceled")
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.sees("C043451 Authorized → Canceled", "* was Authorized")

    async def test_it_is_told_beside_the_message_that_stands_there(self, stage: Stage) -> None:
        async with stage.console(120, 40) as console:
            await console.look_up(FIRST)
            await console.look_up(SECOND)
            change(stage, CHARGE, state="Canceled")
            await console.paste(f"{FIRST} or {SECOND}?")
            await console.sees("1 more id in the text", "C043451 Authorized → Canceled")
