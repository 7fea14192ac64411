"""Tables that are no UTF-8, as spreadsheets and shops of Japan and Europe write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.imports.encoding import EUC_JP, SHIFT_JIS, WINDOWS_1252, guess
from console.store.index import KnownIds
from tests.imports.files import CHARGE, ORDER, counts, import_text, table

JAPANESE = table(
    ("注文番号", "AmazonPay ID", "名前"), ("注文-1", ORDER, "ﾔﾏﾀﾞ"), ("A-2", CHARGE, "佐藤")
)
ROWS = 3_000


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("euc_jp", "EUC-JP"),
        ("cp932", "Shift_JIS"),
        ("iso2022_jp_ext", "ISO-2022-JP"),
    ],
)
class TestJapanese:
    def test_order_numbers_are_read_and_the_encoding_is_said(
        self, known: KnownIds, tmp_path: Path, codec: str, name: str
    ) -> None:
        result = import_text(known, tmp_path, JAPANESE.encode(codec))
        assert counts(result) == (2, 2, 0, 0)
        assert [one.id for one in known.by_reference("注文-1")] == [ORDER]
        assert [one.id for one in known.by_reference("A-2")] == [CHARGE]
        assert result.notes == [f"It is not UTF-8; it was read as {name}."]

    def test_what_comes_behind_the_first_look_is_read_alike(
        self, known: KnownIds, tmp_path: Path, codec: str, name: str
    ) -> None:
        rows = [(f"A-{n}", f"{ORDER}-C{n:06}", "") for n in range(ROWS)]
        text = table(("order", "charge_id", "name"), *rows, ("注文-1", ORDER, "東京都"))
        result = import_text(known, tmp_path, text.encode(codec))
        assert counts(result) == (ROWS + 1, ROWS + 1, 0, 0)
        assert known.by_reference("注文-1")
        assert name in result.notes[0]

    def test_a_long_line_is_cut_between_characters(
        self, known: KnownIds, tmp_path: Path, codec: str, name: str
    ) -> None:
        for shift in range(4):
            note = "x" * shift + "東京都渋谷区の" * 30_000
            text = table(("注文番号", "note", "id"), (f"注文-{shift}", note, ORDER))
            assert counts(import_text(known, tmp_path, text.encode(codec))) == (1, 1, 0, 0)
            assert known.by_reference(f"注文-{shift}")


@pytest.mark.parametrize(
    ("texts", "codec", "expected"),
    [
        (["注文番号"], "euc_jp", EUC_JP),
        (["注文番号"], "cp932", SHIFT_JIS),
        (["注文番号", "ﾔﾏﾀﾞ ﾀﾛｳ", "ｻﾄｳ"], "cp932", SHIFT_JIS),
        (["①株式会社", "㈱東京"], "euc_jis_2004", EUC_JP),
        (["numéro,référence", "Müller “x” – it’s"], "cp1252", WINDOWS_1252),
        (["Größe"], "cp1252", WINDOWS_1252),
        (["it’s 10 €"], "cp1252", WINDOWS_1252),
        (["Номер заказа"], "cp1251", WINDOWS_1252),  # not known: at least no Japanese
    ],
)
def test_the_most_plausible_encoding_is_taken(
    texts: list[str], codec: str, expected: object
) -> None:
    assert guess([text.encode(codec) for text in texts], japanese=False) is expected


def test_utf_8_is_no_assumption(known: KnownIds, tmp_path: Path) -> None:
    assert import_text(known, tmp_path, JAPANESE).notes == []


def test_colours_of_a_terminal_are_no_japanese(known: KnownIds, tmp_path: Path) -> None:
    text = table(("order", "charge_id", "note"), ("é", CHARGE, "\x1b(B\x1b[0m"))
    assert import_text(known, tmp_path, text).notes == []
    assert known.by_reference("é")
