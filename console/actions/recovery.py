"""What is still open after a crash or a lost answer: resolved as far as that is safe."""

from __future__ import annotations

from collections.abc import Collection

from console.actions.engine import Engine, Tell, blocking, is_member, silent
from console.actions.operations import OPERATIONS
from console.actions.operations.base import Made
from console.actions.outcome import Held, Outcome, Result
from console.actions.snapshot import Snapshot
from console.domain.ids import parse
from console.domain.intent import LIVE_STATES, OPEN_STATES, IllegalMove, Move, State
from console.domain.language import _, many, together
from console.domain.money import Money
from console.domain.text import clean_line
from console.lookup import NotFoundHere, ReadFailure
from console.store.decisions import Intent


async def recover(
    engine: Engine,
    *,
    scope: str | None = None,
    number: int | None = None,
    nobody_else: bool = False,
    disputed: bool = False,
    tell: Tell = silent,
) -> list[Outcome]:
    """Resolve open intents of this environment: all, those of one order, or one.

    Returns what came of each. The order is read first. Where money has moved since the intent
    was planned, nothing is sent by itself: a person has to say whether somebody acted by hand.
    `nobody_else` is that person's "no", for one intent. Where the charge was disputed since,
    `disputed` says that it is meant all the same; where both happened both are needed. What was
    made with another profile is left to it: the account may be another one. Raises JournalBroken
    where the journal does not verify: what would be sent stands in it.
    """
    await engine.require_sound_journal()
    environment = engine.client.account.environment
    outcomes = []
    for intent in await blocking(engine.journal.intents, scope=scope, states=OPEN_STATES):
        if number not in (None, intent.id):
            continue
        if intent.environment == environment and not is_of(engine, intent):
            outcomes.append(_of_another_profile(intent))
        elif intent.environment == environment:
            outcomes.append(
                await engine.resume(intent, nobody_else=nobody_else, disputed=disputed, tell=tell)
            )
        elif number is not None:
            raise Held(
                _(
                    "Intent {intent} is a {environment} one; this profile is for {here}.",
                    intent=number,
                    environment=intent.environment,
                    here=environment,
                ),
                _(
                    "Name a {environment} profile with --profile.",
                    environment=intent.environment,
                ),
                intent=number,
            )
    return outcomes


def is_of(engine: Engine, intent: Intent) -> bool:
    """Whether an intent was made with this engine's profile; older ones don't say with which."""
    same = not intent.profile or not engine.profile or intent.profile == engine.profile
    return same and intent.environment == engine.client.account.environment


def _of_another_profile(intent: Intent) -> Outcome:
    return Outcome(
        action=intent.action,
        target=intent.object,
        result=Result.BLOCKED if intent.state is State.RESERVED else Result.UNKNOWN,
        message=together(
            _(
                "Intent {intent} ({action}) was made with profile {profile}.",
                intent=intent.id,
                action=intent.summary,
                profile=intent.profile,
            ),
            _("Nothing was asked or sent with this one."),
        ),
        amount=intent.amount,
        idempotency_key=intent.key,
        attempts=intent.attempts,
        intent=intent.id,
        hint=_(
            "Use --profile {profile}: `payconsole journal recover {intent} --profile {profile}`.",
            profile=intent.profile,
            intent=intent.id,
        ),
    )


async def resolve_by_hand(engine: Engine, number: int, *, happened: bool, evidence: str) -> Intent:
    """A person's word on an unknown outcome (step 14). It sends nothing.

    Raises Held unless the intent is unknown and some evidence is given.
    """
    intent = await blocking(engine.journal.intent, number)
    if intent.state is not State.UNKNOWN:
        raise Held(
            _(
                "Intent {intent} is {state}; only an unknown outcome can be resolved by hand.",
                intent=number,
                state=intent.state,
            ),
            _("`payconsole journal recover` first asks Amazon itself."),
        )
    said = clean_line(evidence.strip(), 500)
    if not said:
        raise Held(_("Say what the evidence is, such as what Seller Central shows."))
    move = Move.HAPPENED if happened else Move.DID_NOT
    data = {"evidence": said, "by": engine.journal.actor}
    try:
        return await blocking(engine.journal.move, number, move, data)
    except IllegalMove as error:  # it is being tried again at this moment
        raise Held(_("{error}; look again in a moment.", error=error), intent=number) from None


async def give_up_key(engine: Engine, number: int, evidence: str) -> Intent:
    """Let the next decision use a new key, where the old one leads nowhere.

    Only for an intent that was refused at least twice under its key and of which no attempt is
    without an answer, or whose key Amazon holds for somebody else's other request that the order
    never shows (conflict): that key can make nothing of ours any more. A late or a colleague's
    request can still make a second one, so it takes a person, and the evidence. Raises Held for
    any other.
    """
    intent = await blocking(engine.journal.intent, number)
    _require_a_spent_key(intent)
    said = clean_line(evidence.strip(), 500)
    if not said:
        raise Held(_("Say why the key is given up."))
    try:
        return await blocking(engine.journal.give_up_key, number, said)
    except IllegalMove as error:
        raise Held(_("{error}; look again in a moment.", error=error), intent=number) from None


