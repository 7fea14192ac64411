"""What an import says to people is in their language; what it keeps in the index is English."""

from __future__ import annotations

import json
from pathlib import Path

from console.store.index import KnownIds
from tests.imports.files import CHARGE, ORDER, import_text, table, v2_message
from tests.support.capitals import capitals

SENT = {"Timestamp": "2026-01-02T03:04:05Z", "TopicArn": "t", "Message": json.dumps(v2_message())}


def test_what_is_wrong_with_rows_and_files(known: KnownIds, tmp_path: Path) -> None:
    with capitals():
        rows = table(("note", "charge_id"), ("x", CHARGE), ("x", "y", "z"), ("x", '"y'))
        result = import_text(known, tmp_path, rows)
        nothing = import_text(known, tmp_path, "hello\n")
    assert [bad.why for bad in result.bad] == [
        "THE ROW HAS 3 CELLS, THE HEADER 2.",
        "A QUOTE IS OPENED AND NEVER CLOSED.",
    ]
    assert result.notes[0].startswith("NO COLUMN OF ORDER NUMBERS WAS RECOGNISED")
    assert "note, charge_id" in result.notes[0]
    assert result.format == "orders", "it is a code"
    assert nothing.error == nothing.error.upper() if nothing.error else False


def test_a_broken_notification_is_one_in_every_language(known: KnownIds, tmp_path: Path) -> None:
    """That it is mentioned proves that the file holds notifications: by a code, not by words."""
    text = '{"NotificationData": "<x>\n' + json.dumps(v2_message()) + "\n"
    english = import_text(known, tmp_path, text)
    with capitals():
        other = import_text(known, tmp_path, text)
    assert (other.rows, other.imported, other.bad_count) == (
        english.rows, english.imported, english.bad_count,
    )  # fmt: skip
    assert [bad.why for bad in other.bad] == [bad.why.upper() for bad in english.bad] != []


def test_the_past_is_kept_in_english(known: KnownIds, tmp_path: Path) -> None:
    with capitals():
        import_text(known, tmp_path, json.dumps(SENT))
    events = [line.event for line in known.past([CHARGE, ORDER])]
    assert events == ["Amazon notified: state change of charge"]
