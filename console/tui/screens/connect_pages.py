"""What the steps of connecting an account ask, and how: tables, and widgets that decide nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from console.domain.language import N_, _
from console.domain.text import clean_line
from console.tui.widgets.drawn import Draw, Drawn
from console.tui.widgets.keyfields import MaskedInput, PasteBox, PathInput, PlainInput
from console.tui.widgets.loading import Loading
from console.tui.widgets.rows import Row, RowList
from console.tui.words import (
    column_for,
    heading,
    labelled,
    literal,
    padded,
    quiet,
    wrapped,
)

if TYPE_CHECKING:
    from console.store.profiles import Profile

STEPS: Final = (N_("account"), N_("key"), N_("key id"), N_("name"), N_("proof"))
LABEL: Final = 12
TITLES: Final = 20  # cells, of the ways that say more beside it


@dataclass(frozen=True)
class Way:
    """One of several ways to go on; its digit is its place in the list.

    `title` and `says` are translated where they are drawn.
    """

    key: str
    title: str
    says: str = ""


# Which ids are whose: `console.domain.ids`. The currencies are those of the policies' examples.
REGIONS: Final = (
    Way("na", N_("North America"), N_("United States · USD · ids with 01, as in S01-…")),
    Way("eu", N_("Europe"), N_("Europe and United Kingdom · EUR, GBP · ids with 02")),
    Way("jp", N_("Japan"), N_("JPY · ids with 03")),
)
ENVIRONMENTS: Final = (
    Way("sandbox", "sandbox", N_("test orders, no real money · ids begin with S or C")),
    Way("live", "live", N_("real orders, real money · ids begin with P or B")),
)
SOURCES: Final = (
    Way("file", N_("from a file"), N_("the PEM file that belongs to your key")),
    Way("paste", N_("from the clipboard"), N_("copy the key's text, then paste it here")),
    Way("make", N_("made here"), N_("a new key, and what Seller Central asks for")),
)
WAITING: Final = Way(
    "waiting", N_("made here before"), N_("it waits in the keyring for its key id")
)


@dataclass(frozen=True)
class Page:
    """One thing on the screen at a time: which step it belongs to, and its keys."""

    step: str
    keys: str
    before: str | None  # where Esc leads; None leaves


PAGES: Final = {
    "where": Page("account", N_("1 2 3 or ↑ ↓ enter  choose     esc  back"), None),
    "source": Page("key", N_("1 2 3 or ↑ ↓ enter  choose     esc  back"), "where"),
    "file": Page("key", N_("enter  read it     esc  another way"), "source"),
    "paste": Page("key", N_("ctrl+shift+v or cmd+v  paste     esc  another way"), "source"),
    "passphrase": Page("key", N_("enter  open the key     esc  another way"), "source"),
    "made": Page("key", N_("y  copy     s  save to a file     enter  it is pasted     esc  back"),
                 "source"),
    "id": Page("key id", N_("enter  next     esc  back"), "source"),
    "names": Page("name", N_("enter  next     tab  to more     esc  back"), "id"),
    "proof": Page("proof", N_("1 2 3 or ↑ ↓ enter  choose     esc  back"), "names"),
    "done": Page("proof", N_("enter  choose"), None),
}  # fmt: skip
_BUSY: Final = {
    "proof": N_("esc  stop, and go back"),
    "saving": N_("saving can't be stopped; the keyring has a time limit"),
}


def keys_of(page: str, busy: str) -> str:
    return _(_BUSY.get(busy) or PAGES[page].keys)


@dataclass(frozen=True)
class Answer:
    """A field of the fourth step; `name` is that of the profile's value."""

    name: str
    label: str
    hint: str
    folded: bool = False


ANSWERS: Final = (
    Answer("name", N_("Name"), N_("how you call this account here: letters, digits, dash, dot")),
    Answer("store_name", N_("Store name"), N_("optional: shown in the title bar")),
    Answer("merchant_id", N_("Merchant id"), N_("optional: for reports")),
    Answer("endpoint", N_("Endpoint"), N_("instead of Amazon's host, for a simulator"),
           folded=True),
    Answer("proxy", N_("Proxy"), N_("like http://proxy.example:3128"), folded=True),
    Answer("ca_file", N_("CA file"), N_("certificates that this network adds to the known ones"),
           folded=True),
)  # fmt: skip


@dataclass(frozen=True)
class KeyFacts:
    """What may be shown of a private key."""

    bits: int
    fingerprint: str

    def __str__(self) -> str:
        return _("{bits} bits, {fingerprint}", bits=self.bits, fingerprint=self.fingerprint)


