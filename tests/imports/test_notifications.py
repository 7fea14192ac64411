"""Instant payment notifications, in every wrapping that merchants' logs give them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from console.imports import Bad, import_files
from console.store.index import Known, KnownIds, Told
from tests.imports.files import (
    AGREEMENT,
    AUTHORIZATION,
    CHARGE,
    ORDER,
    REFUND,
    SEEN,
    SENT,
    counts,
    envelope,
    import_text,
    status,
    v1_message,
    v2_message,
    xml,
)


def camel(message: dict[str, Any]) -> dict[str, Any]:
    return {key[0].lower() + key[1:]: value for key, value in message.items()}


ENVELOPE = envelope(v2_message())
WRAPPINGS = {
    "one document": json.dumps(ENVELOPE),
    "indented": json.dumps(ENVELOPE, indent=2),
    "an array": json.dumps([ENVELOPE]),
    "an indented array": json.dumps([ENVELOPE], indent=4),
    "a line": json.dumps(ENVELOPE) + "\n",
    "a line of a log": f"2026-01-02 10:00:00 [info] {{ipn}} got {json.dumps(ENVELOPE)} ok\n",
    "message as an object": json.dumps(envelope(v2_message(), as_object=True)),
    "keys in camelCase": json.dumps(camel(envelope(camel(v2_message())))),
    "keys that shout": json.dumps({k.upper(): v for k, v in ENVELOPE.items()}),
    "in a structured log": json.dumps({"level": "info", "body": json.dumps(ENVELOPE)}),
    "in a queue's message": json.dumps({"Records": [{"body": json.dumps(ENVELOPE)}]}),
}


class TestV2:
    @pytest.mark.parametrize("text", WRAPPINGS.values(), ids=WRAPPINGS.keys())
    def test_a_message_tells_of_a_change_and_gives_the_parent(
        self, known: KnownIds, tmp_path: Path, text: str
    ) -> None:
        result = import_text(known, tmp_path, text)
        assert counts(result) == (1, 1, 0, 0)
        assert result.format == "notifications"
        assert known.get(CHARGE) == Known(CHARGE, "charge", ORDER, ORDER, None, None, SEEN)
        assert known.past([CHARGE]) == [
            Told(CHARGE, SEEN, "Amazon notified: state change of charge", "notification")
        ]
        assert {member.id for member in known.family(ORDER)} == {ORDER, CHARGE}
        assert import_text(known, tmp_path, text).new == 0

    def test_a_bare_message_has_no_time_and_so_no_line_of_history(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        result = import_text(known, tmp_path, json.dumps(v2_message()))
        assert counts(result) == (1, 1, 0, 0)
        assert known.get(CHARGE) == Known(CHARGE, "charge", ORDER, ORDER, None, None, "")
        assert known.past([CHARGE, ORDER]) == []

    def test_the_charge_of_a_recurring_permission_is_found_by_the_permission(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        message = v2_message(ChargePermissionId=AGREEMENT)
        import_text(known, tmp_path, json.dumps(envelope(message)))
        assert {member.id for member in known.family(AGREEMENT)} == {AGREEMENT, CHARGE}

    @pytest.mark.parametrize(
        ("kind", "object_id", "is_a"),
        [
            ("CHARGE_PERMISSION", ORDER, "charge_permission"),
            ("REFUND", REFUND, "refund"),
            ("CHARGEBACK", f"{ORDER}-B000001", "dispute"),
            ("SOMETHING_NEW", CHARGE, "charge"),
        ],
    )
    def test_the_kind_is_that_of_the_id(
        self, known: KnownIds, tmp_path: Path, kind: str, object_id: str, is_a: str
    ) -> None:
        import_text(known, tmp_path, json.dumps(envelope(v2_message(object_id, kind))))
        found = known.get(object_id)
        assert found is not None
        assert (found.kind, found.permission) == (is_a, ORDER)
        words = kind.lower().replace("_", " ")
        [line] = known.past([object_id])
        assert line.event == f"Amazon notified: state change of {words}"

    def test_an_unreadable_time_is_counted_and_the_ids_are_taken(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        result = import_text(
            known, tmp_path, json.dumps({**ENVELOPE, "Timestamp": "the other day"})
        )
        assert (result.imported, result.undated) == (1, 1)
        assert known.get(CHARGE) is not None
        assert known.past([CHARGE]) == []

    @pytest.mark.parametrize(
        ("message", "why"),
        [
            (v2_message("S01-5797829-188877"), "is not an Amazon Pay id"),
            (v2_message(""), "The id is missing"),
            (v2_message(ChargePermissionId=CHARGE), "no charge permission"),
            (v2_message("00000000-0000-0000-0000-000000000000"), "not the id of an order"),
        ],
    )
    def test_a_wrong_id_is_named(
        self, known: KnownIds, tmp_path: Path, message: dict[str, Any], why: str
    ) -> None:
        result = import_text(known, tmp_path, json.dumps(message))
        assert counts(result) == (1, 0, 0, 1)
        assert why in result.bad[0].why


class TestBesideMessages:
    def test_subscriptions_and_tests_of_seller_central_are_skipped(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        subscription = {
            "Type": "SubscriptionConfirmation",
            "TopicArn": "arn:aws:sns:us-east-1:1:t",
            "Message": "You have chosen to subscribe",
            "SubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription",
        }
        test = v1_message("PaymentCapture", "<CaptureNotification/>", IsSample=True)
        text = "\n".join(json.dumps(one) for one in (subscription, envelope(test), ENVELOPE))
        assert counts(import_text(known, tmp_path, text)) == (3, 1, 2, 0)

    def test_other_lines_of_a_log_are_no_rows(self, known: KnownIds, tmp_path: Path) -> None:
        lines = ["10:00 server started", "  at line 3", "}", "{", "[info] if (x) {", "app: ok"]
        text = "\n".join([*lines, json.dumps(ENVELOPE), *lines])
        assert counts(import_text(known, tmp_path, text)) == (1, 1, 0, 0)

    def test_other_objects_that_begin_a_line_are_skipped(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        other = '{"level": "info", "id": 3}'
        text = "\n".join([other, json.dumps(ENVELOPE), f"[{other},", f"10:00 {other}", other])
        assert counts(import_text(known, tmp_path, text)) == (4, 1, 3, 0)

    def test_a_kind_of_notification_that_is_about_no_order_is_skipped(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        text = json.dumps(v1_message("ProviderCredit", "<ProviderCreditNotification/>"))
        assert counts(import_text(known, tmp_path, text)) == (1, 0, 1, 0)


class TestBroken:
    @pytest.mark.parametrize("end", range(30, len(json.dumps(ENVELOPE)) - 1, 17))
    def test_a_line_that_was_cut_off_costs_no_other(
        self, known: KnownIds, tmp_path: Path, end: int
    ) -> None:
        good = json.dumps(ENVELOPE)
        result = import_text(known, tmp_path, "\n".join([good, good[:end], good, good]))
        assert counts(result) == (4, 3, 0, 1)
        assert [bad.line for bad in result.bad] == [2]

    def test_the_line_is_where_the_record_begins(self, known: KnownIds, tmp_path: Path) -> None:
        wrong = json.dumps(envelope(v2_message("nonsense")), indent=2)
        text = "\n".join(["# a log", json.dumps(ENVELOPE, indent=2), wrong])
        [bad] = import_text(known, tmp_path, text).bad
        assert bad.line == 2 + json.dumps(ENVELOPE, indent=2).count("\n") + 1

    def test_a_broken_message_in_a_whole_envelope(self, known: KnownIds, tmp_path: Path) -> None:
        text = json.dumps({**ENVELOPE, "Message": '{"MerchantID": '})
        assert import_text(known, tmp_path, text).bad == [
            Bad(1, "The Message in the envelope is broken.")
        ]

    def test_json_that_was_quoted_for_a_log_is_named(self, known: KnownIds, tmp_path: Path) -> None:
        quoted = json.dumps(json.dumps(v2_message()))[1:-1]
        result = import_text(known, tmp_path, f"{json.dumps(ENVELOPE)}\nbody={quoted}\n")
        assert counts(result) == (2, 1, 0, 1)
        assert result.bad[0].line == 2

    def test_a_very_deep_document_is_passed_over(self, known: KnownIds, tmp_path: Path) -> None:
        deep = '{"a":' * 20_000
        text = f"{deep}\n{json.dumps(ENVELOPE)}\n"
        assert import_text(known, tmp_path, text).imported == 1

    def test_a_long_array_on_one_line_is_read_piece_by_piece(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        messages = [envelope(v2_message(f"{ORDER}-C{number:06}")) for number in range(3_000)]
        result = import_text(known, tmp_path, json.dumps(messages))
        assert counts(result) == (3_000, 3_000, 0, 0)
        assert len(known.family(ORDER)) == 3_001


class TestLost:
    """Every line that is neither understood nor plainly a log's own is a bad row."""

    ROW = f"A-1,{CHARGE}"

    @pytest.mark.parametrize("around", [[], ["2026-01-02 10:00:00 INFO ready"]])
    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("not json", "neither JSON nor a line of a log"),
            ('{"broken": ', "The JSON is broken or cut off"),
            ('[{"broken": oops}]', "The JSON is broken or cut off"),
            (ROW, "a row of a table"),
            (f"2026-01-02;{CHARGE};x", "a row of a table"),
            (ORDER, "a row of a table"),
        ],
    )
    def test_it_is_named_by_its_line(
        self, known: KnownIds, tmp_path: Path, around: list[str], line: str, why: str
    ) -> None:
        good = json.dumps(ENVELOPE)
        for lines in ([good, *around, line, good], [line, *around, good, good]):
            result = import_text(known, tmp_path, "\n".join(lines) + "\n")
            assert counts(result) == (3, 2, 0, 1)
            assert why in result.bad[0].why
            assert result.bad[0].line == lines.index(line) + 1
            assert import_files([tmp_path / "file"], known, strict=True).refused

    def test_a_table_behind_messages(self, known: KnownIds, tmp_path: Path) -> None:
        text = "\n".join(
            [json.dumps(v1_message("PaymentAuthorize", AUTHORIZED)), "order,id", self.ROW]
        )
        result = import_text(known, tmp_path, text)
        assert counts(result) == (3, 1, 0, 2)
        assert [bad.line for bad in result.bad] == [2, 3]

    @pytest.mark.parametrize(
        "line",
        [
            "2026-01-02 10:00:00,123 INFO captured S01-5797829-1888777",
            "[2026-01-02T10:00:00Z] words",
            "Jan  2 10:00:00 host app[12]: words",
            '10.0.0.1 - - [02/Jan/2026:10:00:00] "POST /ipn" 200',
            "ERROR: words",
            "1767312000 words",
            "level=info msg=words",
            "Traceback (most recent call last):",
            "Caused by: java.io.IOException",
            "\tat com.example.Shop(Shop.java:1)",
            "=========",
            "],",
            "",
        ],
    )
    def test_a_logs_own_lines_are_not(self, known: KnownIds, tmp_path: Path, line: str) -> None:
        text = "\n".join([line, json.dumps(ENVELOPE), line, json.dumps(ENVELOPE), line])
        assert counts(import_text(known, tmp_path, text)) == (2, 2, 0, 0)

    def test_many_lines_before_the_first_message_are_all_counted(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        text = "not json\n" * 1_500 + '{"level": "info"}\n' * 3 + json.dumps(ENVELOPE)
        result = import_text(known, tmp_path, text)
        assert counts(result) == (1_504, 1, 3, 1_500)
        assert [bad.line for bad in result.bad] == list(range(1, 1_001))


AUTHORIZED = xml(
    "AuthorizationNotification",
    "AuthorizationDetails",
    f"<AmazonAuthorizationId>{AUTHORIZATION}</AmazonAuthorizationId>"
    "<AuthorizationReferenceId>auth-1</AuthorizationReferenceId>"
    "<AuthorizationBillingAddress><Name>Jo Buyer</Name></AuthorizationBillingAddress>"
    "<AuthorizationAmount><Amount>40.0</Amount><CurrencyCode>USD</CurrencyCode>"
    "</AuthorizationAmount>"
    f"<IdList><Id>{CHARGE}</Id></IdList>" + status("Authorization", "Open"),
)


class TestV1:
    def read(self, known: KnownIds, folder: Path, kind: str, data: str) -> None:
        result = import_text(known, folder, json.dumps(envelope(v1_message(kind, data))))
        assert counts(result) == (1, 1, 0, 0), result.bad

    def test_an_authorization_is_the_charge_with_a_c(self, known: KnownIds, tmp_path: Path) -> None:
        self.read(known, tmp_path, "PaymentAuthorize", AUTHORIZED)
        assert known.get(CHARGE) == Known(
            CHARGE, "charge", None, None, "auth-1", "Authorized", SEEN
        )
        assert known.get(AUTHORIZATION) is None
        [line] = known.past([CHARGE])
        assert line.event == f"Amazon notified: authorization of 40.00 USD Open ({AUTHORIZATION})"

    def test_no_buyer_data_is_kept(self, known: KnownIds, tmp_path: Path) -> None:
        self.read(known, tmp_path, "PaymentAuthorize", AUTHORIZED)
        known.close()
        for file in (tmp_path / "data").iterdir():
            assert b"Buyer" not in file.read_bytes()

    @pytest.mark.parametrize(
        ("state", "reason", "v2"),
        [
            ("Pending", "", "AuthorizationInitiated"),
            ("Declined", "AmazonRejected", "Declined"),
            ("Closed", "MaxCapturesProcessed", "Captured"),
            ("Closed", "ExpiredUnused", "Canceled"),
            ("Closed", "", None),  # either of the two: not known
            ("Frozen", "", "Frozen"),  # a word that nobody knows passes as it is
        ],
    )
    def test_states_are_mapped_where_the_tables_agree(
        self, known: KnownIds, tmp_path: Path, state: str, reason: str, v2: str | None
    ) -> None:
        data = AUTHORIZED.replace(
            status("Authorization", "Open"), status("Authorization", state, reason)
        )
        self.read(known, tmp_path, "PaymentAuthorize", data)
        found = known.get(CHARGE)
        assert found is not None
        assert found.state == v2

    def test_a_capture_gives_its_refunds(self, known: KnownIds, tmp_path: Path) -> None:
        data = xml(
            "CaptureNotification",
            "CaptureDetails",
            f"<AmazonCaptureId>{CHARGE}</AmazonCaptureId><IdList><member>{REFUND}</member></IdList>"
            "<CaptureAmount><Amount>40.0</Amount><CurrencyCode>USD</CurrencyCode></CaptureAmount>"
            + status("Capture", "Completed"),
        )
        self.read(known, tmp_path, "PaymentCapture", data)
        refund = known.get(REFUND)
        assert refund is not None
        assert (refund.kind, refund.parent) == ("refund", CHARGE)
        assert {member.id for member in known.family(ORDER)} == {CHARGE, REFUND}

    def test_a_refund(self, known: KnownIds, tmp_path: Path) -> None:
        data = xml(
            "RefundNotification",
            "RefundDetails",
            f"<AmazonRefundId>{REFUND}</AmazonRefundId>"
            "<RefundAmount><Amount>10.0</Amount><CurrencyCode>USD</CurrencyCode></RefundAmount>"
            + status("Refund", "Declined", "AmazonRejected"),
        )
        self.read(known, tmp_path, "PaymentRefund", data)
        [line] = known.past([REFUND])
        assert line.event == "Amazon notified: refund of 10.00 USD Declined, AmazonRejected"

    def test_an_order_gives_its_number_its_children_and_its_agreement(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        data = xml(
            "OrderReferenceNotification",
            "OrderReference",
            f"<AmazonOrderReferenceId>{ORDER}</AmazonOrderReferenceId>"
            "<SellerOrderAttributes><SellerOrderId>A-118</SellerOrderId></SellerOrderAttributes>"
            f"<ParentDetails><Id>{AGREEMENT}</Id><Type>BillingAgreement</Type></ParentDetails>"
            f"<IdList><Id>{AUTHORIZATION}</Id></IdList>"
            + status("OrderReference", "Suspended", "InvalidPaymentMethod"),
        )
        self.read(known, tmp_path, "OrderReferenceNotification", data)
        [order] = known.by_reference("A-118")
        assert (order.id, order.permission, order.state) == (ORDER, AGREEMENT, "NonChargeable")
        assert {m.id for m in known.family(AGREEMENT)} == {ORDER, AGREEMENT, CHARGE}

    def test_the_root_tells_the_kind_where_the_type_is_missing(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        self.read(known, tmp_path, "", AUTHORIZED)
        assert known.get(CHARGE) is not None

    @pytest.mark.parametrize(
        "data",
        [
            '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
            "<AuthorizationNotification><cut",
            "",
            "no xml \ud800",
            AUTHORIZED.replace(AUTHORIZATION, "P01-0000000-0000000-000000"),
        ],
    )
    def test_xml_that_is_broken_or_dangerous_is_a_bad_row(
        self, known: KnownIds, tmp_path: Path, data: str
    ) -> None:
        result = import_text(known, tmp_path, json.dumps(v1_message("PaymentAuthorize", data)))
        assert counts(result) == (1, 0, 0, 1)

    def test_a_time_without_an_envelope_is_the_messages_own(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        data = AUTHORIZED.replace(f"<LastUpdateTimestamp>{SENT}</LastUpdateTimestamp>", "")
        import_text(known, tmp_path, json.dumps(v1_message("PaymentAuthorize", data)))
        assert [line.time for line in known.past([CHARGE])] == [SEEN]
