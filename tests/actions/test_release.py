"""A key that leads nowhere: a person gives it up, with evidence, and knows what that can do."""

from __future__ import annotations

import pytest

from console.actions.outcome import Held, Result
from console.actions.recovery import give_up_key
from console.domain.intent import State
from console.simulator.switches import Switches
from console.store.decisions import Intent
from tests.support.bench import AUTHORIZED, CHARGE, Bench, Desk

pytestmark = pytest.mark.anyio
SAVED = pytest.mark.parametrize("answers", [Switches(save_errors=True)], ids=["errors are saved"])


async def in_conflict(bench: Bench) -> tuple[Desk, Desk]:
    """Two consoles that share nothing: the first one's refusal is saved under the key of both."""
    one, two = await bench.two(shared=False)
    bench.fault("create_refund:refuse:AmazonRejected")
    assert (await one.go("10.00")).result is Result.REFUSED
    outcome = await two.go("4.00")
    assert outcome.result is Result.CONFLICT
    assert "journal release 1" in str(outcome.hint)
    return one, two


@SAVED
async def test_a_key_that_somebody_elses_request_holds_can_be_given_up(bench: Bench) -> None:
    one, two = await in_conflict(bench)
    assert (await two.go("4.00")).result is Result.CONFLICT  # it would be so for ever
    assert bench.paid() == "0.00 USD"
    released = await give_up_key(two.engine, 2, "Bea's refund was refused, she says")
    assert (released.state, released.human) == (State.CONFLICT, "next_key")
    assert (await two.go("4.00")).result is Result.ACCEPTED
    assert two.last.generation == 1
    assert bench.paid() == "4.00 USD"
    # The first one's decision keeps its own key, which makes nothing any more.
    assert (await one.again(1)).result is not Result.ACCEPTED
    assert bench.paid() == "4.00 USD"
    assert all(desk.sound() for desk in (one, two))


@SAVED
async def test_it_takes_evidence_and_counts_once(bench: Bench) -> None:
    _, two = await in_conflict(bench)
    with pytest.raises(Held, match="Say why"):
        await give_up_key(two.engine, 1, "  ")
    assert two.last.human is None
    await give_up_key(two.engine, 1, "nobody's refund is there")
    with pytest.raises(Held, match="The key of intent 1 was given up already"):
        await give_up_key(two.engine, 1, "once more")


async def test_what_is_tried_again_at_this_moment_keeps_its_key(
    bench: Bench, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.fault("create_refund:refuse:AmazonRejected:x2")
    await desk.go()
    await desk.again(1)
    look = desk.journal.intent

    def look_and_reopen(number: int) -> Intent:
        """A colleague tries it again right after we have looked."""
        found = look(number)
        version = desk.journal.version(found.scope)
        desk.journal.reopen(number, version, desk.engine._owner, found)
        return found

    monkeypatch.setattr(desk.journal, "intent", look_and_reopen)
    with pytest.raises(Held, match="look again in a moment") as held:
        await give_up_key(desk.engine, 1, "it keeps refusing")
    assert held.value.intent == 1
    assert desk.last.human is None


async def test_the_evidence_for_giving_up_a_key_is_kept_in_short(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:refuse:AmazonRejected:x2")
    await desk.go()
    await desk.again(1)
    await give_up_key(desk.engine, 1, "x" * 501)
    assert desk.journal.entries(intent=1)[-1].data["reason"] == "x" * 499 + "…"


async def test_what_has_no_key_has_none_to_give_up(bench: Bench, desk: Desk) -> None:
    bench.fault("cancel_charge:refuse:AmazonRejected:x2")
    assert (await desk.do("cancel", AUTHORIZED)).result is Result.REFUSED
    assert (await desk.again(1)).result is Result.REFUSED
    with pytest.raises(Held, match=r"^Intent 1 has no key: cancel takes none\.$"):
        await give_up_key(desk.engine, 1, "it keeps refusing")


async def test_what_may_still_be_made_keeps_its_key(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:hang_up_before:xalways")
    assert (await desk.go()).result is Result.UNKNOWN
    with pytest.raises(Held) as held:
        await give_up_key(desk.engine, 1, "it is gone")
    assert str(held.value) == (
        "Intent 1 is unknown with 0 refusals and 4 attempts without an answer: its key can't be"
        " given up."
    )
    assert held.value.hint == "`payconsole journal show 1` tells what was tried."


async def test_what_was_refused_once_is_tried_again_before_its_key_is_given_up(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:refuse:AmazonRejected")
    await desk.go()
    with pytest.raises(Held) as held:
        await give_up_key(desk.engine, 1, "it refuses")
    assert str(held.value).startswith("Intent 1 is refused with 1 refusal and 0 attempts without")
    assert held.value.hint == "`payconsole journal retry 1` tries it again with its own key."


async def test_an_intent_of_another_profile_is_left_to_it(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:hang_up_before:xalways")
    desk.engine.profile = "acme"
    assert (await desk.go()).result is Result.UNKNOWN
    bench.world.faults.clear()
    sent, asked = len(bench.posts), len(bench.world.log.entries())
    desk.engine.profile = "beta"
    outcome = await desk.recover()
    assert outcome.result is Result.UNKNOWN
    assert "made with profile acme" in outcome.message
    assert "--profile acme" in str(outcome.hint)
    assert (outcome.action, outcome.target, str(outcome.amount)) == ("refund", CHARGE, "10.00 USD")
    assert (outcome.intent, outcome.attempts, outcome.idempotency_key) == (1, 4, desk.last.key)
    assert (len(bench.posts), len(bench.world.log.entries())) == (sent, asked)
    desk.engine.profile = "acme"
    assert (await desk.recover()).result is Result.ACCEPTED
    assert bench.paid() == "10.00 USD"


async def test_what_another_profile_only_reserved_is_not_called_unknown(desk: Desk) -> None:
    desk.engine.profile = "acme"
    plan = await desk.plan()
    desk.journal.reserve(plan.draft, plan.version, desk.engine._owner)
    desk.engine.profile = "beta"
    assert (await desk.recover()).result is Result.BLOCKED
    assert desk.states() == [State.RESERVED]
