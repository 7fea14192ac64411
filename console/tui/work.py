"""What the console does beside drawing: lookups, sending, watching, recovery.

Each job is a worker of the application, so that leaving a dialog or an order never ends it,
and posts messages to the console screen; none touches a widget. Imported once the session
is open.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textual.message_pump import MessagePump
from textual.worker import Worker

from console.actions.outcome import Outcome, Result
from console.actions.plan import Plan
from console.actions.recovery import is_of, recover, resolve_by_hand
from console.actions.renewal import Renewal, half_done
from console.actions.watch import End, News, Watches
from console.actions.worklist import known_orders
from console.domain.ids import Identifier, NotAnId, environment_of, parse
from console.domain.intent import LIVE_STATES, OPEN_STATES, State
from console.domain.language import N_, _, many
from console.domain.model import Charge, Refund, parse_time, show_time
from console.domain.order import Order
from console.domain.policy import Policy
from console.domain.text import clean_line
from console.domain.worklist import as_list
from console.export import CantWrite, export_order
from console.imports import paths_in
from console.lookup import Several
from console.session import Session
from console.store.decisions import Intent
from console.store.index import Look
from console.tui import keymap
from console.tui import messages as say
from console.tui.desk_jobs import DeskJobs
from console.tui.failures import READ_FAILURES, say_ended_by_fault, say_failure, say_outcome
from console.tui.screens.leave import Pending
from console.tui.screens.worklist import GROUP as WORKLIST
from console.tui.words import kind_word

if TYPE_CHECKING:
    from console.tui.app import PayConsole

RECENT: Final = 200
STILL_NEWS: Final = timedelta(days=30)  # a decline that is older is in the timeline alone


class Work:
    """The jobs of one session. `sink` is told what comes of them."""

    def __init__(self, app: PayConsole, session: Session, sink: MessagePump) -> None:
        self.session = session
        self._app = app
        self._sink = sink
        self._watches = Watches(session.engine, lambda news: self._post(say.WatchEnded(news)))
        self._sending: list[tuple[Plan, Worker[None]]] = []
        self._watching: Worker[None] | None = None
        self._paused = False
        self.desk = DeskJobs(session, self._spawn, self._post)

    @property
    def policy(self) -> Policy:
        """What the profile allows; in LIVE nothing goes before its name was typed, beside it."""
        return self.session.profile.policy

    # --- looking up ------------------------------------------------------------------------

    def look_up(self, text: str) -> None:
        """Find the id in `text` and read its order; a newer lookup replaces an older one."""
        self._spawn(self._look_up(text), "lookup", exclusive=True)

    def open(self, order_id: str) -> None:
        """Read the order of an id that an answer or an import gave: it need not be one."""
        try:
            identifier = parse(order_id)
        except NotAnId as error:
            self._post(say.NotFoundThere(say_failure(error)))
            return
        self._spawn(self._read(identifier), "lookup", exclusive=True)

    def drop_lookup(self) -> None:
        """Nobody waits any more for what is being looked up."""
        self._app.workers.cancel_group(self._app, "lookup")

    def read_again(self, order: Order) -> None:
        if self._paused:  # it is read when the console is unlocked
            return
        self._spawn(self._read(order.query, again=order.id), "reread", exclusive=True)

    async def _look_up(self, text: str) -> None:
        paths = await asyncio.to_thread(paths_in, text)
        if paths is not None:
            self._post(say.Dropped(paths))
            return
        orders_of = known_orders(self.session.known, self.session.profile.environment)
        entries = await asyncio.to_thread(as_list, text, orders_of)
        if entries is not None:
            self._post(say.Listed(entries))
            return
        try:
            identified = await self.session.lookup.resolve(text)
        except Several as error:
            self._post(say.Choose(clean_line(text.strip(), 40), error.orders))
        except NotAnId as error:
            from console.domain.meanings import meanings

            known = await asyncio.to_thread(meanings, text.strip())
            self._post(say.Named(known[0].term) if known else say.NotFoundThere(say_failure(error)))
        except READ_FAILURES as error:
            self._post(say.NotFoundThere(say_failure(error)))
        else:
            await self._read(identified.best, identified.others)

    async def _read(
        self,
        identifier: Identifier,
        others: tuple[Identifier, ...] = (),
        again: str | None = None,
    ) -> None:
        """Read an order; one that was seen before stands on the screen meanwhile."""
        lookup = self.session.lookup
        if again is None:
            again = await self._show_remembered(identifier, others)
        try:
            order = await lookup.look_up(
                identifier, tell=lambda done, known: self._post(say.Reading(again, done, known))
            )
        except READ_FAILURES as error:
            self._post(say.NotFoundThere(say_failure(error), again))
            return
        self._watches.see(order)
        self._post(say.Found(order, others, again=again))
        await self._recents()

    async def _show_remembered(
        self, identifier: Identifier, others: tuple[Identifier, ...]
    ) -> str | None:
        """Show the order as it was seen last; returns its id, None where it never was."""
        remembered = await self.session.lookup.remembered(identifier)
        if remembered is None:
            target = identifier.v2
            what = f"{kind_word(target.kind)} {target.id}"
            self._post(say.Asking(what, identifier.id))
            return None
        self._post(say.Found(remembered, others))
        await self._painted()
        return remembered.id

    def recents(self) -> None:
        self._spawn(self._recents(), "recents", exclusive=True)

    def pin(self, order: Order) -> None:
        """Pin an order, or unpin it."""
        self.desk.pin(order, self._recents)

    async def _recents(self) -> None:
        """Those of this environment: the index is one for all accounts, and knows no account."""
        here = self.session.profile.environment
        recent = await asyncio.to_thread(self.session.known.recent, RECENT)
        mine = [known for known in recent if environment_of(known.id) in (here, None)]
        pinned, noted = await self.desk.standing()
        above = {known.id for known in pinned}
        rest = [known for known in mine if known.id not in above]
        self._post(say.RecentRead(rest, pinned, noted))

    # --- behind an order ---------------------------------------------------------------------

    def looks(self, identifier: str) -> None:
        self._spawn(self._looks(identifier), "looks", exclusive=True)

    async def _looks(self, identifier: str) -> None:
        found = await asyncio.to_thread(self.session.known.looks, identifier)
        self._post(say.LooksRead(identifier, found))

    def export(self, order: Order, folder: Path) -> None:
        """Write a bundle of the order, without buyer data, under a name that is new."""
        self._spawn(self._export(order, folder), "export")

    async def _export(self, order: Order, folder: Path) -> None:
        now = self.session.client.amazon_now()
        path = folder / f"{order.id}-{now:%Y%m%dT%H%M%SZ}.json"
        try:
            await export_order(self.session, order, path)
        except CantWrite as error:
            said = say.Said(_("Not exported"), str(error), error.hint or "", "bad")
        else:
            text = _("For you alone (0600). No secrets, no buyer data.")
            said = say.Said(_("Exported to {file}", file=path), text, tone="good")
        self._post(say.Exported(said))

    # --- actions -----------------------------------------------------------------------------

    def perform(self, plan: Plan, phrase: str, *, above_captured: bool, disputed: bool) -> None:
        """Send a confirmed plan. Neither exclusive nor bound to the dialog."""
        job = self._perform(plan, phrase, above_captured, disputed)
        try:
            worker = self._spawn(job, "send")
        except Exception:
            job.close()  # whatever was begun of it can't go on: nothing is sent
            raise
        self._sending.append((plan, worker))

    def failed(self, plan: Plan) -> None:
        """A fault came between the confirmation and `perform`: tell what is known of it."""
        self._spawn(self._tell_failed(plan), "failed")

    async def _tell_failed(self, plan: Plan) -> None:
        """What the journal proves of a plan that a fault has ended, and nothing more."""
        try:
            lines = await asyncio.to_thread(self.session.journal.entries, scope=plan.draft.scope)
        except READ_FAILURES:
            moves = None
        else:
            moves = [line.kind for line in lines if line.seq > plan.version]
        self._post(say.Performed(plan, None, say_ended_by_fault(moves)))

    def stop(self, plan: Plan) -> bool:
        """Stop a confirmed plan if its cooling time still runs; whether it did."""
        if not self.session.engine.is_cooling(plan):
            return False
        for sending, worker in self._sending:
            if sending is plan:
                worker.cancel()
        text = _("It was stopped in its cooling time: nothing was sent.")
        self._post(say.Performed(plan, None, say.Said(_("Stopped"), text)))
        return True

    async def _perform(self, plan: Plan, phrase: str, above_captured: bool, disputed: bool) -> None:
        tell = self._teller(plan)
        try:
            outcome = await self.session.engine.perform(
                plan, phrase, above_captured=above_captured, disputed=disputed, tell=tell
            )
        except READ_FAILURES as error:
            self._post(say.Performed(plan, None, say_failure(error)))
        except Exception as error:
            self._post(say.Fault("send", error))  # first, so that what is known of it stays
            await self._tell_failed(plan)
        else:
            said = say_outcome(outcome, finishes=_finishes(plan))
            self._post(say.Performed(plan, outcome, said))
            await self._after(outcome, plan)
        finally:
            self._sending = [(one, worker) for one, worker in self._sending if one is not plan]
        await self._stand(verify=False)

    async def _after(self, outcome: Outcome, plan: Plan | None = None) -> None:
        """Watch what was accepted; of two steps the first one too."""
        if plan is not None and plan.then is not None:
            scope, accepted = plan.draft.scope, [State.ACCEPTED]
            intents = self.session.journal.intents
            self._watches.follow(await asyncio.to_thread(intents, scope=scope, states=accepted))
        elif outcome.intent is not None and outcome.result is Result.ACCEPTED:
            self.follow(await self._intent(outcome.intent))

    def prepare(self, action: str, target: str, begun: Intent) -> None:
        """Read the order of `target` for an action that finishes or undoes a renewal."""
        self._spawn(self._prepare(action, target, begun), "prepare", exclusive=True)

    async def _prepare(self, action: str, target: str, begun: Intent) -> None:
        try:
            order = await self.session.lookup.look_up(parse(target))
        except READ_FAILURES as error:
            self._post(say.Recovered([], say_failure(error), asked=True))
        else:
            self._post(say.Ready(order, action, target, begun))

    def follow(self, intent: Intent) -> None:
        """Watch what an accepted intent made, until Amazon is done with it."""
        self._watches.follow([intent])

    @property
    def watched(self) -> frozenset[str]:
        """What is being watched, by id, whatever is on the screen."""
        return self._watches.ids

    async def _intent(self, number: int) -> Intent:
        return await asyncio.to_thread(self.session.journal.intent, number)

    # --- the journal -------------------------------------------------------------------------

    def start(self) -> None:
        """What has to be seen to at the start: the journal, open intents, what is unfinished."""
        self._spawn(self._start(), "start")
        self._watching = self._spawn(self._watches.run(), "watch")

    def pause(self) -> None:
        """Look at nothing until `go_on`; what was confirmed goes on to its end."""
        self._paused = True
        if self._watching is not None:
            self._watching.cancel()
        for group in ("lookup", "reread", "prepare", WORKLIST):
            self._app.workers.cancel_group(self._app, group)

    def go_on(self) -> None:
        self._paused = False
        self._watching = self._spawn(self._watches.run(), "watch")

    async def pending(self) -> list[Pending]:
        """What Amazon is at work on, as far as it is watched, with what is known of each."""
        watched = sorted(self.watched)
        return await asyncio.to_thread(self._pending, watched) if watched else []

    def _pending(self, watched: list[str]) -> list[Pending]:
        accepted = self.session.journal.intents(states=[State.ACCEPTED])
        ours = {intent.result: intent for intent in accepted}
        looks = self.session.known.last_looks(watched)
        return [_pending(one, ours.get(one), looks.get(one)) for one in watched]

    async def _start(self) -> None:
        standing = await self._stand(verify=True)
        await self._recents()
        if standing.problem is not None:
            return
        if standing.open and self._app.naming.may_send(self.session.profile):
            await self._recover(None, nobody_else=False, asked=False)
        elif standing.open:
            self._post(say.Recovered([], _waiting(len(standing.open)), asked=False))
        journal = self.session.journal
        self._watches.follow(await asyncio.to_thread(journal.intents, states=[State.ACCEPTED]))
        for news in await asyncio.to_thread(self._unseen_declines):
            self._post(say.WatchEnded(news))

    def _unseen_declines(self) -> list[News]:
        """What Amazon took on and declined, and nobody has said to have seen."""
        session, since = self.session, self.session.client.amazon_now() - STILL_NEWS
        return [
            News(End.DONE, parse(intent.result).v2.kind, intent.result, intent.scope, "Declined",
                 amount=intent.amount, intent=intent)
            for intent in session.journal.intents(states=[State.DECLINED])
            if intent.environment == session.profile.environment
            and intent.result is not None
            and (parse_time(intent.updated) or since) > since
            and session.known.watermark(_seen_mark(intent.result)) is None
        ]  # fmt: skip

    def note_seen(self, banners: list[str]) -> None:
        """What a person took off the screen is not raised again at the next start."""
        self._spawn(asyncio.to_thread(self._note_seen, banners), "seen")

    def _note_seen(self, banners: list[str]) -> None:
        now = show_time(self.session.client.amazon_now()) or ""
        for key in banners:
            kind, _colon, identifier = key.partition(":")
            if kind == "declined":
                self.session.known.set_watermark(_seen_mark(identifier), now)

    def recover(self, number: int, *, nobody_else: bool, disputed: bool = False) -> None:
        """Ask Amazon again about one open intent, because a person wants it."""
        self._app.naming.when_named(
            lambda: self._spawn(
                self._recover(number, nobody_else=nobody_else, disputed=disputed, asked=True),
                "send",
            ),
            lambda: self._post(say.Recovered([], _not_named(), asked=True)),
        )

    async def _recover(
        self, number: int | None, *, nobody_else: bool, disputed: bool = False, asked: bool
    ) -> None:
        engine = self.session.engine
        try:
            await engine.require_sound_journal()
            outcomes = await recover(
                engine,
                number=number,
                nobody_else=nobody_else,
                disputed=disputed,
                tell=self._teller(None),
            )
        except READ_FAILURES as error:
            self._post(say.Recovered([], say_failure(error), asked=asked))
        else:
            self._post(say.Recovered(outcomes, None, asked=asked))
            for outcome in outcomes:
                await self._after(outcome)
        await self._stand(verify=False)

    def resolve(self, number: int, *, happened: bool, evidence: str) -> None:
        """Write a person's word on an unknown outcome down. It sends nothing."""
        self._spawn(self._resolve(number, happened, evidence), "resolve")

    async def _resolve(self, number: int, happened: bool, evidence: str) -> None:
        try:
            intent = await resolve_by_hand(
                self.session.engine, number, happened=happened, evidence=evidence
            )
        except READ_FAILURES as error:
            self._post(say.Recovered([], say_failure(error), asked=True))
        else:
            if happened:
                title = N_("Intent {intent} is resolved by your word: it happened")
            else:
                title = N_("Intent {intent} is resolved by your word: it did not happen")
            said = say.Said(
                _(title, intent=intent.id),
                _(
                    "It is {state} now. Nothing was sent; a late message of Amazon can still make"
                    " this untrue.",
                    state=intent.state,
                ),
                tone="warning",
            )
            self._post(say.Recovered([], said, asked=True))
        await self._stand(verify=False)

    def stand(self) -> None:
        self._spawn(self._stand(verify=False), "stand", exclusive=True)

    async def _stand(self, *, verify: bool) -> say.Standing:
        journal = self.session.journal
        problem = None
        if verify:
            problem = (await asyncio.to_thread(journal.verify)).problem
        found = await asyncio.to_thread(journal.intents, states=LIVE_STATES | OPEN_STATES)
        engine = self.session.engine
        standing = say.Standing(
            open=tuple(intent for intent in found if intent.is_open),
            half_done=tuple(intent for intent in half_done(found) if is_of(engine, intent)),
            problem=problem,
        )
        self._post(say.Stood(standing))
        return standing

    def note_reveal(self, order: Order, done: Callable[[], None], where: str = "screen") -> None:
        """Write down that buyer data is shown or copied, then do it: in this order."""
        self._spawn(self._note_reveal(order, done, where), "reveal")

    async def _note_reveal(self, order: Order, done: Callable[[], None], where: str) -> None:
        data = {"what": "buyer data", "where": where}
        await asyncio.to_thread(self.session.journal.note, "reveal", data, obj=order.id)
        self._app.call_later(done)

    # --- shared ------------------------------------------------------------------------------

    async def _painted(self) -> None:
        """Let what was posted come onto the screen before anything else takes the processor."""
        painted = asyncio.Event()
        self._app.call_later(self._app.call_after_refresh, painted.set)
        await painted.wait()

    def _teller(self, about: Plan | None) -> Callable[[str], None]:
        return lambda text: self._post(say.Progress(about, text))

    def _post(self, message: Any) -> None:
        self._sink.post_message(message)

    def _spawn(
        self, job: Coroutine[Any, Any, object], group: str, *, exclusive: bool = False
    ) -> Worker[None]:
        async def guarded() -> None:
            try:
                await job
            except Exception as error:
                self._post(say.Fault(group, error))

        # A worker that is replaced before it began never calls it.
        weakref.finalize(guarded, job.close).atexit = False
        return self._app.run_worker(
            guarded, group=group, exclusive=exclusive, exit_on_error=False, name=group
        )


def _not_named() -> say.Said:
    return say.Said(_("Nothing was asked"), _("The account's name was not typed."))


def _waiting(count: int) -> say.Said:
    return say.Said(
        many("{count} open intent waiting", "{count} open intents waiting", count),
        _("In LIVE nothing is asked again by itself before the account's name was typed."),
        _("Press {key}, then a: Amazon is asked again.", key=keymap.written("general.intents")),
        "warning",
    )


def _pending(identifier: str, intent: Intent | None, look: Look | None) -> Pending:
    """An object that is watched: the intent that made it, and the last look at it."""
    kind, state = parse(identifier).v2.kind, look.state if look is not None else None
    amount = intent.amount if intent is not None else None
    if amount is None and look is not None:
        member = Refund if kind == "refund" else Charge
        amount = member.from_api(look.raw).amount
    return Pending(identifier, kind, state or _("initiated"), amount, intent is not None)


def _finishes(plan: Plan) -> bool:
    """Whether it is the second step of a renewal."""
    renewal = Renewal.of(plan.draft)
    return renewal is not None and renewal.step == 2


def _seen_mark(made: str) -> str:
    return f"seen/declined/{made}"
