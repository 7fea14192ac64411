"""From any id to its order: few round trips, no wrong guess shown, nothing forgotten or hidden."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from console.amazon.errors import NotAllowed, NotSent, ServiceFailed, Unreadable, WrongEnvironment
from console.domain.ids import NotAnId, identify, parse
from console.domain.money import Money
from console.lookup import NotFoundHere, Several
from console.simulator.stories import HOSTILE_NAME, STORIES, Teller
from console.simulator.world import World
from console.store.index import Known
from tests.amazon.raw import raw_server, reply

from .conftest import Desk, Sit, all_ids

pytestmark = pytest.mark.anyio

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"
AUTHORIZATION = f"{ORDER}-A079366"
REFUND = f"{ORDER}-R022311"
AGREEMENT = "C01-2612863-4691163"
RECURRING = "S01-5454037-1929856-C015396"
RECURRING_REFUND = "S01-5454037-1929856-R000007"
DISPUTE = "S01-3947265-6081179-B031187"
DISPUTED = "S01-3947265-6081179-C037518"
OPEN_SESSION = "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3"
DONE_SESSION = "9e27a6d0-51c8-4f3b-8b92-6c7d10f4e5a8"


def slow(world: World) -> None:
    """Answers that take long enough for everything that doesn't depend on them to be asked."""
    world.add_fault("*:delay:0.1:xalways")


def tell_recurring_refund(world: World) -> None:
    teller = Teller(world)
    teller.refund(RECURRING_REFUND, RECURRING, "2.00", teller.ago(days=1))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


class TestRoundTrips:
    """What can be asked side by side is."""

    @pytest.mark.parametrize(
        ("text", "asked", "rounds"),
        [
            (ORDER, {ORDER}, 1),
            (CHARGE, {CHARGE, ORDER}, 1),
            (AUTHORIZATION, {CHARGE, ORDER}, 1),
            (RECURRING, {RECURRING, RECURRING[:19], AGREEMENT}, 2),
            (REFUND, {REFUND, CHARGE, ORDER}, 2),
            (RECURRING_REFUND, {RECURRING_REFUND, RECURRING[:19], RECURRING, AGREEMENT}, 3),
            (DISPUTE, {DISPUTE, DISPUTED, DISPUTE[:19]}, 2),
            (OPEN_SESSION, {OPEN_SESSION}, 1),
            (DONE_SESSION, {DONE_SESSION, "S01-4420597-1866304",
                            "S01-4420597-1866304-C090118"}, 2),
        ],
    )  # fmt: skip
    async def test_of_an_order_never_seen(
        self, desk: Desk, world: World, text: str, asked: set[str], rounds: int
    ) -> None:
        tell_recurring_refund(world)
        slow(world)
        await desk.fresh_look(text)
        assert sorted(desk.asked) == sorted(asked), "each object once, and no other"
        assert desk.rounds == rounds
        assert len(world.log.entries()) == len(asked)

    @pytest.mark.parametrize(
        ("text", "family"),
        [
            (ORDER, {ORDER, CHARGE, REFUND}),
            (CHARGE, {ORDER, CHARGE, REFUND}),
            (AUTHORIZATION, {ORDER, CHARGE, REFUND}),
            (REFUND, {ORDER, CHARGE, REFUND}),
            (AGREEMENT, {AGREEMENT, RECURRING, RECURRING_REFUND}),
            (RECURRING, {AGREEMENT, RECURRING, RECURRING_REFUND}),
            (RECURRING_REFUND, {AGREEMENT, RECURRING, RECURRING_REFUND}),
        ],
    )
    async def test_of_an_order_once_seen_is_one(
        self, desk: Desk, world: World, text: str, family: set[str]
    ) -> None:
        tell_recurring_refund(world)
        await desk.look(REFUND)
        await desk.look(RECURRING_REFUND)
        slow(world)
        order = await desk.fresh_look(text)
        assert sorted(desk.asked) == sorted(family)
        assert desk.rounds == 1
        assert {c.id for c in order.charges} | {r.id for r in order.refunds} == family - {order.id}

    async def test_refunds_that_are_asked_for_besides(self, desk: Desk) -> None:
        order = await desk.look(CHARGE, REFUND)
        assert [r.id for r in order.refunds] == [REFUND]
        assert sorted(desk.asked) == sorted([CHARGE, ORDER, REFUND])


