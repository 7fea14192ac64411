"""Every action: plan, confirmation, engine, outcome. The same path as the screen's."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from typing import Any, Final

from console.actions.confirmation import check_confirmation
from console.actions.operations.update import MERCHANT_FIELDS
from console.actions.outcome import Held, Outcome, Result
from console.actions.plan import Plan, Wish
from console.actions.planning import plan_action, plan_again
from console.cli import documents, text
from console.cli.failures import STOPPED, WrongUsage, exit_code_of
from console.cli.output import Output
from console.cli.verbs import VERBS
from console.domain.ids import Identified, Identifier, Kind
from console.domain.order import Order
from console.domain.rules import offers
from console.session import Session

ABOVE: Final = "above captured"
DISPUTED: Final = "disputed"


async def run_action(session: Session, args: argparse.Namespace, out: Output) -> int:
    """One action of `verbs.VERBS`, by the name in `args.action`."""
    try:
        return await _run_action(session, args, out)
    except asyncio.CancelledError:
        return _stopped(session, out)


async def _run_action(session: Session, args: argparse.Namespace, out: Output) -> int:
    found = await session.lookup.resolve(" ".join(args.target))
    try:
        _require_one(found)
        wish = await _wish(session, found.best, args)
        plan = await plan_action(session.engine, args.action, found.best, wish)
        _require_same_order(found, plan.order)
    except Held as held:
        return held_back(args.action, found.best.v2.id, held, out)
    return await carry_out(session, plan, args, out, found.best)


async def run_retry(session: Session, args: argparse.Namespace, out: Output) -> int:
    """`journal retry N`: the same decision again, with its own key and bytes."""
    try:
        try:
            plan = await plan_again(session.engine, args.number, args.reason, args.ticket)
        except Held as held:
            intent = session.journal.intent(args.number)
            return held_back(intent.action, intent.object, held, out)
        return await carry_out(session, plan, args, out)
    except asyncio.CancelledError:
        return _stopped(session, out)


def _stopped(session: Session, out: Output) -> int:
    """Ctrl-C. While something is under way its outcome is unknown, which the caller says."""
    if session.engine.is_working:
        raise asyncio.CancelledError
    said = "stopped; nothing was sent."
    out.document(documents.error("stopped", said))
    out.complain(said)
    return STOPPED


# --- what is asked for ----------------------------------------------------------------------------


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


async def _wish(session: Session, target: Identifier, args: argparse.Namespace) -> Wish:
    """What the switches say. Raises WrongUsage where they don't fit together."""
    given: Mapping[str, Any] = vars(args)
    merchant = {name: given[name] for name in MERCHANT_FIELDS if given.get(name) is not None}
    wish = Wish(
        amount=given.get("amount") or "",
        reason=args.reason,
        ticket=args.ticket,
        capture_now=given.get("capture_now", False),
        pending_allowed=given.get("pending_allowed", False),
        cancel_pending=given.get("cancel_pending", False),
        merchant=merchant,
        frequency=given.get("frequency") or "",
    )
    if args.action == "update" and not merchant:
        raise WrongUsage(f"Give what is to change: {_switches('update')}.")
    if args.action == "extend" and target.v2.kind == "charge" and (wish.amount or wish.frequency):
        raise WrongUsage(
            "A charge is renewed over its own amount: --amount and --frequency are for a recurring"
            " permission."
        )
    if args.action == "capture" and not wish.amount:
        raise WrongUsage(await _how_much(session, target))
    return wish


def _switches(action: str) -> str:
    return ", ".join(
        option.flag for verb in VERBS if verb.action == action for option in verb.options
    )


async def _how_much(session: Session, target: Identifier) -> str:
    """The amount is never guessed: it tells what may be captured."""
    order = await session.lookup.look_up(target)
    charges = [one for one in offers(order) if one.action == "capture" and one.max_amount]
    named = [one for one in charges if one.target == target.v2.id]
    told = " ".join(f"{one.target}: {one.why}" for one in named or charges)
    return f"Say how much with --amount. {told}".rstrip()


# --- from a plan to its outcome -------------------------------------------------------------------