def _require_a_spent_key(intent: Intent) -> None:
    number = intent.id
    if intent.key is None:
        raise Held(
            _(
                "Intent {intent} has no key: {action} takes none.",
                intent=number,
                action=intent.action,
            )
        )
    if intent.human == "next_key":
        raise Held(
            _("The key of intent {intent} was given up already.", intent=number), _("Decide anew.")
        )
    refused = intent.state is State.REFUSED and intent.refusals >= 2 and not intent.unanswered
    if not refused and intent.state is not State.CONFLICT:
        hint = _("`payconsole journal show {intent}` tells what was tried.", intent=number)
        if intent.can_retry:
            hint = _(
                "`payconsole journal retry {intent}` tries it again with its own key.",
                intent=number,
            )
        raise Held(
            _(
                "Intent {intent} is {state} with {refusals} and {attempts} without an answer: its"
                " key can't be given up.",
                intent=number,
                state=intent.state,
                refusals=many("{count} refusal", "{count} refusals", intent.refusals),
                attempts=many("{count} attempt", "{count} attempts", intent.unanswered),
            ),
            hint,
        )


async def follow(engine: Engine, intent: Intent, *, last_look: bool = False) -> Intent:
    """One look at what was accepted; settles or declines it where Amazon is done (11, 13).

    With `last_look` a final refund is settled even if the total disagrees, which is recorded.
    """
    if intent.state is not State.ACCEPTED or intent.result is None:
        return intent
    if intent.operation != "create_refund":
        return await _follow(engine, intent, intent.result)
    try:
        snapshot, _date = await engine.snapshot(intent)
    except (*ReadFailure, NotFoundHere):
        return intent
    state = snapshot.data["refunds"].get(intent.result, (None, None))[0]
    if state == "Declined":
        return await engine.conclude(intent, Move.DECLINE, {"code": None})
    if state != "Refunded":
        return intent
    total = Money.from_text(snapshot.data["charge"]["refunded"] or f"0 {intent.observed[-3:]}")
    later = await blocking(_later_refunds, engine, intent)
    own = set(await blocking(engine.own, intent.scope, intent.object))
    lowest = expected_total(intent, snapshot, own)
    agrees = lowest <= total <= lowest + later
    if not agrees and not last_look:
        return intent
    data = {
        "total": str(total),
        "expected": str(lowest),
        "agrees": agrees,
        "said": _settled(total, lowest, agrees),
    }
    return await engine.conclude(intent, Move.SETTLE, data)


async def _follow(engine: Engine, intent: Intent, result: str) -> Intent:
    """A charge that was made or captured, until Amazon is done with it."""
    also = [result] if is_member(result) else []
    try:
        order = await engine.lookup.look_up(parse(intent.object), also=also)
    except (*ReadFailure, NotFoundHere):
        return intent
    unread = Made(id=result, state="", at=None)
    found = OPERATIONS[intent.operation].find(order, intent, unread)
    if found is None or found.pending:
        return intent
    if found.dead:
        return await engine.conclude(intent, Move.DECLINE, {"code": found.code})
    return await engine.conclude(intent, Move.SETTLE, {"said": f"done, {found.state}"})


def _settled(total: Money, expected: Money, agrees: bool) -> str:
    if agrees:
        return f"done, {total} refunded in all"
    return (
        f"done, but {total} is refunded in all where {expected} was expected: somebody else"
        " changed this charge, by hand in Seller Central or from another console"
    )


def expected_total(intent: Intent, now: Snapshot, own: Collection[str]) -> Money:
    """Total at the plan + our amount - refunds known at the plan that have died since.

    What the total at the plan did not count is not taken off: where Amazon leaves out
    initiated refunds, only those of `own` were in it, by the journal's sum.
    """
    assert intent.amount is not None
    zero, observed = Money.zero(intent.amount.currency), Money.from_text(intent.observed)
    live = {
        refund_id: Money.from_text(amount)
        for refund_id, (state, amount) in intent.snapshot["refunds"].items()
        if state != "Declined" and amount
    }
    if observed >= sum(live.values(), zero):
        counted = set(live)
    elif observed > Money.from_text(intent.snapshot["charge"]["refunded"] or str(zero)):
        counted = live.keys() & own
    else:
        counted = set()
    dead = {name for name, seen in now.data["refunds"].items() if seen[0] == "Declined"}
    lost = sum((live[name] for name in counted & dead), zero)
    return observed + intent.amount - lost


def _later_refunds(engine: Engine, intent: Intent) -> Money:
    """Our own later refunds of the charge: Amazon's total may count them already, or not yet."""
    assert intent.amount is not None
    total = Money.zero(intent.amount.currency)
    for other in engine.journal.intents(obj=intent.object, states=LIVE_STATES):
        if other.id > intent.id and other.amount is not None:
            total += other.amount
    return total
