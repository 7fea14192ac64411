"""Amazon's objects are read leniently: unknown, null and broken parts hide nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.model import (
    NO_STATE,
    Charge,
    ChargePermission,
    CheckoutSession,
    Dispute,
    MerchantMetadata,
    Reason,
    Refund,
    parse_status,
    parse_time,
    show_time,
    without_buyer,
)

PERMISSION: dict[str, Any] = {
    "chargePermissionId": "S01-5797829-1888777",
    "chargePermissionType": "OneTime",
    "buyer": {"name": "Susie Smith", "email": "susie@example.com"},
    "statusDetails": {
        "state": "NonChargeable",
        "reasons": [
            {"reasonCode": "PaymentMethodInvalid", "reasonDescription": "expired"},
            {"reasonCode": "ChargeInProgress", "reasonDescription": None},
        ],
        "lastUpdatedTimestamp": "20190714T155300Z",
    },
    "creationTimestamp": "20190714T155300Z",
    "expirationTimestamp": "20200110T155300Z",
    "merchantMetadata": {
        "merchantReferenceId": "Acme-1",
        "merchantStoreName": "Acme",
        "noteToBuyer": "Hello",
        "customInformation": "x",
    },
    "limits": {
        "amountLimit": {"amount": "100.00", "currencyCode": "USD"},
        "amountBalance": {"amount": "60.00", "currencyCode": "USD"},
    },
    "presentmentCurrency": "USD",
}
CHARGE: dict[str, Any] = {
    "chargeId": "S01-5797829-1888777-C043451",
    "chargePermissionId": "S01-5797829-1888777",
    "chargeAmount": {"amount": "40.00", "currencyCode": "USD"},
    "captureAmount": {"amount": "40.00", "currencyCode": "USD"},
    "refundedAmount": {"amount": "10.00", "currencyCode": "USD"},
    "statusDetails": {
        "state": "Declined",
        "reasonCode": "SoftDeclined",
        "reasonDescription": "try again",
        "lastUpdatedTimestamp": "20190714T155300Z",
    },
    "creationTimestamp": "20190714T155300Z",
    "expirationTimestamp": None,
}

READERS: dict[str, Any] = {
    "permission": ChargePermission.from_api,
    "charge": Charge.from_api,
    "refund": Refund.from_api,
    "session": CheckoutSession.from_api,
    "dispute": Dispute.from_api,
    "metadata": MerchantMetadata.from_api,
}
FIELDS = sorted(
    {*PERMISSION, *CHARGE, "refundId", "refundAmount", "checkoutSessionId", "paymentDetails",
     "disputeId", "disputeAmount", "filingReason", "merchantResponseDeadline",
     "chargePermissionId", "amount", "currencyCode", "amountLimit", "amountBalance", "state",
     "reasons", "reasonCode", "reasonDescription", "lastUpdatedTimestamp"}
)  # fmt: skip


class TestReading:
    def test_a_permission(self) -> None:
        read = ChargePermission.from_api(PERMISSION)
        assert (read.id, read.type, read.state) == (
            "S01-5797829-1888777", "OneTime", "NonChargeable",
        )  # fmt: skip
        assert (str(read.limit), str(read.balance)) == ("100.00 USD", "60.00 USD")
        assert read.created == datetime(2019, 7, 14, 15, 53, tzinfo=UTC)
        assert (read.merchant.reference, read.merchant.store) == ("Acme-1", "Acme")
        assert (read.merchant.note, read.merchant.custom) == ("Hello", "x")
        assert read.currency == "USD"

    def test_a_charge(self) -> None:
        read = Charge.from_api(CHARGE)
        assert (str(read.amount), str(read.captured), str(read.refunded)) == (
            "40.00 USD", "40.00 USD", "10.00 USD",
        )  # fmt: skip
        assert (read.state, read.status.reason_code) == ("Declined", "SoftDeclined")
        assert read.expires is None

    def test_the_raw_answer_stays_whole_and_out_of_repr(self) -> None:
        read = ChargePermission.from_api(PERMISSION | {"newThing": {"x": 1}})
        assert read.raw["newThing"] == {"x": 1}
        assert "Susie" not in repr(read)

    @pytest.mark.parametrize("state", ["Chargeable", "SomethingNew", "chargeable", "充電可能"])
    def test_a_state_passes_through_verbatim(self, state: str) -> None:
        for reader in (Charge.from_api, Refund.from_api, Dispute.from_api):
            assert reader({"statusDetails": {"state": state}}).state == state

    def test_amounts_may_be_numbers(self) -> None:
        price = json.loads('{"amount": 14.10, "currencyCode": "USD"}', parse_float=Decimal)
        assert str(Charge.from_api({"chargeAmount": price}).amount) == "14.10 USD"

    def test_the_currency_of_a_permission_without_limits(self) -> None:
        nulls: list[object] = [None, {}, {"amountLimit": None, "amountBalance": None}, [], "x"]
        for limits in nulls:
            assert ChargePermission.from_api(PERMISSION | {"limits": limits}).currency == "USD"
        bare = {"limits": {"amountBalance": {"amount": "1", "currencyCode": "EUR"}}}
        assert ChargePermission.from_api(bare).currency == "EUR"

    @pytest.mark.parametrize(
        ("data", "recurring"),
        [
            ({"chargePermissionType": "Recurring", "chargePermissionId": "S01-1"}, True),
            ({"chargePermissionType": "OneTime", "chargePermissionId": "C01-1"}, False),
            ({"chargePermissionType": None, "chargePermissionId": "C01-1"}, True),
            ({"chargePermissionId": "B01-1"}, True),
            ({"chargePermissionId": "P01-1"}, False),
            ({"chargePermissionType": "PaymentMethodOnFile", "chargePermissionId": "B01"}, False),
            ({}, False),
        ],
    )
    def test_recurring_by_type_and_by_letter_where_there_is_no_type(
        self, data: dict[str, Any], recurring: bool
    ) -> None:
        assert ChargePermission.from_api(data).is_recurring is recurring


class TestLines:
    """A text that is shown as one line can't pass for two."""

    @pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
    def test_ids_states_and_references_have_one(self, reader: Any) -> None:
        two = "Captured\nRefund accepted"
        details = {"state": two, "reasonCode": two, "reasons": [{"reasonCode": two}]}
        read = reader(dict.fromkeys(FIELDS, two) | {"statusDetails": details})
        shown = {name: value for name, value in vars(read).items() if name != "raw"}
        for name in ("note", "custom"):  # these are texts of several lines
            assert shown.pop(name, None) in (two, None)
        assert "\n" not in str(shown) + "".join(v for v in shown.values() if isinstance(v, str))
        assert "\\n" not in str(shown)


