"""The two steps of a renewal: what each carries, how both are told, and what is half done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.actions.outcome import Held, Outcome, Result
from console.actions.renewal import Renewal, Way, half_done, standing_of
from console.amazon.client import Answer
from console.domain.batch import Line
from console.domain.intent import Move, Reservation
from console.domain.money import Money
from console.simulator.stories import Teller
from console.store.claims import Owner
from console.store.journal import Journal
from tests.actions.test_batches import apply, planned, standings
from tests.actions.test_renewal import CANCEL, CREATE, ROOM, make_room, standing_60, steps
from tests.support.bench import (
    ALSO_AUTHORIZED,
    AUTHORIZED,
    OLD_AUTHORIZED,
    ROOMY,
    SUBSCRIBED,
    SUBSCRIPTION,
    Bench,
    Desk,
)
from tests.support.decisions import CHARGE, ORDER, draft

anyio = pytest.mark.anyio
FINISH = f"To finish it: `payconsole extend {AUTHORIZED}`."
CANCELED = f"Charge {AUTHORIZED} is Canceled: nothing is reserved with the buyer for it."
REFUSED = "refuse:InvalidParameterValue,unsaved"


def made_60(desk: Desk) -> str:
    """What is said of the new charge, which is the only one that was made here."""
    [new] = [i.result for i in desk.intents() if i.operation == CREATE and i.result]
    return f"One charge of 60.00 USD exists from the state that you saw: {new}, Authorized."


async def half(bench: Bench, desk: Desk, room: bool = True) -> Outcome:
    """A renewal of which Amazon refused the second step."""
    make_room(bench, room)
    bench.fault(f"{steps(room)[1]}:{REFUSED}")
    return await desk.do("extend", AUTHORIZED, reason="too old", ticket="T-1")


async def half_with_new(bench: Bench, desk: Desk) -> str:
    """The same, create first; the id of the new charge."""
    await half(bench, desk)
    new = desk.last.result or desk.intents()[0].result
    assert new is not None
    return new


async def held(desk: Desk) -> Held:
    """Why the renewal is not gone on with."""
    with pytest.raises(Held) as found:
        await desk.planned("extend", AUTHORIZED)
    return found.value


def is_over(desk: Desk) -> list[str]:
    """The reasons that were written down for renewals that are over."""
    return [str(line.data["why"]) for line in desk.journal.entries(kind="renewal_over")]


# --- the plan ------------------------------------------------------------------------------------


@anyio
@ROOM
async def test_the_plan_names_the_charge_that_it_renews_and_says_what_can_be_undone(
    bench: Bench, desk: Desk, room: bool
) -> None:
    make_room(bench, room)
    plan = await desk.planned("extend", AUTHORIZED, ticket="T-1")
    assert plan.words.facts[0] == ("renews", AUTHORIZED)
    assert len(plan.words.facts) > 1  # and what else is to be known of the first step
    assert plan.words.undo == (
        f"No: once {AUTHORIZED} is canceled it stays canceled. The new charge can be canceled."
    )
    assert (plan.draft.action, plan.draft.reason, plan.draft.ticket) == ("extend", "why", "T-1")


@anyio
async def test_an_old_charge_is_canceled_first_only_where_both_have_no_room(
    bench: Bench, desk: Desk
) -> None:
    bench.switch(balance_falls_at="authorization")
    bench.by_hand_charge(ROOMY, "140.00")  # the balance is 60.00 then
    assert (await desk.planned("extend", AUTHORIZED)).draft.operation == CREATE
    bench.by_hand_charge(ROOMY, "0.01")
    assert (await desk.planned("extend", AUTHORIZED)).draft.operation == CANCEL
    assert (await desk.planned("extend", OLD_AUTHORIZED)).draft.operation == CANCEL  # all there is


@anyio
async def test_in_live_the_end_of_the_old_charges_id_is_typed_too(bench: Bench) -> None:
    teller = Teller(bench.world)
    teller.permission("P01-1000009-1000009", "50.00", teller.ago(days=1), reference="Live-1")
    old = teller.charge("P01-1000009-1000009-C100019", "20.00", teller.ago(days=1))
    desk = await bench.desk(environment="live")
    assert (await desk.planned("extend", old.id)).phrase == "20.00 USD 0019"


@anyio
@pytest.mark.parametrize(
    ("limit", "why"),
    [
        ("14.00", None),
        ("13.99", "Up to 13.99 USD can be authorized."),
        ("5.00", "Up to 5.00 USD can be authorized."),
    ],
)
async def test_nothing_is_canceled_where_the_balance_is_too_little_even_without_it(
    bench: Bench, desk: Desk, limit: str, why: str | None
) -> None:
    """A limit that was lowered leaves less than nothing while the authorization is counted."""
    bench.switch(balance_falls_at="authorization")
    bench.change_permission(SUBSCRIPTION, limit=Money.from_text(f"{limit} USD"))
    if why is None:
        plan = await desk.planned("extend", SUBSCRIBED)
        assert (plan.draft.operation, plan.draft.object) == (CANCEL, SUBSCRIBED)
        return
    with pytest.raises(Held) as found:
        await desk.planned("extend", SUBSCRIBED)
    assert str(found.value) == (
        f"{SUBSCRIBED} would have to be canceled first, and 14.00 USD could not be authorized"
        f" after that. {why}"
    )
    assert found.value.hint == (f"Capture it before it expires: `payconsole capture {SUBSCRIBED}`.")


# --- both steps ----------------------------------------------------------------------------------


@anyio
@ROOM
async def test_both_steps_carry_what_ties_them_together_and_what_they_are_for(
    bench: Bench, desk: Desk, room: bool
) -> None:
    """Journals hold these texts, so they stay as they are."""
    make_room(bench, room)
    await desk.do("extend", AUTHORIZED, reason="too old", ticket="T-1")
    way = "create_first" if room else "cancel_first"
    link = {"renews": AUTHORIZED, "amount": "60.00 USD", "way": way}
    first, second = desk.intents()
    assert (first.operation, second.operation) == steps(room)
    assert (first.link, second.link) == ({**link, "step": 1}, {**link, "step": 2, "after": 1})
    assert Renewal.of(first) == Renewal(AUTHORIZED, "60.00 USD", Way(way))
    assert Renewal.of(second) == Renewal(AUTHORIZED, "60.00 USD", Way(way), 2, after=1)
    for step in (first, second):
        assert (step.action, step.reason, step.ticket) == ("extend", "too old", "T-1")


@anyio
@ROOM
async def test_the_outcome_of_both_is_told_as_one_of_the_old_charge(
    bench: Bench, desk: Desk, room: bool
) -> None:
    make_room(bench, room)
    outcome = await desk.do("extend", AUTHORIZED)
    said = (made_60(desk), CANCELED) if room else (CANCELED, made_60(desk))
    assert outcome.message == " ".join(said)
    assert (outcome.result, outcome.half_done, outcome.pending) == (Result.ACCEPTED, False, False)
    assert (outcome.target, str(outcome.amount)) == (AUTHORIZED, "60.00 USD")
    [new] = standing_60(bench)
    assert outcome.object is not None
    assert outcome.object["chargeId"] == new.id
    of_old = [
        "charge state: Authorized, now Canceled",
        "charge reason: nothing, now MerchantCanceled",
    ]
    of_new = [f"charges {new.id}: nothing, now Authorized 60.00 USD"]
    facts = [fact for fact in outcome.facts if not fact.startswith("permission ")]
    assert facts == [*of_new, *of_old] if room else [*of_old, *of_new]


@anyio
async def test_both_steps_of_a_row_name_their_list_and_its_line(desk: Desk) -> None:
    batch = await planned(desk, Line(7, AUTHORIZED, "extend"))
    assert standings((await apply(desk, batch)).report) == ["done"]
    links = [intent.link or {} for intent in desk.intents()]
    assert [(link["batch"], link["line"]) for link in links] == [(batch.hash, 7)] * 2


# --- what became of the second step ---------------------------------------------------------------


@anyio
@ROOM
async def test_a_refused_second_step_is_told_after_the_first_with_what_finishes_it(
    bench: Bench, desk: Desk, room: bool
) -> None:
    outcome = await half(bench, desk, room)
    [refused] = [line.data["why"] for line in desk.journal.entries(kind=str(Move.REFUSE))]
    first = made_60(desk) if room else CANCELED
    assert outcome.message == f"{first} But the second step: {refused}. {FINISH}"
    assert (outcome.result, outcome.half_done) == (Result.REFUSED, True)
    assert (outcome.target, str(outcome.amount)) == (AUTHORIZED, "60.00 USD")
    if room:
        assert outcome.object is not None
        assert outcome.object["chargeId"] == desk.intents()[0].result
    else:
        assert outcome.object is None  # no charge was made
    assert outcome.hint == "`payconsole journal retry 2` tries the same decision again."


@anyio
@ROOM
async def test_an_unknown_second_step_is_resolved_before_anything_is_finished(
    bench: Bench, desk: Desk, room: bool
) -> None:
    make_room(bench, room)
    bench.fault(f"{steps(room)[1]}:hang_up_before:xalways")
    outcome = await desk.do("extend", AUTHORIZED)
    first = made_60(desk) if room else CANCELED
    assert outcome.message.startswith(f"{first} But the second step: It is not known whether ")
    assert outcome.message.endswith(" Don't do it again by another way.")
    assert (outcome.result, outcome.half_done) == (Result.UNKNOWN, True)
    assert (outcome.hint or "").startswith("`payconsole journal recover` asks Amazon again")


@anyio
async def test_a_second_step_that_is_not_possible_any_more_is_told_after_the_first(
    bench: Bench, desk: Desk
) -> None:
    bench.fault(f"{CREATE}:foreign_capture:{AUTHORIZED}:then")
    outcome = await desk.do("extend", AUTHORIZED)
    assert outcome.message == (
        f"{made_60(desk)} The second step was not done: It was captured: refund it instead."
        f" {FINISH}"
    )
    assert (outcome.result, outcome.hint, outcome.half_done) == (Result.STALE, None, True)
    assert outcome.target == AUTHORIZED
    assert bench.writes(CANCEL) == []


@anyio
async def test_a_second_step_that_somebody_else_has_done_leaves_nothing_to_finish(
    bench: Bench, desk: Desk
) -> None:
    bench.fault(f"{CREATE}:foreign_cancel:{AUTHORIZED}:then")
    outcome = await desk.do("extend", AUTHORIZED)
    assert (
        outcome.message
        == f"{made_60(desk)} Charge {AUTHORIZED} is Canceled already (MerchantCanceled)."
    )
    assert (outcome.result, outcome.target) == (Result.ACCEPTED, AUTHORIZED)
    assert outcome.half_done is False
    assert bench.writes(CANCEL) == []
    assert half_done(desk.journal.intents()) == []


@anyio
async def test_while_the_new_charge_is_pending_the_old_one_is_kept_and_said_to_be(
    bench: Bench, desk: Desk
) -> None:
    """No new charge is asked to be pending; here Amazon takes its time all the same."""
    client = desk.session.client
    send = client.send

    async def take_time(reservation: Reservation) -> Answer:
        answer = await send(reservation)
        [new] = [c.id for c in bench.charges() if c.id not in (AUTHORIZED, ALSO_AUTHORIZED)]
        bench.change_charge(new, state="AuthorizationInitiated")
        return answer

    plan = await desk.planned("extend", AUTHORIZED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "send", take_time)
        outcome = await desk.perform(plan)
    new = desk.last.result
    assert outcome.message == (
        f"One charge of 60.00 USD exists from the state that you saw: {new},"
        " AuthorizationInitiated. It is pending: Amazon decides within 24 hours, nothing is"
        f" reserved yet. The old charge {AUTHORIZED} is kept until then. To finish, once the new"
        f" one is Authorized: `payconsole extend {AUTHORIZED}`."
    )
    assert (outcome.result, outcome.pending, outcome.half_done) == (Result.ACCEPTED, True, True)
    assert outcome.target == AUTHORIZED
    assert bench.writes(CANCEL) == []


# --- going on with one that is half done ----------------------------------------------------------


@anyio
@ROOM
async def test_the_rest_is_planned_with_new_words_or_else_with_those_of_the_first_step(
    bench: Bench, desk: Desk, room: bool
) -> None:
    await half(bench, desk, room)
    plan = await desk.planned("extend", AUTHORIZED, reason="now it can", ticket="T-2")
    assert plan.draft.operation == steps(room)[1]
    assert (plan.draft.reason, plan.draft.ticket) == ("now it can", "T-2")
    plan = await desk.planned("extend", AUTHORIZED, reason="", ticket="")
    assert (plan.draft.reason, plan.draft.ticket) == ("too old", "T-1")
    assert plan.then is None


@anyio
@pytest.mark.parametrize("end", ["Canceled", "Declined"])
async def test_a_new_charge_that_ended_ends_the_renewal_and_keeps_the_old_one(
    bench: Bench, desk: Desk, end: str
) -> None:
    new = await half_with_new(bench, desk)
    bench.change_charge(new, state=end, reason="AmazonCanceled")
    found = await held(desk)
    why = f"The new charge {new} is {end}, so the old one is kept."
    assert (str(found), found.intent) == (why, 1)
    assert found.hint == "Extend the old one again to begin anew."
    assert is_over(desk) == [why]
    assert (await desk.planned("extend", AUTHORIZED)).draft.operation == CREATE


@anyio
async def test_a_new_charge_that_is_not_decided_on_keeps_the_old_one_and_the_renewal(
    bench: Bench, desk: Desk
) -> None:
    new = await half_with_new(bench, desk)
    bench.change_charge(new, state="AuthorizationInitiated")
    found = await held(desk)
    assert str(found) == f"The new charge {new} is AuthorizationInitiated, so the old one is kept."
    assert found.intent == 1
    assert found.hint == (
        "Wait until it is Authorized, then extend the old one again: only what is left is done."
    )
    assert is_over(desk) == []


@anyio
async def test_a_new_charge_that_was_captured_stands_so_the_old_one_can_go(
    bench: Bench, desk: Desk
) -> None:
    bench.by_hand_capture(await half_with_new(bench, desk), "60.00")
    plan = await desk.planned("extend", AUTHORIZED)
    assert (plan.draft.operation, plan.draft.object) == (CANCEL, AUTHORIZED)


@anyio
async def test_which_charge_was_made_is_not_known_by_a_persons_word_so_the_old_one_is_kept(
    bench: Bench, desk: Desk
) -> None:
    bench.fault(f"{CREATE}:hang_up_before:xalways")
    await desk.do("extend", AUTHORIZED)
    desk.journal.move(1, Move.HAPPENED, {"evidence": "seen there"})
    found = await held(desk)
    assert str(found) == "Which charge intent 1 made is not known, so the old one is kept."
    assert found.intent == 1
    assert found.hint == (
        "Look the order up; cancel the old charge by itself if the new one is Authorized."
    )


@anyio
async def test_an_old_charge_that_was_canceled_by_hand_ends_the_renewal(
    bench: Bench, desk: Desk
) -> None:
    await half(bench, desk)
    bench.by_hand_cancel(AUTHORIZED)
    found = await held(desk)
    assert found.result is Result.ALREADY_SO
    assert str(found).startswith(f"Charge {AUTHORIZED} is Canceled already")
    assert is_over(desk) == [str(found)]


# --- what is half done ---------------------------------------------------------------------------

ME = Owner.current()
NEW = f"{ORDER}-C200002"
OTHER_ORDER = "S01-1000002-1000002"
CREATE_FIRST = Renewal(CHARGE, "10.00 USD", Way.CREATE_FIRST)
CANCEL_FIRST = Renewal(CHARGE, "10.00 USD", Way.CANCEL_FIRST)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "data" / "journal.sqlite", "ann")
    yield made
    made.close()


def decided(
    journal: Journal,
    operation: str,
    obj: str,
    *moves: Move,
    part: Renewal | None = None,
    scope: str = ORDER,
    result: str | None = None,
) -> int:
    """A decision to which this happened after it was reserved; its number."""
    made = replace(
        draft(observed=f"{journal.last()}.00 USD"),
        operation=operation,
        object=obj,
        scope=scope,
        lock=scope,
        link=part.link if part is not None else None,
    )
    number = journal.reserve(made, journal.version(scope), ME).id
    for move in moves:
        if move is Move.ARM:
            journal.arm(number, ME)
        else:
            journal.move(number, move, {"result": result or obj, "why": "why", "code": None})
    return number


DONE = (Move.ARM, Move.ACCEPT)


def begun(journal: Journal, part: Renewal, *moves: Move) -> int:
    """The first step of a renewal."""
    if part.way is Way.CREATE_FIRST:
        return decided(journal, CREATE, ORDER, *(moves or DONE), part=part, result=NEW)
    return decided(journal, CANCEL, CHARGE, *(moves or DONE), part=part)


def halves(journal: Journal) -> list[int]:
    return [first.id for first in half_done(journal.intents())]


WAYS = pytest.mark.parametrize(
    "part", [CREATE_FIRST, CANCEL_FIRST], ids=["create first", "cancel first"]
)


@WAYS
@pytest.mark.parametrize(
    ("moves", "is_half"),
    [
        (DONE, True),
        ((*DONE, Move.SETTLE), True),
        ((*DONE, Move.DECLINE), False),
        ((Move.ARM, Move.ABSORB), False),  # somebody else's, so nothing of ours was begun
        ((Move.ARM, Move.REFUSE), False),
        ((Move.ARM, Move.LOSE), False),
        ((Move.ARM,), False),
    ],
)
def test_a_first_step_that_was_accepted_is_half_a_renewal(
    journal: Journal, part: Renewal, moves: tuple[Move, ...], is_half: bool
) -> None:
    number = begun(journal, part, *moves)
    assert halves(journal) == ([number] if is_half else [])


@WAYS
def test_what_is_over_is_not_half_done(journal: Journal, part: Renewal) -> None:
    number = begun(journal, part)
    journal.end_renewal(number, "canceled by hand")
    assert halves(journal) == []


@WAYS
def test_a_second_step_by_itself_is_no_half(journal: Journal, part: Renewal) -> None:
    begun(journal, replace(part, step=2, after=9))
    assert halves(journal) == []


def test_what_is_no_part_of_a_renewal_is_no_half_of_one(journal: Journal) -> None:
    decided(journal, CREATE, ORDER, *DONE, result=NEW)
    assert halves(journal) == []


@pytest.mark.parametrize(
    ("operation", "obj", "moves", "follows"),
    [
        (CANCEL, CHARGE, DONE, True),
        (CANCEL, CHARGE, (), True),  # at it
        (CANCEL, CHARGE, (Move.ARM, Move.LOSE), True),
        (CANCEL, CHARGE, (Move.ARM, Move.ABSORB), True),
        (CANCEL, CHARGE, (Move.ARM, Move.REFUSE), False),
        ("capture_charge", CHARGE, DONE, True),
        ("create_refund", CHARGE, DONE, False),
        (CANCEL, NEW, DONE, True),
        ("capture_charge", NEW, DONE, False),  # the old one is still reserved beside it
        (CANCEL, f"{ORDER}-C300003", DONE, False),
    ],
)
def test_create_first_is_followed_up_by_the_end_of_the_old_one_or_the_undoing_of_the_new_one(
    journal: Journal, operation: str, obj: str, moves: tuple[Move, ...], follows: bool
) -> None:
    number = begun(journal, CREATE_FIRST)
    decided(journal, operation, obj, *moves)
    assert halves(journal) == ([] if follows else [number])


@pytest.mark.parametrize(
    ("operation", "scope", "moves", "follows"),
    [
        (CREATE, ORDER, DONE, True),
        (CREATE, ORDER, (), True),  # at it
        (CREATE, ORDER, (Move.ARM, Move.REFUSE), False),
        (CREATE, ORDER, (*DONE, Move.DECLINE), False),
        (CREATE, OTHER_ORDER, DONE, False),
        ("capture_charge", ORDER, DONE, False),
        (CANCEL, OTHER_ORDER, DONE, False),
    ],
)
def test_cancel_first_is_followed_up_by_a_later_charge_of_the_order(
    journal: Journal, operation: str, scope: str, moves: tuple[Move, ...], follows: bool
) -> None:
    number = begun(journal, CANCEL_FIRST)
    decided(journal, operation, scope, *moves, scope=scope)
    assert halves(journal) == ([] if follows else [number])


def test_but_not_by_a_charge_that_was_made_before_it(journal: Journal) -> None:
    decided(journal, CREATE, ORDER, *DONE)
    decided(journal, CREATE, ORDER, *DONE, part=replace(CREATE_FIRST, step=2, after=9))
    number = begun(journal, CANCEL_FIRST)
    assert halves(journal) == [number]


def test_unless_that_is_tried_again_as_its_second_step(journal: Journal) -> None:
    """Trying again is the same intent, with its number from before."""
    older = decided(journal, CREATE, ORDER, Move.ARM, Move.REFUSE)
    number = begun(journal, CANCEL_FIRST)
    second = replace(CANCEL_FIRST, step=2, after=number)
    again = replace(journal.intent(older), link=second.link)
    journal.reopen(older, journal.version(ORDER), ME, again)
    assert halves(journal) == []
    journal.arm(older, ME)
    journal.move(older, Move.REFUSE, {"why": "no", "code": None})
    assert halves(journal) == [number]


def told(journal: Journal) -> str:
    [first] = half_done(journal.intents())
    return standing_of(first)


def test_where_it_stands_is_told_with_both_ways_on(journal: Journal) -> None:
    begun(journal, CREATE_FIRST)
    assert told(journal) == (
        f"Half renewed: the new charge {NEW} was made over 10.00 USD, and the old one {CHARGE} was"
        f" not canceled. To finish: `payconsole extend {CHARGE}`. To undo: `payconsole cancel"
        f" {NEW}`."
    )


def test_and_where_the_old_one_went_first_that_it_stays_canceled(journal: Journal) -> None:
    begun(journal, CANCEL_FIRST)
    assert told(journal) == (
        f"Half renewed: {CHARGE} was canceled, and no new charge was made over 10.00 USD."
        f" To finish: `payconsole extend {CHARGE}`. It can't be undone: what was canceled stays"
        " canceled."
    )
