"""The accounts of this user: switch, test a key, connect another; and naming a live one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console.domain.explain import Tone
from console.domain.language import N_, _, together
from console.domain.text import clean_line
from console.store.profiles import Profile, Profiles
from console.tui.messages import Said
from console.tui.naming import is_named_by
from console.tui.opening import Ask, key_of, say_open_failure
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.notice import said_lines
from console.tui.widgets.rows import Row, RowList
from console.tui.widgets.search import CleanInput
from console.tui.words import (
    LOUD,
    QUIET,
    TONES,
    between,
    column_for,
    labelled,
    literal,
    padded,
    quiet,
    wrapped,
)

if TYPE_CHECKING:
    from console.checkup import Verdict
    from console.store.places import Places

CONNECT: Final = "connect"
_DEMO: Final = N_(
    "The demo is open: it is no profile, and has a journal of its own. Enter leaves it for an"
    " account; `payconsole demo` opens it again."
)
_EMPTY: Final = N_("There is no profile yet: c connects an account.")
_NOT_ACTED: Final = N_("Looking orders up needs no name.")
_NOT_SWITCHED: Final = N_("Without it you stay where you are, and this account is not opened.")
_KEYS: Final = N_("enter  switch   t  test its key   c  connect another   f  filter   esc  back")


@dataclass(frozen=True)
class Listed:
    """The profiles of the settings, and the name of the one that is opened by default."""

    profiles: tuple[Profile, ...]
    default: str | None


def read_profiles(places: Places) -> Listed:
    """What the settings say; blocks. Raises SettingsError. The keyring is not asked."""
    settings = Profiles(places)
    return Listed(tuple(settings.all()), settings.default_name())


class ProfilesScreen(ModalScreen[Profile | str | None]):
    """Answers with the chosen profile, CONNECT, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("t", "test", "Test its key", show=False),
        Binding("c", "connect", "Connect another", show=False),
    ]

    def __init__(self, listed: Listed, current: str | None, ask: Ask, *, demo: bool) -> None:
        super().__init__()
        self._profiles = {profile.name: profile for profile in listed.profiles}
        self._default = listed.default
        self._current = current
        self._ask = ask
        self._demo = demo
        self._tested: dict[str, Said] = {}  # what the last test of each key proved

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            if self._demo:
                yield Drawn(lambda width: [*wrapped(quiet(_(_DEMO)), width), Content("")])
            yield RowList(id="choices", empty=_(_EMPTY), filterable=True)
            yield Drawn(self._detail, id="profile")
            yield Static(quiet(_(_KEYS)), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(_("Accounts"))
        rows = self.query_one(RowList)
        start = self._current or self._default
        known = [
            Row(name, self._row(profile), self._row(profile)(0).plain)
            for name, profile in self._profiles.items()
        ]
        rows.show(known, start)
        rows.focus()

    @property
    def _chosen(self) -> Profile | None:
        return self._profiles.get(self.query_one(RowList).key or "")

    # --- keys ----------------------------------------------------------------------------------

    @on(RowList.Chosen)
    def _switch(self, event: RowList.Chosen) -> None:
        self.dismiss(self._profiles[event.key])

    @on(RowList.Moved)
    def _moved(self) -> None:
        self._redraw()

    def action_connect(self) -> None:
        self.dismiss(CONNECT)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_test(self) -> None:
        profile = self._chosen
        if profile is not None:
            said = _("One signed read, which finds nothing.")
            self._tested[profile.name] = Said(_("Testing"), said, tone="waiting")
            self._redraw()
            self.run_worker(self._test(profile), group=f"test {profile.name}", exclusive=True,
                            exit_on_error=False)  # fmt: skip

    async def _test(self, profile: Profile) -> None:
        from console.checkup import prove_key
        from console.store.credentials import load_key

        try:
            verdict = await prove_key(profile, await key_of(partial(load_key, profile), self._ask))
        except Exception as error:
            name = _("Unexpected fault ({kind})", kind=type(error).__name__)
            fault = Said(name, "", _("Please report it."), "bad")
            self._tested[profile.name] = say_open_failure(error) or fault
        else:
            self._tested[profile.name] = say_verdict(verdict)
        self._redraw()

    # --- drawing -------------------------------------------------------------------------------

    def _redraw(self) -> None:
        for drawn in self.query(Drawn):
            drawn.redraw()

    def _row(self, profile: Profile) -> Callable[[int], Content]:
        mark = "●" if profile.name == self._current else " "
        live = profile.environment == "live"
        default = _("default") if profile.name == self._default else ""

        def draw(_width: int) -> Content:
            return Content.assemble(
                (f" {mark} ", TONES["good"]),
                (f"{clean_line(profile.name, 18):<19}", "bold"),
                padded(clean_line(profile.title, 22), 23),
                (f"{profile.region.upper():<4}", QUIET),
                (f"{profile.environment.upper():<9}", LOUD if live else TONES["good"]),
                (f"{profile.colour or '':<8}", QUIET),
                quiet(default),
            )

        return draw

    def _detail(self, width: int) -> list[Content]:
        profile = self._chosen
        if profile is None:
            return []
        open_now = quiet(_("open now")) if profile.name == self._current else Content("")
        facts = [
            (_("key id"), literal(profile.public_key_id)),
            (_("key"), between([literal(key_place(profile)), open_now])),
        ]
        if profile.policy.words():
            facts.append((_("policy"), literal("; ".join(profile.policy.words()))))
        column = column_for((label for label, _fact in facts), 12)
        lines = [Content("")]
        for label, fact in facts:
            lines += labelled(label, fact, width, column)
        said = self._tested.get(profile.name)
        return lines if said is None else [*lines, Content(""), *said_lines(said, width)]


def key_place(profile: Profile) -> str:
    """Where the profile's key is, without a secret: of a command only its first word."""
    if profile.key_command is not None:
        return _("printed by {command}", command=clean_line(profile.key_command[0], 60))
    if profile.key_file is not None:
        return _("encrypted file {file}", file=clean_line(profile.key_file, 100))
    return _("keyring, which may store plain text") if profile.plaintext_keyring else _("keyring")


def say_verdict(verdict: Verdict) -> Said:
    """What a test of a key proved, in its own words."""
    title = _("The key works") if verdict.ok else _("Not proven")
    tone: Tone = "good" if verdict.ok else "bad"
    return Said(title, verdict.says, verdict.next_step or "", tone, verdict.notes)


class NameScreen(ModalScreen[bool]):
    """Asks for the name of a live account; answers whether it was typed.

    `switching` is whether it is asked before the account is opened: then without the name
    nothing of it can be looked up either.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", show=False)]

    def __init__(self, profile: Profile, *, switching: bool) -> None:
        super().__init__()
        self._profile = profile
        self._without = _NOT_SWITCHED if switching else _NOT_ACTED
        self._refused: str | None = None
        self._said_again = False  # Enter was pressed once more on what was refused

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="small"):
            yield Drawn(self._lines)
            with Horizontal(classes="field"):
                yield Static(_("Type it"), classes="label", markup=False)
                yield CleanInput(id="account", compact=True)
            yield Drawn(self._check, id="account-check")
            keys = _("enter  go on, once it is typed     esc  leave it")
            yield Static(quiet(keys), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.set_class(True, "-live")
        self.query_one("#dialog").border_title = Content(_("LIVE: real money"))
        self.query_one(CleanInput).focus()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        if is_named_by(self._profile, event.value):
            self.dismiss(True)
        else:
            self._said_again = self._refused == event.value
            self._refused = event.value
            self.query_one("#account-check", Drawn).redraw()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.value != self._refused:
            self._refused = None
        self.query_one("#account-check", Drawn).redraw()

    def action_leave(self) -> None:
        self.dismiss(False)

    def _lines(self, width: int) -> list[Content]:
        profile = self._profile
        where = Content.assemble(
            (" LIVE ", "bold $text on $error"), "  ", (clean_line(profile.title), "bold"),
            quiet(f" · {profile.region.upper()}"),
        )  # fmt: skip
        said = together(
            _(
                "What is done in this account moves real money. Type its name to go on; it is"
                " asked once in a session."
            ),
            _(self._without),
        )
        return [*wrapped(where, width), Content(""), *wrapped(literal(said), width)]

    def _check(self, width: int) -> list[Content]:
        if self._refused is None:
            return [Content("")]
        name = clean_line(self._profile.title)
        said = _("That is not its name. Type: {name}", name=name)
        if self._said_again:
            said = _("That is still not its name. Type: {name}", name=name)
        return wrapped(Content.styled(said, TONES["warning"]), width)