class TestRecurringTrap:
    """A charge's base is not always its permission (domain.md 7.3)."""

    @pytest.fixture
    def trap(self, world: World) -> str:
        """Another order whose id is the base of the recurring charge."""
        tell_recurring_refund(world)
        teller = Teller(world)
        base = RECURRING[:19]
        teller.permission(base, "999.00", teller.ago(days=1), reference="Wrong-1")
        teller.charge(f"{base}-C999999", "999.00", teller.ago(days=1), state="Captured")
        return base

    @pytest.mark.parametrize("text", [RECURRING, RECURRING_REFUND])
    async def test_the_guess_is_never_shown(self, desk: Desk, trap: str, text: str) -> None:
        order = await desk.look(text)
        assert order.id == AGREEMENT
        assert order.permission is not None
        assert order.permission.merchant.reference == "Sub-9"
        assert trap not in order.unread
        assert not any(trap in event.object and len(event.object) == 19 for event in order.history)
        assert desk.known.get(trap) is None, "and not remembered as seen for this order"

    async def test_nor_where_the_charge_can_not_be_read(
        self, desk: Desk, trap: str, world: World
    ) -> None:
        world.add_fault("get_charge:error_before:xalways")
        order = await desk.look(RECURRING_REFUND)
        assert order.permission is None
        assert RECURRING in order.unread
        assert any("could not be read" in warning for warning in order.warnings)

    async def test_nor_where_the_charge_itself_was_asked_for(
        self, desk: Desk, trap: str, world: World
    ) -> None:
        world.add_fault("get_charge:error_before:xalways")
        with pytest.raises(ServiceFailed):
            await desk.look(RECURRING)

    async def test_a_mistyped_charge_does_not_show_the_order_of_its_base(self, desk: Desk) -> None:
        with pytest.raises(NotFoundHere, match="C000000"):
            await desk.look(f"{ORDER}-C000000")

    async def test_a_guess_that_is_not_there_is_not_called_unread(self, desk: Desk) -> None:
        order = await desk.look(RECURRING)
        assert order.unread == {}
        assert order.warnings == ()

    async def test_a_guess_that_the_charge_confirms_is_unread_where_it_failed(
        self, desk: Desk, world: World
    ) -> None:
        world.add_fault("get_charge_permission:error_before:xalways")
        order = await desk.look(CHARGE)
        assert order.permission is None
        assert ORDER in order.unread
        assert str(order.totals.refundable) == "36.00 USD", "what is known still counts"


class TestMemory:
    """Children once seen appear when the permission is looked up later."""

    async def test_charge_and_refund(self, desk: Desk) -> None:
        before = await desk.look(ORDER)
        assert (before.charges, before.refunds) == ((), ())
        await desk.look(REFUND)
        after = await desk.look(ORDER)
        assert [c.id for c in after.charges] == [CHARGE]
        assert [r.id for r in after.refunds] == [REFUND]

    async def test_of_a_recurring_permission(self, desk: Desk) -> None:
        await desk.look(RECURRING)
        await desk.look("S01-6311840-7720514-C048812")
        order = await desk.look(AGREEMENT)
        assert {c.id for c in order.charges} == {RECURRING, "S01-6311840-7720514-C048812"}

    async def test_through_a_session(self, desk: Desk) -> None:
        await desk.look(DONE_SESSION)
        assert (await desk.look("S01-4420597-1866304")).charges

    async def test_is_kept_in_the_file(self, sit: Sit) -> None:
        await (await sit()).look(REFUND)
        assert (await (await sit()).look(ORDER)).refunds
        assert not (await (await sit(folder="another"))
                    .look(ORDER)).refunds  # fmt: skip

    async def test_a_refund_just_made_is_seen_at_once(self, desk: Desk, world: World) -> None:
        teller = Teller(world)
        made = f"{ORDER}-R777777"
        teller.refund(made, CHARGE, "1.00", teller.ago(seconds=1), state="RefundInitiated")
        data = {"refundId": made, "chargeId": CHARGE, "statusDetails": {"state": "RefundInitiated"}}
        desk.lookup.remember_made(made, data, ORDER)
        assert [r.id for r in (await desk.look(ORDER)).refunds] == [made]

    async def test_last_state_and_time_are_kept(self, desk: Desk, world: World) -> None:
        await desk.look(REFUND)
        seen = desk.known.get(REFUND)
        assert seen is not None
        assert (seen.kind, seen.parent, seen.permission, seen.state) == (
            "refund", CHARGE, ORDER, "Refunded",
        )  # fmt: skip
        assert seen.seen.endswith("Z")
        known = desk.known.get(ORDER)
        assert known is not None
        assert (known.reference, known.state) == ("Acme-118", "Closed")

    async def test_what_was_known_is_not_forgotten_by_a_poorer_look(self, desk: Desk) -> None:
        await desk.look(REFUND)
        desk.known.remember([Known(REFUND, "refund", None, None, None, None, "2099")])
        kept = desk.known.get(REFUND)
        assert kept is not None
        assert (kept.parent, kept.permission, kept.state) == (CHARGE, ORDER, "Refunded")

    async def test_recent_orders_come_newest_first(self, desk: Desk) -> None:
        desk.known.remember(
            Known(f"S01-0000000-000000{n}", "charge_permission", None, None, None, "Closed", at)
            for n, at in enumerate(["2024-01-02", "2024-01-03", "2024-01-01"])
        )
        assert [k.id[-1] for k in desk.known.recent(2)] == ["1", "0"]

    async def test_no_buyer_data_is_in_the_files(self, sit: Sit) -> None:
        desk = await sit()
        for story in STORIES:
            if story.environment == "sandbox":
                await desk.look(story.charge_id or story.order_id)
        secrets = [
            "Susie", "susie.smith@example.com", "800-000-0000", "10 Example Street",
            "Exampletown", "山田", "Jörg", "Weiß", HOSTILE_NAME[:12], "HYPERLINK", "amzn1.account",
            "1111 (Amazon Pay)",
        ]  # fmt: skip
        files = contents(desk.folder)
        assert {"index.sqlite", "journal.sqlite"} <= files.keys()
        for name, content in files.items():
            for secret in secrets:
                assert secret.encode() not in content, f"{secret} in {name}"
        assert b"Acme-118" in b"".join(files.values())


