"""Files as such: archives, pipes, what is no text, what is damaged, what is interrupted."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from console.imports import Progress, import_files
from console.imports import source as sources
from console.store.index import Known, KnownIds, Told
from tests.imports.files import CHARGE, ORDER, counts, import_text, table

GOOD = table(("order", "charge_id"), ("A-118", CHARGE))
MIXED = table(("order", "charge_id"), ("A-118", CHARGE), ("A-119", "nonsense"))


def many(rows: int) -> str:
    return table(("order", "charge_id"), *((f"A-{n}", f"{ORDER}-C{n:06}") for n in range(rows)))


class TestWhatAFileIs:
    def test_an_empty_file_is_no_error(self, known: KnownIds, tmp_path: Path) -> None:
        result = import_text(known, tmp_path, "\n\n")
        assert (result.format, result.error, result.rows) == ("empty", None, 0)

    @pytest.mark.parametrize(
        "text", ["hello\n", "a,b,c\n1,2,3\n", '{"name": "x"}', "{", f"{CHARGE}\n", "<html></html>"]
    )
    def test_what_is_not_understood_says_what_is(
        self, known: KnownIds, tmp_path: Path, text: str
    ) -> None:
        result = import_text(known, tmp_path, text)
        assert result.error is not None
        assert "Amazon's transaction and settlement reports" in result.error
        assert (result.rows, result.bad) == (0, [])

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (bytes(range(256)) * 20, "binary"),
            (GOOD.encode("utf-16-le"), "binary file, or UTF-16 without"),
            (b"PK\x05\x06" + bytes(18), "empty"),
            (b"PK\x03\x04 not a zip", "damaged"),
            (b"\x1f\x8b not a gzip", "damaged"),
        ],
    )
    def test_what_is_no_text_says_so(
        self, known: KnownIds, tmp_path: Path, data: bytes, why: str
    ) -> None:
        result = import_text(known, tmp_path, data)
        assert result.error is not None
        assert why in result.error

    def test_a_workbook_is_named(self, known: KnownIds, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
        [result] = import_files([tmp_path / "book.xlsx"], known).files
        assert result.error == "This is a workbook or a document. Save it as CSV and import that."

    def test_a_file_that_cannot_be_opened_costs_no_other(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        (tmp_path / "good").write_text(GOOD)
        result = import_files([tmp_path / "none", tmp_path, tmp_path / "good"], known)
        errors = {file.file: file.error for file in result.files}
        assert errors == {
            str(tmp_path / "none"): "It can't be opened: No such file or directory.",
            str(tmp_path): "It can't be opened: Is a directory.",
            str(tmp_path / "good"): None,
        }
        assert not result.complete
        assert known.get(CHARGE) is not None

    def test_a_name_of_a_file_can_not_act_on_a_terminal(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        path = tmp_path / "a\x1b[2Jb"
        path.write_text(GOOD)
        [result] = import_files([path], known).files
        assert result.file.endswith("a␛[2Jb")


class TestPacked:
    def test_gzip(self, known: KnownIds, tmp_path: Path) -> None:
        assert counts(import_text(known, tmp_path, gzip.compress(MIXED.encode()))) == (2, 1, 0, 1)

    def test_every_member_of_a_zip(self, known: KnownIds, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("one/orders.csv", MIXED)
            archive.writestr("two.txt", GOOD)
            archive.writestr("__MACOSX/two.txt", b"\0\1\2")
        result = import_files([tmp_path / "all.zip"], known)
        assert [file.file.removeprefix(str(tmp_path)) for file in result.files] == [
            "/all.zip/one/orders.csv",
            "/all.zip/two.txt",
        ]
        assert [counts(file) for file in result.files] == [(2, 1, 0, 1), (1, 1, 0, 0)]

    def test_a_zip_that_needs_more_than_the_standard_way_says_so(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("orders.csv", GOOD)
        [result] = import_files([tmp_path / "all.zip"], known).files
        assert result.error is not None
        assert "Unpack it first" in result.error

    def test_a_damaged_gzip_keeps_what_was_whole(self, known: KnownIds, tmp_path: Path) -> None:
        packed = gzip.compress(many(50_000).encode())
        result = import_text(known, tmp_path, packed[: len(packed) // 2])
        assert result.error is not None
        assert "damaged behind row" in result.error
        assert known.get(f"{ORDER}-C000001") is not None
        assert result.rows == result.imported > 5_000

    @pytest.mark.parametrize("start", ["", GOOD])
    def test_blank_lines_without_end_are_not_read(
        self, known: KnownIds, tmp_path: Path, start: str
    ) -> None:
        packed = gzip.compress(start.encode() + b"\n" * 3_000_000)
        result = import_text(known, tmp_path, packed)
        assert result.error is not None
        assert "blank" in result.error
        assert result.imported == bool(start)

    @pytest.mark.parametrize("line", [b"a" * 50_000, b"a log, again and again\n" * 2_000])
    def test_nothing_that_unpacks_to_a_lot_is_not_read_to_its_end(
        self, known: KnownIds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes
    ) -> None:
        monkeypatch.setattr("console.imports.run.MAX_IDLE", 1024**2)
        result = import_text(known, tmp_path, gzip.compress(line * 200))
        assert result.error is not None
        assert "unpacked to 1 MB without a single row" in result.error

    def test_a_packed_table_of_many_rows_is_read_to_its_end(
        self, known: KnownIds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However well it packs: the rows count, not the size."""
        monkeypatch.setattr("console.imports.run.MAX_IDLE", 1024**2)
        rows = table(("order", "charge_id"), *[("A-118", CHARGE)] * 60_000)
        assert import_text(known, tmp_path, gzip.compress(rows.encode())).imported == 60_000

    def test_a_bomb_is_refused(
        self, known: KnownIds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sources, "MAX_UNPACKED", 1_000_000)
        result = import_text(known, tmp_path, gzip.compress(GOOD.encode() + b"\n" * 2_000_000))
        assert result.error is not None
        assert "unpacks to more than" in result.error


