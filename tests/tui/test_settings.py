"""The settings on the screen: applied at start, changed in place, written at once."""

from __future__ import annotations

import os
import pty
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from textual.binding import Binding

from console.domain import language, moments
from console.domain.action_table import ACTIONS
from console.languages import LANGUAGES
from console.store.places import Places
from console.store.screen_settings import Read, ScreenSettings
from console.tui import keymap
from console.tui.app import PayConsole
from console.tui.appearance import VOCABULARY, read_settings, speak_as_set
from console.tui.keys import GENERAL, TABS, screen_bindings
from console.tui.screens.settings import SETTINGS, PickScreen, SettingsScreen
from console.tui.widgets.footer import Keys
from console.tui.widgets.search import SearchInput
from tests.tui.stage import Driver, Stage, drawn

pytestmark = pytest.mark.anyio
TOKYO = ZoneInfo("Asia/Tokyo")
ORDER = "S01-4966596-9591203-A079366"
LEAST = (72, 20)
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _as_before() -> object:
    yield
    language.use(language.ENGLISH)
    moments.use(UTC)
    keymap.use({})


@asynccontextmanager
async def opened(
    stage: Stage, text: str = "", size: tuple[int, int] = (100, 30)
) -> AsyncIterator[Driver]:
    """The console with this `[screen]` in its settings file."""
    places = Places(stage.folder, stage.folder)
    if text:
        places.settings.write_text(text, encoding="utf-8")
    app = PayConsole(stage, places, settings=read_settings(places), zone=TOKYO)
    async with app.run_test(size=size) as pilot:
        driver = Driver(stage, app, pilot)
        await driver.until(lambda: app.session is not None and driver.screen != "")
        if size >= LEAST:
            await driver.sees("journal")
        yield driver


def written(stage: Stage) -> str:
    file = Places(stage.folder, stage.folder).settings
    return file.read_text(encoding="utf-8") if file.exists() else ""


async def choose(console: Driver, name: str) -> None:
    """Open the settings with the cursor on one of them."""
    console.app.show_settings(name)
    await console.until(lambda: isinstance(console.app.screen, SettingsScreen))
    await console.sees("undo")


class TestStart:
    async def test_what_the_file_says_holds(self, stage: Stage) -> None:
        text = """
            [screen]
            theme = "contrast-light"
            ascii = true
            motion = false
            times = "local"
            [screen.keys]
            "action.refund" = "R"
        """
        async with opened(stage, text) as console:
            assert console.app.theme == "contrast-light"
            assert console.app.animation_level == "none"
            await console.look_up(ORDER)
            assert console.screen.isascii()
            await console.sees("R Refund", "JST")
            await console.press("R")
            await console.sees("It is never filled in for you")

    async def test_a_wrong_theme_keeps_nobody_from_work(self, stage: Stage) -> None:
        async with opened(stage, '[screen]\ntheme = "drak"\ntimes = "utc"\n') as console:
            await console.sees("A setting can't be used", "did you mean 'dark'?", "Mend the file")
            assert console.app.theme == "dark"
            await console.look_up(ORDER)
            await console.sees("UTC")

    async def test_two_actions_on_one_key_are_both_named(self, stage: Stage) -> None:
        keys = '[screen.keys]\n"action.refund" = "w"\n'
        async with opened(stage, keys) as console:
            await console.sees("w is the key of two: action.refund and general.worklist")
            await console.press("escape", "w")
            await console.sees("No work list")
            await console.sees("r Refund")

    async def test_a_file_that_is_no_toml_too(self, stage: Stage) -> None:
        async with opened(stage, "[screen") as console:
            await console.sees("A setting can't be used", "settings.toml")

    async def test_without_a_setting_it_looks_as_before(self, stage: Stage) -> None:
        async with opened(stage) as console:
            assert console.app.theme == "dark"
            assert console.app.animation_level == "full"
            assert "●" not in console.screen or not console.screen.isascii()

    def test_the_language_is_the_setting_else_the_locale(self) -> None:
        def spoken(code: str | None, locale: str) -> str:
            speak_as_set(Read(ScreenSettings(language=code)), {"LANG": locale})
            return language._("Refund")

        assert spoken("en", "ja_JP.UTF-8") == "Refund"
        assert spoken(None, "C") == "Refund"
        german, japanese = spoken("de", "C"), spoken(None, "ja_JP.UTF-8")
        assert spoken("ja", "de_DE.UTF-8") == japanese
        assert len({german, japanese, "Refund"}) == 3

    def test_a_catalogue_that_is_missing_is_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("console.languages.FOLDER", tmp_path)
        [problem] = speak_as_set(Read(ScreenSettings(language="ja")), {}).problems
        assert LANGUAGES["ja"] in problem
        assert language._("Refund") == "Refund"