class TestReferences:
    """The merchant's own order number, where the index knows it."""

    async def test_is_found_once_it_was_seen(self, desk: Desk) -> None:
        with pytest.raises(NotAnId):
            await desk.look("Acme-118")
        await desk.look(ORDER)
        for text in ("Acme-118", "  Acme-118\n"):
            assert (await desk.look(text)).id == ORDER

    async def test_of_a_charge_leads_to_its_order(self, desk: Desk) -> None:
        desk.known.remember([Known(CHARGE, "charge", ORDER, ORDER, "Shop-77", "Captured", "2024")])
        assert (await desk.look("Shop-77")).id == ORDER

    async def test_with_hidden_characters_in_either_spelling(self, desk: Desk) -> None:
        await desk.look("S01-6666013-1313666")
        for text in ("Acme-\x1b[5m120[/]", "Acme-␛[5m120[/]"):
            assert (await desk.look(text)).id == "S01-6666013-1313666"

    async def test_on_several_orders_names_them_all(self, desk: Desk) -> None:
        other = "S01-1570286-9944673"
        desk.known.remember(
            Known(id, kind, None, order, "Twice", None, "2024")
            for id, kind, order in (
                (ORDER, "charge_permission", ORDER),
                (CHARGE, "charge", ORDER),
                (other, "charge_permission", other),
            )
        )
        with pytest.raises(Several) as caught:
            await desk.look("Twice")
        assert list(caught.value.orders) == [other, ORDER]
        assert other in str(caught.value)

    async def test_of_the_other_environment_is_no_second_order(self, sit: Sit) -> None:
        """One index serves all profiles: a live order is no candidate in the sandbox."""
        live = "P01-1840276-5529301"
        desk = await sit()
        desk.known.remember(
            Known(order, "charge_permission", None, order, "Same-1", None, "2024")
            for order in (ORDER, live)
        )
        assert (await desk.look("Same-1")).id == ORDER
        assert (await (await sit("live")).look("Same-1")).id == live

    async def test_known_in_the_other_environment_only_is_refused_there(
        self, desk: Desk, world: World
    ) -> None:
        live = "P01-1840276-5529301"
        desk.known.remember([Known(live, "charge_permission", None, live, "L-1", None, "2024")])
        with pytest.raises(WrongEnvironment, match="live"):
            await desk.look("L-1")
        assert world.log.entries() == []

    async def test_that_looks_like_a_checkout_session(self, desk: Desk) -> None:
        """Some shops number their orders with UUIDs."""
        number = "7b0c7e0e-1111-4222-8333-0123456789ab"
        with pytest.raises(NotFoundHere, match="checkout session"):
            await desk.look(number)
        desk.known.remember([Known(ORDER, "charge_permission", None, ORDER, number, None, "2024")])
        assert (await desk.look(number)).id == ORDER

    async def test_unknown_keeps_the_explanation(self, desk: Desk, world: World) -> None:
        for text, recognized in (("123-1234567-1234567", "marketplace_order_number"), ("x", None)):
            with pytest.raises(NotAnId) as caught:
                await desk.look(text)
            assert caught.value.recognized == recognized
        assert world.log.entries() == []

    async def test_is_data_and_no_query(self, desk: Desk) -> None:
        for text in ("' OR 1=1 --", "%", "_", "Acme-1*", "a" * 10_000):
            with pytest.raises(NotAnId):
                await desk.look(text)


