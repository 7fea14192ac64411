"""Any pasted text leads to the id in it, or to a sentence that says why not."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.ids import (
    Identifier,
    Kind,
    NotAnId,
    authorization_id_of,
    charge_id_of,
    environment_of,
    identify,
    parse,
)

ORDER = "S01-5797829-1888777"
AUTHORIZATION = f"{ORDER}-A043451"
CHARGE = f"{ORDER}-C043451"
REFUND = f"{ORDER}-R022311"
DISPUTE = f"{ORDER}-B031187"
AGREEMENT = "C01-2612863-4691163"
SESSION = "4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3"
OTHER_UUID = "8a7c2f10-1111-2222-3333-444455556666"


def best(text: str) -> Identifier:
    return identify(text).best


def refusal(text: str) -> NotAnId:
    with pytest.raises(NotAnId) as caught:
        identify(text)
    assert caught.value.hint, "a refusal says what to look for instead"
    assert str(caught.value).endswith("."), "a refusal is a sentence"
    return caught.value


def answer(text: str) -> Identifier | NotAnId:
    """What any text may be answered with, and nothing else."""
    try:
        return best(text)
    except NotAnId as refused:
        return refused


class TestShape:
    """What the shape alone tells (domain.md 7.1)."""

    @pytest.mark.parametrize(
        ("text", "kind", "generation", "environment", "region"),
        [
            ("P01-1234567-1234567", Kind.ORDER, "v1_or_v2", "live", "na"),
            ("S02-6865442-5879427", Kind.ORDER, "v1_or_v2", "sandbox", "eu"),
            ("B03-4236278-3761372", Kind.AGREEMENT, "v1_or_v2", "live", "jp"),
            ("C01-2612863-4691163", Kind.AGREEMENT, "v1_or_v2", "sandbox", "na"),
            ("P21-1111111-1111111", Kind.ORDER, "v1_or_v2", "live", None),
            (AUTHORIZATION, Kind.AUTHORIZATION, "v1", "sandbox", "na"),
            (CHARGE, Kind.CHARGE, "v1_or_v2", "sandbox", "na"),
            (REFUND, Kind.REFUND, "v1_or_v2", "sandbox", "na"),
            (DISPUTE, Kind.DISPUTE, "v2", "sandbox", "na"),
            (SESSION, Kind.CHECKOUT_SESSION, "v2", None, None),
        ],
    )
    def test_kind_generation_environment_region(
        self, text: str, kind: Kind, generation: str, environment: str | None, region: str | None
    ) -> None:
        found = best(text)
        assert (found.kind, found.generation) == (kind, generation)
        assert (found.environment, found.region_hint) == (environment, region)
        assert found.id == text

    @pytest.mark.parametrize(
        ("text", "kind", "target", "path"),
        [
            (ORDER, "charge_permission", ORDER, f"/chargePermissions/{ORDER}"),
            (AGREEMENT, "charge_permission", AGREEMENT, f"/chargePermissions/{AGREEMENT}"),
            (AUTHORIZATION, "charge", CHARGE, f"/charges/{CHARGE}"),
            (CHARGE, "charge", CHARGE, f"/charges/{CHARGE}"),
            (REFUND, "refund", REFUND, f"/refunds/{REFUND}"),
            (DISPUTE, "dispute", DISPUTE, f"/disputes/{DISPUTE}"),
            (SESSION, "checkout_session", SESSION, f"/checkoutSessions/{SESSION}"),
        ],
    )
    def test_each_kind_leads_to_its_v2_object(
        self, text: str, kind: str, target: str, path: str
    ) -> None:
        v2 = best(text).v2
        assert (v2.kind, v2.id, v2.path) == (kind, target, path)

    def test_an_authorization_is_explained_as_a_charge(self) -> None:
        assert any(CHARGE in note for note in best(AUTHORIZATION).notes)

    def test_unknown_region_digits_are_accepted_with_a_note(self) -> None:
        assert any("21" in note for note in best("P21-1111111-1111111").notes)

    @pytest.mark.parametrize("digits", ["04345", "0434512"])
    def test_five_and_seven_digits_are_accepted_with_a_note(self, digits: str) -> None:
        found = best(f"{ORDER}-C{digits}")
        assert found.id == f"{ORDER}-C{digits}"
        assert any(str(len(digits)) in note for note in found.notes)

    def test_the_base_of_a_charge_is_no_promise_about_its_permission(self) -> None:
        found = best(CHARGE)
        assert found.order_id == ORDER
        assert any("unless the order is recurring" in note for note in found.notes)

    def test_a_checkout_session_has_no_order_in_its_shape(self) -> None:
        assert best(SESSION).order_id is None


class TestCounterparts:
    """A becomes C, and back (domain.md 7.2)."""

    def test_both_ways(self) -> None:
        assert charge_id_of(AUTHORIZATION) == CHARGE
        assert authorization_id_of(CHARGE) == AUTHORIZATION

    @pytest.mark.parametrize("text", [ORDER, AUTHORIZATION, REFUND, DISPUTE, SESSION, "", "C"])
    def test_only_a_charge_has_an_authorization(self, text: str) -> None:
        assert authorization_id_of(text) is None

    @pytest.mark.parametrize(
        ("text", "environment"),
        [(ORDER, "sandbox"), ("P01-1234567-1234567", "live"), ("B01-1234567-1234567", "live"),
         (AGREEMENT, "sandbox"), (SESSION, None), ("", None), ("P", None)],
    )  # fmt: skip
    def test_environment_by_the_letter(self, text: str, environment: str | None) -> None:
        assert environment_of(text) == environment


class TestParse:
    """Ids of answers: exactly one spelling."""

    @pytest.mark.parametrize(
        "text", [ORDER, AGREEMENT, AUTHORIZATION, CHARGE, REFUND, DISPUTE, SESSION]
    )
    def test_a_canonical_id_is_itself(self, text: str) -> None:
        assert parse(text) == best(text)

    @pytest.mark.parametrize(
        "text",
        ["", " ", f" {ORDER}", f"{ORDER}\n", ORDER.lower(), ORDER.replace("-", " "), f"{ORDER}-",
         f"{CHARGE}?x=1", f"../{ORDER}", "S01-5797829-1888777-X043451", f"{ORDER} {ORDER}"],
    )  # fmt: skip
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(NotAnId):
            parse(text)


# Every dash of Unicode, and what else stands for one.
DASHES = [chr(code) for code in range(0x3100) if unicodedata.category(chr(code)) == "Pd"]
DASHES += ["\u2212", "\u2043", "\u30fc", "\uff70", "\ufe58", "\ufe63", "\uff0d", "\u207b"]


class TestNoise:
    """However it was pasted."""

    @pytest.mark.parametrize("dash", DASHES, ids=lambda d: f"U+{ord(d):04X}")
    def test_any_dash(self, dash: str) -> None:
        assert best(AUTHORIZATION.replace("-", dash)).id == AUTHORIZATION

    @pytest.mark.parametrize(
        "gap",
        [
            " ",
            "  ",
            " - ",
            "",
            "--",
            "---",
            "_",
            ".",
            "\u00a0",
            "\u2009",
            "\u3000",
            " \u2013 ",
            "\u202f",
        ],
    )
    def test_spaces_and_others_for_dashes(self, gap: str) -> None:
        assert best(AUTHORIZATION.replace("-", gap)).id == AUTHORIZATION
        assert best(ORDER.replace("-", gap)).id == ORDER

    @pytest.mark.parametrize(
        "text",
        [
            AUTHORIZATION.lower(),
            "Ｓ０１－５７９７８２９－１８８８７７７－Ａ０４３４５１",
            "ｓ０１ー５７９７８２９ー１８８８７７７ーａ０４３４５１",
            "𝐒𝟎𝟏-𝟓𝟕𝟗𝟕𝟖𝟐𝟗-𝟏𝟖𝟖𝟖𝟕𝟕𝟕-𝐀𝟎𝟒𝟑𝟒𝟓𝟏",
            f"「注文番号{AUTHORIZATION}」の返金",
            f"注文番号{AUTHORIZATION}です",
            f'"{AUTHORIZATION}"',
            f"({AUTHORIZATION}),",
            f"Order {AUTHORIZATION}.",
            f"order_{AUTHORIZATION}.pdf",
            f"#{AUTHORIZATION}#",
            f"*{AUTHORIZATION}*",
            f"\t{AUTHORIZATION}\r\n",
            f"café{AUTHORIZATION}",
        ],
    )
    def test_case_width_and_what_stands_around(self, text: str) -> None:
        assert best(text).id == AUTHORIZATION

    @pytest.mark.parametrize(
        "hidden", ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u202a", "\u200d", "\u0000", "\ufe0f"]
    )
    def test_invisible_characters_inside(self, hidden: str) -> None:
        assert best(hidden.join(AUTHORIZATION)).id == AUTHORIZATION
        assert best(AUTHORIZATION.replace("-", f"-{hidden}")).id == AUTHORIZATION

    def test_colours_of_a_terminal(self) -> None:
        assert best(f"INFO \x1b[32m{AUTHORIZATION}\x1b[0m done").id == AUTHORIZATION

    def test_a_footnote_mark_is_no_digit(self) -> None:
        assert best(f"{AUTHORIZATION}¹").id == AUTHORIZATION
        assert best(f"{ORDER}²").id == ORDER

    def test_lists_with_columns_and_lines_do_not_run_together(self) -> None:
        assert best(f"{ORDER}\tA1234567").id == ORDER
        assert best(f"{ORDER}\nA123456").id == ORDER
        found = identify(f"{ORDER}\n{AGREEMENT}\n{SESSION}\n")
        assert [found.best.id, *(o.id for o in found.others)] == [ORDER, AGREEMENT, SESSION]

    @pytest.mark.parametrize("broken", ["-\n", "-\r\n", "- \n ", "-\n> ", "-\r\n>> "])
    def test_lines_broken_at_a_dash(self, broken: str) -> None:
        """Mail programs and terminals break lines there."""
        assert best(f"{ORDER}{broken}A043451").id == AUTHORIZATION
        assert best(f"S01-5797829{broken}1888777-A043451").id == AUTHORIZATION


PLAIN_MAIL = f"""\
From: Amazon Pay <no-reply@amazon.com>
To: shop@example.com
Subject: Payment authorized
Message-ID: <{OTHER_UUID}@amazon.com>
X-Amz-Pay-Request-Id: {OTHER_UUID}