class TestScreen:
    async def test_it_lists_every_setting_with_its_value_and_meaning(self, stage: Stage) -> None:
        async with opened(stage, size=(100, 50)) as console:
            await console.press("escape", "comma")
            await console.sees("Settings", *(setting.title for setting in SETTINGS))
            await console.sees("as the system says", "dark", "of this machine", "own words")
            for action in ACTIONS:
                assert f"  {action.title} " in console.screen
            await console.press("end")
            await console.sees("One key does one thing")
            await console.press("f")
            await console.type("refund")
            await console.sees_no("Capture")
            await console.sees("Give captured money back")

    def test_every_setting_of_the_file_is_there(self) -> None:
        fields = set(ScreenSettings._fields)
        assert {setting.name for setting in SETTINGS} | {"keys"} == fields
        for setting in SETTINGS:
            names = [value for value, _title in setting.values if isinstance(value, str)]
            allowed = {"language": VOCABULARY.languages, "theme": VOCABULARY.themes}
            assert tuple(names) == allowed.get(setting.name, tuple(names))

    async def test_the_idle_time_goes_round_and_is_counted_by_at_once(self, stage: Stage) -> None:
        async with opened(stage, "lock_after_minutes = 7\n") as console:
            await choose(console, "lock_after_minutes")
            await console.sees("Locks itself", "after 7 min", "the key is dropped")
            await console.press("d")
            await console.sees("after 15 min")
            assert "lock_after_minutes" not in written(stage)
            for minutes, said in ((30, "after 30 min"), (60, "after 60 min"), (0, "never")):
                await console.press("enter")
                await console.sees(said)
                assert f"lock_after_minutes = {minutes}\n" in written(stage)
                assert console.app.locking.minutes == minutes
            await console.press("u", "u", "u", "u")
            await console.sees("after 7 min")
            assert written(stage) == "lock_after_minutes = 7\n"

    async def test_the_idle_time_is_known_before_an_account_is_open(self, tmp_path: Path) -> None:
        places = Places(tmp_path, tmp_path)
        places.settings.write_text("lock_after_minutes = 5\n", encoding="utf-8")
        app = PayConsole(None, places, settings=read_settings(places), zone=TOKYO)
        async with app.run_test(size=(100, 30)) as pilot:
            console = Driver(None, app, pilot)  # type: ignore[arg-type]
            await choose(console, "lock_after_minutes")
            await console.sees("after 5 min")

    async def test_a_change_applies_and_is_written_at_once_and_undone(self, stage: Stage) -> None:
        async with opened(stage, "[screen]\n# mine\n") as console:
            await choose(console, "times")
            await console.press("enter")
            await console.until(lambda: 'times = "utc"' in written(stage))
            assert "# mine" in written(stage)
            await console.until(lambda: moments.said(NOON) == "2026-01-15 12:00 UTC")
            await console.press("u")
            await console.until(lambda: "utc" not in written(stage))
            await console.until(lambda: moments.said(NOON) == "2026-01-15 21:00 JST")
            await console.press("u")  # there is nothing more
            await console.settle()
            assert "times" not in written(stage)

    async def test_ascii_goes_round_and_is_seen_at_once(self, stage: Stage) -> None:
        async with opened(stage) as console:
            await choose(console, "ascii")
            await console.sees("as the terminal says: no")
            await console.press("enter")
            await console.until(lambda: console.screen.isascii())
            await console.press("enter")
            await console.until(lambda: not console.screen.isascii())
            await console.press("d")
            await console.sees("as the terminal says: no")
            assert "ascii" not in written(stage)

    async def test_without_motion_nothing_moves(self, stage: Stage) -> None:
        async with opened(stage, '[screen]\nlanguage = "en"\n') as console:
            search = console.app.screen.query_one(SearchInput)
            assert search.cursor_blink
            await choose(console, "motion")
            await console.press("enter")
            await console.until(lambda: not search.cursor_blink)
            await console.until(lambda: console.app.animation_level == "none")
            assert "motion = false" in written(stage)
            await console.press("u")
            await console.until(lambda: console.app.animation_level == "full")
            assert search.cursor_blink
        async with opened(stage, "[screen]\nmotion = false\n") as console:
            assert not console.app.screen.query_one(SearchInput).cursor_blink

    async def test_a_theme_is_shown_before_it_is_taken(self, stage: Stage) -> None:
        async with opened(stage) as console:
            await choose(console, "theme")
            await console.press("enter")
            await console.until(lambda: isinstance(console.app.screen, PickScreen))
            await console.press("down")
            assert console.app.theme == "light"
            await console.press("escape")
            await console.until(lambda: console.app.theme == "dark")
            await console.press("enter", "down", "down", "enter")
            await console.until(lambda: console.app.theme == "contrast-dark")
            await console.until(lambda: 'theme = "contrast-dark"' in written(stage))
            await console.press("u")
            await console.until(lambda: console.app.theme == "dark")

    async def test_a_language_is_written_and_spoken_at_once(self, stage: Stage) -> None:
        async with opened(stage, size=(120, 40)) as console:
            await console.look_up(ORDER)
            await console.sees("Recent", "captured", "order created")
            await choose(console, "language")
            await console.press("enter", "end", "enter")
            await console.sees("設定", "esc 戻る")
            assert 'language = "ja"' in written(stage)
            await console.press("escape", "slash")
            await console.press("ctrl+u")
            await console.sees("最近", "売上請求済み", "R022311 作成", "返金")
            await console.sees_no("created")
            await console.press("escape", "comma", "d")
            await console.sees("Settings", "as the system says")
            await console.press("escape")
            await console.sees("Recent", "captured", "order created")

    async def test_no_dialog_is_left_in_two_languages(self, stage: Stage) -> None:
        async with opened(stage) as console:
            await console.look_up(ORDER)
            await console.press("r")
            await console.sees("It is never filled in for you")
            await choose(console, "language")
            await console.press("enter", "end", "enter")
            await console.sees("First leave what is open behind the settings.")
            assert "language" not in written(stage)
            await console.press("escape")
            await console.sees("It is never filled in for you")

    async def test_where_only_ascii_is_left_japanese_gives_way(self, stage: Stage) -> None:
        async with opened(stage, "[screen]\nascii = true\n") as console:
            await choose(console, "language")
            await console.press("enter", "end", "enter")
            await console.sees("Japanese can't be shown in ASCII alone: this is English")
            await console.press("down", "down", "down", "enter")
            await console.sees("設定")
            await console.press("enter", "enter")
            await console.sees("Settings", "ASCII only")

    async def test_each_enter_is_a_step_however_fast_they_come(self, stage: Stage) -> None:
        async with opened(stage) as console:
            await choose(console, "ascii")
            await console.press(*["enter"] * 5)
            await console.until(lambda: "ascii = false" in written(stage))
            await console.press("u", "u")
            await console.until(lambda: "ascii" not in written(stage))
            await console.press("enter", "enter", "enter", "enter", "escape")
            await console.until(lambda: "ascii = true" in written(stage))
            await console.until(lambda: console.app.appearance.is_ascii)

    async def test_a_new_key_is_pressed_and_conflicts_are_named(self, stage: Stage) -> None:
        async with opened(stage) as console:
            await console.look_up(ORDER)
            await choose(console, "keys.action.refund")
            await console.press("enter")
            await console.sees("Press the new key. Now it is r.")
            await console.press("w")
            await console.sees("w is the key of Work list (general.worklist).")
            await console.press("j")
            await console.sees("j is needed in every list or field.")
            await console.press("R")
            await console.sees("Settings", "Give captured money back")
            await console.until(lambda: '"action.refund" = ["R"]' in written(stage))
            await console.press("escape")
            await console.sees("R Refund")
            await console.press("question_mark")
            await console.sees("R Refund: Give captured money back")
            await console.press("escape", "r")
            await console.settle()
            await console.sees_no("It is never filled in for you")
            await console.press("R")
            await console.sees("It is never filled in for you")

    async def test_a_file_that_cannot_be_written_is_told(self, stage: Stage) -> None:
        async with opened(stage) as console:
            Places(stage.folder, stage.folder).settings.write_text("[screen", encoding="utf-8")
            await choose(console, "motion")
            await console.press("enter")
            await console.sees("Expected ']' at the end of a table declaration")
            assert console.app.animation_level == "full"

    @pytest.mark.parametrize("typed", ["refund: th", "返金: "])
    async def test_the_palette_knows_the_english_names_in_every_language(
        self, stage: Stage, typed: str
    ) -> None:
        async with opened(stage) as console:
            await choose(console, "language")
            await console.press("enter", "end", "enter")
            await console.sees("設定", "esc 戻る")
            await console.press("escape", "ctrl+p")
            await console.type(typed)
            await console.sees("返金: このCharge")
            await console.type("qqq")
            await console.sees("該当するものはありません。")

    async def test_the_palette_leads_there(self, stage: Stage) -> None:
        async with opened(stage) as console:
            await console.press("ctrl+p")
            await console.type("change: theme")
            await console.sees("Colours: light, dark")
            await console.press("enter")
            await console.sees("or without red and green")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_how_the_settings_look(
    stage: Stage, size: tuple[int, int], golden: Callable[[str, str], None]
) -> None:
    async with opened(stage, size=size) as console:
        console.app.animation_level = "none"
        await choose(console, "theme")
        await console.idle()
        golden(f"settings-{size[0]}x{size[1]}", console.screen)


