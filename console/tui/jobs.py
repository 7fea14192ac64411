"""What fills the index, as jobs of the screen: files that were dropped on it, Amazon's reports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.amazon.reports import title_of
from console.tui.messages import Said
from console.tui.screens.job import Job, Step

if TYPE_CHECKING:
    from console.imports import FileResult, Imported, Progress
    from console.session import Session
    from console.store.index import KnownIds
    from console.sync import Synced

_BETWEEN_STEPS: Final = 0.1  # seconds: more often nobody reads it
_BAD_SHOWN: Final = 20


def import_job(paths: Sequence[Path], known: KnownIds) -> Job:
    """The job of importing `paths` into `known`."""

    async def work(tell: Callable[[Step], None], stop: Callable[[], bool]) -> Sequence[Said]:
        from console.imports import import_files

        done = await asyncio.to_thread(import_files, paths, known, tell=_teller(tell), stop=stop)
        return list(_said(done))

    count = f"{len(paths)} file{'' if len(paths) == 1 else 's'}"
    return Job(
        f"Import {count}",
        "Their ids and order numbers go into the index of this machine; nothing is sent, and no"
        " buyer data is kept. The same file twice does no harm.",
        [f"{path.name}  ({_size(path)})" for path in paths],
        work,
    )


def sync_job(session: Session) -> Job:
    """The job of fetching the account's reports into the index."""

    async def work(tell: Callable[[Step], None], stop: Callable[[], bool]) -> Sequence[Said]:
        from console.sync import Progress as Far
        from console.sync import Synced, sync
        from console.tui.failures import READ_FAILURES, say_failure

        def heard(far: Far) -> None:
            tell(Step(far.sentence, far.done / far.total if far.total else None))

        done, failure = Synced(), None
        try:
            stopped = await _until_stopped(sync(session, tell=heard, synced=done), stop)
        except READ_FAILURES as error:
            stopped, failure = False, say_failure(error)
        return [*([failure] if failure else []), *_sync_said(done, stopped)]

    return Job(
        "Sync Amazon's reports",
        "Reports are listed, requested, waited for and read into the index of this machine, from"
        " where the last sync stopped. It can take minutes; stopping loses nothing.",
        [f"{session.profile.title} · {session.profile.environment}"],
        work,
    )


async def _until_stopped(work: Coroutine[Any, Any, object], stop: Callable[[], bool]) -> bool:
    """Wait for `work`, or cancel it when asked to stop; returns whether it was stopped."""
    task, asked = asyncio.ensure_future(work), False
    try:
        while not task.done():
            await asyncio.wait([task], timeout=_BETWEEN_STEPS)
            if stop() and not asked:  # once: what it does to end well is not to be broken off
                asked = task.cancel()
        if task.cancelled():
            return True
        task.result()
        return False
    finally:
        task.cancel()


def _sync_said(done: Synced, stopped: bool) -> Iterator[Said]:
    new = sum(taken.counts.new for taken in done.taken)
    rows = sum(taken.counts.rows for taken in done.taken)
    trouble = [
        f"{title_of(one.type)}{f' {one.report}' if one.report else ''}: {one.why}"
        for one in (*done.refused, *done.failed)
    ]
    waiting = len(done.waiting)
    later = f"{waiting} more are being made; the next sync fetches them." if waiting else ""
    yield Said(
        "Stopped" if stopped else f"{len(done.taken)} reports are in the index",
        f"{len(done.taken)} reports, {rows:,} rows, {new:,} facts new.",
        "What was done is kept; sync again to go on." if stopped else later,
        "warning" if stopped or trouble else "good",
        tuple(trouble),
    )


def _teller(tell: Callable[[Step], None]) -> Callable[[Progress], None]:
    last = 0.0

    def heard(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last < _BETWEEN_STEPS:
            return
        last = time.monotonic()
        total = progress.bytes_total
        share = progress.bytes_read / total if total else None
        tell(Step(f"{progress.file}: {progress.rows:,} rows", share))

    return heard


def _said(done: Imported) -> Iterator[Said]:
    if done.stopped:
        yield Said(
            "Stopped",
            "What was read until then is in the index. Import it again to go on.",
            tone="warning",
        )
    for file in done.files:
        yield _file_said(file)


def _file_said(file: FileResult) -> Said:
    counts = [f"{file.rows:,} rows", f"{file.imported:,} imported", f"{file.new:,} facts new"]
    if file.skipped:
        counts.append(f"{file.skipped:,} skipped")
    if file.bad_count:
        counts.append(f"{file.bad_count:,} bad")
    bad = [f"line {bad.line}: {bad.why}" for bad in file.bad[:_BAD_SHOWN]]
    if file.bad_count > len(bad):
        bad.append(f"… and {file.bad_count - len(bad):,} more")
    trouble = file.error is not None or file.bad_count > 0
    return Said(
        f"{file.file}: {file.format or 'not read'}",
        ", ".join(counts),
        file.error or "",
        "warning" if trouble else "good",
        (*file.notes, *bad),
    )


def _size(path: Path) -> str:
    try:
        size = path.stat().st_size
    except OSError:
        return "size not known"
    return f"{size:,} bytes" if size < 10_000 else f"{size / 1e6:,.1f} MB"
