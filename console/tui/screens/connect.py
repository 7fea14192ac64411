"""Connecting an account: from nothing to a proven key in the keyring, by what the screen says.

Nothing is saved before the end, and then all of it or nothing. Going back loses no answer.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import ContentSwitcher, Input, LoadingIndicator, Static

from console.domain.language import N_, _, together
from console.store.places import Places
from console.store.profiles import SettingsError
from console.tui.messages import Said
from console.tui.screens.connect_key import KeyStep
from console.tui.screens.connect_pages import (
    ANSWERS,
    ENVIRONMENTS,
    PAGES,
    REGIONS,
    STEPS,
    Fold,
    Way,
    Ways,
    default_name,
    facts_of,
    keys_of,
    pages,
    shown_path,
)
from console.tui.screens.connect_work import (
    against_name,
    answer_about,
    check_profile,
    checked_id,
    failure,
    is_usual_id,
    keep,
    kind_of_id,
    taken_names,
)
from console.tui.widgets.drawn import Draw, Drawn
from console.tui.widgets.keyfields import PlainInput
from console.tui.widgets.notice import said_lines
from console.tui.words import QUIET, TONES, joined, literal, quiet, wrapped

if TYPE_CHECKING:
    from console.checkup import Verdict
    from console.store.profiles import Profile

# What a verdict is about: the page and field where it is mended, and how that is offered.
_MENDED_AT: Final = {
    "unknown_key_id": ("id", "key-id", N_("correct the public key id")),
    "wrong_region": ("where", "regions", N_("choose another region")),
    "wrong_environment": ("where", "environments", N_("choose another environment")),
    "wrong_key": ("source", "sources", N_("give another private key")),
    "signature_rejected": ("source", "sources", N_("give another private key")),
    "key_unusable": ("source", "sources", N_("give another private key")),
    "altered": ("names", "proxy", N_("set the proxy")),
    "proxy": ("names", "proxy", N_("set the proxy")),
    "tls_interception": ("names", "ca_file", N_("name the CA file of this network")),
    "settings": ("names", "name", N_("change the answers")),
}
# Verdicts that a wrong endpoint or proxy can be behind, and many other things too.
_ON_THE_WAY: Final = frozenset({"no_network", "not_amazon", "tls"})
_FOCUS: Final = {
    "where": "regions",
    "source": "sources",
    "file": "path",
    "paste": "paste-box",
    "passphrase": "passphrase",
    "made": "made-pane",
    "id": "key-id",
    "names": "name",
    "proof": "proof-ways",
    "done": "done-ways",
}
_AGAIN: Final = Way("again", N_("try again"))
_CORRECT_WAY: Final = Way("way", N_("correct endpoint and proxy"))
_SET_WAY: Final = Way("way", N_("set a proxy or an endpoint"))
_KEEP: Final = Way("keep", N_("keep it anyway, unproven"))
_KEYRING: Final = N_(
    "Waiting for the keyring; it may be asking for its password in another window …"
)
_LAST: Final = {"source": "environments"}  # where Esc leads inside a page
_ABOUT_IDS: Final = N_(
    "It begins with {environment}-; classic ones are 24 capital letters and digits. Seller"
    " Central, Integration Central, shows it beside the key."
)


class ConnectScreen(KeyStep):
    """Answers with the name of the new profile, or None where none was made."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("y", "copy", "Copy", show=False),
        Binding("s", "save", "Save", show=False),
        Binding("enter", "next", "Next", show=False),
        Binding("down", "below", "To the list below", show=False),
    ]

    def __init__(self, places: Places) -> None:
        super().__init__()
        self._places = places
        self._resume: str | None = None  # where a page leads that was opened to mend something
        self._said_proof: Said | None = None
        self._verdict: Verdict | None = None
        self._said_done: Said | None = None
        self._taken: set[str] = set()
        self._suggested = ""
        self._unusual: str | None = None  # an id of no known form that was entered once
        self._saved: str | None = None
        self._leave_asked = False

    def compose(self) -> ComposeResult:
        draws: dict[str, Draw] = {
            "passphrase": self._passphrase_lines,
            "made": self._made_lines,
            "id": self._id_lines,
            "proof": lambda width: _lines_of(self._said_proof, width),
            "done": self._done_lines,
            "deleting": self._deleting_lines,
        }
        with Vertical(id="dialog", classes="tall connect"):
            yield Static(id="steps", markup=False)
            yield Drawn(lambda width: facts_of(self._given, self._page, width), id="facts")
            yield Static(id="dialog-notice", markup=False)
            with ContentSwitcher(initial="page-where", id="connect-pages"):
                yield from pages(draws)
            yield Static(id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#regions", Ways).offer(REGIONS)
        self.query_one("#environments", Ways).offer(ENVIRONMENTS)
        self.query_one("#more", Fold).turn(False)
        self._show("where")
        self._work(self._look_round(), "look")

    # --- pages -------------------------------------------------------------------------------

    def _show(self, page: str, focus: str | None = None, said: Said | None = None) -> None:
        self._page = page
        self._leave_asked = False
        self.query_one("#connect-pages", ContentSwitcher).current = f"page-{page}"
        getattr(self, f"_open_{page}", lambda: None)()
        self._draw(said)
        self.query_one(f"#{focus or _FOCUS[page]}").focus()

    def _draw(self, said: Said | None = None) -> None:
        parts = [
            Content.styled(
                f" {number} {_(step)} ", "bold reverse" if step == PAGES[self._page].step else QUIET
            )
            for number, step in enumerate(STEPS, start=1)
        ]
        self.query_one("#steps", Static).update(quiet(" ─ ").join(parts))
        facts = PAGES[self._page].step != STEPS[0] and self._page not in ("made", "done")
        self.query_one("#facts").display = facts
        self.query_one("#dialog-keys", Static).update(quiet(keys_of(self._page, self._busy)))
        self.query_one("#proving", LoadingIndicator).display = self._busy in ("proof", "saving")
        live = self._given.environment == "live" and self._page != "where"
        self.set_class(live, "-live")
        title = _("Connect an account")
        self.query_one("#dialog").border_title = Content(
            _("{title} · LIVE: real money", title=title) if live else title
        )
        for drawn in self.query(Drawn):
            drawn.redraw()
        self._say(said)

    def _say(self, said: Said | None) -> None:
        notice = self.query_one("#dialog-notice", Static)
        notice.display = said is not None
        if said is not None:
            width = max(self.query_one("#connect-pages").size.width, 40)
            notice.update(joined(said_lines(said, width)))

    def _onward(self, page: str) -> None:
        """To the next page, or back to what could not be done before this one was mended."""
        target, self._resume = self._resume or page, None
        if target == "proof":
            self._begin_proof()
        else:
            self._show(target)

    def action_back(self) -> None:
        if self._busy == "saving":
            text = together(_("It can't be stopped now."), _(_KEYRING))
            self._say(Said(_("Saving"), text, tone="waiting"))
            return
        for group in ("key", "proof"):
            self.workers.cancel_group(self, group)
        self._busy, self._resume = "", None
        if self._page == "where":
            self._back_at_first()
        elif self._page == "done":
            self.dismiss(self._saved)
        elif self._page == "id" and self._given.made:
            self._show("made")
        else:
            self._show(PAGES[self._page].before or "where", _LAST.get(self._page))

    def _back_at_first(self) -> None:
        if self.query_one("#environments").has_focus:
            self.query_one("#regions").focus()
        elif self._given.pem is not None and not self._leave_asked:
            self._leave_asked = True
            text = _("Esc again leaves; your answers are forgotten.")
            if self._given.made:
                text = together(text, _("The key that was made here waits in the keyring."))
            self._say(Said(_("Leave?"), text, tone="warning"))
        else:
            self.dismiss(None)

    def action_next(self) -> None:
        """Enter where nothing else takes it: the public half was pasted."""
        if self._page == "made" and not self._busy:
            self._onward("id")

    # --- work behind the screen --------------------------------------------------------------

    async def _look_round(self) -> None:
        """Which names are taken; settings that can't be used are told before anything is asked."""
        try:
            self._taken = await asyncio.to_thread(taken_names, self._places)
        except Exception as error:
            self.call_later(self._say, failure(error))

    # --- 1 account ---------------------------------------------------------------------------

    @on(Ways.Chosen, "#regions")
    def _region_chosen(self, event: Ways.Chosen) -> None:
        self._given.region = event.key
        self.query_one("#environments").focus()

    @on(Ways.Chosen, "#environments")
    def _environment_chosen(self, event: Ways.Chosen) -> None:
        self._given.environment = event.key
        self._onward("source")

    # --- 3 key id ----------------------------------------------------------------------------

    def _open_id(self) -> None:
        self._unusual = None
        self.query_one("#id-ways").display = False
        asked = self.query_one("#key-id", PlainInput)
        begin = self._given.environment.upper()
        asked.placeholder = _("{environment}-… or 24 letters and digits", environment=begin)
        asked.cursor_position = len(asked.value)

    @on(Input.Changed, "#key-id")
    def _id_changed(self) -> None:
        self._unusual = None
        self.query_one("#id-ways").display = False
        self._say(None)
        self.query_one("#id-check", Drawn).redraw()

    def _id_lines(self, width: int) -> list[Content]:
        """What the id that is being typed is, or why it is none."""
        typed = self.query_one("#key-id", PlainInput).value
        if not typed.strip():
            about = _(_ABOUT_IDS, environment=self._given.environment.upper())
            return wrapped(quiet(about), width)
        checked, against = checked_id(typed, self._given.environment)
        if against:
            return wrapped(Content.styled("✗ ", TONES["bad"]) + literal(against), width, 2)
        kind = kind_of_id(checked, self._given)
        if is_usual_id(checked):
            return wrapped(Content.styled(kind, TONES["good"]), width, 2)
        how = _("Enter again takes it as it is.") if self._unusual == checked else ""
        return wrapped(Content.styled(f"! {together(kind, how)}", TONES["warning"]), width, 2)

    @on(Input.Submitted, "#key-id")
    def _id_typed(self, event: Input.Submitted) -> None:
        event.stop()
        checked, against = checked_id(event.value, self._given.environment)
        if not against and not is_usual_id(checked) and self._unusual != checked:
            self._unusual = checked
            self.query_one("#id-check", Drawn).redraw()
        elif not against:
            self._given.public_key_id = checked
            self._onward("names")
        elif event.value.strip():
            self._refuse_id()

    def _refuse_id(self) -> None:
        """What is wrong stands under the field, where it is corrected; below it, another way."""
        shown = self.query_one("#id-ways", Ways)
        back = N_("go back to region and environment   (tab, then enter)")
        shown.offer([Way("where", back)])
        shown.display = True
        self.query_one("#id-check", Drawn).redraw()

    def action_below(self) -> None:
        """Down from the key id: no key that writes an id leads away from it."""
        ways = self.query_one("#id-ways", Ways)
        if self._page == "id" and ways.display:
            ways.focus()

    @on(Ways.Chosen, "#id-ways")
    def _id_way(self) -> None:
        resume = self._resume
        self._show("where", "environments")
        self._resume = resume or "id"

    # --- 4 name ------------------------------------------------------------------------------

    def _open_names(self) -> None:
        name = self.query_one("#name", PlainInput)
        if name.value in ("", self._suggested):
            self._suggested = name.value = default_name(self._given, self._taken)
            name.select_all()  # typing replaces a suggestion
        else:
            name.cursor_position = len(name.value)

    @on(Input.Submitted)
    def _answer_typed(self, event: Input.Submitted) -> None:
        """Enter: the next field that is shown, or the proof."""
        fields = [a.name for a in ANSWERS if not a.folded or self.query_one("#more", Fold).unfolded]
        if event.input.id not in fields:
            return
        event.stop()
        if event.input.id == "name" and self._name_refused():
            return
        position = fields.index(event.input.id)
        if position + 1 < len(fields):
            self.query_one(f"#{fields[position + 1]}").focus()
        else:
            self._onward("proof")

    def _name_refused(self) -> bool:
        """Whether the account can't be called so; then that is said, and Name has the focus."""
        against = against_name(self.query_one("#name", PlainInput).value.strip(), self._taken)
        if against is not None:
            self._show("names", said=against)
        return against is not None

    def _values(self) -> dict[str, str]:
        return {answer.name: self.query_one(f"#{answer.name}", PlainInput).value
                for answer in ANSWERS}  # fmt: skip

    def _refuse_names(self, said: Said, answer: str) -> None:
        if not self._ended("proof"):
            return
        self._show("names", said=said)
        self._focus_answer(answer)

    def _focus_answer(self, name: str) -> None:
        if any(answer.folded and answer.name == name for answer in ANSWERS):
            self.query_one("#more", Fold).turn(True)
        self.query_one(f"#{name}").focus()

    # --- 5 proof -----------------------------------------------------------------------------

    def _begin_proof(self) -> None:
        self._given.values = self._values()
        checked, against = checked_id(self._given.public_key_id, self._given.environment)
        if self._given.pem is None:
            self._show("source")
        elif against:
            self._show("id")
            self._resume = "proof"
            if self._given.public_key_id:
                self._refuse_id()
        elif not self._name_refused():
            self._given.public_key_id = checked
            self._prove(self._given.profile(), self._given.pem)

    def _prove(self, profile: Profile, pem: bytes) -> None:
        self._busy, self._verdict = "proof", None
        self._said_proof = Said(
            _("Asking Amazon"),
            _(
                "One signed read in {place}, of an order that can't exist: the answer proves the"
                " key, and nothing is changed.",
                place=self._given.place,
            ),
            tone="waiting",
        )
        self._offer_proof([])
        self._show("proof")
        self._work(self._tried(self._ask_amazon(profile, pem), self._proof_failed), "proof")

    async def _ask_amazon(self, profile: Profile, pem: bytes) -> None:
        try:
            await asyncio.to_thread(check_profile, self._places, profile)
        except Exception as error:
            self.call_later(self._refuse_names, failure(error), answer_about(error))
            return
        from console.checkup import prove_key

        self.call_later(self._proved, await prove_key(profile, pem))

    def _proof_failed(self, said: Said) -> None:
        self._said_proof = said
        self._offer_proof([_AGAIN])
        self._show("proof")

    def _proved(self, verdict: Verdict) -> None:
        if not self._ended("proof"):
            return
        self._verdict = verdict
        if verdict.ok:
            self._save()
            return
        self._said_proof = Said(
            _("Not proven"), verdict.says, verdict.next_step or "", "bad", verdict.notes
        )
        self._offer_proof(self._ways_after(verdict.code))
        self._show("proof")

    def _ways_after(self, code: str) -> list[Way]:
        """What can be done after a proof that failed, the likeliest first."""
        if code in _ON_THE_WAY and self._given_on_the_way:
            return [_CORRECT_WAY, _AGAIN, _KEEP]
        if code in _ON_THE_WAY:
            return [_AGAIN, _KEEP, _SET_WAY]
        mended = _MENDED_AT.get(code)
        return [_AGAIN, _KEEP] if mended is None else [Way("mend", mended[2]), _AGAIN, _KEEP]

    @property
    def _given_on_the_way(self) -> str:
        """The field that was filled in of those that lead requests elsewhere; "" for none."""
        values = self._given.values
        return next((name for name in ("endpoint", "proxy") if values.get(name, "").strip()), "")

    def _offer_proof(self, ways: list[Way]) -> None:
        shown = self.query_one("#proof-ways", Ways)
        shown.display = bool(ways)
        shown.offer(ways)

    @on(Ways.Chosen, "#proof-ways")
    def _proof_way(self, event: Ways.Chosen) -> None:
        if self._busy:
            return
        if event.key == "again":
            self._begin_proof()
        elif event.key in ("keep", "save"):
            self._save()
        elif event.key == "names":
            self._show("names")
        elif event.key == "way":
            self._show("names")
            self._focus_answer(self._given_on_the_way or "proxy")
        elif self._verdict is not None:
            page, focus = _MENDED_AT[self._verdict.code][:2]
            self._show(page, focus if page != "names" else None)
            self._resume = "proof" if page != "names" else None
            if page == "names":
                self._focus_answer(focus)

    # --- saving ------------------------------------------------------------------------------

    def _save(self) -> None:
        profile, pem = self._given.profile(), self._given.pem
        if pem is None:
            return
        self._busy = "saving"
        self._said_proof = Said(
            _("Proven. Saving") if self._verdict and self._verdict.ok else _("Saving, unproven"),
            _(_KEYRING), tone="waiting",
        )  # fmt: skip
        self._offer_proof([])
        self._show("proof")
        work = self._keep(profile, pem, self._given.made)
        self._work(self._tried(work, self._not_saved), "saving")

    async def _keep(self, profile: Profile, pem: bytes, made: bool) -> None:
        try:
            notes = await asyncio.to_thread(keep, self._places, profile, pem, made)
        except SettingsError as error:
            self.call_later(self._name_not_saved, failure(error))
        except Exception as error:
            self.call_later(self._not_saved, failure(error))
        else:
            self.call_later(self._done, profile.name, notes)

    def _name_not_saved(self, said: Said) -> None:
        """Settings or keyring know this name already: that is mended where the name is given."""
        self._busy = ""
        self._show("names", said=said._replace(title=_("Not saved: {why}", why=said.title)))

    def _not_saved(self, said: Said) -> None:
        self._busy = ""
        title = _("Not saved: {why}", why=said.title)
        self._said_proof = Said(title, said.text, said.hint, "bad", said.facts)
        self._offer_proof(
            [Way("save", N_("try to save it again")), Way("names", N_("change the name"))]
        )
        self._show("proof")

    def _done(self, name: str, notes: tuple[str, ...]) -> None:
        self._busy = ""
        self._saved = name
        verdict = self._verdict
        proven = verdict is not None and verdict.ok
        self._said_done = Said(
            _("Connected") if proven else _("Saved, unproven"),
            verdict.says if verdict and proven
            else _("`payconsole profile check {name}` asks Amazon again.", name=name),
            tone="good" if proven else "warning",
            facts=(*(verdict.notes if verdict and proven else ()), *notes),
        )  # fmt: skip
        self._given.pem = None
        if not proven:
            self._given.file = None  # it may be needed for another try
        ways = [Way("open", N_("open it, to look up your first order"))]
        if self._given.file is not None:
            ways = [
                Way("open", N_("keep the key file, and look up your first order")),
                Way("delete", N_("delete the key file, then look up your first order")),
            ]
        self.query_one("#done-ways", Ways).offer(ways)
        self._show("done")

    def _done_lines(self, width: int) -> list[Content]:
        lines = _lines_of(self._said_done, width)
        if self._given.file is not None:
            file = shown_path(self._given.file)
            said = _("The key file {file} is not needed any more.", file=file)
            lines += [Content(""), *wrapped(literal(said), width)]
        return lines

    def _deleting_lines(self, width: int) -> list[Content]:
        if self._given.file is None:
            return []
        from console.onboarding import DELETING_A_KEY_FILE

        return wrapped(quiet(_(DELETING_A_KEY_FILE)), width)

    @on(Ways.Chosen, "#done-ways")
    def _done_way(self, event: Ways.Chosen) -> None:
        if event.key == "delete" and self._given.file is not None:
            self._work(self._tried(self._delete(self._given.file), self._say), "delete")
        else:
            self.dismiss(self._saved)

    def _finish(self) -> None:
        if self.is_active:  # not behind the lock: there Enter does it later
            self.dismiss(self._saved)

    async def _delete(self, file: Path) -> None:
        from console.onboarding import delete_key_file

        try:
            await asyncio.to_thread(delete_key_file, file)
        except OSError as error:
            self.call_later(self._say, failure(error))
        else:
            self.call_later(self._finish)


def _lines_of(said: Said | None, width: int) -> list[Content]:
    return said_lines(said, width) if said is not None else []
