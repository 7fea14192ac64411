"""The dialog of every action: what, plan, confirm, outcome. The screen's only door to money."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import ContentSwitcher, Input, Static

from console.actions.plan import Plan, Wish
from console.actions.planning import plan_action
from console.domain.action_table import BY_NAME
from console.domain.ids import parse
from console.domain.language import N_, _
from console.tui.failures import READ_FAILURES, say_failure
from console.tui.fault import kind_and_place
from console.tui.messages import Said
from console.tui.screens.forms import Subject, wish_of
from console.tui.screens.steps import ConfirmStep, OutcomeStep, PlanStep, WhatStep
from console.tui.widgets.choice import Choice
from console.tui.widgets.notice import said_lines
from console.tui.words import QUIET, joined, quiet

if TYPE_CHECKING:
    from console.session import Session

# The ids of the pages, and what they are called.
STEPS: Final = (N_("what"), N_("plan"), N_("confirm"), N_("outcome"))
_KEYS: Final = {
    "what": N_("enter  next, then plan     esc  leave"),
    "planning": N_("esc  leave"),
    "plan": N_("enter  go on     ↑ ↓  scroll     esc  change it"),
    "confirm": N_("enter  send, once the phrase is typed     esc  back to the plan"),
    "cooling": N_("esc  stop it: nothing is sent"),
    "sending": N_("esc  leave this dialog; the sending goes on"),
    "outcome": N_("esc  close"),
}
_KINDS: Final = {
    "charge": N_("charge {id}"),
    "charge_permission": N_("order {id}"),
    "checkout_session": N_("checkout session {id}"),
}


class Sender(Protocol):
    """Who carries a confirmed plan out, whatever becomes of the dialog."""

    @property
    def session(self) -> Session: ...

    def perform(self, plan: Plan, phrase: str, *, above_captured: bool, disputed: bool) -> None: ...

    def stop(self, plan: Plan) -> bool: ...

    def failed(self, plan: Plan) -> None: ...


class ActionDialog(ModalScreen[None]):
    """Sends a plan at most once, and goes on being harmless when it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", "Next", show=False),
        Binding("escape", "back", "Back", show=False),
    ]

    def __init__(self, sender: Sender, subject: Subject) -> None:
        super().__init__()
        self.sent_plan: Plan | None = None
        self.intent: int | None = None  # in the journal, once there is an outcome
        self._sender = sender
        self._subject = subject
        self._plan: Plan | None = None
        self._planning = False
        self._step = "what"
        self._cooling = False
        self._ended = False
        self._what = WhatStep(subject)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(id="steps", markup=False)
            yield Static(id="dialog-notice", markup=False)
            with ContentSwitcher(initial="what", id="pages"):
                yield self._what
                yield PlanStep()
                yield ConfirmStep()
                yield OutcomeStep()
            yield Static(id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        live = self._sender.session.profile.environment == "live"
        target = parse(self._subject.offer.target).v2
        action = BY_NAME[self._subject.offer.action]
        title = f"{_(action.title)} · {_(_KINDS[target.kind], id=target.id)}"
        dialog = self.query_one("#dialog")
        dialog.border_title = Content(
            _("{title} · LIVE: real money", title=title) if live else title
        )
        self.set_class(live, "-live")
        self.query_one("#dialog-notice").display = False
        self._go("what")
        self._what.changed()
        self._what.begin()

    # --- steps -------------------------------------------------------------------------------

    def _go(self, step: str) -> None:
        self._step = step
        self.query_one("#pages", ContentSwitcher).current = step
        self._draw_frame()

    def _draw_frame(self) -> None:
        parts = [
            Content.styled(f" {number} {_(step)} ", "bold reverse" if step == self._step else QUIET)
            for number, step in enumerate(STEPS, start=1)
        ]
        self.query_one("#steps", Static).update(quiet(" ─ ").join(parts))
        self.query_one("#dialog-keys", Static).update(quiet(_(_KEYS[self._place])))

    @property
    def _place(self) -> str:
        if self._planning:
            return "planning"
        if self._step == "outcome" and not self._ended:
            return "cooling" if self._cooling else "sending"
        return self._step

    def _say(self, said: Said | None) -> None:
        notice = self.query_one("#dialog-notice", Static)
        notice.display = said is not None
        if said is not None:
            width = max(self.query_one("#pages").size.width, 40)
            notice.update(joined(said_lines(said, width)))

    def action_next(self) -> None:
        """Enter where no input has the focus."""
        if self._step == "plan" and self._plan is not None:
            self._to_confirm(self._plan)

    def action_back(self) -> None:
        self._say(None)
        if self._step == "plan":
            self._plan = None
            self._go("what")
            self._what.begin()
        elif self._step == "confirm" and self._plan is not None:
            self._go("plan")
            self.query_one(PlanStep).focus()
        elif self._place == "cooling" and self.sent_plan is not None:
            self._stop(self.sent_plan)
        else:
            self.dismiss(None)

    def _stop(self, plan: Plan) -> None:
        """Stop what was confirmed while its cooling time runs; what came of it is told then."""
        if not self._sender.stop(plan):
            self.progress(_("Too late to stop it: it is being sent"))

    @property
    def under_way(self) -> Plan | None:
        """What was confirmed and has no outcome yet."""
        return None if self._ended else self.sent_plan

    def halt(self) -> None:
        """A fault elsewhere: what still cools is not sent."""
        plan = self.sent_plan
        if plan is not None and self._sender.session.engine.is_cooling(plan):
            self._sender.stop(plan)

    # --- what, and the plan ------------------------------------------------------------------

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if self._step == "what":
            self._what.changed()
        else:
            self.query_one(ConfirmStep).say("")  # what was said was about another text

    @on(Choice.Changed)
    def _turned(self) -> None:
        self._what.changed()

    @on(Choice.Done)
    def _choice_done(self, event: Choice.Done) -> None:
        self._field_done(event.choice.id or "")

    @on(Input.Submitted)
    def _input_done(self, event: Input.Submitted) -> None:
        if event.value != event.input.value:  # Enter was meant for what stood there by then
            return
        name = event.input.id or ""
        if self._step == "what":
            self._field_done(name)
        elif self._step == "confirm":
            self._confirmed(name)

    def _field_done(self, name: str) -> None:
        if self._planning or self._step != "what" or not self._what.go_on(name):
            return
        self._planning = True
        said = _("Reading the order and the journal …")
        self._say(Said(_("Planning"), said, tone="waiting"))
        self._draw_frame()
        self.run_worker(
            self._make_plan(wish_of(self._subject, self._what.values)),
            group="plan", exclusive=True, exit_on_error=False,
        )  # fmt: skip

    async def _make_plan(self, wish: Wish) -> None:
        """Nothing is sent by planning, so this one may end with the dialog."""
        offer = self._subject.offer
        try:
            plan = await plan_action(
                self._sender.session.engine, offer.action, parse(offer.target), wish
            )
        except READ_FAILURES as error:
            self.call_later(self._planned, None, say_failure(error))
        except Exception as error:  # a fault of ours; nothing was sent
            said = Said(_("Unexpected fault"), kind_and_place(error),
                        _("Nothing was sent. Please report it."), "bad")  # fmt: skip
            self.call_later(self._planned, None, said)
        else:
            self.call_later(self._planned, plan, None)

    def _planned(self, plan: Plan | None, said: Said | None) -> None:
        self._planning = False
        self._say(said)
        self._plan = plan
        if plan is None:
            self._draw_frame()
            return
        self._go("plan")
        step = self.query_one(PlanStep)
        step.show(plan)
        step.focus()

    # --- confirm and send --------------------------------------------------------------------

    def _to_confirm(self, plan: Plan) -> None:
        step = self.query_one(ConfirmStep)
        step.show(plan)
        self._go("confirm")
        self.query_one("#phrase").focus()

    def _confirmed(self, name: str) -> None:
        step, plan = self.query_one(ConfirmStep), self._plan
        if plan is None or self.sent_plan is not None:
            return
        missing = step.missing
        if step.typed == plan.phrase and missing and name != missing.name:
            self.query_one(f"#{missing.name}").focus()
            return
        against = step.against()
        if against is not None:
            step.say(against)
            return
        # Marked before anything is begun: whatever else is pressed finds it sent.
        self.sent_plan = plan
        try:
            self._send(plan, step)
        except Exception:
            self._sender.failed(plan)  # what is known of it stands in the journal
            raise

    def _send(self, plan: Plan, step: ConfirmStep) -> None:
        self._cooling = bool(self._sender.session.engine.policy.cooling_seconds)
        step.close()
        self._go("outcome")
        outcome = self.query_one(OutcomeStep)
        outcome.begin(plan)
        outcome.focus()
        self._sender.perform(
            plan, step.typed, above_captured=step.has("above"), disputed=step.has("disputed")
        )

    # --- outcome -----------------------------------------------------------------------------

    def progress(self, text: str) -> None:
        if self._step != "outcome":
            self._say(Said(_("Under way"), text, tone="waiting"))
            return
        plan = self.sent_plan
        self._cooling = plan is not None and self._sender.session.engine.is_cooling(plan)
        self.query_one(OutcomeStep).progress(text, cooling=self._cooling)
        self._draw_frame()

    def ended(self, said: Said, intent: int | None) -> None:
        """The outcome of `intent` is known, or known to be unknown; later also its end."""
        self._ended = True
        self.intent = intent
        if self._step != "outcome":  # a fault came before that was shown
            self._go("outcome")
        self.query_one("#dialog").set_class(said.tone == "bad", "-bad")
        self.query_one("#dialog").set_class(said.tone == "good", "-good")
        self.query_one(OutcomeStep).end(said)
        self._draw_frame()
