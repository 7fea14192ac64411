"""The settings of the screen in one list: Enter changes what is chosen, at once and in the file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.domain.language import N_, _
from console.domain.text import clean_line
from console.languages import LANGUAGES
from console.store.profiles import LOCK_MINUTES, SettingsError
from console.tui import keymap
from console.tui.appearance import Appearance, Value
from console.tui.locking import Locking
from console.tui.themes import DEFAULT, NAMES, TITLES
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.rows import Row, RowList
from console.tui.words import TONES, column_for, literal, padded, quiet, wrapped

_KEYS: Final = N_("enter  change it     d  default     u  undo     f  filter     esc  back")
_OWN_KEY: Final = "keys."


@dataclass(frozen=True)
class Setting:
    """A setting: its name in the file, what it is called and means, and what it may be.

    `values` with what each is called; None is what holds where the file says nothing. A long
    list is chosen from; a short one goes round with Enter.
    """

    name: str
    title: str
    means: str
    values: tuple[tuple[Value, str], ...] = ()
    is_long: bool = False


_BY_TERMINAL: Final = N_("as the terminal says")
SETTINGS: Final = (
    Setting(
        "language",
        N_("Language"),
        N_("For everything but Amazon's own words."),
        ((None, N_("as the system says")), *LANGUAGES.items()),
        is_long=True,
    ),
    Setting(
        "theme",
        N_("Theme"),
        N_("Colours: dark, light, high contrast, or without red and green. NO_COLOR takes all."),
        tuple((name, TITLES.get(name, name)) for name in NAMES),
        is_long=True,
    ),
    Setting(
        "times",
        N_("Times"),
        N_("The clock of this machine, or UTC. Exports, journal and JSON are always in UTC."),
        (("local", N_("of this machine")), ("utc", "UTC")),
    ),
    Setting(
        "ascii",
        N_("ASCII only"),
        N_("Frames and symbols for terminals and fonts that have no others."),
        ((None, _BY_TERMINAL), (True, N_("yes")), (False, N_("no"))),
    ),
    Setting(
        "motion",
        N_("Motion"),
        N_("Whether anything moves while you wait, and whether the cursor blinks."),
        ((True, N_("yes")), (False, N_("no"))),
    ),
)
# It stands beside `[screen]` in the file; values in minutes.
LOCK: Final = Setting(
    "lock_after_minutes",
    N_("Locks itself"),
    N_("After so much time without a key or a click: everything is hidden, the key is dropped."),
    tuple((minutes, minutes) for minutes in ("5", "10", "15", "30", "60", "0")),
)
# What holds where the file says nothing.
_FIRST: Final[dict[str, Value]] = {
    "theme": DEFAULT,
    "times": "local",
    "motion": True,
    LOCK.name: f"{LOCK_MINUTES:g}",
}
_KEY_MEANS: Final = N_("Enter, then the key that you want for it. One key does one thing.")


class SettingsScreen(ModalScreen[None]):
    """Every setting of the screen with its value; `at` is the one to begin with."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("d", "default", "As it comes", show=False),
        Binding("u", "undo", "Undo", show=False),
    ]

    def __init__(self, appearance: Appearance, locking: Locking, at: str | None = None) -> None:
        super().__init__()
        self._appearance = appearance
        self._locking = locking
        self._at = at
        self._done: list[tuple[str, Value]] = []  # what each change has replaced
        self._wrong = ""
        self._writing = asyncio.Lock()  # one change after the other

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall settings"):
            yield RowList(id="settings", empty=_("There is no such setting."), filterable=True)
            yield Drawn(self._meaning, id="setting-text")
            yield Static(id="dialog-keys", markup=False)

    def label(self) -> None:
        self.query_one("#dialog").border_title = Content(_("Settings"))
        self.query_one("#dialog-keys", Static).update(quiet(_(_KEYS)))

    def on_mount(self) -> None:
        self.label()
        self._show(self._at)
        self.query_one(RowList).focus()
        self.run_worker(self._read_limit(), exit_on_error=False)

    async def _read_limit(self) -> None:
        """Before an account is open nobody has read it."""
        await self._locking.read_limit()
        self._show()

    def _show(self, at: str | None = None) -> None:
        if not self.is_attached:
            return
        column = column_for(_titles(), 14)
        rows = [
            Row(name, self._row(name, column), _title(name), _section(name)) for name in _names()
        ]
        self.query_one(RowList).show(rows, at)
        self.query_one("#setting-text", Drawn).redraw()

    # --- keys ----------------------------------------------------------------------------------

    @on(RowList.Moved)
    def _moved(self) -> None:
        self._wrong = ""
        self.query_one("#setting-text", Drawn).redraw()

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        name = event.key
        if name.startswith(_OWN_KEY):
            identifier = name.removeprefix(_OWN_KEY)
            self.app.push_screen(KeyScreen(identifier), lambda key: self._key(name, key))
            return
        setting = _BY_NAME[name]
        if setting.is_long:
            pick = PickScreen(setting, self._place(name), self._appearance)
            self.app.push_screen(pick, lambda at: self._picked(name, at))
        else:
            self._in_turn(lambda: self._change(name, self._after(name)))

    def _picked(self, name: str, at: int | None) -> None:
        if at is not None:
            self._in_turn(lambda: self._change(name, _BY_NAME[name].values[at][0]))

    def _key(self, name: str, key: str | None) -> None:
        if key is not None:
            own = keymap.BOUND[name.removeprefix(_OWN_KEY)].keys != (key,)
            self._in_turn(lambda: self._change(name, (key,) if own else None))

    def action_default(self) -> None:
        name = self.query_one(RowList).key
        if name is not None:
            self._in_turn(lambda: self._default(name))

    def action_undo(self) -> None:
        self._in_turn(self._undo)

    def action_leave(self) -> None:
        self.dismiss(None)

    # --- changing ------------------------------------------------------------------------------

    def _in_turn(self, work: Callable[[], Awaitable[None]]) -> None:
        """One after the other, each begun when the one before is written: two Enters are two steps.
        What was begun is brought to its end after the screen was left, too.
        """

        async def run() -> None:
            async with self._writing:
                await work()

        self.app.run_worker(run(), group="settings", exit_on_error=False)

    async def _change(self, name: str, value: Value) -> None:
        before = self._kept(name)
        if await self._write(name, value):
            self._done.append((name, before))

    async def _default(self, name: str) -> None:
        if self._kept(name) is not None:
            await self._change(name, None)

    async def _undo(self) -> None:
        if self._done:
            name, before = self._done[-1]
            if await self._write(name, before):
                self._done.pop()
            self._show(name)

    async def _write(self, name: str, value: Value) -> bool:
        """Whether the file says so now; what is against it stands below the list."""
        against = ""
        try:
            if name == LOCK.name:
                await self._locking.change_limit(None if value is None else float(str(value)))
            else:
                against = await self._appearance.change(name, value)
        except SettingsError as error:
            against, is_written = str(error), False
        except OSError as error:
            why = error.strerror or ""
            against, is_written = _("The settings can't be written: {why}", why=why), False
        else:
            is_written = True
        self._wrong = against
        self._show()
        return is_written

    def _place(self, name: str) -> int:
        """The place of what holds now among the values of the setting; 0 where it is another."""
        values = [value for value, _title in _BY_NAME[name].values]
        return values.index(self._value(name)) if self._value(name) in values else 0

    def _after(self, name: str) -> Value:
        values = _BY_NAME[name].values
        return values[(self._place(name) + 1) % len(values)][0]

    def _kept(self, name: str) -> Value:
        """What the file says; None where it says nothing but what holds anyway."""
        if name != LOCK.name:
            return self._appearance.value_of(name)
        minutes = f"{self._locking.minutes:g}"
        return None if minutes == _FIRST[name] else minutes

    def _value(self, name: str) -> Value:
        value = self._kept(name)
        return _FIRST.get(name) if value is None else value

    # --- drawing -------------------------------------------------------------------------------

    def _row(self, name: str, column: int) -> Callable[[int], Content]:
        def draw(_width: int) -> Content:
            title = padded(_title(name), column)
            if name.startswith(_OWN_KEY):
                identifier = name.removeprefix(_OWN_KEY)
                shown = keymap.shown(identifier, keymap.BOUND[identifier].default)
                own = self._appearance.value_of(name) is not None
                was = quiet(f"  {keymap.BOUND[identifier].default}") if own else Content("")
                return Content.assemble("  ", title, (padded(shown, 6), "bold $text-accent"), was)
            return Content.assemble("  ", title, (self._called(name), "bold"))

        return draw

    def _called(self, name: str) -> str:
        """What the value is called; of what the terminal decides also what came of it."""
        value = self._value(name)
        if name == LOCK.name:
            return _("never") if value == "0" else _("after {number} min", number=value)
        called = next(
            (_(title) for one, title in _BY_NAME[name].values if one == value), str(value)
        )
        if name == "ascii" and value is None:
            return f"{called}: {_('yes') if self._appearance.is_ascii else _('no')}"
        return called

    def _meaning(self, width: int) -> list[Content]:
        name = self.query_one(RowList).key
        if self._wrong:
            return wrapped(literal(self._wrong).stylize(TONES["bad"]), width)
        if name is None:
            return []
        told = [quiet(_(text)) for text in _means(name)]
        return [line for text in told for line in wrapped(text, width)]