@pytest.mark.parametrize("size", [(60, 20), (71, 24), (40, 8)])
async def test_how_a_small_terminal_looks(
    stage: Stage, size: tuple[int, int], golden: Callable[[str, str], None]
) -> None:
    async with opened(stage, size=size) as console:
        await console.sees("this terminal has", "ctrl+q leaves")
        golden(f"too-small-{size[0]}x{size[1]}", console.screen)


class TestKeys:
    def test_everything_that_has_a_key_can_have_another(self) -> None:
        bindings = {binding.id for binding in screen_bindings()}
        of_app = {b.id for b in PayConsole.BINDINGS if isinstance(b, Binding)}
        fixed = {"general.back", "general.palette"}
        assert set(keymap.BOUND) == (bindings | of_app) - fixed

    def test_no_two_have_one_key_by_default(self) -> None:
        assert keymap.first_clash({}) is None
        for bound in keymap.BOUND.values():
            for key in bound.keys:
                assert keymap.name_of(key) == key, bound.id

    @pytest.mark.parametrize(
        ("key", "named"),
        [("/", "slash"), ("R", "R"), ("Ctrl+R", "ctrl+r"), ("F5", "f5"), ("?", "question_mark"),
         ("+", "plus"), (",", "comma"), ("é", "é")],
    )  # fmt: skip
    def test_keys_are_named_as_people_write_them(self, key: str, named: str) -> None:
        assert keymap.name_of(key) == named
        assert keymap.usable({"action.refund": (key,)})[0] or key in "/?,"

    @pytest.mark.parametrize(
        ("own", "said"),
        [
            ({"action.refund": ("nokey",)}, "There is no key 'nokey'."),
            ({"action.refund": ("boom+r",)}, "There is no key"),
            ({"action.refund": ("j",)}, "j is needed in every list or field."),
            ({"action.refund": ("escape",)}, "is needed in every list or field."),
            ({"action.refund": ("c",)}, "c is the key of two: action.refund and action.capture."),
            ({"action.refund": ("X",), "tab.1": ("X",)}, "X is the key of two"),
            ({"general.leave": ("Q",)}, "choose a key with ctrl or alt"),
        ],
    )
    def test_what_cannot_be_a_key_is_named(
        self, own: dict[str, tuple[str, ...]], said: str
    ) -> None:
        found, problems = keymap.usable(own)
        assert said in " ".join(problems)
        assert keymap.first_clash(found) is None

    def test_two_may_change_places(self) -> None:
        own = {"action.refund": ("c",), "action.capture": ("r",)}
        assert keymap.usable(own) == (own, ())

    def test_the_footer_shows_them(self) -> None:
        keymap.use({"action.refund": ("ctrl+r",), "general.search": ("f5",)})
        text = "\n".join(line.plain for line in Keys()._lines(200))
        assert "^r Refund" in text
        assert "f5 Search" in text
        assert len(GENERAL) > len(TABS)