Dear merchant,

the authorization {AUTHORIZATION} of 85.00 USD for order Acme-117
(phone +1 800-555-0199, marketplace order 123-1234567-1234567) is open.

> On 3 May 2024, Susie wrote:
> thanks! 100% happy & well
"""

QUOTED_PRINTABLE_MAIL = """\
Content-Type: text/html; charset=3D"utf-8"
Content-Transfer-Encoding: quoted-printable

<td style=3D"color:#333">Authorization</td><td>S01=E2=80=915797829=E2=80=9118887=
77=E2=80=91A043451</td>=C2=A0<td>Betrag: 85,00=C2=A0=E2=82=AC</td>
"""

HTML_MAIL = """\
<html><body><p style="margin:0">Authorization:<br>
<span class="x">S01&#8209;<wbr>5797829&#x2011;<wbr/>1888777</span><b>&ndash;A043451</b>&nbsp;</p>
<p>Buyer: Susie &amp; Co</p></body></html>
"""

SELLER_CENTRAL = "https://sellercentral.amazon.com/hz/me/pmd/payment-details"
SAFE_LINK = (
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fsellercentral-europe."
    f"amazon.com%2Fhz%2Fme%2Fpmd%3FtransactionId%253D{AUTHORIZATION}%2526x%253D1&data=05"
)


class TestTextsAround:
    """Whole mails, links, notifications."""

    @pytest.mark.parametrize(
        "text",
        [
            PLAIN_MAIL,
            PLAIN_MAIL.replace("\n", "\r\n"),
            QUOTED_PRINTABLE_MAIL,
            QUOTED_PRINTABLE_MAIL.replace("\n", "\r\n"),
            HTML_MAIL,
            f'<a href="{SELLER_CENTRAL}?transactionId={AUTHORIZATION}">Details</a>',
            f'<a href=3D"{SELLER_CENTRAL}?transactionId=3D{AUTHORIZATION}">Details</a>',
        ],
    )
    def test_mails(self, text: str) -> None:
        assert best(text).id == AUTHORIZATION

    @pytest.mark.parametrize(
        "text",
        [
            f"{SELLER_CENTRAL}?orderReferenceId={AUTHORIZATION}&ref=x",
            f"{SELLER_CENTRAL}?id={AUTHORIZATION.replace('-', '%2D')}",
            f"{SELLER_CENTRAL}?u=%22{AUTHORIZATION}%22",
            f"{SELLER_CENTRAL}/{AUTHORIZATION}/refund",
            f"{SELLER_CENTRAL}?a=1&amp;transactionId%3D{AUTHORIZATION}",
            SAFE_LINK,
        ],
    )
    def test_links(self, text: str) -> None:
        assert best(text).id == AUTHORIZATION

    @pytest.mark.parametrize("letter", ["B", "C"])
    def test_a_link_whose_id_looks_like_quoted_printable(self, letter: str) -> None:
        """`=C0` would be a byte."""
        assert best(f"{SELLER_CENTRAL}?id={letter}01-2612863-4691163&x=3D").id[0] == letter

    def message(self, **changes: str) -> dict[str, str]:
        return {
            "MerchantID": "A1O8CIV1A24A6X",
            "ObjectType": "CHARGE",
            "ObjectId": CHARGE,
            "ChargePermissionId": ORDER,
            "NotificationType": "STATE_CHANGE",
            "NotificationId": OTHER_UUID,
            "NotificationVersion": "V2",
        } | changes

    def envelope(self, message: object) -> dict[str, object]:
        topic = "arn:aws:sns:us-east-1:291180941288:A3BXB0YN3XH17HA2K7NDRCTOTPW9"
        return {
            "Type": "Notification",
            "MessageId": OTHER_UUID,
            "TopicArn": topic,
            "Message": message,
            "Timestamp": "2024-05-24T22:37:10.000Z",
            "SignatureVersion": "1",
            "Signature": "EXAMPLElDMXvB8r9R83tGoNn0ecwd5UjllzsvSvbItzfaMpN2nk5HVSw7Xnlg==",
            "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService.pem",
            "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe"
            f"&SubscriptionArn={topic}:{OTHER_UUID}",
        }

    @pytest.mark.parametrize("indent", [None, 2])
    def test_a_notification_is_about_its_object(self, indent: int | None) -> None:
        message = json.dumps(self.message(), indent=indent)
        for text in (message, json.dumps(self.envelope(message), indent=indent)):
            found = identify(text)
            assert found.best.id == CHARGE
            assert [other.id for other in found.others] == [ORDER]

    def test_a_notification_nested_deeper_and_escaped_as_dotnet_does(self) -> None:
        message = json.dumps(self.envelope(json.dumps(self.message())))
        assert best(json.dumps({"log": message})).id == CHARGE
        assert best(message.replace('\\"', "\\u0022")).id == CHARGE

    def test_no_number_of_a_message_is_taken_for_a_checkout_session(self) -> None:
        without = json.dumps(self.message(ObjectId="-", ChargePermissionId="-"))
        refusal(json.dumps(self.envelope(without)))

    def test_a_v1_notification(self) -> None:
        xml = (
            "<AuthorizationNotification>\n <AuthorizationDetails>"
            f"<AmazonAuthorizationId>{AUTHORIZATION}</AmazonAuthorizationId>"
            "<AuthorizationStatus><State>Open</State></AuthorizationStatus>"
        )
        message = {"NotificationReferenceId": OTHER_UUID, "NotificationData": xml}
        assert best(json.dumps(self.envelope(json.dumps(message)))).id == AUTHORIZATION

    def test_json_with_escaped_line_ends(self) -> None:
        assert best(json.dumps({"note": f"Order:\n{CHARGE}\nthanks"})).id == CHARGE


class TestSeveral:
    """The most specific one wins, the others are offered."""

    @pytest.mark.parametrize(
        "ordered",
        [
            (REFUND, DISPUTE, CHARGE, ORDER, SESSION),
            (REFUND, CHARGE),
            (DISPUTE, AUTHORIZATION),
            (CHARGE, AGREEMENT),
            (AGREEMENT, SESSION),
        ],
    )
    def test_by_kind_wherever_it_stands(self, ordered: tuple[str, ...]) -> None:
        for text in ("\n".join(ordered), "\n".join(reversed(ordered))):
            found = identify(text)
            assert found.best.id == ordered[0]
            assert {other.id for other in found.others} == set(ordered[1:])

    def test_of_two_equals_the_first(self) -> None:
        other = "S01-4966596-9591203-C079366"
        assert best(f"{other}\n{CHARGE}").id == other

    def test_one_object_is_named_once(self) -> None:
        found = identify(f"{AUTHORIZATION}\n{CHARGE}\n{CHARGE.lower()}\n{ORDER}\n{ORDER}")
        assert [found.best.id, *(o.id for o in found.others)] == [AUTHORIZATION, ORDER]


class TestHalfAnId:
    """Half an id never acts as a whole one; what is missing is said."""

    @pytest.mark.parametrize(
        "text",
        [
            f"{ORDER}-A0434",
            f"{ORDER}-A",
            f"{ORDER}-",
            f"{ORDER}-…",
            f"{ORDER}-...",
            f"{ORDER}-A0…",
            f"{ORDER} A0434",
            f"{ORDER} - A0434",
            f"{ORDER} A04345199",
            f"{ORDER}A0434",
            f"{ORDER}_A0434",
            f"{ORDER}-\nA0434",
            f"{ORDER}-A04345199",
            f"{ORDER}-X043451",
            f"{ORDER}-0000001",
            f"{ORDER}-0",
            f"{ORDER}-AA04345",
            f"{ORDER}-AO43451",
            f"{ORDER}--0434",
            f"<td>{ORDER}-</td>",
            f"{AUTHORIZATION[:-1]}=\nX",
            ORDER.replace("-", " ") + " A0434",
        ],
    )
    def test_a_transaction_that_is_cut_is_not_its_order(self, text: str) -> None:
        refused = refusal(text)
        if "almost" in str(refused) and "last part" in str(refused):
            assert ORDER in refused.hint, "the way to the whole order is said"

    @pytest.mark.parametrize("length", range(1, len(AUTHORIZATION) - 1))
    def test_every_cut_at_the_end(self, length: int) -> None:
        cut = AUTHORIZATION[:length]
        if cut == ORDER:  # nothing tells that something is missing
            assert best(cut).id == ORDER
        else:
            refusal(cut)

    @pytest.mark.parametrize("length", range(1, len(AUTHORIZATION)))
    def test_every_cut_at_the_start(self, length: int) -> None:
        refusal(AUTHORIZATION[length:])

    @pytest.mark.parametrize("place", range(len(AUTHORIZATION)))
    def test_every_missing_character(self, place: int) -> None:
        text = AUTHORIZATION[:place] + AUTHORIZATION[place + 1 :]
        found = answer(text)
        if isinstance(found, NotAnId):
            return
        if AUTHORIZATION[place] == "-":
            assert found.id == AUTHORIZATION, "a missing dash is no missing digit"
        else:
            assert len(found.id) == 26, "five digits are known to occur"
            assert any("usually has 6 digits" in note for note in found.notes)

    @pytest.mark.parametrize(
        "text",
        [
            f"{ORDER} - 2 items",
            f"{ORDER} - A customer called",
            f"{ORDER}. A customer called",
            f"{ORDER} A small thing",
            f"{ORDER}--",
            f"---{ORDER}---",
            f"{ORDER}->done",
            f"{ORDER}-shipped",
            f"{ORDER}, C12",
            f"{ORDER}_2.pdf",
        ],
    )
    def test_prose_behind_an_order_is_not_half_a_transaction(self, text: str) -> None:
        assert best(text).id == ORDER

    def test_encoding_does_not_cut_an_id(self) -> None:
        """Quoted-printable, tags and links break ids; the pieces are no ids of their own."""
        for text in (
            f"{ORDER}=\n-A043451",
            f"{ORDER}-A04345=\r\n1",
            f"{ORDER}<wbr>-A043451",
            f"{ORDER}-A04345<wbr>1",
            f"x?id={ORDER}%2DA043451",
            f"{ORDER}=E2=80=91A043451",
        ):
            found = identify(text)
            assert (found.best.id, found.others) == (AUTHORIZATION, ())

    @pytest.mark.parametrize(
        "text",
        ["S01-579782-1888777", "S01-57978299-1888777", "S01-5797829-188877", "S01 579782 1888777",
         f"merchant A1O8CIV1A24A6X, order {ORDER}9"],
    )  # fmt: skip
    def test_wrong_numbers_of_digits_are_named(self, text: str) -> None:
        assert "number of its digits is wrong" in str(refusal(text))


class TestForeign:
    """Other ids of Amazon's world say what they are (domain.md 7.5)."""

    @pytest.mark.parametrize(
        ("text", "recognized"),
        [
            ("123-1234567-1234567", "marketplace_order_number"),
            ("Order 302-7654321-1234567, thanks", "marketplace_order_number"),
            ("amzn1.account.AEXAMPLEEXAMPLEEXAMPLE", "buyer_id"),
            ("amzn1.application-oa2-client.0123456789abcdef0123456789abcdef", "store_id"),
            ("amzn1.application.0123456789abcdef0123456789abcdef", "application_id"),
            ("amzn.mws.4ea38b7b-f563-7709-4bae-12abcdef1234", "mws_auth_token"),
            ("amzn.mws.4ea38b7b-f563-7709-4bae-87aeaEXAMPLE", "mws_auth_token"),
            ("SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B", "public_key_id"),
            ("LIVE-AFVX7ULWSGBZ5535PCUQOY7B", "public_key_id"),
            ("AFVX7ULWSGBZ5535PCUQOY7B", "public_key_id"),
            ("A08439021T39K6DTX4JS8", "report_id"),
            ("A1O8CIV1A24A6X", "merchant_id"),
            ("A1XX111XXX111XXX", "merchant_id"),
            ("1Z999AA10123456784", "tracking_number"),
            ("TBA123456789012", "tracking_number"),
            ("access_token=Atza|IwEBIExampleExample", "access_token"),
            (f"NotificationId: {OTHER_UUID}", "notification_id"),
            (f"notificationReferenceId={OTHER_UUID}", "notification_id"),
            (f"MessageId {OTHER_UUID}", "notification_id"),
            (f"x-amz-pay-request-id: {OTHER_UUID}", "request_id"),
            (f"requestId = {OTHER_UUID}", "request_id"),
        ],
    )
    def test_what_it_is(self, text: str, recognized: str) -> None:
        for written in (text, text.lower(), f"id: {text}.", f'"{text}"'):
            assert refusal(written).recognized == recognized, written

    @pytest.mark.parametrize(
        "text", ["", " \n\t ", "\u200b", "hello", "live-environment please", "S", "-", "12345", "☃"]
    )
    def test_what_is_nothing_is_called_nothing(self, text: str) -> None:
        assert refusal(text).recognized is None

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ("A08439021T39K6DTX4JS8", "payconsole reports list"),
            ("SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B", "payconsole profile"),
            ("amzn1.account.AEXAMPLEEXAMPLEEXAMPLE", "buyer's order in the shop"),
            ("amzn.mws.4ea38b7b-f563-7709-4bae-12abcdef1234", "Don't paste it"),
            (f"NotificationId: {OTHER_UUID}", "ChargePermissionId"),
            ("123-1234567-1234567", "Seller Central"),
            ("Acme-118", "payconsole import"),
        ],
    )
    def test_what_to_look_for_instead(self, text: str, hint: str) -> None:
        assert hint in refusal(text).hint

    def test_several_of_them_are_all_named(self) -> None:
        refused = refusal("buyer amzn1.account.AEXAMPLEEXAMPLE at merchant A1O8CIV1A24A6X")
        assert str(refused).startswith("This is a buyer id.")
        assert "also a merchant id" in str(refused)

    def test_a_secret_is_not_repeated(self) -> None:
        for secret in ("Atzr|IwEBIExampleExample", "amzn.mws.4ea38b7b-f563-7709-4bae-12abcdef1234"):
            refused = refusal(secret)
            assert secret[6:] not in f"{refused} {refused.hint}"

    def test_an_id_beside_foreign_ones_wins(self) -> None:
        assert best(f"123-1234567-1234567 A1O8CIV1A24A6X {ORDER}").id == ORDER

    def test_the_message_shows_no_control_characters(self) -> None:
        refused = refusal("\x1b]0;owned\x07 \u202ename")
        assert str(refused).isprintable()


