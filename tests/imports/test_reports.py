"""Amazon's settlement and transaction reports, by the names of their columns."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from console.store.index import Known, KnownIds
from tests.imports.files import (
    AGREEMENT,
    AUTHORIZATION,
    CHARGE,
    ORDER,
    REFUND,
    counts,
    import_text,
    table,
)

POSTED, AT = "2015-05-18T15:48:50-0000", "2015-05-18T15:48:50Z"
COLUMNS = (
    "TransactionPostedDate", "SettlementId", "AmazonTransactionId", "SellerReferenceId",
    "TransactionType", "AmazonOrderReferenceId", "SellerOrderId", "StoreName", "CurrencyCode",
    "TransactionAmount",
)  # fmt: skip
CAPTURED = (POSTED, "504", CHARGE, "cap-1", "Capture", ORDER, "A-118", "Acme", "USD", "40.00")
REFUNDED = (POSTED, "504", REFUND, "ref-1", "Refund", ORDER, "A-118", "Acme", "USD", "-10.00")
CARRIED = (POSTED, "504", "", "", "Carryover", "", "", "", "USD", "3.00")
ITS_OWN_HEADER = table(
    ("SellerId", "SettlementStartDate", "SettlementEndDate"),
    ("A1XX111XXX111XXX", "2015-05-18T14:37:01-0700", "2015-05-21T14:37:03-0700"),
    delimiter="\t",
)


class TestSettlement:
    TEXT = ITS_OWN_HEADER + table(COLUMNS, CAPTURED, REFUNDED, CARRIED, delimiter="\t")

    def test_ids_numbers_and_what_was_posted(self, known: KnownIds, tmp_path: Path) -> None:
        result = import_text(known, tmp_path, self.TEXT)
        assert result.format == "settlement report"
        assert counts(result) == (3, 2, 1, 0)
        assert known.get(CHARGE) == Known(CHARGE, "charge", ORDER, ORDER, "cap-1", None, AT)
        assert [found.id for found in known.by_reference("A-118")] == [ORDER]
        assert {member.id for member in known.family(ORDER)} == {ORDER, CHARGE, REFUND}
        assert [line.event for line in known.past([CHARGE, REFUND])] == [
            "Capture of 40.00 USD posted",
            "Refund of 10.00 USD posted",
        ]
        assert {line.source for line in known.past([CHARGE, REFUND])} == {"report"}

    def test_twice_is_once(self, known: KnownIds, tmp_path: Path) -> None:
        assert import_text(known, tmp_path, self.TEXT).new > 0
        assert import_text(known, tmp_path, self.TEXT).new == 0

    @pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
    @pytest.mark.parametrize("change", [str, str.lower, str.upper])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_order_case_and_wrapping_of_the_columns_do_not_matter(
        self, known: KnownIds, tmp_path: Path, delimiter: str, change: type[str], encoding: str
    ) -> None:
        order = random.Random(7).sample(range(len(COLUMNS)), len(COLUMNS))
        mixed = [[row[at] for at in order] for row in (COLUMNS, CAPTURED, REFUNDED)]
        mixed[0] = [f'"{change(name)}"' for name in mixed[0]]
        text = table(*mixed, delimiter=delimiter).encode(encoding)
        assert counts(import_text(known, tmp_path, text)) == (2, 2, 0, 0)
        assert len(known.family(ORDER)) == 3

    def test_bad_rows_are_named_and_cost_no_other(self, known: KnownIds, tmp_path: Path) -> None:
        wrong = (POSTED, "504", "S01-5797829-188", *CAPTURED[3:])
        text = ITS_OWN_HEADER + table(
            COLUMNS, wrong, CAPTURED, CAPTURED[:4], REFUNDED, delimiter="\t"
        )
        result = import_text(known, tmp_path, text)
        assert counts(result) == (4, 2, 0, 2)
        assert [bad.line for bad in result.bad] == [4, 6]
        assert "not an Amazon Pay id" in result.bad[0].why
        assert result.bad[1].why == "The row has 4 cells, the header 10."

    def test_a_quote_in_a_flat_file_is_a_quote(self, known: KnownIds, tmp_path: Path) -> None:
        shop = (*CAPTURED[:7], '"Best" shop', *CAPTURED[8:])
        open_quote = (*REFUNDED[:7], '"Best shop', *REFUNDED[8:])
        text = table(COLUMNS, shop, open_quote, delimiter="\t")
        assert counts(import_text(known, tmp_path, text)) == (2, 2, 0, 0)

    def test_an_authorization_is_the_charge_and_the_line_keeps_its_id(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        row = (POSTED, "504", AUTHORIZATION, "", "Authorization", *CAPTURED[5:])
        import_text(known, tmp_path, table(COLUMNS, row))
        [line] = known.past([CHARGE])
        assert line.event == f"Authorization of 40.00 USD posted ({AUTHORIZATION})"
        assert known.get(AUTHORIZATION) is None

    @pytest.mark.parametrize(
        ("amount", "shown"), [("1.234,50", " of 1.234,50 USD"), ("", ""), ("0.0", " of 0.00 USD")]
    )
    def test_an_amount_that_is_no_money_is_shown_as_it_stands(
        self, known: KnownIds, tmp_path: Path, amount: str, shown: str
    ) -> None:
        import_text(known, tmp_path, table(COLUMNS, (*CAPTURED[:9], amount), delimiter="\t"))
        [line] = known.past([CHARGE])
        assert line.event == f"Capture{shown} posted"

    def test_an_unreadable_date_is_counted_and_the_ids_are_taken(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        result = import_text(known, tmp_path, table(COLUMNS, ("18 May", *CAPTURED[1:])))
        assert (result.imported, result.undated) == (1, 1)
        assert known.past([CHARGE]) == []
        assert known.get(CHARGE) is not None

    @pytest.mark.parametrize("encoding", ["cp932", "cp1252", "utf-8"])
    def test_files_of_japan_and_of_the_west_are_read_in_their_own_encoding(
        self, known: KnownIds, tmp_path: Path, encoding: str
    ) -> None:
        number, base = ("注文-7", "S03-") if encoding == "cp932" else ("Größe-7", "S02-")
        row = [cell.replace("S01-", base) for cell in CAPTURED]
        row[6] = number
        import_text(known, tmp_path, table(COLUMNS, row).encode(encoding))
        assert [found.id for found in known.by_reference(number)] == [f"{base}5797829-1888777"]


class TestTransactionReports:
    def read(self, known: KnownIds, folder: Path, columns: str, row: str) -> None:
        result = import_text(known, folder, f"{columns}\n{row}\n")
        assert result.format == "transaction report"
        assert counts(result) == (1, 1, 0, 0), result.bad

    @pytest.mark.parametrize(
        ("written", "reason", "state"),
        [
            ("Open", "", "Chargeable"),
            ("SUSPENDED", "InvalidPaymentMethod", "NonChargeable"),
            ("Canceled", "SellerCanceled", "Closed"),
            ("Resting", "", "Resting"),
        ],
    )
    def test_order_references(
        self, known: KnownIds, tmp_path: Path, written: str, reason: str, state: str
    ) -> None:
        self.read(
            known,
            tmp_path,
            "AmazonOrderReferenceId,SellerOrderId,OrderReferenceStatus,ReasonCode,"
            "CreationTimestamp,LastUpdateTimestamp,OrderTotal,CurrencyCode",
            f"{ORDER},A-118,{written},{reason},2026-01-01T00:00:00Z,{AT},40.00,USD",
        )
        found = known.get(ORDER)
        assert found == Known(ORDER, "charge_permission", None, ORDER, "A-118", state, AT)
        [line] = known.past([ORDER])
        said = ", ".join(word for word in (written, reason) if word)
        assert line.event == f"Order reference of 40.00 USD {said}"

    @pytest.mark.parametrize(
        ("status", "reason", "state"),
        [("Closed", "MaxCapturesProcessed", "Captured"), ("Closed", "Other", "Canceled"),
         ("Closed", "", None), ("Pending", "", "AuthorizationInitiated")],
    )  # fmt: skip
    def test_authorizations(
        self, known: KnownIds, tmp_path: Path, status: str, reason: str, state: str | None
    ) -> None:
        self.read(
            known,
            tmp_path,
            "AmazonAuthorizationId,AmazonOrderReferenceId,AuthorizationStatus,ReasonCode",
            f"{AUTHORIZATION},{ORDER},{status},{reason}",
        )
        found = known.get(CHARGE)
        assert found is not None
        assert (found.parent, found.state) == (ORDER, state)

    def test_a_refund_hangs_on_its_charge(self, known: KnownIds, tmp_path: Path) -> None:
        self.read(
            known,
            tmp_path,
            "AmazonRefundId,AmazonCaptureId,AmazonOrderReferenceId,RefundStatus",
            f"{REFUND},{CHARGE},{ORDER},Completed",
        )
        refund = known.get(REFUND)
        assert refund is not None
        assert (refund.parent, refund.permission, refund.state) == (CHARGE, ORDER, "Refunded")

    def test_an_agreement_is_the_permission_of_what_stands_beside_it(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        self.read(
            known,
            tmp_path,
            "AmazonBillingAgreementId,AmazonOrderReferenceId,AmazonCaptureId,SellerOrderId",
            f"{AGREEMENT},{ORDER},{CHARGE},A-118",
        )
        assert {m.id for m in known.family(AGREEMENT)} == {AGREEMENT, ORDER, CHARGE}
        assert {m.permission for m in known.by_reference("A-118")} == {AGREEMENT}

    def test_a_status_is_not_taken_for_that_of_another_object(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        """A refund report whose row names no refund: its status is not the charge's."""
        self.read(
            known, tmp_path, "AmazonRefundId,AmazonCaptureId,RefundStatus", f",{CHARGE},Declined"
        )
        charge = known.get(CHARGE)
        assert charge is not None
        assert charge.state is None
