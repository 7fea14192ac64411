"""Composing a plan: what is looked at for it, what holds it back, and exactly what it holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from console.actions.composing import plan_one
from console.actions.outcome import Held, Result
from console.actions.plan import NextStep, Plan, Wish
from console.actions.planning import plan_again
from console.actions.recovery import give_up_key
from console.actions.renewal import Renewal, Way
from console.domain.ids import Identifier, parse
from console.domain.intent import Move, State, derive_key
from console.domain.money import Money
from console.domain.order import Order
from console.domain.policy import Policy
from console.store.decisions import Draft
from tests.support.bench import (
    ALSO_AUTHORIZED,
    AUTHORIZED,
    CHARGE,
    OLD_AUTHORIZED,
    ORDER,
    OTHER,
    PENDING,
    ROOMY,
    SUBSCRIBED,
    SUBSCRIPTION,
    Bench,
    Desk,
)

pytestmark = pytest.mark.anyio
RENEWAL = Renewal(AUTHORIZED, "60.00 USD", Way.CREATE_FIRST)
REFUND_REFUSED = "create_refund:refuse:AmazonRejected,unsaved"


async def planned_one(
    desk: Desk,
    action: str,
    target: str,
    *,
    link: Mapping[str, Any] | None = None,
    by: str | None = None,
    then: NextStep | None = None,
    **wish: Any,
) -> Plan:
    asked = Wish(**{"reason": "why", **wish})
    return await plan_one(desk.engine, action, parse(target), asked, link=link, by=by, then=then)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


# --- what a plan holds ---------------------------------------------------------------------------


async def test_a_plan_with_a_key_holds_all_that_is_decided(desk: Desk) -> None:
    desk.engine.profile = "acme"
    plan = await desk.planned("capture", AUTHORIZED, amount="60", reason=" sent ", ticket=" T-1 ")
    assert plan.draft == Draft(
        environment="sandbox",
        action="capture",
        operation="capture_charge",
        object=AUTHORIZED,
        scope=ROOMY,
        lock=ROOMY,
        amount=usd("60.00"),
        observed="0.00 USD",
        generation=0,
        key=derive_key("sandbox", "capture_charge", AUTHORIZED, "0.00 USD", 0),
        method="POST",
        path=f"/charges/{AUTHORIZED}/capture",
        body=b'{"captureAmount":{"amount":"60.00","currencyCode":"USD"}}',
        reason="sent",
        snapshot=plan.snapshot.data,
        ticket="T-1",
        profile="acme",
    )
    assert plan.snapshot.data["charge"]["state"] == "Authorized"
    assert plan.url == f"{desk.engine.client.account.origin}/v2/charges/{AUTHORIZED}/capture"
    assert (plan.phrase, plan.version, plan.reopens, plan.then) == ("60.00 USD", 0, None, None)
    assert plan.order.charge(AUTHORIZED) is not None


async def test_one_without_a_key_holds_nothing_that_a_key_is_made_of(desk: Desk) -> None:
    plan = await desk.planned("cancel", AUTHORIZED, reason="\tgone\n")
    assert plan.draft == Draft(
        environment="sandbox",
        action="cancel",
        operation="cancel_charge",
        object=AUTHORIZED,
        scope=ROOMY,
        lock=ROOMY,
        amount=None,
        observed="",
        generation=0,
        key=None,
        method="DELETE",
        path=f"/charges/{AUTHORIZED}/cancel",
        body=b'{"cancellationReason":"gone"}',
        reason="gone",
        snapshot=plan.snapshot.data,
    )
    assert plan.phrase == "cancel 0010"


async def test_a_refund_reserves_its_charge_alone_under_the_order(desk: Desk) -> None:
    draft = (await desk.plan()).draft
    assert (draft.object, draft.scope, draft.lock) == (CHARGE, ORDER, CHARGE)


async def test_a_step_of_something_larger_holds_what_it_is_for_and_what_follows(
    desk: Desk,
) -> None:
    plan = await planned_one(
        desk,
        "extend",
        ROOMY,
        amount="60.00",
        by="create_charge",
        link=RENEWAL.link,
        then=RENEWAL,
    )
    assert (plan.draft.action, plan.draft.operation) == ("extend", "create_charge")
    assert (plan.draft.link, plan.then) == (RENEWAL.link, RENEWAL)


async def test_the_key_of_a_charge_counts_what_was_made_on_its_own_permission(desk: Desk) -> None:
    await desk.do("authorize", SUBSCRIPTION, amount="5.00")
    plan = await desk.planned("authorize", ROOMY, amount="30.00")
    assert plan.draft.observed == "0.00 USD used, 0 made here"
    await desk.perform(plan)
    plan = await desk.planned("authorize", ROOMY, amount="30.00")
    assert plan.draft.observed == "0.00 USD used, 30.00 made here"


async def test_what_was_done_before_with_the_same_amount_is_told_of_its_own_charge_only(
    desk: Desk,
) -> None:
    await desk.go("10.00", OTHER)
    assert not any("refunded before" in said for said in (await desk.plan("10.00")).warnings)
    assert any("refunded before" in said for said in (await desk.plan("10.00", OTHER)).warnings)


async def test_reason_and_ticket_are_kept_as_far_as_the_journal_takes_them(desk: Desk) -> None:
    draft = (await desk.planned("cancel", AUTHORIZED, reason="r" * 500, ticket="t" * 100)).draft
    assert (draft.reason, draft.ticket) == ("r" * 500, "t" * 100)
    draft = (await desk.planned("cancel", AUTHORIZED, reason="r" * 501, ticket="t" * 101)).draft
    assert (draft.reason, draft.ticket) == ("r" * 499 + "…", "t" * 99 + "…")


@pytest.mark.parametrize("nothing", ["", "  ", "\n\t", "\u200b", " \u202e "])
async def test_what_can_not_be_seen_is_no_reason_and_no_ticket(desk: Desk, nothing: str) -> None:
    draft = (await desk.planned("cancel", AUTHORIZED, reason=nothing, ticket=nothing)).draft
    assert (draft.reason, draft.ticket) == ("", "")


# --- the look that it is made from ---------------------------------------------------------------


def looks_of(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[int], object] = lambda _: None
) -> list[tuple[str, ...]]:
    """What each look asks for besides the order, from now on; `meanwhile` happens in each."""
    looks: list[tuple[str, ...]] = []
    look_up = desk.engine.lookup.look_up

    async def look(target: Identifier, *, also: Collection[str] = ()) -> Order:
        order = await look_up(target, also=also)
        looks.append(tuple(also))
        meanwhile(len(looks))
        return order

    monkeypatch.setattr(desk.engine.lookup, "look_up", look)
    return looks


async def test_what_is_written_about_the_order_while_it_is_looked_at_asks_for_another_look(
    bench: Bench, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look may be older than what was written: the plan has to be made from a newer one."""
    await desk.go("10.00")

    def first(look: int) -> None:
        if look == 1:
            desk.journal.reread(1, {})
            bench.by_hand("3.00")

    looks = looks_of(desk, monkeypatch, first)
    plan = await desk.plan("5.00")
    assert len(looks) == 2
    assert plan.version == desk.journal.version(ORDER)
    assert plan.draft.observed == "13.00 USD"
    assert (await desk.perform(plan)).result is Result.ACCEPTED


