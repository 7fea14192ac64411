"""The desk: notes on orders and pins, each profile's own, and nothing of them anywhere else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.domain.since import Picture, Standing
from console.store.database import StoreFailed
from console.store.desk import LONGEST, MOST_PINS, Desk, Note

ORDER, OTHER = "S01-4966596-9591203", "S01-1111111-1111111"
MONDAY, TUESDAY = "2026-01-05T10:00:00Z", "2026-01-06T10:00:00Z"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = desk_in(tmp_path)
    yield opened
    opened.close()


def desk_in(
    folder: Path, *, environment: str = "sandbox", profile: str = "acme", actor: str = "ann"
) -> Desk:
    return Desk(folder / "desk.sqlite", environment, profile, actor)


def added(desk: Desk, text: str, time: str = MONDAY, order: str = ORDER) -> Note:
    note = desk.add(order, text, time)
    assert note is not None
    return note


class TestNotes:
    def test_a_note_says_when_who_and_what(self, desk: Desk) -> None:
        note = added(desk, "the buyer calls back on Monday")
        assert note == Note(note.number, ORDER, MONDAY, "ann", "the buyer calls back on Monday")
        assert desk.notes([ORDER]) == [note]

    def test_they_stand_in_the_order_they_were_written_in(self, desk: Desk) -> None:
        written = [added(desk, text) for text in ("first", "second", "third")]
        assert desk.notes([ORDER]) == written

    def test_those_on_several_objects(self, desk: Desk) -> None:
        added(desk, "on the session", order="a-session")
        added(desk, "on the order")
        added(desk, "on another", order=OTHER)
        found = desk.notes([ORDER, "a-session"])
        assert [note.text for note in found] == ["on the session", "on the order"]
        assert desk.noted() == {ORDER, OTHER, "a-session"}

    def test_what_is_written_is_cleaned(self, desk: Desk) -> None:
        assert added(desk, " \x1b]0;a title\x07 two\nlines \u202e ").text == (
            "␛]0;a title␇ two␤lines ‹U+202E›"
        )

    def test_what_is_written_is_bounded(self, desk: Desk) -> None:
        text = added(desk, "x" * 10_000).text
        assert len(text) == LONGEST
        assert text.endswith("…")

    @pytest.mark.parametrize("nothing", ["", "  ", "\n"])
    def test_nothing_is_no_note(self, desk: Desk, nothing: str) -> None:
        assert desk.add(ORDER, nothing, MONDAY) is None
        assert desk.notes([ORDER]) == []

    def test_ones_own_is_removed_and_put_back_where_it_was(self, desk: Desk) -> None:
        first, second = added(desk, "first"), added(desk, "second")
        assert desk.remove(first.number)
        assert desk.notes([ORDER]) == [second]
        desk.put_back(first)
        desk.put_back(first)
        assert desk.notes([ORDER]) == [first, second]

    def test_the_number_of_a_note_that_was_removed_is_never_anothers(self, desk: Desk) -> None:
        gone = added(desk, "gone")
        desk.remove(gone.number)
        assert added(desk, "new").number != gone.number

    def test_anothers_note_stays(self, desk: Desk, tmp_path: Path) -> None:
        note = added(desk, "by ann")
        bob = desk_in(tmp_path, actor="bob")
        assert not bob.remove(note.number)
        assert bob.notes([ORDER]) == [note]
        bob.close()

    def test_they_are_there_the_next_day(self, desk: Desk, tmp_path: Path) -> None:
        note = added(desk, "remember")
        desk.close()
        again = desk_in(tmp_path)
        assert again.notes([ORDER]) == [note]
        again.close()


class TestPins:
    def test_pinned_and_unpinned(self, desk: Desk) -> None:
        assert desk.pin(ORDER, MONDAY)
        assert desk.pins() == [ORDER]
        assert not desk.pin(ORDER, TUESDAY)
        assert desk.pins() == []

    def test_the_one_that_was_pinned_last_is_first(self, desk: Desk) -> None:
        desk.pin(ORDER, MONDAY)
        desk.pin(OTHER, TUESDAY)
        assert desk.pins() == [OTHER, ORDER]

    def test_so_many_are_listed(self, desk: Desk) -> None:
        for number in range(MOST_PINS + 1):
            desk.pin(
                f"S01-0000000-{number:07}", f"2026-01-05T10:{number // 60:02}:{number % 60:02}Z"
            )
        assert len(desk.pins()) == MOST_PINS


def picture(state: str, day: int = 5) -> Picture:
    return Picture(datetime(2026, 1, day, tzinfo=UTC), {ORDER: Standing(state)})


class TestWhatWasSeen:
    def test_nothing_before_the_first_look(self, desk: Desk) -> None:
        assert desk.look(ORDER, picture("Chargeable")) is None
        assert desk.look(OTHER, picture("Chargeable")) is None

    def test_each_look_tells_the_one_before(self, desk: Desk) -> None:
        looks = [picture("Chargeable"), picture("Chargeable", 6), picture("Closed", 7)]
        assert [desk.look(ORDER, one) for one in looks] == [None, *looks[:2]]

    def test_so_many_are_kept_and_the_oldest_is_forgotten(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("console.store.desk.MOST_SEEN", 2)
        for day, order in enumerate((ORDER, OTHER, "third"), start=1):
            desk.look(order, picture("Chargeable", day))
        assert desk.look(OTHER, picture("Closed", 9)) == picture("Chargeable", 2)
        assert desk.look(ORDER, picture("Closed", 9)) is None

    def test_what_can_not_be_read_is_as_if_it_was_never_seen(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        desk.look(ORDER, picture("Chargeable"))
        with closing(sqlite3.connect(tmp_path / "desk.sqlite")) as file, file:
            file.execute("UPDATE seen SET picture = '{}'")
        assert desk.look(ORDER, picture("Closed")) is None
        assert desk.look(ORDER, picture("Closed")) == picture("Closed")


@pytest.mark.parametrize(
    "other", [{"environment": "live"}, {"profile": "beta"}], ids=["environment", "profile"]
)
def test_another_account_sees_nothing_of_it(
    desk: Desk, tmp_path: Path, other: dict[str, str]
) -> None:
    note = added(desk, "mine")
    desk.pin(ORDER, MONDAY)
    desk.look(ORDER, picture("Chargeable"))
    theirs = desk_in(tmp_path, **other)
    assert theirs.look(ORDER, picture("Chargeable")) is None
    assert (theirs.notes([ORDER]), theirs.noted(), theirs.pins()) == ([], frozenset(), [])
    assert not theirs.remove(note.number)
    theirs.close()


def test_the_file_is_made_when_it_is_first_needed_and_for_its_user_alone(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    file = tmp_path / "desk.sqlite"
    assert not file.exists()
    assert desk.pins() == []
    assert file.stat().st_mode & 0o777 == 0o600
    desk.close()


def test_many_threads_may_be_the_first(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: desk.add(ORDER, f"note {n}", MONDAY), range(40)))
    assert len(desk.notes([ORDER])) == 40
    desk.close()


def test_a_damaged_file_says_what_is_lost(tmp_path: Path) -> None:
    (tmp_path / "desk.sqlite").write_bytes(b"no database at all" * 100)
    desk = desk_in(tmp_path)
    with pytest.raises(StoreFailed, match=r"desk\.sqlite is damaged") as raised:
        desk.pins()
    assert "notes and pinned orders begin anew" in raised.value.hint


def test_a_thread_that_comes_late_makes_no_file_again(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    desk.close()
    with pytest.raises(RuntimeError, match="closed"):
        desk.pins()
    assert list(tmp_path.iterdir()) == []
