"""A shop's own CSV of order numbers and ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.imports import Bad
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

OTHER = "S01-4966596-9591203"


def ids_of(known: KnownIds, reference: str) -> set[str]:
    return {found.id for found in known.by_reference(reference)}


class TestColumns:
    @pytest.mark.parametrize(
        "name",
        ["order", "Order Number", "ORDER_ID", "reference", "seller_order_id", "注文番号",
         "merchantReferenceId", "Bestellnummer", "increment-id"],
    )  # fmt: skip
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_the_order_number_is_found_by_its_name(
        self, known: KnownIds, tmp_path: Path, name: str, delimiter: str
    ) -> None:
        text = table(("customer", "paid with", name), ("7", CHARGE, "A-118"), delimiter=delimiter)
        result = import_text(known, tmp_path, text)
        assert result.format == "orders"
        assert counts(result) == (1, 1, 0, 0)
        assert ids_of(known, "A-118") == {CHARGE}

    def test_several_ids_in_a_row_are_one_family(self, known: KnownIds, tmp_path: Path) -> None:
        text = table(("order", "permission", "charge", "x"), ("A-118", ORDER, CHARGE, REFUND))
        import_text(known, tmp_path, text)
        assert ids_of(known, "A-118") == {ORDER, CHARGE, REFUND}
        assert known.get(REFUND) == Known(REFUND, "refund", CHARGE, ORDER, "A-118", None, "")
        assert known.get(CHARGE) == Known(CHARGE, "charge", ORDER, ORDER, "A-118", None, "")

    def test_an_agreement_owns_charges_with_another_base(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        import_text(known, tmp_path, table(("order", "a", "b"), ("A-118", AGREEMENT, CHARGE)))
        assert {member.id for member in known.family(AGREEMENT)} == {AGREEMENT, CHARGE}

    def test_a_charge_with_another_base_is_not_given_to_a_one_time_order(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        import_text(known, tmp_path, table(("order", "a", "b"), ("A-118", OTHER, CHARGE)))
        charge = known.get(CHARGE)
        assert charge is not None
        assert (charge.parent, charge.permission) == (None, None)
        assert ids_of(known, "A-118") == {OTHER, CHARGE}

    def test_a_charge_alone_is_not_given_to_its_base(self, known: KnownIds, tmp_path: Path) -> None:
        """It may belong to a recurring permission."""
        import_text(known, tmp_path, table(("order", "charge"), ("A-118", CHARGE)))
        assert known.get(ORDER) is None

    @pytest.mark.parametrize(
        "cell",
        [AUTHORIZATION, f"Amazon Pay ({CHARGE})", f"https://shop.example/?id={CHARGE}&x=1",
         CHARGE.lower(), CHARGE.replace("-", "\u2013"), f'"=""{CHARGE}"""'],
    )  # fmt: skip
    def test_ids_are_read_as_people_and_spreadsheets_write_them(
        self, known: KnownIds, tmp_path: Path, cell: str
    ) -> None:
        import_text(known, tmp_path, table(("order", "charge_id"), ("A-118", cell)))
        assert ids_of(known, "A-118") == {CHARGE}

    def test_a_checkout_session_is_read_where_its_column_says_so(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        uuid = "0a1b2c3d-0000-4000-8000-000000000000"
        text = table(("order", "checkout_session_id", "cart"), ("A-118", uuid, uuid[::-1]))
        import_text(known, tmp_path, text)
        [session] = known.by_reference("A-118")
        assert (session.id, session.kind) == (uuid, "checkout_session")

    def test_two_order_numbers_of_one_order_both_find_it(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        text = table(("order_id", "order_number", "charge"), ("4711", "A-118", CHARGE))
        import_text(known, tmp_path, text)
        assert ids_of(known, "4711") == ids_of(known, "A-118") == {CHARGE}
        assert import_text(known, tmp_path, text).new == 0

    def test_an_order_number_of_several_orders_finds_all(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        text = table(("order", "charge"), ("A-118", CHARGE), ("A-118", f"{OTHER}-C079366"))
        import_text(known, tmp_path, text)
        assert ids_of(known, "A-118") == {CHARGE, f"{OTHER}-C079366"}
        assert import_text(known, tmp_path, text).new == 0

    def test_an_object_with_two_order_numbers_twice_is_once(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        text = table(("order", "charge"), ("A-118", CHARGE), ("A-119", CHARGE))
        import_text(known, tmp_path, text)
        assert ids_of(known, "A-118") == ids_of(known, "A-119") == {CHARGE}
        assert import_text(known, tmp_path, text).new == 0

    def test_a_header_alone_is_an_empty_table(self, known: KnownIds, tmp_path: Path) -> None:
        assert counts(import_text(known, tmp_path, "order,charge_id\n")) == (0, 0, 0, 0)


class TestNoOrderNumbers:
    def test_the_file_says_so_and_links_are_kept(self, known: KnownIds, tmp_path: Path) -> None:
        text = table(("foo", "AmazonPay ID", "b"), ("A-1", ORDER, ""), ("A-2", ORDER, CHARGE))
        result = import_text(known, tmp_path, text)
        assert counts(result) == (2, 1, 1, 0)
        [note] = result.notes
        assert "No column of order numbers" in note
        assert "foo, AmazonPay ID, b" in note
        assert {member.id for member in known.family(ORDER)} == {ORDER, CHARGE}

    def test_a_charge_alone_is_kept_for_its_order(self, known: KnownIds, tmp_path: Path) -> None:
        """No call lists the charges of an order: that there is one is worth knowing."""
        result = import_text(known, tmp_path, table(("foo", "charge_id"), ("A-1", CHARGE)))
        assert counts(result) == (1, 1, 0, 0)
        assert [member.id for member in known.family(ORDER)] == [CHARGE]

    def test_an_order_whose_number_is_empty_is_skipped(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        result = import_text(known, tmp_path, table(("order", "id"), ("", ORDER), ("A-1", ORDER)))
        assert counts(result) == (2, 1, 1, 0)
        assert result.notes == []

    def test_a_report_without_them_says_so_too(self, known: KnownIds, tmp_path: Path) -> None:
        text = table(("foo", "AmazonOrderReferenceId"), ("A-1", ORDER))
        result = import_text(known, tmp_path, text)
        assert counts(result) == (1, 0, 1, 0)
        assert "foo, AmazonOrderReferenceId" in result.notes[0]

    def test_names_of_columns_can_not_act_on_a_terminal(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        result = import_text(known, tmp_path, table(("\x1b[2J", "charge_id"), ("A", CHARGE)))
        assert result.notes[0].isprintable()


class TestRows:
    def test_orders_that_were_paid_otherwise_are_skipped(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        text = table(
            ("order", "method", "transaction"),
            ("A-118", "amazon", CHARGE),
            ("A-119", "paypal", "8XY12345AB123456C"),
            ("A-120", "invoice", ""),
        )
        assert counts(import_text(known, tmp_path, text)) == (3, 1, 2, 0)

    @pytest.mark.parametrize(
        ("row", "why"),
        [
            (("A-1", "S01-5797829-188877", ""), "almost an Amazon Pay id"),
            (("A-1", "S01-57", ""), "no Amazon Pay id in 'S01-57'"),
            (("A-1", "hello", ""), "no Amazon Pay id in 'hello'"),
            (("A-1", "\x1b[31mhello\u202e", ""), "no Amazon Pay id in"),
            (("A-1", "123-1234567-1234567", ""), "marketplace"),
            (("A-1", "amzn1.account.AAAA", ""), "buyer id"),
            (("A" * 300, CHARGE, ""), "order number has 300 characters"),
            (("A-1", CHARGE), "The row has 2 cells, the header 3."),
            (("A-1", CHARGE, "", "more"), "The row has 4 cells, the header 3."),
            (("A-1", CHARGE, '"open'), "A quote is opened and never closed."),
            (("A-1", CHARGE, '"a"b'), "A quote stands where none belongs."),
            (("A-1", f"{CHARGE}\0", ""), "The line holds a NUL character."),
            (("A-1", CHARGE, '"' + "x" * 200_000 + '"'), "A cell is longer than 131,072"),
            (("A-1", CHARGE, "x" * 1_200_000), "The line is longer than 1,000,000 characters."),
        ],
    )
    def test_a_bad_row_is_named_and_costs_no_other(
        self, known: KnownIds, tmp_path: Path, row: tuple[str, ...], why: str
    ) -> None:
        good = [("A-118", CHARGE, ""), ("A-119", f"{OTHER}-C079366", 'say ""hi""')]
        text = table(("order", "charge_id", "note"), good[0], row, *good[1:])
        result = import_text(known, tmp_path, text)
        assert counts(result) == (3, 2, 0, 1)
        [bad] = result.bad
        assert bad.line == 3
        assert why in bad.why
        assert bad.why.isprintable()
        assert ids_of(known, "A-119") == {f"{OTHER}-C079366"}

    def test_the_line_is_that_where_a_row_begins(self, known: KnownIds, tmp_path: Path) -> None:
        text = 'order,charge_id,note\nA-1,x,"two\nlines"\n\nA-2,y,\r\nA-3,' + CHARGE + ",\n"
        result = import_text(known, tmp_path, text)
        assert [bad.line for bad in result.bad] == [2, 5]
        assert ids_of(known, "A-3") == {CHARGE}

    def test_a_quote_that_is_never_closed_does_not_swallow_the_file(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        rows = [(f"A-{n}", f"{ORDER}-C{n:06}", '"a\nb"') for n in range(300)]
        text = table(("order", "charge_id", "note"), ("A-x", CHARGE, '"open'), *rows)
        result = import_text(known, tmp_path, text)
        assert counts(result) == (301, 300, 0, 1)
        assert result.bad[0].line == 2

    def test_formulas_are_texts(self, known: KnownIds, tmp_path: Path) -> None:
        formula = "=HYPERLINK(1)"
        import_text(known, tmp_path, table(("order", "charge"), (formula, CHARGE)))
        assert ids_of(known, formula) == {CHARGE}

    def test_what_a_terminal_would_obey_is_made_visible(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        import_text(known, tmp_path, table(("order", "charge"), ("A\x1b[2J\u202e", CHARGE)))
        charge = known.get(CHARGE)
        assert charge is not None
        assert charge.reference == "A␛[2J‹U+202E›"

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_lines_end_as_they_do_on_any_system(
        self, known: KnownIds, tmp_path: Path, newline: str
    ) -> None:
        text = newline.join(["sep=;", "order;charge_id", f"A-118;{CHARGE}", "A-119;x"])
        result = import_text(known, tmp_path, text)
        assert result.bad == [Bad(4, "There is no Amazon Pay id in 'x'.")]
        assert ids_of(known, "A-118") == {CHARGE}

    def test_a_row_that_ends_where_the_first_look_ends(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        """The first look reads 64 KiB; nothing may hang on where these end."""
        text = "order,charge_id\n" + "".join(f"Ä-{n},{ORDER}-C{n:06}\n" for n in range(10_000))
        assert counts(import_text(known, tmp_path, text)) == (10_000, 10_000, 0, 0)
