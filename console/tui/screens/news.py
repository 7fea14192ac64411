"""The part of the console that hears about money: actions, recovery, watching, the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.screen import Screen

from console.domain.explain import explain_state
from console.domain.text import clean_line
from console.tui import messages
from console.tui.messages import Said
from console.tui.widgets.header import Header
from console.tui.widgets.notice import Banners, Notice
from console.tui.widgets.search import SearchInput

if TYPE_CHECKING:
    from console.actions.watch import News
    from console.domain.order import Order
    from console.domain.rules import Offer
    from console.tui.screens.intents import IntentsScreen
    from console.tui.screens.refund import RefundDialog
    from console.tui.work import Work


class NewsScreen(Screen[None]):
    """Keeps what is known of actions, and passes it to the dialog that is open, if any."""

    def __init__(self) -> None:
        super().__init__()
        self.work: Work | None = None
        self.standing = messages.Standing()
        self.last_outcomes: dict[int, Said] = {}  # intent -> the last that was said of it
        self._refund: RefundDialog | None = None
        self._intents: IntentsScreen | None = None

    @property
    def order(self) -> Order | None:
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

    @property
    def watched(self) -> frozenset[str]:
        """What is being watched, by id."""
        return self.work.watched if self.work else frozenset()

    # --- a refund ----------------------------------------------------------------------------

    def refund(self, order: Order, offer: Offer) -> None:
        """Open the dialog for one charge. It is the only way to send anything from here."""
        from console.tui.screens.refund import RefundDialog

        if self.work is None:
            return
        if self.standing.problem is not None:
            self.say(_journal_broken(self.standing.problem))
            return
        self.notice.clear()
        self._refund = RefundDialog(self.work.session, order, offer, self.work.perform)
        self.app.push_screen(self._refund, self._refund_closed)

    def _refund_closed(self, _result: None) -> None:
        """What the dialog read may be newer than what is shown."""
        self._refund = None
        self.refresh_order()

    def on_progress(self, event: messages.Progress) -> None:
        if self._refund is not None and self._refund.charge_id == event.about:
            self._refund.progress(event.text)
        elif self._intents is not None and event.about == "intents":
            self._intents.progress(event.text)
        else:
            self.say(Said("Under way", event.text, tone="waiting"))

    def on_performed(self, event: messages.Performed) -> None:
        outcome = event.outcome
        dialog = self._refund
        if dialog is not None and dialog.sent_plan is event.plan:
            dialog.ended(event.said)
        if outcome is not None and outcome.result == "unknown":
            self.notice.clear()  # the banner says it, louder
        else:
            self.say(event.said)
        if outcome is not None and outcome.intent is not None:
            self._remember(outcome.intent, event.said, unknown=outcome.result == "unknown")
            if outcome.result == "refused" and outcome.object is not None:
                self.raise_voice(f"declined:{outcome.intent}", event.said)
        self.refresh_order()

    def _remember(self, number: int, said: Said, *, unknown: bool) -> None:
        self.last_outcomes[number] = said
        if unknown:
            loud = Said(f"Intent {number}: outcome unknown", said.text, "Press i to resolve it.")
            self.banners.raise_(f"unknown:{number}", loud, until_solved=True)
        else:
            self.banners.lower(f"unknown:{number}")

    def on_watch_ended(self, event: messages.WatchEnded) -> None:
        """What was declined stays on the screen until it is seen, and rings; the rest is said."""
        news = event.news
        said = say_news(news)
        if news.is_bad:
            self.notice.clear()  # it may still call the same refund initiated
            self.raise_voice(f"declined:{news.id}", said)
        else:
            self.say(said)
        order = self.order
        if order is not None and (order.id == news.order or _is_in(order, news)):
            self.refresh_order()
        self.update_condition()

    def raise_voice(self, key: str, said: Said) -> None:
        """A red line that stays, and the bell: for what must not be missed."""
        self.banners.raise_(key, said)
        self.app.bell()

    def refresh_order(self) -> None:
        if self.order is not None and self.work is not None:
            self.work.read_again(self.order)

    # --- open intents ------------------------------------------------------------------------

    def _do_intents(self) -> None:
        from console.tui.screens.intents import IntentsScreen

        if self.work is None:
            return
        self._intents = IntentsScreen(self.work, self.standing.open, self.last_outcomes)
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
                title = f"Recovered at the start: intent {outcome.intent}: {said.title}"
                news = Said(title, said.text, tone=said.tone)
                self.banners.raise_(f"recovered:{outcome.intent}", news)
        if event.said is not None:
            self.say(event.said)
        else:
            self.notice.clear()  # nothing is under way any more
        if any(outcome.result == "unknown" for outcome in event.outcomes):
            self._let_keys_work()
        if self._intents is not None:
            self._intents.came(event.outcomes, event.said)
        self.refresh_order()

    def _let_keys_work(self) -> None:
        """The banner names a key, which an empty search line would take for a letter."""
        search = self.query_one(SearchInput)
        if self.focused is search and not search.value:
            self.set_focus(None)

    def on_stood(self, event: messages.Stood) -> None:
        problem = event.standing.problem or self.standing.problem
        self.standing = messages.Standing(event.standing.open, problem)
        self.query_one(Header).change(journal=problem or "")
        if problem is not None:
            self.banners.raise_("journal", _journal_broken(problem), until_solved=True)
        numbers = {intent.id for intent in event.standing.open}
        for number in self.last_outcomes:
            if number not in numbers:
                self.banners.lower(f"unknown:{number}")
        if self._intents is not None:
            self._intents.stand(event.standing.open)
        self.update_condition()

    def on_fault(self, event: messages.Fault) -> None:
        """A fault of ours: named without data, and without ending the program."""
        name = type(event.error).__name__
        self.say(
            Said(
                f"Unexpected fault ({name}) in {event.where}",
                str(event.error)[:300],
                "Please report it. Nothing is lost: the journal holds what was decided.",
                "bad",
            )
        )
        self.query_one("#loading").display = False
        if self._refund is not None:
            self._refund.failed()


def _journal_broken(problem: str) -> Said:
    return Said(
        "THE JOURNAL DOES NOT VERIFY",
        problem,
        "Actions are blocked. Keep the file; `payconsole journal verify` tells more.",
        "bad",
    )


def _is_in(order: Order, news: News) -> bool:
    return news.id in {c.id for c in order.charges} | {r.id for r in order.refunds}


_NO_MONEY: Final = "The buyer has not got the money from it."


def say_news(news: News) -> Said:
    """The end of a watch in words: what it is, what it means, what to do."""
    amount = f" {news.amount}" if news.amount else ""
    if news.intent is not None:
        what = f"{news.intent.summary} on {news.intent.object}"
    else:
        what = clean_line(f"{news.kind}{amount} {news.id}", 100)
    if news.end == "gone":
        return Said(
            f"Not found any more: {what}",
            f"Amazon doesn't know {news.id}, so it is not watched any more.",
            "Look at the order in Seller Central.",
            "warning",
        )
    if news.end == "given_up":
        return Said(
            f"Still not final: {what}",
            f"It is still {news.state}; Amazon is taking longer than usual, and it is not being"
            " watched any more.",
            "Press g to look again.",
            "waiting",
        )
    told = explain_state(news.kind, news.state, [news.code] if news.code else [])
    if news.is_bad:
        code = f" ({clean_line(news.code, 60)})" if news.code else ""
        # Short, so that the next step is never cut off; Explain tells the rest.
        return Said(f"DECLINED: {what}{code}.", _NO_MONEY, told.next_step, "bad")
    if news.state == "Refunded":
        return Said(f"Done: {what}", f"Refund {news.id} is Refunded.", tone="good")
    return Said(f"{clean_line(news.state, 60)}: {what}", told.meaning, tone=told.tone)