class TestStatus:
    def test_both_shapes(self) -> None:
        listed = parse_status(PERMISSION["statusDetails"])
        assert listed.reason_codes == ("PaymentMethodInvalid", "ChargeInProgress")
        single = parse_status(CHARGE["statusDetails"])
        assert single.reasons == (Reason("SoftDeclined", "try again"),)
        assert single.updated == datetime(2019, 7, 14, 15, 53, tzinfo=UTC)

    @pytest.mark.parametrize("reasons", [None, [], {}, "x", 5, [None], ["x"], [{}], [[]]])
    def test_no_reasons(self, reasons: object) -> None:
        assert parse_status({"state": "Chargeable", "reasons": reasons}).reasons == ()

    @pytest.mark.parametrize("details", [None, [], "Captured", 5, {}, {"state": None}, True])
    def test_no_state(self, details: object) -> None:
        assert parse_status(details).state == NO_STATE

    @pytest.mark.parametrize("state", [{"a": 1}, ["Captured"], True, "", 0.5])
    def test_what_is_no_state_is_never_read_as_one(self, state: object) -> None:
        assert parse_status({"state": state}).state in (NO_STATE, "0.5")


class TestTime:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("20190714T155300Z", "2019-07-14T15:53:00Z"),
            ("2019-07-14T15:53:00Z", "2019-07-14T15:53:00Z"),
            ("2019-07-14T17:53:00+02:00", "2019-07-14T15:53:00Z"),
            ("2019-07-14T15:53:00", "2019-07-14T15:53:00Z"),
            ("2019-07-14T15:53:00.123Z", "2019-07-14T15:53:00Z"),
        ],
    )
    def test_is_read(self, text: str, shown: str) -> None:
        assert show_time(parse_time(text)) == shown

    @pytest.mark.parametrize(
        "value",
        [None, "", "yesterday", 20190714, True, [], {}, "20191314T155300Z", "9999999999",
         "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2019-07-14T15:53:00+99:99"],
    )  # fmt: skip
    def test_is_none(self, value: object) -> None:
        assert parse_time(value) is None

    def test_nothing_is_shown_as_nothing(self) -> None:
        assert show_time(None) is None


def test_buyer_data_is_replaced_by_a_mark() -> None:
    data = PERMISSION | {"shippingAddress": {"city": "X"}, "billingAddress": None}
    shown = without_buyer(data)
    assert shown["buyer"] == shown["shippingAddress"] == "(hidden)"
    assert shown["billingAddress"] is None, "what Amazon no longer gives isn't hidden by us"
    assert shown["limits"] == PERMISSION["limits"]
    assert data["buyer"] == PERMISSION["buyer"]


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**20, 10**30),
    st.decimals(),
    st.text(max_size=20),
    st.sampled_from(
        ["20190714T155300Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "USD",
         "JPY", "10.00", "1e999999", "Captured", "OneTime", "C01-2612863-4691163"]
    ),
)  # fmt: skip
names = st.one_of(st.sampled_from(FIELDS), st.text(max_size=5))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=5)),
    max_leaves=25,
)
objects = st.dictionaries(names, values, max_size=12)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
class TestAnything:
    @settings(max_examples=40)
    @given(data=objects)
    def test_no_answer_makes_reading_raise(self, reader: Any, data: dict[str, Any]) -> None:
        read = reader(data)
        assert hash(read) is not None
        assert read == reader(dict(data))

    def test_all_nulls(self, reader: Any) -> None:
        assert reader(dict.fromkeys(FIELDS)) == reader({})

    @pytest.mark.parametrize("value", [None, 5, Decimal("1.5"), "x", [], {}, [{}], True, "\ud800"])
    def test_any_value_everywhere(self, reader: Any, value: object) -> None:
        read = reader(dict.fromkeys(FIELDS, value))
        for name, shown in vars(read).items():
            if name != "raw" and isinstance(shown, str):
                assert shown in ("", "x", "5", "1.5", "‹U+D800›"), name
