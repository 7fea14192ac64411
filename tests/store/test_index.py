"""What the index keeps: looks at Amazon, what imports told, and how both are found again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from console.domain.model import Charge, ChargePermission
from console.store.index import NOT_KEPT, Known, KnownIds, Look, Told, kept, look_of

ORDER = "S01-4966596-9591203"
CHARGE = f"{ORDER}-C079366"
REFUND = f"{ORDER}-R022311"
OTHER = "S01-1111111-1111111"
MONDAY, TUESDAY, SUNDAY = "2026-01-05T10:00:00Z", "2026-01-06T10:00:00Z", "2026-01-04T10:00:00Z"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[KnownIds]:
    opened = KnownIds(tmp_path / "index.sqlite")
    yield opened
    opened.close()


def order(state: str | None = "Chargeable", seen: str = MONDAY, number: str | None = None) -> Known:
    return Known(ORDER, "charge_permission", None, ORDER, number, state, seen)


def charge(
    state: str | None = "Captured", seen: str = MONDAY, permission: str | None = ORDER
) -> Known:
    return Known(CHARGE, "charge", permission, permission, None, state, seen)


def look(state: str, time: str, **fields: object) -> Look:
    return Look(CHARGE, "charge", time, state, {"chargeId": CHARGE, **fields})


class TestImportsAndAmazon:
    """An import fills gaps; it never contradicts what Amazon itself gave."""

    def test_an_import_is_found(self, index: KnownIds) -> None:
        index.learn([order(number="A-1"), charge()])
        assert [known.id for known in index.by_reference("A-1")] == [ORDER]
        assert {known.id for known in index.family(ORDER)} == {ORDER, CHARGE}

    def test_the_same_import_again_changes_nothing(self, index: KnownIds) -> None:
        rows, lines = [order(number="A-1"), charge()], [Told(CHARGE, MONDAY, "posted", "report")]
        assert index.learn(rows, lines) == 4  # two objects, a number, a line
        assert index.learn(rows, lines) == 0

    def test_an_older_import_does_not_win(self, index: KnownIds) -> None:
        index.learn([charge("Captured", TUESDAY)])
        index.learn([charge("Authorized", SUNDAY)])
        assert index.get(CHARGE) == charge("Captured", TUESDAY)

    def test_a_later_import_wins_over_an_earlier_one(self, index: KnownIds) -> None:
        index.learn([charge("Authorized", SUNDAY)])
        index.learn([charge("Captured", TUESDAY)])
        assert index.get(CHARGE) == charge("Captured", TUESDAY)

    def test_a_later_import_does_not_change_what_amazon_said(self, index: KnownIds) -> None:
        index.remember([charge("Captured", MONDAY)])
        index.learn([charge("Canceled", TUESDAY, permission=OTHER)])
        assert index.get(CHARGE) == charge("Captured", MONDAY)

    def test_amazon_corrects_an_import(self, index: KnownIds) -> None:
        index.learn([charge("Authorized", TUESDAY, permission=OTHER)])
        index.remember([charge("Captured", MONDAY)])
        assert index.get(CHARGE) == charge("Captured", MONDAY)

    def test_an_import_fills_what_amazon_left_open(self, index: KnownIds) -> None:
        index.remember([order(number=None)])
        index.learn([order(number="A-1", seen=SUNDAY)])
        known = index.get(ORDER)
        assert known is not None
        assert (known.reference, known.seen) == ("A-1", MONDAY)

    def test_two_numbers_of_one_order_both_lead_to_it(self, index: KnownIds) -> None:
        index.learn([order(number="A-1")])
        index.learn([order(number="B-2", seen=TUESDAY)])
        assert [[k.id for k in index.by_reference(n)] for n in ("A-1", "B-2")] == [[ORDER]] * 2

    def test_what_was_only_imported_is_not_recent(self, index: KnownIds) -> None:
        index.learn([order()])
        assert index.recent(10) == []
        index.remember([order()])
        assert [known.id for known in index.recent(10)] == [ORDER]


class TestFamily:
    def test_a_refund_whose_charge_is_known(self, index: KnownIds) -> None:
        index.learn([charge(), Known(REFUND, "refund", CHARGE, None, None, None, MONDAY)])
        assert {known.id for known in index.family(ORDER)} == {CHARGE, REFUND}

    def test_a_transaction_with_the_orders_base_that_names_no_order(self, index: KnownIds) -> None:
        index.learn([Known(REFUND, "refund", None, None, None, None, MONDAY)])
        assert {known.id for known in index.family(ORDER)} == {REFUND}

    def test_a_transaction_with_the_orders_base_that_names_another(self, index: KnownIds) -> None:
        index.learn([charge(permission="C01-2612863-4691163")])
        assert index.family(ORDER) == []


class TestLooks:
    def test_only_a_look_that_differs_is_kept(self, index: KnownIds) -> None:
        index.remember([charge("Authorized")], [look("Authorized", SUNDAY)])
        index.remember([charge("Authorized")], [look("Authorized", MONDAY)])
        index.remember([charge("Captured")], [look("Captured", TUESDAY)])
        assert [(seen.time, seen.state) for seen in index.looks(CHARGE)] == [
            (SUNDAY, "Authorized"),
            (TUESDAY, "Captured"),
        ]
        assert index.last_looks([CHARGE])[CHARGE].state == "Captured"

    def test_when_amazon_was_last_asked_is_known_also_if_nothing_changed(
        self, index: KnownIds
    ) -> None:
        index.remember([charge(seen=SUNDAY)], [look("Captured", SUNDAY)])
        index.remember([charge(seen=TUESDAY)], [look("Captured", TUESDAY)])
        assert index.looked([CHARGE, REFUND]) == {CHARGE: TUESDAY}

    def test_more_ids_than_one_question_to_sqlite_takes(self, index: KnownIds) -> None:
        many = [f"S01-0000000-{number:07}" for number in range(1200)]
        index.remember(
            [Known(name, "charge_permission", None, name, None, "Closed", MONDAY) for name in many],
            [Look(name, "charge_permission", MONDAY, "Closed", {}) for name in many],
        )
        assert len(index.last_looks(many)) == len(index.looks_at(many)) == 1200


class TestNoBuyerData:
    def test_fields_of_the_buyer_and_unknown_ones_are_marked(self) -> None:
        raw = {
            "chargePermissionId": ORDER,
            "buyer": {"name": "Ann"},
            "somethingNew": "Ann's cat",
            "shippingAddress": None,
            "merchantMetadata": {"merchantReferenceId": "A-1", "noteToBuyer": "Dear Ann"},
        }
        found = kept(raw)
        assert "Ann" not in str(found)
        assert found["merchantMetadata"]["merchantReferenceId"] == "A-1"
        assert found["somethingNew"] == NOT_KEPT
        assert found["shippingAddress"] is None

    def test_what_is_kept_reads_as_the_same_object(self) -> None:
        raw = {
            "chargeId": CHARGE, "chargePermissionId": ORDER,
            "chargeAmount": {"amount": "10.00", "currencyCode": "USD"},
            "captureAmount": {"amount": "10.00", "currencyCode": "USD"},
            "refundedAmount": None, "creationTimestamp": "20260105T100000Z",
            "expirationTimestamp": "20260205T100000Z",
            "statusDetails": {"state": "Captured", "reasonCode": None},
            "merchantMetadata": {"merchantReferenceId": "A-1", "merchantStoreName": "Acme"},
        }  # fmt: skip
        whole = Charge.from_api(raw)
        seen = look_of(whole, datetime(2026, 1, 5, tzinfo=UTC))
        assert Charge.from_api(seen.raw) == whole
        assert ChargePermission.from_api(kept({"buyer": {"buyerId": "x"}})).raw == {
            "buyer": "(hidden)"
        }


class TestWatermarks:
    def test_none_until_set_and_then_the_last(self, index: KnownIds) -> None:
        assert index.watermark("reports") is None
        index.set_watermark("reports", MONDAY)
        index.set_watermark("reports", TUESDAY)
        assert index.watermark("reports") == TUESDAY


def test_an_index_of_an_older_version_keeps_what_it_knew(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    old = KnownIds(path)
    with old._engine.begin() as connection:
        connection.execute(text("DROP TABLE objects"))
        connection.execute(text("DROP TABLE numbers"))
        connection.execute(
            text(
                "CREATE TABLE objects (id TEXT PRIMARY KEY, kind TEXT NOT NULL, parent TEXT,"
                " permission TEXT, reference TEXT, state TEXT, seen TEXT NOT NULL)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO objects VALUES (:id, 'charge_permission', NULL, :id, 'A-1',"
                " 'Closed', :seen)"
            ),
            {"id": ORDER, "seen": MONDAY},
        )
    old.close()
    for _ in range(2):  # opened twice: the change is made once
        opened = KnownIds(path)
        assert [known.id for known in opened.by_reference("A-1")] == [ORDER]
        assert [known.id for known in opened.recent(5)] == [ORDER]
        opened.close()
