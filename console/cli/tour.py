"""The demo without a terminal: a short guided tour as text."""

from __future__ import annotations

from collections.abc import Iterable

from console.actions.outcome import Held
from console.actions.plan import Wish
from console.actions.planning import plan_action
from console.cli import documents, text
from console.cli.output import Output
from console.demo import TOUR_ID, open_demo
from console.domain.intent import State
from console.store.journal import Journal

_AMOUNT = "10.00"


async def run_tour(out: Output) -> int:
    """Identify a v1 id, look it up, refund with a guard, show the outcome; exits 0."""
    async with open_demo() as session:
        out.text("payconsole demo: a guided tour against an embedded simulator. No real money.")
        out.text("\n1. Somebody pastes a Checkout v1 authorization id, as a mail had it:\n")
        found = await session.lookup.resolve(
            f"pls refund  {TOUR_ID.lower().replace('-', ' ')}  thx"
        )
        _lines(out, text.identified(found))
        out.text("\n2. The order behind it:\n")
        order = await session.lookup.look_up(found.best)
        _lines(out, text.order(order, out))
        out.text(f"\n3. A refund of {_AMOUNT}: first the plan; nothing is sent.\n")
        plan = await plan_action(
            session.engine, "refund", found.best, Wish(amount=_AMOUNT, reason="damaged box")
        )
        _lines(out, text.plan(plan))
        out.text("\n4. Without the typed confirmation it is held back:\n")
        try:
            await session.engine.perform(plan, "yes")
        except Held as held:
            out.text(f"   {held} {held.hint}")
        out.text(f"\n5. With `{plan.phrase}` typed:\n")
        outcome = await session.engine.perform(plan, plan.phrase)
        _lines(out, text.outcome(outcome, out))
        out.text("\n6. The journal:\n")
        verified = _journal_lines(session.journal, out)
        out.document(
            {
                "identify": documents.identified(found),
                "lookup": documents.order(order),
                "refund": documents.outcome(outcome),
                "journal": {"verified": verified},
            }
        )
        out.text("\nAt a terminal (other than TERM=dumb) the same command opens the screen.")
    return 0


def _journal_lines(journal: Journal, out: Output) -> bool:
    for intent in journal.intents():
        state = "accepted, not yet final" if intent.state is State.ACCEPTED else intent.state
        out.text(f"   intent {intent.id}: {intent.summary} on {intent.object}: {state}")
    found = journal.verify()
    out.text(f"   {found.entries} lines, hash chain {'broken' if found.problem else 'verified'}")
    return found.problem is None


def _lines(out: Output, lines: Iterable[str]) -> None:
    for line in lines:
        out.text(f"   {line}")