async def test_three_such_looks_are_enough(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.go("10.00")
    looks = looks_of(desk, monkeypatch, lambda _look: desk.journal.reread(1, {}))
    with pytest.raises(Held) as held:
        await desk.plan("5.00")
    assert str(held.value) == "Something is being done to this order right now."
    assert (held.value.hint, held.value.result) == ("Try again in a moment.", Result.STALE)
    assert len(looks) == 3


async def test_what_is_written_about_another_order_does_not_matter(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.go("10.00")
    await desk.do("cancel", AUTHORIZED)
    looks = looks_of(desk, monkeypatch, lambda _look: desk.journal.reread(2, {}))
    plan = await desk.plan("5.00")
    assert looks == [()]
    assert 0 < plan.version == desk.journal.version(ORDER) < desk.journal.last()


async def test_one_look_is_enough_for_what_is_known(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was made here of this order, or of another one, before."""
    looks = looks_of(desk, monkeypatch)
    await desk.planned("authorize", ROOMY, amount="5.00")  # no charge of it is known yet
    assert looks == [()]
    await desk.do("authorize", ROOMY, amount="5.00")
    await desk.go("10.00")
    looks.clear()
    await desk.planned("authorize", ROOMY, amount="5.00")
    await desk.plan("5.00")  # the last line of the journal is about this very order
    assert looks == [(), ()]


@pytest.mark.parametrize("action", ["refund", "authorize"])
async def test_what_was_made_here_is_read_by_its_id_where_nothing_else_leads_to_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """Amazon lists neither charges nor refunds, and an index can be lost."""
    target = CHARGE if action == "refund" else ROOMY
    await desk.do(action, target, amount="10.00")
    made = desk.last.result
    monkeypatch.setattr(desk.session.known, "family", lambda _permission: [])
    looks = looks_of(desk, monkeypatch)
    order = (await desk.planned(action, target, amount="5.00")).order
    assert looks == [(), (made,)]
    assert made in {one.id for one in order.charges} | {one.id for one in order.refunds}


async def test_a_refund_that_amazon_declined_leaves_the_sums_before_the_plan_is_made(
    bench: Bench, desk: Desk
) -> None:
    for amount in ("10.00", "4.00"):
        await desk.go(amount)
    first, second = desk.intents()
    assert second.result is not None
    bench.decline(second.result, "AmazonRejected")
    plan = await desk.plan("4.00")
    assert desk.states() == [State.ACCEPTED, State.DECLINED]
    [line] = desk.journal.entries(intent=2, kind=str(Move.DECLINE))
    assert line.data == {"code": "AmazonRejected"}
    assert (plan.draft.observed, plan.draft.generation) == ("10.00 USD", 1)
    assert plan.draft.key == derive_key("sandbox", "create_refund", CHARGE, "10.00 USD", 1)
    assert plan.version == desk.journal.version(ORDER)
    assert (await desk.perform(plan)).result is Result.ACCEPTED
    assert bench.paid() == "14.00 USD"
    assert first.key != plan.draft.key != second.key


# --- what holds it back --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wish",
    [
        {"amount": "1\udce4"},
        {"reason": "\ud800"},
        {"ticket": "T\udcff"},
        {"frequency": "\udfff Year"},
        {"merchant": {"noteToBuyer": "ok", "merchantStoreName": "\udc80"}},
    ],
    ids=lambda wish: next(iter(wish)),
)
async def test_what_is_no_text_is_refused_before_anything_is_read(
    bench: Bench, desk: Desk, wish: dict[str, Any]
) -> None:
    with pytest.raises(Held) as held:
        await desk.planned("update", ROOMY, **wish)
    assert str(held.value) == "What was given holds bytes that are no text."
    assert held.value.hint == "Type it anew."
    assert bench.world.log.entries() == []


async def test_what_is_open_is_named_with_what_resolving_it_said(bench: Bench, desk: Desk) -> None:
    bench.fault("create_refund:hang_up_before:xalways")
    await desk.go("10.00")
    with pytest.raises(Held) as held:
        await desk.plan("1.00")
    who = f"Intent 1 (refund 10.00 USD, by {desk.last.actor})"
    assert str(held.value) == (
        f"{who} is open on this order and has to be resolved first."
        " It is not known whether refund 10.00 USD was made."
        " It may have happened, or may still happen. Don't do it again by another way."
    )
    assert held.value.hint == (
        "Resolve it: `payconsole journal recover 1`, or in the screen among the open intents."
    )
    assert (held.value.intent, held.value.result) == (1, Result.BLOCKED)
    assert (await desk.plan("1.00", OTHER)).draft.lock == OTHER


async def test_what_was_open_and_is_resolved_by_it_is_told_and_nothing_new_is_planned(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_refund:hang_up_before:xalways", "cancel_charge:hang_up_before:xalways")
    await desk.do("cancel", AUTHORIZED)
    await desk.go("10.00")
    bench.world.faults.clear()
    with pytest.raises(Held) as held:
        await desk.plan("1.00")
    assert str(held.value) == (
        f"Intent 2 (refund 10.00 USD, by {desk.last.actor}) was open on this order."
        f" One new refund of 10.00 USD: {desk.last.result}, RefundInitiated."
        " It is initiated, not done: the buyer doesn't have the money yet."
        " Nothing new was planned."
    )
    assert held.value.hint == "Look at the order, then decide anew."
    assert (held.value.intent, held.value.result) == (2, Result.BLOCKED)
    assert desk.states() == [State.UNKNOWN, State.ACCEPTED]  # that of another order was left


async def test_what_is_so_already_had_not_to_be_sent(bench: Bench, desk: Desk) -> None:
    bench.by_hand_cancel(AUTHORIZED)
    bench.by_hand_capture(ALSO_AUTHORIZED)
    said = {}
    for action, charge in (("cancel", AUTHORIZED), ("capture", ALSO_AUTHORIZED)):
        with pytest.raises(Held) as held:
            await desk.planned(action, charge, amount="40.00")
        assert (held.value.hint, held.value.result) == (
            "Nothing had to be sent.", Result.ALREADY_SO,
        )  # fmt: skip
        said[action] = str(held.value)
    assert said == {
        "cancel": f"Charge {AUTHORIZED} is Canceled already (MerchantCanceled).",
        "capture": f"Charge {ALSO_AUTHORIZED} is Captured already, over 40.00 USD.",
    }


async def test_an_amount_above_what_is_allowed_is_held_back(desk: Desk) -> None:
    with pytest.raises(Held, match=r"60\.01 USD is more than was authorized"):
        await desk.planned("capture", AUTHORIZED, amount="60.01")


async def test_an_action_asks_the_rules_by_its_own_name_even_where_another_shares_its_call(
    desk: Desk,
) -> None:
    """To extend is to update by a frequency; an update of something else is no extension."""
    merchant = {"merchantReferenceId": "New-1"}
    with pytest.raises(Held, match="none was given"):
        await desk.planned("extend", SUBSCRIPTION, merchant=merchant)
    assert (await desk.planned("update", SUBSCRIPTION, merchant=merchant)).phrase == "update 0014"


async def test_a_step_asks_the_rules_of_what_it_does_not_of_what_it_is_for(desk: Desk) -> None:
    """A pending authorization can't be extended, but canceled."""
    plan = await planned_one(desk, "extend", PENDING, by="cancel_charge")
    assert plan.draft.operation == "cancel_charge"
    with pytest.raises(Held):
        await planned_one(desk, "extend", CHARGE, by="cancel_charge")


async def test_the_policy_looks_at_all_that_a_plan_would_do(desk: Desk) -> None:
    desk.engine.policy = Policy(above_captured=False)
    with pytest.raises(Held, match="`above_captured`"):
        await desk.plan("100.01")
    await desk.plan("100.00")
    desk.engine.policy = Policy(max_per_day={"USD": Decimal("10")})
    await desk.go("6.00")
    with pytest.raises(Held, match=r"6\.00 USD are taken today"):
        await desk.plan("4.01")
    await desk.plan("4.00")


# --- the same decision again ---------------------------------------------------------------------


async def test_what_was_refused_is_wanted_again_with_its_key_and_for_another_reason(
    bench: Bench, desk: Desk
) -> None:
    bench.fault(REFUND_REFUSED)
    await desk.go("10.00")
    bench.by_hand("1.00")  # whatever total is seen now
    plan = await desk.planned("refund", CHARGE, amount="10.00", reason="once more", ticket="T-2")
    assert plan.reopens == 1
    assert plan.draft == replace(desk.last, reason="once more", ticket="T-2")
    assert plan.warnings[-1] == ("This is intent 1 again (refused): the same key, the same bytes.")


async def test_without_a_key_it_is_the_same_bytes(bench: Bench, desk: Desk) -> None:
    for reference in ("New-1", "New-2"):  # another one is held back by none without a key
        bench.fault("update_charge_permission:refuse:InvalidParameterValue")
        await desk.do("update", ROOMY, merchant={"merchantReferenceId": reference})
    plan = await desk.planned("update", ROOMY, merchant={"merchantReferenceId": "New-2"})
    assert plan.reopens == 2
    assert plan.warnings[-1] == "This is intent 2 again (refused): the same bytes."


async def test_another_amount_waits_while_the_key_of_the_first_can_be_used(
    bench: Bench, desk: Desk
) -> None:
    bench.fault(REFUND_REFUSED)
    await desk.go("10.00")
    with pytest.raises(Held) as held:
        await desk.plan("4.00")
    assert str(held.value) == (
        "Intent 1 (refund 10.00 USD) ended refused, and its key can still be used."
        " Another one could be made beside it."
    )
    assert held.value.hint == (
        "`payconsole journal retry 1` tries it again as it was;"
        " `payconsole journal show 1` tells what is known."
    )
    assert (held.value.intent, held.value.result) == (1, Result.BLOCKED)


async def test_what_never_left_holds_no_other_amount_back(bench: Bench, desk: Desk) -> None:
    plan = await desk.plan("10.00")
    with bench.away(desk):
        await desk.perform(plan)
    assert (await desk.plan("4.00")).reopens is None
    assert (await desk.plan("10.00")).reopens == 1


async def test_what_was_done_or_given_up_or_is_of_another_object_or_call_holds_nothing_back(
    bench: Bench, desk: Desk
) -> None:
    await desk.go("10.00")  # done
    assert (await desk.plan("4.00")).reopens is None
    bench.fault(f"{REFUND_REFUSED}:x2")  # of another object
    await desk.go("3.00", OTHER)
    assert (await desk.plan("4.00")).reopens is None
    await desk.again(2)
    await give_up_key(desk.engine, 2, "it keeps refusing")  # given up
    plan = await desk.plan("4.00", OTHER)
    assert (plan.reopens, plan.draft.generation) == (None, 1)
    bench.fault("capture_charge:refuse:InvalidParameterValue")  # of another call
    await desk.do("capture", AUTHORIZED, amount="60.00")
    assert (await desk.planned("cancel", AUTHORIZED)).reopens is None
    await desk.do("update", ROOMY, merchant={"merchantReferenceId": "New-1"})
    assert (await desk.planned("authorize", ROOMY, amount="5.00")).reopens is None


async def test_a_renewal_can_take_a_refused_charge_up_and_keeps_it_as_its_own(
    bench: Bench, desk: Desk
) -> None:
    """Or it would seem half done: what was a step is not taken again as an action by itself."""
    step: dict[str, Any] = {"amount": "60.00", "by": "create_charge"}
    bench.fault("create_charge:refuse:InvalidParameterValue,unsaved:x2")
    await desk.do("authorize", ROOMY, amount="60.00")
    plan = await planned_one(desk, "extend", ROOMY, link=RENEWAL.link, **step)
    assert (plan.reopens, plan.draft.link) == (1, RENEWAL.link)
    await desk.perform(plan)
    again = await planned_one(desk, "extend", ROOMY, **step)
    assert (again.reopens, again.draft.link) == (1, RENEWAL.link)
    other = {**RENEWAL.link, "batch": "b", "line": 2}
    assert (await planned_one(desk, "extend", ROOMY, link=other, **step)).draft.link == other


async def test_a_step_of_a_renewal_is_not_taken_up_as_an_action_by_itself(
    bench: Bench, desk: Desk
) -> None:
    bench.fault("create_charge:refuse:InvalidParameterValue,unsaved")
    plan = await planned_one(
        desk, "extend", ROOMY, amount="60.00", by="create_charge", link=RENEWAL.link
    )
    await desk.perform(plan)
    with pytest.raises(Held, match="Another one could be made beside it"):
        await desk.planned("authorize", ROOMY, amount="60.00")


async def test_nor_what_a_renewal_has_taken_up(bench: Bench, desk: Desk) -> None:
    bench.fault("create_charge:refuse:InvalidParameterValue,unsaved:x2")
    step: dict[str, Any] = {"amount": "60.00", "by": "create_charge"}
    await desk.do("authorize", ROOMY, amount="60.00")
    await desk.perform(await planned_one(desk, "extend", ROOMY, link=RENEWAL.link, **step))
    with pytest.raises(Held, match="Another one could be made beside it"):
        await desk.planned("authorize", ROOMY, amount="60.00")
    again = await plan_again(desk.engine, 1, "")
    assert (again.reopens, again.draft.link) == (1, RENEWAL.link)


# --- whether the rules are asked again -----------------------------------------------------------

ANSWERED = {"refused": [Move.REFUSE], "never left": [Move.NOT_SENT]}
NOT_PROVED = {"no answer": [Move.LOSE, Move.DID_NOT], "a person's word": [Move.LOSE, Move.DID_NOT]}


def tried(desk: Desk, plan: Plan, way: str) -> None:
    """The plan was reserved and sent, and this came of it."""
    journal, owner = desk.journal, desk.engine._owner
    number = journal.reserve(plan.draft, plan.version, owner).id
    journal.arm(number, owner)
    if way == "never left":
        journal.never_left(number, {})
    elif way != "no answer":
        journal.answered(number, {})
    for move in (ANSWERED | NOT_PROVED)[way]:
        journal.move(number, move, {})
    journal.claims.release(number, owner)


@pytest.mark.parametrize("way", ANSWERED)
async def test_what_is_proved_to_have_made_nothing_must_be_allowed_again(
    bench: Bench, desk: Desk, way: str
) -> None:
    tried(desk, await desk.planned("capture", AUTHORIZED, amount="60.00"), way)
    assert (await desk.planned("capture", AUTHORIZED, amount="60.00")).reopens == 1
    bench.by_hand_cancel(AUTHORIZED)
    with pytest.raises(Held, match="The charge was canceled"):
        await desk.planned("capture", AUTHORIZED, amount="60.00")


@pytest.mark.parametrize("way", NOT_PROVED)
async def test_what_may_have_made_something_is_asked_again_by_its_key_whatever_the_rules_say(
    bench: Bench, desk: Desk, way: str
) -> None:
    """Its key makes nothing twice, and the answer tells what there is."""
    tried(desk, await desk.planned("capture", AUTHORIZED, amount="60.00"), way)
    bench.by_hand_cancel(AUTHORIZED)
    assert (await desk.planned("capture", AUTHORIZED, amount="60.00")).reopens == 1


@pytest.mark.parametrize("way", ANSWERED | NOT_PROVED)
async def test_without_a_key_it_must_be_allowed_in_any_case(
    bench: Bench, desk: Desk, way: str
) -> None:
    tried(desk, await desk.planned("cancel", AUTHORIZED), way)
    bench.by_hand_cancel(AUTHORIZED)
    with pytest.raises(Held, match="is Canceled already"):
        await desk.planned("cancel", AUTHORIZED)


@pytest.mark.parametrize("way", ANSWERED | NOT_PROVED)
async def test_of_what_can_be_made_more_than_once_the_key_is_the_safer_way_to_ask(
    bench: Bench, desk: Desk, way: str
) -> None:
    tried(desk, await desk.plan("10.00"), way)
    bench.by_hand("110.00")  # now 10.00 more is too much
    plan = await desk.plan("10.00")
    assert (plan.reopens, plan.draft.key) == (1, desk.last.key)


# --- an order that was pasted by an id of Checkout v1 --------------------------------------------


def v1(charge: str) -> str:
    """The id of the charge's authorization in v1."""
    return charge.replace("-C", "-A")


@pytest.mark.parametrize(
    ("action", "pasted", "said"),
    [
        ("capture", AUTHORIZED, "Capture (needed Open, is Open)"),
        ("cancel", PENDING, "CloseAuthorization (needed Pending or Open, is Pending)"),
        ("close", OLD_AUTHORIZED, "CancelOrderReference; CloseOrderReference"),
        ("refund", CHARGE, "Refund (needed Completed, is Completed)"),
    ],
)
async def test_it_is_told_which_call_of_v1_did_this(
    desk: Desk, action: str, pasted: str, said: str
) -> None:
    await desk.planned("cancel", ALSO_AUTHORIZED)  # known, so that it could be told of too
    facts = (await desk.planned(action, v1(pasted), amount="5.00")).words.facts
    assert facts[-1] == ("in Checkout v1", said)
    usual = (await desk.planned(action, pasted, amount="5.00")).words.facts
    assert facts[:-1] == usual


async def test_where_v1_has_no_word_for_the_state_it_is_left_out(bench: Bench, desk: Desk) -> None:
    bench.fault(REFUND_REFUSED)
    await desk.go("10.00")
    bench.change_charge(CHARGE, state="Frozen")
    plan = await desk.plan("10.00", v1(CHARGE))
    assert plan.words.facts[-1] == ("in Checkout v1", "Refund (needed Completed)")


async def test_what_v1_had_no_call_for_is_not_told(desk: Desk) -> None:
    plan = await planned_one(desk, "extend", v1(SUBSCRIBED), frequency="1 Year")
    assert "in Checkout v1" not in dict(plan.words.facts)