_BY_NAME: Final = {setting.name: setting for setting in (*SETTINGS, LOCK)}


def _names() -> list[str]:
    return [*_BY_NAME, *(f"{_OWN_KEY}{identifier}" for identifier in keymap.BOUND)]


def _titles() -> list[str]:
    return [_title(name) for name in _names()]


def _title(name: str) -> str:
    if name.startswith(_OWN_KEY):
        bound = keymap.BOUND[name.removeprefix(_OWN_KEY)]
        return _(bound.title)
    return _(_BY_NAME[name].title)


def _means(name: str) -> tuple[str, ...]:
    if name.startswith(_OWN_KEY):
        return keymap.BOUND[name.removeprefix(_OWN_KEY)].means, _KEY_MEANS
    return (_BY_NAME[name].means,)


def _section(name: str) -> str:
    return _("Keys") if name.startswith(_OWN_KEY) else _("Screen")


class PickScreen(ModalScreen[int | None]):
    """One of many values; a theme is shown while the cursor stands on it. Esc: as before."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, setting: Setting, at: int, appearance: Appearance) -> None:
        super().__init__()
        self._setting = setting
        self._start = at
        self._appearance = appearance

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="small"):
            yield RowList(id="choices", empty="")
            keys = _("enter  take it     esc  as before")
            yield Static(quiet(keys), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(_(self._setting.title))
        rows = self.query_one(RowList)
        titles = [_(title) for _value, title in self._setting.values]
        rows.show([Row(str(n), _drawn(title)) for n, title in enumerate(titles)], str(self._start))
        rows.focus()

    @on(RowList.Moved)
    def _preview(self, event: RowList.Moved) -> None:
        value = self._setting.values[int(event.key)][0]
        if self._setting.name == "theme" and isinstance(value, str):
            self._appearance.preview(value)

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        self.dismiss(int(event.key))

    def action_leave(self) -> None:
        self._appearance.preview(None)
        self.dismiss(None)


def _drawn(title: str) -> Callable[[int], Content]:
    return lambda _width: Content(f"  {title}")


class KeyScreen(ModalScreen[str | None]):
    """Waits for a key; what is taken already is named, and another one can be pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, identifier: str) -> None:
        super().__init__()
        self._identifier = identifier
        self._taken = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="small"):
            yield Drawn(self._lines)
            yield Static(quiet(_("esc  as before")), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        title = _(keymap.BOUND[self._identifier].title)
        self.query_one("#dialog").border_title = Content(_("A key for {what}", what=title))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            return
        event.stop()
        taken = keymap.clash_with(self._identifier, event.key)
        if taken is None:
            self.dismiss(event.key)
        else:
            self._taken = taken
            self.query_one(Drawn).redraw()

    def action_leave(self) -> None:
        self.dismiss(None)

    def _lines(self, width: int) -> list[Content]:
        now = keymap.shown(self._identifier, keymap.BOUND[self._identifier].default)
        said = _("Press the new key. Now it is {key}.", key=clean_line(now))
        lines = wrapped(literal(said), width)
        if self._taken:
            lines += wrapped(literal(self._taken).stylize(TONES["warning"]), width)
        return lines
