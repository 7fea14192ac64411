"""`refund`: plan, confirmation, engine, outcome. The same path as the screen's."""

from __future__ import annotations

import argparse
import asyncio
import sys

from console.actions.engine import check_confirmation
from console.actions.outcome import Held, Outcome, Result
from console.actions.plan import Plan, Wish
from console.actions.planning import plan_action, plan_again
from console.cli import documents, text
from console.cli.failures import exit_code_of
from console.cli.output import Output
from console.domain.ids import Identified, Kind
from console.domain.order import Order
from console.session import Session

ABOVE = "above captured"
DISPUTED = "disputed"


async def run_refund(session: Session, args: argparse.Namespace, out: Output) -> int:
    found = await session.lookup.resolve(" ".join(args.charge))
    try:
        _require_one(found)
        plan = await plan_action(
            session.engine, "refund", found.best, Wish(amount=args.amount, reason=args.reason or "")
        )
        _require_same_order(found, plan.order)
    except Held as held:
        return held_back("refund", found.best.v2.id, held, out)
    return await carry_out(session, plan, args, out)


def _require_one(found: Identified) -> None:
    """Two charges, or two orders, are not to be guessed about."""
    orders = (Kind.ORDER, Kind.AGREEMENT)
    _hold(found, [o.id for o in found.others if o.kind not in orders or found.best.kind in orders])


def _require_same_order(found: Identified, order: Order) -> None:
    """An order's id may stand beside its charge's, if it is the charge's own."""
    own = {order.id, found.best.order_id}
    _hold(found, [other.id for other in found.others if other.id not in own])


def _hold(found: Identified, rivals: list[str]) -> None:
    if rivals:
        ids = ", ".join([found.best.id, *rivals])
        raise Held(f"The text has several ids: {ids}.", "Give the one that is meant.")


async def run_retry(session: Session, args: argparse.Namespace, out: Output) -> int:
    """`journal retry N`: the same decision again, with its own key and bytes."""
    try:
        plan = await plan_again(session.engine, args.number, args.reason or "")
    except Held as held:
        return held_back("refund", session.journal.intent(args.number).object, held, out)
    return await carry_out(session, plan, args, out)


async def carry_out(session: Session, plan: Plan, args: argparse.Namespace, out: Output) -> int:
    for line in text.plan(plan):
        out.text(line) if not out.json else out.tell(line)
    if args.dry_run:
        return report(_dry_run(plan), out, plan.warnings)
    try:
        phrase, above, disputed = await asyncio.to_thread(_confirmation, plan, args)
        check_confirmation(plan, phrase, above_captured=above, disputed=disputed)
        outcome = await session.engine.perform(
            plan, phrase, above_captured=above, disputed=disputed, tell=out.tell
        )
    except Held as held:
        return held_back(plan.draft.action, plan.draft.object, held, out)
    return report(outcome, out, plan.warnings)


def report(outcome: Outcome, out: Output, warnings: tuple[str, ...] = ()) -> int:
    out.document({**documents.outcome(outcome), "warnings": list(warnings)})
    for line in text.outcome(outcome, out):
        out.text(line)
    return exit_code_of(outcome)


def held_back(action: str, target: str, held: Held, out: Output) -> int:
    outcome = Outcome(
        action=action,
        target=target,
        result=held.result,
        message=str(held),
        intent=held.intent,
        hint=held.hint,
    )
    document = documents.outcome(outcome) | documents.error("held", str(held), held.hint)
    out.document(document)
    if not out.json:
        out.complain(str(held), held.hint)
    return exit_code_of(outcome)


def _confirmation(plan: Plan, args: argparse.Namespace) -> tuple[str, bool, bool]:
    """What was typed, by switch or at the terminal: the phrase, `above captured`, `disputed`.

    Blocks on the terminal.
    """
    above, disputed = args.above_captured, args.disputed
    if args.confirm is not None:
        return args.confirm, above, disputed
    if not sys.stdin.isatty():
        raise Held(
            "Nothing was confirmed, so nothing was sent.",
            f'Add --confirm "{plan.phrase}" to go on.',
        )
    if plan.above_captured and not above:
        above = _allows("This is more than was captured.", ABOVE)
    if plan.doubts and not disputed:
        disputed = _allows("It can pay the buyer twice, because of a dispute.", DISPUTED)
    return _ask(f"Type `{plan.phrase}` to send it, anything else to stop: "), above, disputed


def _allows(why: str, phrase: str) -> bool:
    return _ask(f"{why} Type `{phrase}` to allow it: ").strip() == phrase


def _ask(question: str) -> str:
    """Asked on stderr, because stdout is data."""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().rstrip("\n")


def _dry_run(plan: Plan) -> Outcome:
    draft = plan.draft
    return Outcome(
        action=draft.action,
        target=draft.object,
        result=Result.DRY_RUN,
        message=f"It would be sent after the phrase: {plan.phrase}",
        amount=draft.amount,
        idempotency_key=draft.key,
        intent=plan.reopens,
    )