class TestTimes:
    @pytest.mark.parametrize(
        ("zone", "said"),
        [
            ("UTC", "2026-07-15 12:00 UTC"),
            ("Asia/Tokyo", "2026-07-15 21:00 JST"),
            ("Europe/Berlin", "2026-07-15 14:00 CEST"),
            ("America/Sao_Paulo", "2026-07-15 09:00 -03:00"),
            ("Asia/Kathmandu", "2026-07-15 17:45 +05:45"),
        ],
    )
    def test_a_moment_bears_its_zone(self, zone: str, said: str) -> None:
        moments.use(ZoneInfo(zone))
        assert moments.said(datetime(2026, 7, 15, 12, tzinfo=UTC)) == said
        assert moments.told("2026-07-15T12:00:00Z") == said
        assert moments.told("2026-07-15T12:00:00") == said

    def test_what_is_no_time_stands_as_it_is(self) -> None:
        assert moments.told("soon") == "soon"

    async def test_the_screen_says_them_in_the_zone_of_the_operator(self, stage: Stage) -> None:
        async with opened(stage, size=(120, 40)) as console:
            await console.look_up(ORDER)
            await console.sees("JST")
            assert "UTC" not in console.screen
            await console.press("2")
            await console.sees("JST, ")
            assert "UTC" not in console.screen
        async with opened(stage, '[screen]\ntimes = "utc"\n', size=(120, 40)) as console:
            await console.look_up(ORDER)
            await console.sees("UTC")
            assert "JST" not in console.screen


