"""The refund dialog: what, plan, confirm, outcome. The only door to money in the screen."""

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
from console.domain.ids import parse
from console.domain.order import Order
from console.domain.rules import Offer
from console.tui.failures import READ_FAILURES, say_failure
from console.tui.messages import Said
from console.tui.screens.steps import ConfirmStep, OutcomeStep, PlanStep, WhatStep
from console.tui.widgets.notice import said_lines
from console.tui.words import QUIET, joined, quiet

if TYPE_CHECKING:
    from console.session import Session

STEPS: Final = ("what", "plan", "confirm", "outcome")
_KEYS: Final = {
    "what": "enter  next, then plan     esc  leave",
    "planning": "esc  leave",
    "plan": "enter  go on     ↑ ↓  scroll     esc  change it",
    "confirm": "enter  send, once the phrase is typed     esc  back to the plan",
    "sending": "esc  leave this dialog; the sending goes on",
    "outcome": "esc  close",
}


class Send(Protocol):
    def __call__(
        self, plan: Plan, phrase: str, *, above_captured: bool, disputed: bool
    ) -> None: ...


class RefundDialog(ModalScreen[None]):
    """Sends a plan at most once, and goes on being harmless when it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", "Next", show=False),
        Binding("escape", "back", "Back", show=False),
    ]

    def __init__(self, session: Session, order: Order, offer: Offer, send: Send) -> None:
        super().__init__()
        charge = order.charge(offer.target)
        assert charge is not None
        self.charge_id = charge.id
        self.sent_plan: Plan | None = None
        self._session = session
        self._send: Send = send
        self._plan: Plan | None = None
        self._planning = False
        self._step = "what"
        self._ended = False
        self._what = WhatStep(order, charge, offer.max_amount)

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
        live = self._session.profile.environment == "live"
        dialog = self.query_one("#dialog")
        title = f"Refund · charge {self.charge_id}"
        dialog.border_title = Content(f"{title} · LIVE: real money" if live else title)
        self.set_class(live, "-live")
        self.query_one("#dialog-notice").display = False
        self._go("what")
        self.query_one("#amount").focus()

    # --- steps -------------------------------------------------------------------------------

    def _go(self, step: str) -> None:
        self._step = step
        self.query_one("#pages", ContentSwitcher).current = step
        self._draw_frame()

    def _draw_frame(self) -> None:
        parts = [
            Content.styled(f" {number} {step} ", "bold reverse" if step == self._step else QUIET)
            for number, step in enumerate(STEPS, start=1)
        ]
        self.query_one("#steps", Static).update(quiet(" ─ ").join(parts))
        place = self._step
        if self._planning:
            place = "planning"
        elif place == "outcome" and not self._ended:
            place = "sending"
        self.query_one("#dialog-keys", Static).update(quiet(_KEYS[place]))

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
            self.query_one("#amount").focus()
        elif self._step == "confirm" and self._plan is not None:
            self._go("plan")
            self.query_one(PlanStep).focus()
        else:
            self.dismiss(None)

    # --- what, and the plan ------------------------------------------------------------------

    @on(Input.Changed, "#amount")
    def _amount_changed(self, event: Input.Changed) -> None:
        self._what.check(event.value)

    @on(Input.Changed, "#phrase, #above, #disputed")
    def _phrase_changed(self) -> None:
        self.query_one(ConfirmStep).say("")  # what was said was about another text

    @on(Input.Submitted, "#amount")
    def _amount_done(self) -> None:
        if self._what.check(self.query_one("#amount", Input).value) is None:
            self.query_one("#reason").focus()

    @on(Input.Submitted, "#reason")
    def _what_done(self) -> None:
        typed = self.query_one("#amount", Input).value
        if self._planning or self._step != "what":
            return
        if self._what.check(typed) is not None:
            self.query_one("#amount").focus()
            return
        self._planning = True
        self._say(Said("Planning", "Reading the charge, its refunds and the journal …",
                       tone="waiting"))  # fmt: skip
        self._draw_frame()
        reason = self.query_one("#reason", Input).value
        self.run_worker(
            self._make_plan(typed, reason), group="plan", exclusive=True, exit_on_error=False
        )

    async def _make_plan(self, typed: str, reason: str) -> None:
        """Nothing is sent by planning, so this one may end with the dialog."""
        try:
            plan = await plan_action(
                self._session.engine,
                "refund",
                parse(self.charge_id),
                Wish(amount=typed, reason=reason),
            )
        except READ_FAILURES as error:
            self.call_later(self._planned, None, say_failure(error))
        except Exception as error:  # a fault of ours; nothing was sent
            said = Said("Unexpected fault", f"{type(error).__name__}: {error}",
                        "Nothing was sent. Please report it.", "bad")  # fmt: skip
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

    @on(Input.Submitted, "#phrase")
    @on(Input.Submitted, "#above")
    @on(Input.Submitted, "#disputed")
    def _confirmed(self, event: Input.Submitted) -> None:
        step, plan = self.query_one(ConfirmStep), self._plan
        if self._step != "confirm" or plan is None or self.sent_plan is not None:
            return
        missing = step.missing
        if step.typed == plan.phrase and missing and event.input.id != missing.name:
            self.query_one(f"#{missing.name}").focus()
            return
        against = step.against()
        if against is not None:
            step.say(against)
            return
        # Marked before anything is begun: whatever else is pressed finds it sent.
        self.sent_plan = plan
        step.close()
        self._go("outcome")
        self.query_one(OutcomeStep).focus()
        self._send(
            plan, step.typed, above_captured=step.has("above"), disputed=step.has("disputed")
        )

    # --- outcome -----------------------------------------------------------------------------

    def progress(self, text: str) -> None:
        if self._step == "outcome":
            self.query_one(OutcomeStep).progress(text)
        else:
            self._say(Said("Under way", text, tone="waiting"))

    def ended(self, said: Said) -> None:
        """The outcome is known, or known to be unknown."""
        self._ended = True
        self.query_one("#dialog").set_class(said.tone == "bad", "-bad")
        self.query_one("#dialog").set_class(said.tone == "good", "-good")
        self.query_one(OutcomeStep).end(said)
        self._draw_frame()

    def failed(self) -> None:
        """A fault of ours while it was being sent: the journal knows more than we do."""
        if self._step == "outcome" and not self._ended:
            self.ended(
                Said(
                    "OUTCOME UNKNOWN",
                    "An unexpected fault of the console; it may have been sent.",
                    "Press i in the console: the open intents.",
                    "bad",
                )
            )