async def carry_out(
    session: Session,
    plan: Plan,
    args: argparse.Namespace,
    out: Output,
    given: Identifier | None = None,
) -> int:
    """Show the plan, ask, and perform it; `given` is what the operator named."""
    for line in text.plan(plan, given):
        out.text(line) if not out.json else out.tell(line)
    if args.dry_run:
        return _report_dry_run(plan, out)
    try:
        phrase, above, disputed = await _confirmation(plan, args)
        check_confirmation(plan, phrase, above_captured=above, disputed=disputed)
        if session.engine.policy.cooling_seconds:
            out.tell("Ctrl-C stops it until it is sent.")
        outcome = await session.engine.perform(
            plan, phrase, above_captured=above, disputed=disputed, tell=out.tell
        )
    except Held as held:
        return held_back(plan.draft.action, plan.draft.object, held, out, plan.warnings)
    return report(outcome, out, plan.warnings)


def report(outcome: Outcome, out: Output, warnings: tuple[str, ...] = ()) -> int:
    out.document({**documents.outcome(outcome), "warnings": list(warnings)})
    for line in text.outcome(outcome, out):
        out.text(line)
    return exit_code_of(outcome)


def _report_dry_run(plan: Plan, out: Output) -> int:
    outcome = _dry_run(plan)
    out.document(
        {**documents.outcome(outcome), "warnings": list(plan.warnings), **documents.plan(plan)}
    )
    for line in text.outcome(outcome, out):
        out.text(line)
    return exit_code_of(outcome)


def held_back(
    action: str, target: str, held: Held, out: Output, warnings: tuple[str, ...] = ()
) -> int:
    """What a guard held back. That it is so already is no failure, and is told as an outcome."""
    outcome = Outcome(
        action=action,
        target=target,
        result=held.result,
        message=str(held),
        intent=held.intent,
        hint=held.hint,
    )
    if held.result is Result.ALREADY_SO:
        return report(outcome, out, warnings)
    document = {**documents.outcome(outcome), "warnings": list(warnings)}
    out.document(document | documents.error("held", str(held), held.hint))
    if not out.json:
        out.complain(str(held), held.hint)
    return exit_code_of(outcome)


async def _confirmation(plan: Plan, args: argparse.Namespace) -> tuple[str, bool, bool]:
    """What was typed, by switch or at the terminal: the phrase, `above captured`, `disputed`."""
    given = vars(args)
    above, disputed = given.get("above_captured", False), given.get("disputed", False)
    if args.confirm is not None:
        return args.confirm, above, disputed
    if not sys.stdin.isatty():
        raise Held(
            "Nothing was confirmed, so nothing was sent.",
            f'Add --confirm "{plan.phrase}" to go on.',
        )
    if plan.above_captured and not above:
        above = await _allows("This is more than was captured.", ABOVE)
    if plan.doubts and not disputed:
        disputed = await _allows("It can pay the buyer twice, because of a dispute.", DISPUTED)
    typed = await _ask(f"Type `{plan.phrase}` to send it, anything else to stop: ")
    return typed, above, disputed


async def _allows(why: str, phrase: str) -> bool:
    return (await _ask(f"{why} Type `{phrase}` to allow it: ")).strip() == phrase


async def _ask(question: str) -> str:
    """Asked on stderr, because stdout is data. Ctrl-C ends the waiting at once."""
    print(question, end="", file=sys.stderr, flush=True)
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(sys.stdin, ready.set)
    except NotImplementedError:  # Windows; there Ctrl-C takes effect with the next line
        return await asyncio.to_thread(_line)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return _line()


def _line() -> str:
    return sys.stdin.readline().rstrip("\n")


def _further(plan: Plan) -> str:
    """The switches that the plan asks for beside the phrase."""
    asked = [("--above-captured", plan.above_captured), ("--disputed", bool(plan.doubts))]
    switches = [switch for switch, is_asked in asked if is_asked]
    return f", together with {' and '.join(switches)}" if switches else ""


def _dry_run(plan: Plan) -> Outcome:
    draft = plan.draft
    return Outcome(
        action=draft.action,
        target=draft.object,
        result=Result.DRY_RUN,
        message=f"It would be sent after the phrase: {plan.phrase}{_further(plan)}",
        amount=draft.amount,
        idempotency_key=draft.key,
        intent=plan.reopens,
    )
