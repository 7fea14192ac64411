"""The part of the console that hears about money: actions, recovery, watching, the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from textual.screen import Screen

from console.domain.language import N_, _
from console.domain.text import clean_line
from console.tui import keymap, messages
from console.tui.fault import kind_and_place
from console.tui.messages import Said
from console.tui.widgets.header import Header
from console.tui.widgets.notice import Banners, Notice
from console.tui.widgets.search import SearchInput

if TYPE_CHECKING:
    from console.actions.outcome import Outcome
    from console.actions.plan import Plan
    from console.actions.watch import News
    from console.domain.order import Order
    from console.domain.rules import Offer
    from console.store.decisions import Intent
    from console.tui.fault import GuardedApp
    from console.tui.screens.action import ActionDialog
    from console.tui.screens.intents import IntentsScreen
    from console.tui.widgets.order import OrderPane
    from console.tui.work import Work


class NewsScreen(Screen[None]):
    """Keeps what is known of actions, and passes it to the dialog that is open, if any."""

    def __init__(self) -> None:
        super().__init__()
        self.work: Work | None = None
        self.standing = messages.Standing()
        self.last_outcomes: dict[int, Said] = {}  # intent -> the last that was said of it
        # What an action made, to be chosen once it is shown; and from which row, since whoever
        # has moved on in the meantime must find the cursor where it was put.
        self.made: tuple[str, str | None] | None = None
        self.outdated = False  # something was done since the order was read
        self.under_way: list[Plan] = []  # was sent from a dialog that was closed since
        self.is_awaiting = False  # something else was asked for, and nothing came of it yet
        self._dialog: ActionDialog | None = None
        self._told_there: Said | None = None  # what the open dialog says, and nobody else yet
        self._intents: IntentsScreen | None = None

    @property
    def order(self) -> Order | None:
        raise NotImplementedError

    @property
    def is_old(self) -> bool:
        """Whether the order is not, or may not be, as it is at Amazon now."""
        order = self.order
        return order is not None and (order.remembered is not None or self.outdated)

    @property
    def order_pane(self) -> OrderPane:
        raise NotImplementedError

    def update_condition(self) -> None:
        raise NotImplementedError

    @property
    def notice(self) -> Notice:
        return self.query_one(Notice)

    @property
    def banners(self) -> Banners:
        return self.query_one(Banners)

    def say(self, said: Said) -> None:
        """The last message, in the place where messages stay."""
        self.notice.say(said)

    def _say_once(self, said: Said, there: ActionDialog | None) -> None:
        """What stands in an open dialog is said here once that is closed, and in short."""
        if there is None:
            self.say(said)
        else:
            self._told_there = said._replace(facts=())

    @property
    def watched(self) -> frozenset[str]:
        """What is being watched, by id."""
        return self.work.watched if self.work else frozenset()

    # --- an action ---------------------------------------------------------------------------

    def begin(self, order: Order, offer: Offer, begun: Intent | None = None) -> None:
        """Open the dialog for one action. It is the only way to send anything from here.

        `begun` is the first step of the renewal that it finishes.
        """
        from console.domain.ids import NotAnId, parse
        from console.tui.failures import say_failure
        from console.tui.screens.action import ActionDialog
        from console.tui.screens.forms import Subject

        if self.work is None:
            return
        if self.standing.problem is not None:
            self.say(_journal_broken(self.standing.problem))
            return
        self.notice.clear()
        try:
            parse(offer.target)
        except NotAnId as error:  # an answer named it so
            self.say(say_failure(error))
            return
        subject = Subject(order, offer, begun, self.work.policy)
        self._dialog = ActionDialog(self.work, subject)
        self.app.push_screen(self._dialog, self._dialog_closed)

    def _dialog_closed(self, _result: None) -> None:
        """What the dialog read may be newer than what is shown."""
        plan = self._dialog.under_way if self._dialog is not None else None
        if plan is not None:
            self.under_way.append(plan)
            self._show_under_way()
            self.say(_under_way(plan.draft.action, _("Its outcome will stand here.")))
        self._dialog = None
        if self._told_there is not None:
            self.say(self._told_there)
            self._told_there = None
        self.refresh_order()

    def on_ready(self, event: messages.Ready) -> None:
        """The order of a half-done renewal was read: finish it, or undo it."""
        from console.domain.rules import offer

        can = offer(event.order, event.action, event.target)
        finishes = event.action == "extend"
        if finishes or can.allowed:
            self.begin(event.order, can, event.begun if finishes else None)
        elif self._intents is not None:
            self._intents.call_later(
                self._intents.came,
                [],
                Said(_("It can't be undone this way"), can.why, tone="warning"),
            )

    def on_progress(self, event: messages.Progress) -> None:
        dialog, plan = self._dialog, event.about
        if plan is not None and dialog is not None and dialog.sent_plan is plan:
            dialog.progress(event.text)
        elif plan is None and self._intents is not None:
            self._intents.call_later(self._intents.progress, event.text)
        else:
            self.say(_under_way(plan.draft.action if plan is not None else "", event.text))

    def on_performed(self, event: messages.Performed) -> None:
        outcome = event.outcome
        dialog = self._dialog
        if dialog is not None and dialog.sent_plan is not event.plan:
            dialog = None
        if dialog is not None:
            dialog.ended(event.said, outcome.intent if outcome is not None else None)
        if outcome is not None and outcome.result == "unknown":
            self.notice.clear()  # the banner says it, louder
        else:
            self._say_once(event.said, dialog)
        if outcome is not None and outcome.intent is not None:
            self._remember(outcome.intent, event.said, unknown=outcome.result == "unknown")
            if outcome.result == "refused" and outcome.object is not None:
                self.raise_voice(f"declined:{_made(outcome)}", event.said)
        if outcome is not None and outcome.object is not None:
            self.made = _made(outcome), self.order_pane.chosen
        self.under_way = [plan for plan in self.under_way if plan is not event.plan]
        self._show_under_way()
        touched = outcome is not None and outcome.result in ("accepted", "unknown")
        self.refresh_order(event.plan.touches if touched else frozenset())

    def _show_under_way(self) -> None:
        self.order_pane.work_on(frozenset().union(*(plan.touches for plan in self.under_way)))

    def _remember(self, number: int, said: Said, *, unknown: bool) -> None:
        self.last_outcomes[number] = said
        if unknown:
            title = _("Intent {number}: outcome unknown", number=number)
            loud = Said(title, said.text, _press_intents())
            self.banners.raise_(f"unknown:{number}", loud, until_solved=True)
        else:
            self.banners.lower(f"unknown:{number}")

    def on_watch_ended(self, event: messages.WatchEnded) -> None:
        """What was declined stays on the screen until it is seen, and rings; the rest is said."""
        news = event.news
        said = say_news(news)
        dialog, made_by = self._dialog, news.intent
        if made_by is None or (dialog is not None and dialog.intent != made_by.id):
            dialog = None
        if dialog is not None and made_by is not None:
            dialog.ended(said, made_by.id)  # it stands there still, and says `initiated`
        if news.is_bad:
            self.notice.clear()  # it may still call the same refund initiated
            self._told_there = None if dialog is not None else self._told_there
            self.raise_voice(f"declined:{news.id}", said)
        else:
            self._say_once(said, dialog)
        order = self.order
        if order is not None and (order.id == news.order or _is_in(order, news)):
            self.refresh_order()
        if self.work is not None and news.intent is not None:
            self.work.stand()
        self.update_condition()

    def raise_voice(self, key: str, said: Said) -> None:
        """A red line that stays, and the bell: for what must not be missed."""
        self.banners.raise_(key, said)
        self.app.bell()

    def refresh_order(self, touched: frozenset[str] = frozenset()) -> None:
        """Read the order again: until it is read, what was offered for it is not, and of what is
        `touched`, with which something was done, no state is told.
        """
        self.outdated = self.order is not None
        if self.order is not None and self.work is not None:
            self.order_pane.outdate(touched)
            self.work.read_again(self.order)

    # --- open intents ------------------------------------------------------------------------

    def _do_intents(self) -> None:
        from console.tui.screens.intents import IntentsScreen

        if self.work is None:
            return
        self._intents = IntentsScreen(
            self.work, self.standing, self.last_outcomes, lambda: self.under_way
        )
        self.app.push_screen(self._intents, self._intents_closed)

    def _intents_closed(self, _result: None) -> None:
        self._intents = None

    def on_recovered(self, event: messages.Recovered) -> None:
        from console.tui.failures import say_outcome

        for outcome in event.outcomes:
            said = say_outcome(outcome)
            if outcome.intent is not None:
                self._remember(outcome.intent, said, unknown=outcome.result == "unknown")
            if not event.asked and outcome.result != "unknown":
                title = _(
                    "Recovered at the start: intent {number}: {what}",
                    number=outcome.intent,
                    what=said.title,
                )
                news = Said(title, said.text, tone=said.tone)
                self.banners.raise_(f"recovered:{outcome.intent}", news)
        if event.said is not None:
            self.say(event.said)
        else:
            self.notice.clear()  # nothing is under way any more
        if any(outcome.result == "unknown" for outcome in event.outcomes):
            self._let_keys_work()
        if self._intents is not None:
            self._intents.call_later(self._intents.came, event.outcomes, event.said)
        self.refresh_order()

    def _let_keys_work(self) -> None:
        """The banner names a key, which an empty search line would take for a letter."""
        search = self.query_one(SearchInput)
        if self.focused is search and not search.value:
            self.set_focus(None)

    def on_stood(self, event: messages.Stood) -> None:
        problem = event.standing.problem or self.standing.problem
        self.standing = event.standing._replace(problem=problem)
        self.query_one(Header).change(journal=problem or "")
        if problem is not None:
            self.banners.raise_("journal", _journal_broken(problem), until_solved=True)
        numbers = {intent.id for intent in event.standing.open}
        for number in self.last_outcomes:
            if number not in numbers:
                self.banners.lower(f"unknown:{number}")
        if self._intents is not None:
            self._intents.stand(self.standing)
        self.update_condition()

    def on_fault(self, event: messages.Fault) -> None:
        """A fault of ours in a worker: the page tells it, as it does every other one."""
        cast("GuardedApp", self.app).faults.take(event.error)
        self.say(
            Said(
                _("Unexpected fault ({kind}) in {place}",
                  kind=type(event.error).__name__, place=event.where),
                kind_and_place(event.error),
                _("Please report it. Nothing is lost: the journal holds what was decided."),
                "bad",
            )
        )  # fmt: skip
        self.query_one("#loading").display = False


def _under_way(action: str, text: str) -> Said:
    what = _("Under way: {action}", action=action) if action else _("Under way")
    return Said(what, text, tone="waiting")


def _journal_broken(problem: str) -> Said:
    return Said(
        _("THE JOURNAL DOES NOT VERIFY"),
        problem,
        _("Actions are blocked. Keep the file; `payconsole journal verify` tells more."),
        "bad",
    )


def _press_intents() -> str:
    return _("Press {key} to resolve it.", key=keymap.written("general.intents"))


def _is_in(order: Order, news: News) -> bool:
    return news.id in {c.id for c in order.charges} | {r.id for r in order.refunds}


def _made(outcome: Outcome) -> str:
    """The id under which a decline is remembered as seen: the same as that of its watch."""
    found = outcome.object or {}
    return str(found.get("refundId") or found.get("chargeId") or outcome.target)


# What a decline means for the money, by the kind of object.
_DECLINED: Final = {
    "refund": N_("The buyer has not got the money from it."),
    "charge": N_("Nothing was collected with it."),
}
# What is true once Amazon is done, by the state that it came to.
_DONE: Final = {
    "Refunded": N_("Refund {id} is Refunded."),
    "Captured": N_("Charge {id} is Captured: the money was collected."),
    "Authorized": N_(
        "Charge {id} is Authorized: the amount is reserved, nothing is collected yet."
    ),
}


def say_news(news: News) -> Said:
    """The end of a watch in words: what it is, what it means, what to do."""
    amount = f" {news.amount}" if news.amount else ""
    if news.intent is not None:
        intent = news.intent
        what = _("{action} on {object}", action=intent.summary, object=intent.object)
    else:
        what = clean_line(f"{news.kind}{amount} {news.id}", 100)
    if news.end == "gone":
        return Said(
            _("Not found any more: {what}", what=what),
            _("Amazon doesn't know {object}, so it is not watched any more.", object=news.id),
            _("Look at the order in Seller Central."),
            "warning",
        )
    if news.end == "given_up":
        return Said(
            _("Still not final: {what}", what=what),
            _(
                "It is still {state}; Amazon is taking longer than usual, and it is not being"
                " watched any more.",
                state=news.state,
            ),
            _("Press {key} to look again.", key=keymap.written("general.again")),
            "waiting",
        )
    from console.domain.explain import explain_state
    from console.tui.failures import to_the_buyer

    told = explain_state(news.kind, news.state, [news.code] if news.code else [])
    if news.is_bad:
        title = _("DECLINED: {what}.", what=what)
        if news.code:
            title = _("DECLINED: {what} ({code}).", what=what, code=clean_line(news.code, 60))
        # Short, so that the next step is never cut off; Explain tells the rest.
        text = _(_DECLINED.get(news.kind, ""))
        return Said(title, text, told.next_step, "bad")
    if news.state in _DONE and (news.intent is not None or news.kind == "refund"):
        link = news.intent.link if news.intent is not None else None
        half = news.state == "Authorized" and link is not None and "renews" in link
        first = _(
            "It is the first of two steps: {key} shows how to finish the renewal.",
            key=keymap.written("general.intents"),
        )
        title, text = _("Done: {what}", what=what), _(_DONE[news.state], id=news.id)
        facts = to_the_buyer(news.state, (), news.amount) if news.kind == "refund" else ()
        return Said(title, text, first if half else "", "good", facts)
    return Said(f"{clean_line(news.state, 60)}: {what}", told.meaning, tone=told.tone)