@dataclass
class Given:
    """What was answered so far. `pem` is the only secret; the screen never shows it."""

    region: str = "na"
    environment: str = "sandbox"
    pem: bytes | None = field(default=None, repr=False)
    key: KeyFacts | None = None
    file: Path | None = None
    made: bool = False
    public_key_id: str = ""
    values: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Region and environment, in words."""
        region = next(way.title for way in REGIONS if way.key == self.region)
        return _("{region}, {environment}", region=_(region), environment=self.environment)

    def profile(self) -> Profile:
        """The profile that the answers make; nothing of it is checked here."""
        from console.store.profiles import Profile

        values = {name: value.strip() or None for name, value in self.values.items()}
        return Profile(
            values.get("name") or "",
            self.region,
            self.environment,
            self.public_key_id,
            endpoint=values.get("endpoint"),
            merchant_id=values.get("merchant_id"),
            store_name=values.get("store_name"),
            proxy=values.get("proxy"),
            ca_file=values.get("ca_file"),
        )


def default_name(given: Given, taken: set[str]) -> str:
    """A name that is free: `sandbox`, `sandbox-eu`, `sandbox-eu-2`."""
    names = [given.environment, f"{given.environment}-{given.region}"]
    names += [f"{names[1]}-{number}" for number in range(2, len(taken) + 3)]
    return next(name for name in names if name not in taken)


def shown_path(path: Path) -> str:
    """A path for people: the home folder is ~."""
    text, home = str(path), str(Path.home())
    return clean_line(f"~{text[len(home) :]}" if text.startswith(f"{home}/") else text, 200)


def typed_path(text: str) -> Path:
    """The path in what was typed, pasted or dropped: quotes and ~ as a shell knows them."""
    from console.imports.dropped import paths_in

    text = text.strip()
    dropped = paths_in(text)
    if dropped:
        return dropped[0]
    for quote in "'\"":
        if len(text) > 1 and text[0] == text[-1] == quote:
            text = text[1:-1]
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~somebody who is not there
        return Path(text)


# --- widgets -------------------------------------------------------------------------------------


class Ways(RowList):
    """Rows that a digit chooses too."""

    def offer(self, ways: Sequence[Way], key: str | None = None) -> None:
        """Show them; the cursor goes to `key`, or to the first."""
        column = column_for((_(way.title) for way in ways), TITLES)
        rows = [
            Row(way.key, _drawn(number, way, column)) for number, way in enumerate(ways, start=1)
        ]
        self.show(rows, key or (ways[0].key if ways else None))

    def on_key(self, event: events.Key) -> None:
        digit = event.character or ""
        if digit and digit in "123456789" and int(digit) <= len(self._rows):
            event.stop()
            self.show(self._rows, self._rows[int(digit) - 1].key)
            self.action_choose()


def _drawn(number: int, way: Way, column: int) -> Callable[[int], Content]:
    def draw(_width: int) -> Content:
        title = padded(_(way.title), column) if way.says else _(way.title)
        number_shown = Content.styled(f" {number}  ", "bold $text-accent")
        return Content.assemble(number_shown, literal(title), quiet(clean_line(_(way.says))))

    return draw


class Fold(Widget, can_focus=True):
    """The line that unfolds what few people need."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self.unfolded = False

    def render(self) -> Content:
        mark = "▾" if self.unfolded else "▸"
        about = _("for engineers: endpoint, proxy, CA file")
        return Content.assemble(f"{mark} ", _("more"), quiet(f"  {about}"))

    def on_key(self, event: events.Key) -> None:
        if event.key in ("enter", "space"):
            event.stop()
            self._turned()

    def on_click(self) -> None:
        self.focus()
        self._turned()

    def _turned(self) -> None:
        self.turn(not self.unfolded)
        if self.unfolded:
            self.screen.query_one("#endpoint").focus()

    def turn(self, unfolded: bool) -> None:
        self.unfolded = unfolded
        self.refresh()
        for row in self.screen.query(".folded"):
            row.display = unfolded


def page(name: str, *children: Widget) -> Vertical:
    return Vertical(*children, id=f"page-{name}", classes="connect-page")


def said_above(text: str) -> Drawn:
    return Drawn(lambda width: wrapped(Content(text), width))


def _empty_line() -> Static:
    return Static("", classes="gap", markup=False)


def where_page() -> Vertical:
    return page(
        "where",
        Static(heading(_("Where is your Amazon Pay account?")), markup=False),
        Ways(id="regions", empty=""),
        _empty_line(),
        Static(heading(_("Which orders do you want to see with it?")), markup=False),
        Ways(id="environments", empty=""),
        _empty_line(),
        Drawn(lambda width: wrapped(quiet(_(_WHERE)), width)),
    )


_WHERE: Final = N_(
    "Any Amazon Pay id tells both: S01-5797829-1888777 is an order of North America in the"
    " sandbox. Begin with the sandbox if you have one; you can connect more accounts later."
)