class TestNotThere:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("S01-0000000-0000000", "charge permission"),
            ("C01-0000000-0000000", "charge permission"),
            ("S01-0000000-0000000-C000000", "charge"),
            ("S01-0000000-0000000-A000000", "charge"),
            ("S01-0000000-0000000-R000000", "refund"),
            ("S01-0000000-0000000-B000000", "dispute"),
            ("00000000-0000-0000-0000-000000000000", "checkout session"),
        ],
    )
    async def test_says_what_where_and_what_to_check(
        self, desk: Desk, text: str, kind: str
    ) -> None:
        with pytest.raises(NotFoundHere) as caught:
            await desk.look(text)
        said = str(caught.value)
        assert f"no {kind} {identify(text).best.v2.id}" in said
        assert "NA sandbox" in said
        assert "another account" in caught.value.hint

    @pytest.mark.parametrize(
        "text", ["P01-1840276-5529301", "P01-1840276-5529301-C038164", "B01-1234567-1234567",
                 "P01-1840276-5529301-R000001", "P01-1840276-5529301-B000001"]
    )  # fmt: skip
    async def test_the_other_environment_is_refused_before_any_byte(
        self, desk: Desk, world: World, text: str
    ) -> None:
        with pytest.raises(WrongEnvironment, match="live"):
            await desk.look(text)
        assert world.log.entries() == []

    async def test_and_the_sandbox_in_live(self, sit: Sit, world: World) -> None:
        desk = await sit("live")
        for text in (ORDER, CHARGE, REFUND, AGREEMENT):
            with pytest.raises(WrongEnvironment, match="sandbox"):
                await desk.look(text)
        assert world.log.entries() == []

    async def test_a_rejected_key_is_told(self, desk: Desk, world: World) -> None:
        world.add_fault("*:refuse:InvalidRequestSignature:xalways")
        with pytest.raises(NotAllowed):
            await desk.look(CHARGE)

    async def test_nobody_there(self, sit: Sit) -> None:
        with raw_server(reply()) as server:
            endpoint = server.url
        desk = await sit(endpoint=endpoint)
        with pytest.raises(NotSent):
            await desk.look(CHARGE)


class TestUnread:
    """What belongs to the order and can't be read is named, not hidden."""

    @pytest.mark.parametrize(
        "fault", ["error_before", "throttle", "garbage", "hang_up_before",
                  "refuse:ResourceNotFound", "refuse:InvalidAccountStatus"]
    )  # fmt: skip
    async def test_children(self, desk: Desk, world: World, fault: str) -> None:
        await desk.look(REFUND)
        world.add_fault(f"get_refund:{fault}:xalways")
        order = await desk.look(ORDER)
        assert set(order.unread) == {REFUND}
        assert order.unread[REFUND]
        assert any(REFUND in warning for warning in order.warnings)
        assert [c.id for c in order.charges] == [CHARGE], "the rest is shown"

    async def test_children_that_exist_no_longer(self, desk: Desk) -> None:
        gone = f"{ORDER}-C000001"
        desk.known.remember([Known(gone, "charge", ORDER, ORDER, None, "Captured", "2024")])
        order = await desk.look(ORDER)
        assert set(order.unread) == {gone}

    async def test_the_charge_of_a_refund(self, desk: Desk, world: World) -> None:
        world.add_fault("get_charge:error_before:xalways")
        order = await desk.look(REFUND)
        assert CHARGE in order.unread
        assert [r.id for r in order.refunds] == [REFUND]
        assert order.permission is None, "nothing that was read names one"

    async def test_parents_of_another_environment_are_not_asked_for(self, sit: Sit) -> None:
        """A broken answer must not lead a sandbox profile to live."""
        body = {"chargeId": CHARGE, "chargePermissionId": "P01-1840276-5529301"}
        with raw_server(reply(200, json.dumps(body).encode())) as server:
            desk = await sit(endpoint=server.url)
            order = await desk.look(CHARGE)
        assert "P01-1840276-5529301" in order.unread
        assert not any("P01" in request.target for request in server.requests)

    async def test_an_answer_that_is_no_object_is_unreadable(
        self, desk: Desk, world: World
    ) -> None:
        world.add_fault("get_charge:garbage:xalways")
        with pytest.raises(Unreadable):
            await desk.look(CHARGE)


