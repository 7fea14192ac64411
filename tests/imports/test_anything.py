"""Whatever a file holds: nothing breaks, and no good row is lost among bad ones."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from console.imports import FileResult
from console.store.index import KnownIds
from tests.imports.files import ORDER, counts, envelope, import_text, table, v2_message
from tests.imports.test_reports import CAPTURED, COLUMNS

FEWER = settings(max_examples=40, deadline=None)


@contextmanager
def fresh() -> Iterator[tuple[KnownIds, Path]]:
    """An index of its own for each example."""
    with tempfile.TemporaryDirectory() as folder:
        known = KnownIds(Path(folder) / "index.sqlite")
        try:
            yield known, Path(folder)
        finally:
            known.close()


def imported(text: str | bytes) -> tuple[FileResult, set[str]]:
    """What became of a text, and which charges of our order are known afterwards."""
    with fresh() as (known, folder):
        result = import_text(known, folder, text)
        again = import_text(known, folder, text)
        assert again.new == 0
        counts(result)
        found = {ORDER, *(f"{ORDER}-C{number:06}" for number in range(60))}
        return result, {one for one in found if known.get(one)}


def charge(number: int) -> str:
    return f"{ORDER}-C{number:06}"


# Lines that are wrong in themselves; none is a good row.
bad_lines = st.sampled_from(
    [
        "",
        f"A-x,{charge(98)},\0",
        "only one cell",
        'A-x,S01-57,"open',
        f'A-x,{ORDER}-C9,"open',
        "A-x,S01-5797829-188877,cut",
        f'A-x,{charge(99)},"a"b',
        "," * 40,
        "\x1b[2J,\u202e,\ud7ff",
    ]
)


@FEWER
@given(st.lists(st.one_of(st.integers(0, 59), bad_lines), max_size=60))
def test_no_good_row_of_a_table_is_lost(rows: list[int | str]) -> None:
    lines = [row if isinstance(row, str) else f'A-{row},{charge(row)},"a ""b"""' for row in rows]
    good = {charge(row) for row in rows if isinstance(row, int)}
    _, found = imported("\n".join(["order,charge_id,note", *lines]))
    assert found == good


@FEWER
@given(
    st.lists(
        st.tuples(st.sampled_from(["line", "log", "indented", "cut", "noise"]), st.integers(0, 59)),
        max_size=60,
    )
)
def test_no_good_message_of_a_log_is_lost(parts: list[tuple[str, int]]) -> None:
    lines = []
    for kind, number in parts:
        message = json.dumps(envelope(v2_message(charge(number))))
        lines.append(
            {
                "line": message,
                "log": f'10:00 [x] {{"a" is not JSON}} {message} done',
                "indented": json.dumps(json.loads(message), indent=1),
                "cut": message[: 5 + number * 6],
                "noise": '{"a":\n[1, {"b": "' if number % 2 else 'if (x) { "y" }',
            }[kind]
        )
    good = {charge(number) for kind, number in parts if kind in ("line", "log", "indented")}
    _, found = imported("\n".join(lines))
    assert found - {ORDER} == good


starts = st.sampled_from(
    [
        b"",
        b"order,charge_id\n",
        table(COLUMNS, CAPTURED, delimiter="\t").encode(),
        json.dumps(envelope(v2_message())).encode() + b"\n",
        b'{"ObjectId": ',
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x1f\x8b",
        b"PK\x03\x04",
    ]
)
pieces = st.one_of(
    st.binary(max_size=200),
    st.text(alphabet='{}[]":,\\aS01-5797829\n\t\r\0"é注', max_size=200).map(str.encode),
)


@settings(max_examples=150, deadline=None)
@given(starts, st.lists(pieces, max_size=6))
def test_nothing_breaks_it(start: bytes, rest: list[bytes]) -> None:
    result, _ = imported(start + b"".join(rest))
    assert result.error is None or len(result.error) < 1_000
    assert all(bad.line >= 1 and bad.why for bad in result.bad)