def source_page() -> Vertical:
    return page(
        "source",
        Static(heading(_("Where is your private key?")), markup=False),
        Ways(id="sources", empty=""),
        _empty_line(),
        Drawn(lambda width: wrapped(quiet(_(_SOURCE)), width)),
    )


_SOURCE: Final = N_(
    "It belongs to a key in Seller Central, under Integration Central. It goes into the keyring"
    " of this computer and nowhere else, and it is never shown. You may also drop the file on"
    " this window now, or paste the key."
)


def file_page() -> Vertical:
    return page(
        "file",
        Static(heading(_("The key file")), markup=False),
        _field(_("File"), PathInput(id="path", compact=True, placeholder="~/Downloads/….pem")),
        _empty_line(),
        Drawn(lambda width: wrapped(quiet(_(_FILE)), width)),
    )


_FILE: Final = N_(
    "Type its path, or drop the file on this window. It is read and left where it is; in the end"
    " you are asked whether it should stay."
)


def paste_page() -> Vertical:
    return page(
        "paste",
        Static(heading(_("The key's text, from BEGIN to END")), markup=False),
        PasteBox(id="paste-box"),
    )


def passphrase_page(draw: Draw) -> Vertical:
    return page(
        "passphrase",
        Static(heading(_("The key is encrypted")), markup=False),
        Drawn(draw, id="passphrase-says"),
        _field(_("Passphrase"), MaskedInput(id="passphrase")),
    )


def made_page(draw: Draw) -> Vertical:
    scroll = VerticalScroll(Drawn(draw, id="made-text"), id="made-pane", can_focus=True)
    return page("made", scroll)


def made_lines(given: Given, public: str, width: int) -> list[Content]:
    from console.onboarding import where_to_paste

    lines = [heading(_("Paste this public half into Seller Central; y copies it"))]
    steps = where_to_paste(given.region, given.environment)
    for number, line in enumerate(steps, start=1):
        lines += labelled(f"{number}", literal(line), width, 3)
    waits = _("The private half is in your keyring already: you may leave, and go on another day.")
    lines += [*wrapped(quiet(waits), width), Content("")]
    return lines + [
        Content.styled(clean_line(line), "$text-accent") for line in public.splitlines()
    ]


def id_page(draw: Draw) -> Vertical:
    asked = PlainInput(id="key-id", compact=True, select_on_focus=False)
    return page(
        "id",
        Static(
            heading(_("The public key id, as Seller Central shows it for the key")), markup=False
        ),
        _field(_("Key id"), asked),
        Drawn(draw, id="id-check"),
        _empty_line(),
        Ways(id="id-ways", empty=""),
    )


def names_page() -> Vertical:
    rows: list[Widget] = []
    for answer in ANSWERS:
        if answer.folded and not any(isinstance(row, Fold) for row in rows):
            rows.append(Fold(id="more"))
        asked = PlainInput(
            id=answer.name, compact=True, placeholder=_(answer.hint), select_on_focus=False
        )
        row = _field(_(answer.label), asked)
        row.set_class(answer.folded, "folded")
        rows.append(row)
    return page("names", Static(heading(_("What to call it")), markup=False), *rows)


def proof_page(draw: Draw) -> Vertical:
    return page(
        "proof",
        Drawn(draw, id="proof-says"),
        Loading(id="proving"),
        _empty_line(),
        Ways(id="proof-ways", empty=""),
    )


def done_page(draw: Draw, below: Draw) -> Vertical:
    ways = Ways(id="done-ways", empty="")
    return page(
        "done", Drawn(draw, id="done-says"), _empty_line(), ways, _empty_line(), Drawn(below)
    )


def _field(label: str, asked: Widget) -> Horizontal:
    return Horizontal(Static(label, classes="label", markup=False), asked, classes="field")


def facts_of(given: Given, page: str, width: int) -> list[Content]:
    """What was answered before this page."""
    known: list[tuple[str, str]] = []
    step = STEPS.index(PAGES[page].step)
    if step > 0:
        known.append((_("Account"), given.place))
    if step > 1 and given.key is not None:
        known.append((_("Key"), f"{given.key}"))
    if step > 2:
        known.append((_("Key id"), given.public_key_id))
    column = column_for((label for label, _fact in known), LABEL)
    return [line for label, fact in known for line in labelled(label, literal(fact), width, column)]


def pages(draws: dict[str, Draw]) -> ComposeResult:
    """All pages; `draws` draws what changes in some of them."""
    yield where_page()
    yield source_page()
    yield file_page()
    yield paste_page()
    yield passphrase_page(draws["passphrase"])
    yield made_page(draws["made"])
    yield id_page(draws["id"])
    yield names_page()
    yield proof_page(draws["proof"])
    yield done_page(draws["done"], draws["deleting"])