class TestBrokenAnswers:
    @pytest.mark.parametrize("text", [ORDER, CHARGE, REFUND, DISPUTE, OPEN_SESSION])
    async def test_an_answer_of_nulls_keeps_the_id_that_was_asked(
        self, sit: Sit, text: str
    ) -> None:
        nulls = {"chargePermissionId": None, "chargeId": None, "refundId": None}
        with raw_server(reply(200, json.dumps(nulls).encode())) as server:
            desk = await sit(endpoint=server.url)
            order = await desk.look(text)
        assert "" not in {
            *(c.id for c in order.charges), *(r.id for r in order.refunds),
            *(d.id for d in order.disputes), *([order.session.id] if order.session else []),
            *([order.permission.id] if order.permission else []),
        }  # fmt: skip
        assert order.id
        assert desk.known.get("") is None

    @pytest.mark.parametrize(
        "link", ["", "../refunds", "S01-1/../../x", "x" * 5000, "\x1b[31m", "?a=b", 5, [], {"a": 1}]
    )
    async def test_links_to_nowhere_are_unread_or_nothing(self, sit: Sit, link: object) -> None:
        body = {"refundId": REFUND, "chargeId": link, "chargePermissionId": link}
        with raw_server(reply(200, json.dumps(body).encode())) as server:
            desk = await sit(endpoint=server.url)
            order = await desk.look(REFUND)
        assert [r.id for r in order.refunds] == [REFUND]
        assert all("/.." not in request.target for request in server.requests)

    async def test_objects_that_name_each_other_end(self, sit: Sit) -> None:
        body = {
            "chargeId": CHARGE, "chargePermissionId": ORDER, "refundId": REFUND,
            "checkoutSessionId": OPEN_SESSION,
        }  # fmt: skip
        with raw_server(reply(200, json.dumps(body).encode())) as server:
            desk = await sit(endpoint=server.url)
            for text in (OPEN_SESSION, REFUND, CHARGE, ORDER):
                await desk.look(text)
        assert len(server.requests) < 15

    async def test_amounts_that_do_not_fit_together(self, sit: Sit) -> None:
        body = {
            "chargeId": CHARGE,
            "statusDetails": {"state": "Captured"},
            "chargeAmount": {"amount": "1", "currencyCode": "USD"},
            "captureAmount": {"amount": "1", "currencyCode": "EUR"},
            "refundedAmount": {"amount": "-5", "currencyCode": "JPY"},
        }
        with raw_server(reply(200, json.dumps(body).encode())) as server:
            desk = await sit(endpoint=server.url)
            order = await desk.look(CHARGE)
        assert order.totals.refundable == Money(Decimal(0), "USD")


class TestAnswer:
    async def test_amazons_clock_counts(self, desk: Desk, world: World) -> None:
        world.add_fault("*:clock_shift:7200")
        order = await desk.look(CHARGE)
        assert order.amazon_date is not None
        assert abs(order.observed - order.amazon_date) < timedelta(seconds=5)
        assert order.observed - datetime.now(UTC) > timedelta(hours=1)

    async def test_who_gives_up_leaves_no_request_behind(self, desk: Desk, world: World) -> None:
        world.add_fault("*:delay:5:xalways")
        before = asyncio.all_tasks()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(desk.look(CHARGE), 0.3)
        await asyncio.sleep(0.05)
        assert asyncio.all_tasks() <= before

    async def test_many_at_once(self, desk: Desk) -> None:
        texts = [text for text, order in all_ids() if text == order and text[0] not in "PB"]
        orders = await asyncio.gather(
            *(desk.lookup.look_up(parse(identify(text).best.id)) for text in texts)
        )
        assert len(orders) == len(texts)
