"""Several accounts: switching leaks nothing, LIVE is named once, a passphrase is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from console.actions.outcome import Held
from console.actions.plan import Wish
from console.actions.planning import plan_action
from console.domain.colours import COLOURS
from console.domain.ids import parse
from console.keys import make_key
from console.store.credentials import store_key
from console.store.places import Places
from console.store.profiles import Profile, Profiles
from console.tui.app import PayConsole
from console.tui.messages import Said
from console.tui.naming import is_named_by
from console.tui.opening import DemoSource, ProfileSource
from console.tui.screens.connect import ConnectScreen
from console.tui.screens.profiles import key_place
from console.tui.widgets.header import Header
from tests.settings.test_credentials import Memory
from tests.support.effort import budget
from tests.tui.stage import Driver, Stage

pytestmark = pytest.mark.anyio
THEMES = ["textual-dark", "textual-light", "nord", "solarized-light"]

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"
LIVE_ORDER = "P01-1840276-5529301"


def live_charge(stage: Stage) -> str:
    return next(name for name in stage.world.charges if name.startswith(LIVE_ORDER))


@pytest.fixture
def _memory() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def places(stage: Stage, _memory: None) -> Places:
    """Two profiles at one simulator: acme, in sandbox, and books, which is live."""
    made = Places(stage.folder, stage.folder)
    acme = Profile("acme", "na", "sandbox", "SANDBOX-ACME", stage.server.url,
                   store_name="Acme Store", colour="teal")  # fmt: skip
    books = Profile("books", "na", "live", "LIVE-BOOKS", stage.server.url,
                    store_name="Book Shop", colour="orange")  # fmt: skip
    for profile in (acme, books):
        pem, public = make_key()
        stage.world.keys.register(public)
        store_key(profile, pem)
        Profiles(made).add(profile)
    return made


@asynccontextmanager
async def opened(stage: Stage, places: Places, name: str) -> AsyncIterator[Driver]:
    app = PayConsole(ProfileSource(Profiles(places).get(name), places), places)
    app.animation_level = "none"
    async with app.run_test(size=(100, 30)) as pilot:
        driver = Driver(stage, app, pilot)
        await driver.until(lambda: app.session is not None and driver.screen != "", 20)
        await driver.sees("journal")
        yield driver


async def open_list(console: Driver) -> None:
    await console.press("escape", "p")
    await console.sees("Accounts", "test its key")


class TestList:
    async def test_it_shows_each_account_and_marks_the_open_one(
        self, stage: Stage, places: Places
    ) -> None:
        async with opened(stage, places, "acme") as console:
            await open_list(console)
            rows = [line for line in console.screen.splitlines() if "NA" in line]
            acme = next(row for row in rows if "acme " in row)
            books = next(row for row in rows if "books " in row)
            for word in ("›●", "Acme Store", "SANDBOX", "teal", "default"):
                assert word in acme
            for word in ("Book Shop", "LIVE", "orange"):
                assert word in books
            assert "●" not in books
            assert "›" not in books
            await console.sees("SANDBOX-ACME", "keyring")

    async def test_a_key_is_tested_in_place(self, stage: Stage, places: Places) -> None:
        async with opened(stage, places, "acme") as console:
            await open_list(console)
            await console.press("t")
            await console.sees("The key works")

    async def test_the_demo_says_so_and_lists_the_profiles(
        self, stage: Stage, places: Places
    ) -> None:
        app = PayConsole(DemoSource(), places)
        async with app.run_test(size=(100, 30)) as pilot:
            console = Driver(stage, app, pilot)
            await console.until(lambda: app.session is not None, 20)
            await console.sees("journal")
            await open_list(console)
            await console.sees("The demo is open", "Acme Store", "Book Shop")
            await console.press("enter")
            await console.sees("Acme Store · NA · SANDBOX")
            await console.until(lambda: app.session is not None)
            assert app.session is not None
            assert app.session.profile.name == "acme"

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({}, "keyring"),
            ({"key_command": ("op", "read", "op://secret")}, "printed by op"),
            ({"key_file": "~/key.pem"}, "encrypted file ~/key.pem"),
            ({"plaintext_keyring": True}, "keyring, which may store plain text"),
        ],
    )
    def test_where_the_key_is(self, values: dict[str, object], said: str) -> None:
        profile = Profile("acme", "na", "sandbox", "SANDBOX-X")
        assert key_place(replace(profile, **values)) == said  # type: ignore[arg-type]


class TestSwitching:
    async def test_nothing_of_the_old_account_is_left(self, stage: Stage, places: Places) -> None:
        async with opened(stage, places, "books") as console:
            await console.look_up(LIVE_ORDER)
            await console.paste("S01-4966596-9591203\nS01-3309177-6402958\n")
            await console.sees("Work list")
            await console.press("escape")
            old = console.app.console_screen
            session = console.app.session
            assert old is not None
            assert session is not None
            old.banners.raise_("x", _said(f"about {LIVE_ORDER}"))
            await console.sees(f"about {LIVE_ORDER}")
            await open_list(console)
            await console.press("up", "enter")
            await console.sees("Acme Store · NA · SANDBOX", "Paste or type any")
            assert console.app.console_screen is not old
            assert old not in console.app.screen_stack
            assert not old.is_attached
            place = console.app.console_screen
            assert place is not None
            assert place.order is None
            assert place.worklist is None
            assert LIVE_ORDER[4:] not in console.screen
            assert "about" not in console.screen
            assert "Book Shop" not in console.screen
            assert session.client._http is None  # closed in good order
            await console.look_up(CHARGE)
            assert console.app.session is not None
            assert console.app.session.client.account.public_key_id == "SANDBOX-ACME"

    async def test_it_is_refused_while_a_request_is_under_way(
        self, stage: Stage, places: Places
    ) -> None:
        stage.fault("create_refund:delay:4")
        async with opened(stage, places, "acme") as console:
            await console.look_up(CHARGE)
            await console.refund("10.00", "10.00 USD")
            await console.sees("Sending, attempt 1")
            await console.press("escape")
            console.app.accounts.switch_to(Profiles(places).get("books"))
            await console.sees("Another account: not now", "A request is under way")
            await console.sees("Refund initiated")
            assert console.app.session is not None
            assert console.app.session.profile.name == "acme"
        assert stage.refunds_made() == 1

    async def test_a_live_account_is_opened_once_it_was_named(
        self, stage: Stage, places: Places
    ) -> None:
        async with opened(stage, places, "acme") as console:
            await open_list(console)
            await console.press("down", "enter")
            await console.sees("Type its name to go on", "Book Shop", "you stay where you are")
            assert "needs no name" not in console.words  # nothing of it can be looked up either
            await console.type("acme store")
            await console.press("enter")
            await console.sees("That is not its name")
            await console.press("enter")
            await console.sees("That is still not its name")
            await console.press("escape")
            await console.sees("Acme Store · NA · SANDBOX")
            await open_list(console)
            await console.press("down", "enter")
            await console.sees("Type its name to go on")
            await console.type("  BOOK  shop ")
            await console.press("enter")
            await console.sees("Book Shop · NA · LIVE")
            await console.look_up(live_charge(stage))
            await console.press("r")
            await console.sees("It is never filled in for you")  # it is not asked again
            await console.press("escape")
            await open_list(console)
            await console.press("up", "enter")
            await console.sees("Acme Store · NA · SANDBOX")
            accounts = console.app.accounts
            await console.until(lambda: not accounts.is_switching)  # open, not only named
            await open_list(console)
            await console.press("down", "enter")
            await console.sees("Book Shop · NA · LIVE")  # nor when coming back

    async def test_an_account_that_was_just_connected_is_opened(
        self, stage: Stage, places: Places
    ) -> None:
        async with opened(stage, places, "acme") as console:
            await open_list(console)
            await console.press("c")
            await console.until(lambda: isinstance(console.app.screen, ConnectScreen))
            console.app.screen.dismiss("books")  # as it does once the account is saved
            await console.sees("Book Shop · NA · LIVE")
            await console.until(lambda: console.app.session is not None)


class TestLive:
    async def test_nothing_can_be_sent_before_it_was_named(
        self, stage: Stage, places: Places
    ) -> None:
        async with opened(stage, places, "books") as console:
            await console.look_up(live_charge(stage))  # looking up is free
            await console.press("r")
            await console.sees("Type its name to go on", "Looking orders up needs no name")
            await console.press("escape")
            session = console.app.session
            assert session is not None
            charge = parse(live_charge(stage))
            with pytest.raises(Held, match="the account's name was typed"):
                await plan_action(session.engine, "refund", charge, Wish(amount="10"))
            assert stage.refunds_sent() == 0
            await console.press("r")
            await console.type("Book Shop")
            await console.press("enter")
            await console.sees("It is never filled in for you")
            await console.press("escape")
            await console.idle()
            await console.refund("10", "10.00 USD 8164")
            await console.sees("Refund initiated")
        assert stage.refunds_made() == 1

    async def test_a_list_of_fixes_asks_for_it_too(self, stage: Stage, places: Places) -> None:
        async with opened(stage, places, "books") as console:
            await console.paste(f"{LIVE_ORDER}\nP01-1840276-5529302\n")
            await console.sees("Work list")
            await console.press("f")
            await console.sees("Type its name to go on")
            await console.press("escape")
            await console.sees("Work list")
            await console.press("f")
            await console.type("Book Shop")
            await console.press("enter")
            await console.sees("One action for")

    async def test_an_open_intent_is_not_asked_again_before(
        self, stage: Stage, places: Places
    ) -> None:
        stage.fault("create_refund:hang_up_before:x2")
        async with opened(stage, places, "books") as console:
            await console.look_up(live_charge(stage))
            await console.press("r")
            await console.type("Book Shop")
            await console.press("enter")
            await console.sees("It is never filled in for you")
            await console.press("escape")
            await console.idle()
            assert console.app.session is not None
            console.app.session.engine._waits = (0.05,)
            await console.refund("10", "10.00 USD 8164")
            await console.sees("OUTCOME UNKNOWN")
        sent = stage.refunds_sent()
        async with opened(stage, places, "books") as console:
            await console.sees("1 open intent waiting", "Press i, then a")
            await console.press("escape", "i", "a")
            await console.sees("Type its name to go on")
            await console.press("escape")
            await console.sees("Nothing was asked")
            assert stage.refunds_sent() == sent
            await console.press("a")
            await console.type("Book Shop")
            await console.press("enter")
            await console.until(lambda: stage.refunds_sent() > sent)

    @pytest.mark.parametrize("typed", ["Acme Store", "acme store", "  ACME   STORE "])
    def test_case_and_blanks_are_free(self, typed: str) -> None:
        profile = Profile("x", "na", "live", "LIVE-X", store_name="Acme Store")
        assert is_named_by(profile, typed)

    @pytest.mark.parametrize("typed", ["", "  ", "Acme", "x", "Acme Store 2"])
    def test_something_else_is_not_its_name(self, typed: str) -> None:
        profile = Profile("x", "na", "live", "LIVE-X", store_name="Acme Store")
        assert not is_named_by(profile, typed)


def _said(text: str) -> Said:
    return Said("Test", text)


@pytest.mark.usefixtures("_memory")
async def test_a_key_file_asks_for_its_passphrase_at_the_start(
    stage: Stage, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
    )

    from console.keys import load_private_key

    pem, public = make_key()
    stage.world.keys.register(public)
    encrypted = load_private_key(pem).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame")
    )
    file = tmp_path / "key.pem"
    file.write_bytes(encrypted)
    file.chmod(0o600)
    places = Places(tmp_path, tmp_path)
    profile = Profile("acme", "na", "sandbox", "SANDBOX-X", stage.server.url, key_file=str(file))
    Profiles(places).add(profile)
    for tries, answer in ((2, "opens"), (3, "stays closed")):
        app = PayConsole(ProfileSource(profile, places), places)
        async with app.run_test(size=(100, 30)) as pilot:
            console = Driver(stage, app, pilot)
            await console.sees("The key's passphrase")
            for _ in range(tries):
                await console.type("wrong one")
                assert "wrong" not in console.screen
                await console.press("enter")
                await console.pilot.pause(0.5)
            if answer == "opens":
                await console.sees("1 more try")
                await console.type("open sesame")
                await console.press("enter")
                await console.until(lambda app=app: app.session is not None, 20)  # type: ignore[misc]
            else:
                await console.sees("The key stays closed", "does not open the key", "p lists")


def luminance(colour: Color) -> float:
    """Relative luminance, as the Web Content Accessibility Guidelines define it."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class TestColours:
    @pytest.mark.parametrize("theme", budget(THEMES[:2], THEMES))
    async def test_the_title_bar_is_tinted_and_every_word_of_it_can_be_read(
        self, stage: Stage, theme: str
    ) -> None:
        assert theme in BUILTIN_THEMES
        for colour in COLOURS:
            stage.colour = colour
            async with stage.console(100, 30) as console:
                console.app.theme = theme
                await console.pilot.pause()
                header = console.app.screen.query_one(Header)
                assert header.has_class(f"-colour-{colour}")
                plain = console.app.theme_variables["panel"]
                assert header.background_colors[1] != Color.parse(plain)
                for segment in header.render_lines(header.region.reset_offset)[0]:
                    if any(map(str.isalnum, segment.text)) and segment.style is not None:
                        ink, paper = segment.style.color, segment.style.bgcolor
                        assert ink is not None
                        assert paper is not None
                        seen = contrast(Color.from_rich_color(ink), Color.from_rich_color(paper))
                        assert seen >= 4.5, (theme, colour, segment.text, round(seen, 2))

    async def test_live_stays_a_red_frame_and_its_word(self, stage: Stage, places: Places) -> None:
        async with opened(stage, places, "books") as console:
            screen = console.app.console_screen
            assert screen is not None
            assert "LIVE" in console.screen.splitlines()[1]
            assert screen.has_class("-live")
            error = Color.parse(console.app.theme_variables["error"])
            assert screen.styles.border_top[1] == error