letters = st.sampled_from("SPBC")
digits = st.integers(0, 9_999_999).map(lambda n: f"{n:07d}")
tails = st.builds(
    lambda letter, n: f"-{letter}{n:06d}", st.sampled_from("ACRB"), st.integers(0, 999_999)
)
ids = st.builds(
    lambda letter, region, first, second, tail: f"{letter}{region:02d}-{first}-{second}{tail}",
    letters,
    st.integers(0, 99),
    digits,
    digits,
    st.one_of(st.just(""), tails),
)
uuids = st.uuids().map(str)
# Noise that can't be read as a part of an id: no digits.
noise = st.text(
    st.characters(exclude_categories=["Nd", "No"], exclude_characters="%&\\=<>"), max_size=40
)


class TestProperties:
    @given(noise, st.one_of(ids, uuids), noise)
    def test_an_id_in_noise_is_found(self, before: str, wanted: str, after: str) -> None:
        assert best(f"{before} | {wanted} | {after}").id == wanted

    @given(st.one_of(ids, uuids))
    def test_formatting_makes_no_difference(self, wanted: str) -> None:
        assert best(wanted) == parse(wanted)
        assert best(wanted.lower()).id == wanted
        assert best(f"<p>{wanted.replace('-', '&#8209;')}</p>").id == wanted
        assert best(wanted.replace("-", "\u2011")).id == wanted
        assert best("".join(chr(ord(c) + 0xFEE0) for c in wanted)).id == wanted

    @given(st.one_of(ids, uuids))
    def test_the_found_id_finds_itself(self, wanted: str) -> None:
        found = best(wanted)
        assert identify(found.id).best == found
        assert best(found.v2.id).v2 == found.v2

    @given(ids)
    def test_an_authorization_and_its_charge_are_one_object(self, wanted: str) -> None:
        found = best(wanted)
        if found.kind is Kind.CHARGE:
            assert best(authorization_id_of(wanted) or "").v2 == found.v2

    @given(st.one_of(st.text(), st.text(alphabet="SPBCA01-789 \n%&#;=<>\\ux", max_size=200)))
    def test_any_text_is_an_id_or_says_why_not(self, text: str) -> None:
        found = answer(text)
        if isinstance(found, NotAnId):
            assert found.hint
        else:
            assert parse(found.id) == found

    @given(st.text(alphabet=st.characters(codec=None), max_size=60))
    def test_surrogates_and_all(self, text: str) -> None:
        answer(text)

    @given(ids, st.integers(0, 30), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"))
    def test_one_mistyped_character_never_leads_to_an_order(
        self, wanted: str, place: int, char: str
    ) -> None:
        place %= len(wanted)
        mistyped = wanted[:place] + char + wanted[place + 1 :]
        found = answer(mistyped)
        assert isinstance(found, NotAnId) or len(found.id) >= len(wanted) - 1


B = ORDER
HUGE = {
    "blanks between": "S" + " " * 400_000 + "01",
    "many blanks": ("S" + " " * 50) * 8_000,
    "accents": "a" + "\u0301\u0316" * 200_000,
    "ligatures": "\ufdfa" * 400_000,
    "percent": "%" * 400_000,
    "nested percent": "%25" * 132_000,
    "ampersands": "&" * 400_000,
    "number of an entity": "&#" + "9" * 400_000 + ";",
    "entities": "&amp;" * 80_000,
    "soft breaks": "=\n" * 200_000,
    "quoted": "=41" * 132_000,
    "open tags": "<a " * 132_000,
    "backslashes": "\\" * 400_000,
    "escapes": "\x1b[" * 200_000,
    "half ids": f"{B}-A0434 " * 16_000,
    "cut ids": f"{B}-" * 20_000,
    "ids": f"{B} " * 20_000,
    "uuids of messages": f"NotificationId: {OTHER_UUID} " * 7_200,
    "subscriptions": ("arn:aws:" * 20 + OTHER_UUID + " ") * 2_000,
    "letters": "A" * 400_000,
    "digits": "0" * 400_000,
    "dashes": "-" * 400_000,
    "one word": "S01-5797829-" * 36_000,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_a_huge_paste_of_anything_is_answered(text: str) -> None:
    """400 kB: minutes with an expression that backtracks; no time is asserted."""
    found = answer(text)
    if isinstance(found, NotAnId):
        assert len(str(found)) < 300
    else:
        assert parse(found.id) == found


def test_an_entity_with_thousands_of_digits_is_no_crash() -> None:
    assert best(f"&#{'9' * 5000}; {ORDER}").id == ORDER


def test_a_paste_that_is_too_long_is_not_cut_within_an_id() -> None:
    filler = "x " * 500_000
    for shift in (19, 21, 26, 27):
        text = filler[: 1_000_000 - shift] + AUTHORIZATION
        found = answer(text)
        assert isinstance(found, NotAnId) or found.id == AUTHORIZATION