class TestRoom:
    async def test_a_small_terminal_is_told_what_is_needed(self, stage: Stage) -> None:
        async with opened(stage, size=(60, 18)) as console:
            await console.sees("payconsole needs 72 × 20; this terminal has 60 × 18.",
                               "payconsole lookup ID")  # fmt: skip
            assert "Paste or type" not in console.screen

    async def test_nothing_is_lost_and_no_key_is_taken_meanwhile(self, stage: Stage) -> None:
        async with opened(stage, size=(80, 24)) as console:
            await console.press("slash")
            await console.type("S01-579")
            await console.pilot.resize_terminal(60, 20)
            await console.sees("this terminal has 60 × 20")
            await console.press("x", "enter")
            await console.paste("S01-5797829-1888777")
            await console.pilot.resize_terminal(72, 20)
            await console.sees_no("this terminal has")
            search = console.app.screen.query_one(SearchInput)
            assert search.value == "S01-579"
            assert search.has_focus
            assert stage.world.log.entries("get_charge_permission") == []

    async def test_a_dialog_stays_behind_it(self, stage: Stage) -> None:
        async with opened(stage, size=(80, 24)) as console:
            await console.look_up(ORDER)
            await console.press("r")
            await console.sees("It is never filled in for you")
            await console.type("1.00")
            await console.pilot.resize_terminal(40, 10)
            await console.sees("this terminal has 40 × 10")
            await console.pilot.resize_terminal(80, 24)
            await console.sees("✓ 1.00 USD")

    async def test_it_can_be_left(self, stage: Stage) -> None:
        async with opened(stage, size=(60, 18)) as console:
            await console.sees("this terminal has")
            await console.press("ctrl+q")
            await console.until(lambda: not console.app.is_running)

    async def test_locked_it_says_the_same(self, stage: Stage) -> None:
        async with opened(stage, size=(80, 24)) as console:
            await console.press("ctrl+l")
            await console.sees("payconsole is locked")
            await console.pilot.resize_terminal(60, 18)
            await console.sees("this terminal has 60 × 18")
            await console.pilot.resize_terminal(80, 24)
            await console.sees("payconsole is locked")
            await console.sees_no("this terminal has")

    @pytest.mark.parametrize("size", [(72, 20), (80, 24)])
    async def test_the_least_size_can_be_worked_in(
        self, stage: Stage, size: tuple[int, int]
    ) -> None:
        async with opened(stage, size=size) as console:
            await console.look_up(ORDER)
            await console.refund("1.00", "refund 1.00")


class TestNoColour:
    async def test_states_and_live_are_told_without_it(
        self, live_stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NO_COLOR", "1")
        async with opened(live_stage, size=(120, 40)) as console:
            assert console.app.no_color
            await console.look_up("P01-1840276-5529301")
            await console.sees(" LIVE ")
            assert "┏━" in console.screen  # the heavy frame
            assert any(f"{mark} " in console.screen for mark in "●◌◐○✗!")
            strips = drawn(console.app)
            inks = {s.style.color for strip in strips for s in strip if s.style and s.style.color}
            for ink in inks:
                red, green, blue = ink.get_truecolor()
                assert red == green == blue, ink


def test_a_real_terminal_without_unicode_gets_ascii(tmp_path: Path) -> None:
    """TERM=linux: what goes to the terminal is ASCII, in a language of its own letters, too."""
    environ = {**os.environ, "TERM": "linux", "PAYCONSOLE_CONFIG_DIR": str(tmp_path),
               "PAYCONSOLE_DATA_DIR": str(tmp_path), "LANG": "de_DE.UTF-8"}  # fmt: skip
    environ.pop("LC_ALL", None)
    child, ours = pty.fork()
    if child == 0:  # pragma: no cover - another process
        os.execve(sys.executable, [sys.executable, "-m", "console", "demo"], environ)
    shown = b""
    end = time.monotonic() + 20
    try:
        while b"Demo" not in shown and time.monotonic() < end:
            shown += os.read(ours, 65536)
    finally:
        os.write(ours, b"\x11")
        os.close(ours)
        os.waitpid(child, 0)
    assert b"Demo" in shown
    assert shown.isascii()