class TestPipes:
    @pytest.mark.parametrize("strict", [False, True])
    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_standard_input(
        self,
        known: KnownIds,
        monkeypatch: pytest.MonkeyPatch,
        strict: bool,
        pack: type[bytes],
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pack(GOOD.encode()))))
        [result] = import_files([Path("-")], known, strict=strict).files
        assert result.file == "-"
        assert counts(result) == (1, 1, 0, 0)

    @pytest.mark.parametrize("strict", [False, True])
    def test_a_named_pipe_is_read_once(self, known: KnownIds, tmp_path: Path, strict: bool) -> None:
        os.mkfifo(tmp_path / "pipe")
        writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(GOOD,))
        writer.start()
        [result] = import_files([tmp_path / "pipe"], known, strict=strict).files
        writer.join()
        assert counts(result) == (1, 1, 0, 0)


class TestStrict:
    def test_anything_bad_in_any_file_imports_nothing(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        (tmp_path / "good").write_text(many(12_000))
        (tmp_path / "mixed").write_text(MIXED)
        result = import_files([tmp_path / "good", tmp_path / "mixed"], known, strict=True)
        assert result.refused
        assert not result.complete
        assert [file.imported for file in result.files] == [0, 0]
        assert [bad.line for bad in result.files[1].bad] == [3]
        assert known.get(f"{ORDER}-C000001") is None

    @pytest.mark.parametrize("name", ["none", "odd"])
    def test_a_file_that_cannot_be_read_imports_nothing(
        self, known: KnownIds, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / "good").write_text(GOOD)
        (tmp_path / "odd").write_text("hello")
        assert import_files([tmp_path / "good", tmp_path / name], known, strict=True).refused
        assert known.get(CHARGE) is None

    def test_good_files_are_imported(self, known: KnownIds, tmp_path: Path) -> None:
        result = import_text(known, tmp_path, GOOD, strict=True)
        assert counts(result) == (1, 1, 0, 0)
        assert known.get(CHARGE) is not None


class TestProgress:
    def test_it_is_told_by_bytes_and_ends_at_the_end(self, known: KnownIds, tmp_path: Path) -> None:
        (tmp_path / "f").write_text(many(20_000))
        size = (tmp_path / "f").stat().st_size
        told: list[Progress] = []
        import_files([tmp_path / "f"], known, tell=told.append)
        assert len(told) > 5
        assert [one.bytes_read for one in told] == sorted(one.bytes_read for one in told)
        assert told[-1] == Progress(str(tmp_path / "f"), size, size, 20_000)

    def test_bad_rows_are_all_counted_and_some_are_kept(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        rows = [(f"A-{n}", "nonsense") for n in range(3_000)]
        result = import_text(known, tmp_path, table(("order", "charge_id"), *rows))
        assert result.bad_count == 3_000
        assert len(result.bad) == 1_000


class TestStopping:
    def test_asked_to_stop_it_keeps_what_is_finished_and_can_go_on(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        (tmp_path / "f").write_text(many(20_000))
        rows: list[int] = []

        def stop() -> bool:
            return bool(rows) and rows[-1] >= 12_000

        result = import_files(
            [tmp_path / "f", tmp_path / "f"], known, tell=lambda p: rows.append(p.rows), stop=stop
        )
        assert result.stopped
        assert not result.complete
        [file] = result.files
        assert 5_000 <= file.imported < 20_000
        assert known.get(f"{ORDER}-C{file.imported - 1:06}") is not None
        assert known.get(f"{ORDER}-C{file.imported:06}") is None

        again = import_files([tmp_path / "f"], known)
        assert again.complete
        assert again.files[0].imported == 20_000

    def test_ctrl_c_while_the_index_is_written_leaves_whole_batches(
        self, known: KnownIds, tmp_path: Path
    ) -> None:
        class Interrupted(KnownIds):
            calls = 0

            def learn(self, known: Iterable[Known], told: Iterable[Told] = ()) -> int:
                self.calls += 1
                if self.calls == 2:
                    raise KeyboardInterrupt
                return super().learn(known, told)

        (tmp_path / "f").write_text(many(12_000))
        index = Interrupted(tmp_path / "data" / "index.sqlite")
        result = import_files([tmp_path / "f"], index)
        index.close()
        assert result.stopped
        assert result.files[0].imported == result.files[0].rows == 5_000
        assert known.get(f"{ORDER}-C004999") is not None
        assert known.get(f"{ORDER}-C005000") is None


def test_what_a_look_at_amazon_gave_is_not_overridden(known: KnownIds, tmp_path: Path) -> None:
    looked = Known(
        CHARGE, "charge", ORDER, ORDER, "from Amazon", "Captured", "2026-01-01T00:00:00Z"
    )
    known.remember([looked])
    import_text(known, tmp_path, GOOD)
    assert known.get(CHARGE) == looked
    assert [found.id for found in known.by_reference("A-118")] == [CHARGE]
