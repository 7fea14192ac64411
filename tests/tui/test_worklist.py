"""A list of orders at the screen: looked through in the background, ticked off, come back to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from textual.content import Content

from console.domain.worklist import Entry, as_list, entries
from console.tui.screens import worklist as worklist_screen
from console.tui.screens.help import HelpScreen
from console.tui.screens.worklist import GROUP, Rows, WorkList, WorkListScreen
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio

V1 = "S01-4966596-9591203-A079366"
OPEN = "S01-3309177-6402958-C010002"  # authorized, not captured
TEXT = f"""number;id
1;{V1}
2;S01-3309177-6402958
3;S01-4966596-9591203-C079366
4;123-1234567-1234567
5;S01-0000000-0000000
6;S01-3947265-6081179-B031187
7;C01-2612863-4691163
"""


def nothing_known(_reference: str) -> list[str]:
    return []


def listed(console: Driver, text: str = TEXT) -> WorkList:
    assert console.app.session is not None
    found = as_list(text, nothing_known)
    assert found is not None
    return WorkList(found, console.app.session.lookup)


async def show(console: Driver, worklist: WorkList) -> list[Entry | str | None]:
    """Show the list; what it answers with is put into the list that is returned."""
    answers: list[Entry | str | None] = []
    console.app.push_screen(WorkListScreen(worklist), answers.append)
    await console.sees("Work list")
    return answers


async def test_every_line_says_what_it_is_and_how_its_order_stands(
    stage: Stage, golden: Callable[[str, str], None]
) -> None:
    async with stage.console() as console:
        worklist = listed(console)
        await show(console, worklist)
        await console.until(lambda: not worklist.waiting)
        await console.press("down", "space")
        await console.sees(
            "5 orders · 5 looked up · 1 ticked off", "ref Acme-118",
            "refundable 30.00 USD + 6.00 USD above captured",
            "again in line 4 as S01-4966596-9591203-C079366",
        )  # fmt: skip
        golden("worklist-80x24", console.screen)
        await console.press("home")
        await console.sees("There is no Amazon Pay id in 'number;id'")
        await console.press("down", "down", "down")
        await console.sees("order number of the Amazon marketplace")


async def test_what_can_be_captured_is_said_in_the_row_and_found_by_the_filter(
    stage: Stage,
) -> None:
    async with stage.console(120, 40) as console:
        await show(console, listed(console, f"{V1}\n{OPEN}\n"))
        await console.sees("◌ Authorized · can be captured: 20.00 USD · until 2026-02-12, ")
        await console.press("down")
        await console.sees(
            "can be captured: 20.00 USD · authorization: until 2026-02-12 12:00",
            "capture without delay: until 2026-01-20 12:00 UTC, 5 days left",
        )
        await console.press("slash")
        await console.type("can be captured")
        await console.sees("1 of 2", OPEN)
        await console.sees_no(V1)


async def test_its_keys_stand_first_among_all_keys(stage: Stage) -> None:
    async with stage.console(80, 24) as console:
        await show(console, listed(console, f"{V1}\n{OPEN}\n"))
        await console.press("question_mark")
        await console.sees("space tick it off", "copy the list: every id")
        await console.press("escape")
        await console.sees("2 orders")


async def test_the_list_is_copied_as_a_table(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await show(console, listed(console, f"{V1}\n{OPEN}\nnothing\n"))
        await console.sees("2 looked up")
        await console.press("Y")
        await console.sees("Copied")
        assert console.app.clipboard.splitlines() == [
            f"{V1}\tCaptured",
            f"{OPEN}\tAuthorized\tcan be captured: 20.00 USD\tuntil 2026-02-12, 28 days left",
            "nothing",
        ]


async def test_in_80_columns_no_amount_is_cut(stage: Stage) -> None:
    async with stage.console(80, 24) as console:
        await show(console, listed(console, f"{V1}\n{OPEN}\n"))
        await console.sees("◌ Authorized · capturable: 20.00 USD · 28 d")


async def test_entries_of_one_line_are_counted(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await show(console, listed(console, f"{V1}, {OPEN}"))
        await console.sees(f"1  {V1[:19]}", f"2  {OPEN[:19]}")


async def test_after_a_list_keys_are_keys(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.paste(f"{V1}\n{OPEN}")
        await console.sees("Work list")
        await console.press("escape")
        await console.sees_no("Work list")
        await console.press("question_mark")
        await console.sees("Keys")


async def test_enter_opens_and_the_list_is_as_it_was_on_coming_back(stage: Stage) -> None:
    async with stage.console() as console:
        worklist = listed(console)
        answers = await show(console, worklist)
        await console.press("enter")  # a line without an id opens nothing
        assert answers == []
        await console.press("n", "space", "n", "enter")
        await console.sees_no("Work list")
        [entry] = answers
        assert isinstance(entry, Entry)
        assert entry.order == "S01-3309177-6402958"
        await console.until(lambda: not worklist.waiting)  # it went on behind the order
        answers = await show(console, worklist)
        assert worklist.ticked == {1}
        await console.press("escape")
        assert answers == [None]


async def test_next_and_previous_unticked_skip_what_is_done_and_what_is_no_id(
    stage: Stage,
) -> None:
    async with stage.console() as console:
        worklist = listed(console)
        await show(console, worklist)
        await console.press("n", "space", "n", "space", "space")
        assert worklist.ticked == {1}
        places = []
        for _ in range(5):
            await console.press("n")
            places.append(worklist.cursor)
        assert places == [4, 5, 6, 2, 4]
        await console.press("p", "p")
        assert worklist.cursor == 6


async def test_looking_can_be_stopped_and_goes_on(stage: Stage) -> None:
    stage.fault("get_charge_permission:delay:0.3:xalways")
    async with stage.console() as console:
        worklist = listed(console)
        await show(console, worklist)
        await console.sees("s stop looking")
        await console.press("s")
        await console.until(lambda: not worklist.looking)
        left = len(worklist.waiting)
        assert left > 0
        asked = len(stage.world.log.entries())
        await console.pilot.pause(0.4)
        assert len(stage.world.log.entries()) == asked
        await console.sees("s look on")
        stage.world.faults.clear()
        await console.press("s")
        await console.until(lambda: not worklist.waiting)


async def test_orders_are_looked_up_one_after_the_other(stage: Stage) -> None:
    """Never two orders at once: the queries of people must not wait for the list."""
    orders = ["S01-4966596-9591203", "S01-3309177-6402958", "S02-6865442-5879427"]
    stage.fault("get_charge_permission:delay:0.1:xalways")
    async with stage.console() as console:
        worklist = listed(console, "\n".join(orders))
        before = time.monotonic()
        await show(console, worklist)
        await console.until(lambda: not worklist.waiting)
        assert time.monotonic() - before >= 0.3
        assert console.app.session is not None
        assert [r.operation for r in console.app.session.client.records].count(
            "get_charge_permission"
        ) == 3


async def test_what_would_fail_for_all_stops_the_looking_and_says_so(stage: Stage) -> None:
    async with stage.console() as console:
        worklist = listed(console)
        stage.fault("*:refuse:InvalidRequestSignature:xalways")
        await show(console, worklist)
        await console.sees("Stopped:")
        assert not worklist.looking
        assert len(worklist.waiting) == worklist.orders - 1


async def test_an_order_that_was_read_elsewhere_is_shown_as_it_is_now(stage: Stage) -> None:
    async with stage.console() as console:
        worklist = listed(console)
        await show(console, worklist)
        await console.until(lambda: not worklist.waiting)
        await console.press("escape")
        await console.look_up(V1)
        stage.world.faults.clear()
        screen = console.app.console_screen
        assert screen is not None
        assert screen.order is not None
        before = worklist.result(worklist.entries[1])
        worklist.note(screen.order)
        assert worklist.result(worklist.entries[1]) is not before


async def test_copy_takes_the_id(stage: Stage) -> None:
    async with stage.console() as console:
        await show(console, listed(console))
        await console.press("n", "y")
        await console.sees("Copied")
        assert console.app.clipboard == V1


async def test_of_a_thousand_lines_only_those_in_sight_are_drawn(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    draw = worklist_screen._row

    def counted(of: WorkList, number: int, width: int) -> Content:
        drawn.append(number)
        return draw(of, number, width)

    monkeypatch.setattr(worklist_screen, "_row", counted)
    async with stage.console() as console:
        text = "\n".join(f"S01-{n:07}-1000000" for n in range(1000))
        worklist = listed(console, text)
        assert len(worklist.entries) == 1000
        worklist.stopped_by = "not in this test"
        await show(console, worklist)
        rows = console.app.screen.query_one(Rows)
        height = rows.size.height
        assert 0 < height < 24
        assert set(drawn) <= set(range(24)), "no more than the screen holds"
        for moved in range(1, 101):
            rows.action_move(7)
            drawn.clear()
            rows.render()
            assert len(drawn) == height
            assert 7 * moved in drawn
        await console.press("end")
        await console.sees("S01-0000999-1000000")
        await console.press("home")
        await console.sees("S01-0000000-1000000")


async def test_hostile_lines_are_shown_as_text(stage: Stage) -> None:
    async with stage.console() as console:
        assert console.app.session is not None
        text = f"{V1}\n[bold red]\x1b[31m[@click=app.quit]x[/] \u202etxt\nS01-3309177-6402958"
        worklist = WorkList(entries(text, nothing_known), console.app.session.lookup)
        await show(console, worklist)
        await console.press("down")
        await console.sees("[bold red]")
        assert "\x1b" not in console.screen
        assert "\u202e" not in console.screen


async def test_the_list_may_change_at_any_moment_while_its_screen_goes(stage: Stage) -> None:
    async with stage.console() as console:
        worklist = listed(console)
        await show(console, worklist)
        shown = console.app.screen
        console.app.pop_screen()
        while shown.is_running:
            worklist.changed()
            await asyncio.sleep(0)
        worklist.changed()
        await console.press("slash")
        await console.type(V1)


async def test_leaving_the_program_ends_the_looking(stage: Stage) -> None:
    stage.fault("get_charge_permission:delay:5:xalways")
    async with stage.console() as console:
        worklist = listed(console)
        await show(console, worklist)
        await console.until(lambda: worklist.looking)
        assert any(worker.group == GROUP for worker in console.app.workers)
    assert not worklist.looking


async def test_a_pasted_list_opens_and_escape_comes_back_to_it(stage: Stage) -> None:
    async with stage.console() as console:
        await console.press("slash")
        await console.paste(TEXT)
        await console.sees("Work list · 5 orders")
        await console.press("n", "enter")
        await console.sees("S01-4966596-9591203", "checked")
        await console.press("escape")
        await console.sees("Work list · 5 orders")
        await console.press("space", "n", "enter")
        await console.sees("S01-3309177-6402958", "checked")
        await console.press("w")
        await console.sees("1 ticked off")


async def test_a_mail_about_one_order_opens_the_order(stage: Stage) -> None:
    async with stage.console() as console:
        await console.press("slash")
        await console.paste(f"Hello,\nplease refund {V1}\n(order S01-4966596-9591203)\nThanks")
        await console.sees("Captured", "checked")
        await console.sees_no("Work list")
        await console.press("w")
        await console.sees("No work list")


PASTED = "S01-4966596-9591203\nS01-3309177-6402958\n"


async def test_a_slash_leaves_the_list_for_the_search(stage: Stage) -> None:
    """What is typed next is no key of the list."""
    async with stage.console() as console:
        await console.paste(PASTED)
        await console.sees("Work list · 2 orders")
        await console.press("slash")
        await console.type("S01-5797829-1888777")
        await console.press("enter")
        await console.sees("S01-5797829-1888777 ● Chargeable")


async def test_its_filter_is_there_on_coming_back_and_its_keys_are_in_the_help(
    stage: Stage,
) -> None:
    async with stage.console() as console:
        await console.paste(PASTED)
        await console.sees("Work list · 2 orders · 2 looked up")
        first, second = (order for order in PASTED.split() if order.startswith("S"))
        await console.press("slash")
        await console.type(second)
        await console.sees("1 of 2")
        await console.press("enter", "enter")
        await console.sees("Transactions")
        await console.press("escape")
        await console.sees("Work list", "1 of 2", second)
        assert first not in console.words
        await console.press("question_mark")
        await console.until(lambda: isinstance(console.app.screen, HelpScreen))
        await console.sees("Actions on the chosen transaction")
        await console.press("escape")
        await console.sees("Work list", "1 of 2")


async def test_escape_comes_back_to_the_list_once_and_then_puts_it_away(stage: Stage) -> None:
    async with stage.console() as console:
        await console.paste(PASTED)
        await console.sees("Work list · 2 orders · 2 looked up")
        await console.press("enter")
        await console.sees("Transactions")
        await console.press("escape")
        await console.sees("Work list")
        await console.press("escape")
        await console.sees_no("Work list")
        await console.press("escape", "escape")
        await console.sees_no("Work list")
        await console.press("w")
        await console.sees("Work list")
