"""From whatever was pasted to the order, or to the reason why there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.command import CommandList

from console.tui.commands import Palette
from tests.tui.stage import Stage
from tests.tui.test_hostile import CONTROL

pytestmark = pytest.mark.anyio

MAIL = """From: ann@example.com
Subject: where is my money?

Hello, my order Acme-118 (authorization S01-4966596-9591203-A079366,
see also S01-5797829-1888777) \x1b[31mwas broken\x1b[0m. Please help.
"""


async def test_a_whole_mail_is_searched_wherever_it_is_pasted(stage: Stage) -> None:
    async with stage.console() as console:
        await console.paste(MAIL)
        await console.sees("/ S01-4966596-9591203-A079366", "made with Checkout v1")
        await console.sees("1 more id in the text S01-5797829-1888777", "Press t")
        await console.press("t")
        await console.sees("Also in the text")
        await console.press("enter")
        await console.sees("◌ Authorized", "v1 Open")
        await console.paste(MAIL)  # the cursor is in the transactions now
        await console.sees("made with Checkout v1", "● Captured")


async def test_the_keys_of_search_and_back(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up("Acme-117")  # the shop's own number
        await console.sees("S01-5797829-1888777")
        assert console.app.focused is not None
        assert console.app.focused.id == "transactions"
        await console.press("slash")
        assert console.app.focused.id == "search"
        await console.press("slash")
        await console.sees("/ S01-5797829-1888777")
        await console.press("escape")
        assert console.app.focused.id == "transactions"


async def test_what_is_no_id_is_said_with_what_to_look_for(stage: Stage) -> None:
    async with stage.console() as console:
        await console.paste("302-1234567-1234567")
        await console.sees("an order number of the Amazon marketplace", "P01-, S01-")
        await console.paste("S01-4966596-9591203-A0793")
        await console.sees("is almost an Amazon Pay id")


async def test_failures_stay_with_their_next_step(stage: Stage) -> None:
    async with stage.console() as console:
        await console.paste("S01-0000000-0000000")
        await console.sees("Not found", "Amazon knows no charge permission S01-0000000-0000000",
                           "Check the digits")  # fmt: skip
        await console.paste("P01-1840276-5529301")
        await console.sees("The other environment", "is a live id", "Nothing was sent")
        stage.fault("get_charge_permission:refuse:UnauthorizedAccess")
        await console.paste("S01-3309177-6402958")
        await console.sees("UnauthorizedAccess")
        assert not stage.world.log.entries("create_refund")


async def test_several_orders_with_one_number_are_offered(stage: Stage) -> None:
    from console.store.index import Known

    async with stage.console() as console:
        session = console.app.session
        assert session is not None
        orders = ("S01-5797829-1888777", "S01-4966596-9591203")
        session.known.remember(
            [
                Known(order, "charge_permission", None, order, "Twice", "Closed", "")
                for order in orders
            ]
        )
        await console.press("slash")
        await console.type("Twice")
        await console.press("enter")
        await console.sees("Twice stands on 2 orders")
        await console.press("down", "enter")
        await console.sees("v1 Open", "◌ Authorized")


async def test_recent_orders_are_a_key_away_where_they_are_folded(stage: Stage) -> None:
    async with stage.console(80, 24) as console:
        await console.press("escape", "l")
        await console.sees("Recent orders", "Acme-DE-31")
        await console.press("enter")
        await console.sees("checked just now")


@pytest.mark.usefixtures("reading")
async def test_what_is_not_allowed_says_why(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up("S01-5797829-1888777-A043451")
        await console.press("r")
        await console.sees("Refund is not possible", "Nothing was captured yet")
        await console.press("m")
        await console.sees("Complete: not here")
        await console.press("escape")
        await console.sees_no("Complete: not here")


async def test_pending_objects_are_looked_at_until_they_are_final(stage: Stage) -> None:
    async with stage.console() as console:
        await console.look_up("S01-7192803-4418857")
        await console.sees("◐ CaptureInitiated", "1 pending")
        with stage.world.lock:
            charge = stage.world.charges["S01-7192803-4418857-C080562"].latest
            stage.world.put(replace(charge, state="Captured", captured=charge.amount))
        await console.sees("● Captured", "v1 Completed")
        reads = len(stage.world.log.entries("get_charge"))
        await console.pilot.pause(0.5)
        assert len(stage.world.log.entries("get_charge")) == reads


async def test_a_row_tells_how_long_its_state_has_lasted(stage: Stage) -> None:
    """An agent tells the buyer when it was canceled, not when it was made."""
    async with stage.console(120, 40) as console:
        await console.look_up("S01-3309177-6402958-C010002")
        await console.press("x")
        await console.sees("why, for the journal")
        await console.type("twice")
        await console.press("enter", "enter")
        await console.sees("The exact request")
        await console.confirm("cancel 0002")
        await console.sees("Canceled")
        await console.press("escape")
        await console.sees("C010002 charge ○ Canceled 20.00 v1 Closed just now")


async def test_the_tabs(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up("S01-3309177-6402958")
        await console.sees("R020002 created · Amazon")
        await console.press("2")
        await console.sees("Your payment of 30.00 USD arrived", "Your refund of 3.00 USD is done")
        await console.press(
            "pagedown", "pagedown", "pagedown"
        )  # no row is out of sight: it is read
        await console.sees("What can be done now")
        await console.press("pageup", "pageup", "pageup")
        await console.sees("Your payment of 30.00 USD arrived")
        await console.press("3")
        await console.sees("Order Reference", "S01-3309177-6402958-A010001", "AmazonCaptureId")
        await console.press("4")
        await console.sees('"chargeId": "S01-3309177-6402958-C010001"')
        await console.press("5")
        await console.sees("GET /v2/chargePermissions/S01-3309177-6402958")


async def test_everything_is_in_the_palette(stage: Stage) -> None:
    from console.domain.action_table import ACTIONS
    from console.tui.commands import ConsoleCommands
    from console.tui.keys import GENERAL

    async with stage.console() as console:
        commands = ConsoleCommands(console.app.screen)
        names = [str(hit.text) async for hit in commands.discover()]
        assert all(any(n.startswith(f"{a.title.lower()}: ") for n in names) for a in ACTIONS)
        assert all(g.command in names for g in GENERAL if g.command and "ctrl" not in g.key)
        await console.look_up("S01-5797829-1888777")
        await console.press("ctrl+p")
        await console.type("refund: this")
        await console.sees("r  Give captured money back")
        await console.press("enter")
        await console.sees("Refund is not possible")


async def test_every_key_stands_in_the_help(stage: Stage) -> None:
    from console.tui.keys import GENERAL, screen_bindings
    from console.tui.screens.help import help_lines

    text = "\n".join(line.plain for line in help_lines(100))
    shown = {general.key: general.shown for general in GENERAL}
    for binding in screen_bindings():
        assert isinstance(binding, Binding)
        key = shown.get(binding.key, binding.key)
        assert key.isdigit() or f"\n{key} " in text
    async with stage.console() as console:
        await console.press("escape", "question_mark")
        await console.sees("Actions on the chosen transaction")
        await console.press("escape")
        await console.sees_no("Actions on the chosen transaction")


async def test_a_payment_of_an_agreement_is_found_by_the_number_seller_central_shows(
    stage: Stage,
) -> None:
    """No call of the API knows that id; the charge whose id begins with it is known here."""
    async with stage.console(120, 40) as console:
        await console.look_up("C01-8824045-7416542")
        await console.look_up("S01-9417730-3358126")
        screen = console.app.console_screen
        assert screen is not None
        assert screen.order is not None
        assert screen.order.id == "C01-8824045-7416542"
        assert screen.order_pane.chosen == "S01-9417730-3358126-C027744"


async def test_what_is_not_possible_here_says_where_it_is_and_goes_there(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up("S01-3309177-6402958")
        await console.press("x")
        await console.sees("Cancel is not possible", "It is possible for C010002, which is chosen")
        await console.press("x")
        await console.sees("Cancel · charge S01-3309177-6402958-C010002")


@pytest.mark.parametrize(
    ("typed", "offered", "shown"),
    [
        ("acme-118", "open: ○ S01-4966596-9591203", "S01-4966596-9591203  ○ Closed"),
        ("S01-5797829-1888777", "search: S01-5797829-1888777", "S01-5797829-1888777  ● Charge"),
        ("refundinitiated", "show: what RefundInitiated means", "RefundInitiated  state · refund"),
    ],
)
async def test_orders_ids_and_words_are_in_the_palette(
    stage: Stage, typed: str, offered: str, shown: str
) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up("S01-4966596-9591203")
        await console.look_up("S01-3309177-6402958")
        await console.press("ctrl+p")
        await console.sees("refund: this charge")
        await console.type(typed)
        await console.sees(offered)
        await console.press("enter")
        await console.sees(shown)


async def test_what_an_order_is_called_is_only_text_in_the_palette(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up("S01-6666013-1313666")  # by its reference: ESC, [5m and markup
        await console.press("ctrl+p")
        await console.sees("refund: this charge")
        await console.type("1313666")
        await console.sees("open: ● S01-6666013-1313666  Acme-␛[5m")
        assert not CONTROL.search(console.screen.replace("\n", ""))


@pytest.mark.parametrize("term", ["RefundInitiated", "refund initiated", "SoftDeclined"])
async def test_a_state_or_a_code_is_explained(stage: Stage, term: str) -> None:
    async with stage.console(120, 40) as console:
        await console.look_up("S01-4966596-9591203")
        await console.press("slash")
        await console.type(term)
        await console.press("enter")
        await console.sees(
            "v1 ↔ v2 ↔ Seller Central", "the order alone, not this one", "to the buyer"
        )
        await console.press("escape")
        await console.sees("S01-4966596-9591203  ○ Closed")
        await console.press("n")
        await console.sees("Notes on S01-4966596-9591203")


@pytest.mark.parametrize(
    ("key", "shown"), [("question_mark", "Actions on the"), ("comma", "Language")]
)
async def test_with_nothing_typed_what_no_id_begins_with_is_a_key(
    stage: Stage, key: str, shown: str
) -> None:
    async with stage.console(120, 40) as console:
        await console.press(key)
        await console.sees(shown)
        await console.press("escape")
        await console.type("a?,b")
        await console.sees("/ a?,b")
        await console.look_up("S01-4966596-9591203")
        await console.press("slash", key)
        await console.sees(shown)
        await console.press("escape")
        await console.sees("/ S01-4966596-9591203")


async def test_while_something_is_typed_the_footer_says_how_letters_become_keys(
    stage: Stage,
) -> None:
    async with stage.console(120, 40) as console:
        await console.sees("esc and then: l Recent")
        await console.sees("^p Palette ^q Leave esc and then:")
        await console.press("escape")
        await console.sees("/ Search l Recent", "? Keys ^p Palette ^q Leave")
        await console.press("slash")
        await console.sees("^q Leave esc and then: l Recent")


async def test_what_is_pasted_into_the_palette_is_cleaned(stage: Stage) -> None:
    async with stage.console(120, 40) as console:
        await console.press("ctrl+p")
        await console.sees("refund: this charge")
        await console.paste("re\x00f\u202eu\x1b[2Jnd")
        await console.sees("re␀f")
        assert not CONTROL.search(console.screen.replace("\n", ""))


async def test_a_search_that_goes_on_while_the_palette_is_left_breaks_nothing(
    stage: Stage,
) -> None:
    async with stage.console(120, 40) as console:
        await console.press("ctrl+p")
        await console.sees("refund: this charge")
        palette = console.app.screen
        assert isinstance(palette, Palette)
        await palette.query(CommandList).remove()  # as while it is left
        palette._list_visible = not palette._list_visible
        palette._show_busy = not palette._show_busy
        palette.dismiss()
        palette._gather_commands("refund")
        await console.sees_no("refund: this charge")
        assert console.app._exception is None


async def test_a_click_at_a_command_that_is_gone_from_the_palette_does_nothing(
    stage: Stage,
) -> None:
    async with stage.console(120, 40) as console:
        await console.press("ctrl+p")
        await console.sees("refund: this charge")
        palette = console.app.screen
        listed = palette.query_one(CommandList)
        at = listed.option_count - 1
        listed.clear_options()
        x, y = listed.region.x + 3, listed.region.y + 1
        click = events.Click(listed, 3, 1, 0, 0, 1, False, False, False, x, y)
        click.style = Style(meta={"option": at})
        listed.post_message(click)
        await console.settle()
        assert console.app.screen is palette
        assert console.app._exception is None


async def test_a_palette_can_be_opened_while_the_one_before_is_still_being_left(
    stage: Stage,
) -> None:
    async with stage.console(120, 40) as console:
        for _again in range(5):
            await console.press("ctrl+p")
            await console.sees("refund: this charge")
            console.app.screen.dismiss()
            console.app.action_command_palette()
            await console.sees("refund: this charge")
            await console.press("escape")
        assert console.app._exception is None


async def test_a_palette_without_room_takes_no_key(stage: Stage) -> None:
    """Such as right after a resize to nothing: its list has lines, and none is laid out."""
    async with stage.console(120, 40) as console:
        await console.press("ctrl+p")
        await console.sees("refund: this charge")
        palette = console.app.screen
        assert isinstance(palette, Palette)
        found = palette.query_one(CommandList)
        await console.pilot.resize_terminal(1, 1)
        found._clear_caches()  # the resize has them laid out anew
        assert found.option_count
        assert not found.scrollable_content_region
        for action in ("page_up", "page_down", "cursor_down", "first", "last"):
            palette._action_command_list(action)
        await console.pilot.resize_terminal(120, 40)
        await console.sees("refund: this charge")
