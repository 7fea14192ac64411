"""What fills the index, as jobs of the screen: files that were dropped on it, Amazon's reports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.amazon.reports import title_of
from console.domain.language import _, many
from console.domain.listed import listed
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

    return Job(
        many("Import {count} file", "Import {count} files", len(paths)),
        _(
            "Their ids and order numbers go into the index of this machine; nothing is sent, and no"
            " buyer data is kept. The same file twice does no harm."
        ),
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
        _("Sync Amazon's reports"),
        _(
            "Reports are listed, requested, waited for and read into the index of this machine,"
            " from where the last sync stopped. It can take minutes; stopping loses nothing."
        ),
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
    reports, waiting, later = len(done.taken), len(done.waiting), ""
    if stopped:
        later = _("What was done is kept; sync again to go on.")
    elif waiting:
        later = many(
            "{count} more is being made; the next sync fetches it.",
            "{count} more are being made; the next sync fetches them.",
            waiting,
        )
    in_index = many("{count} report is in the index", "{count} reports are in the index", reports)
    yield Said(
        _("Stopped") if stopped else in_index,
        _(
            "{reports}, {rows}, {facts}.",
            reports=many("{count} report", "{count} reports", reports),
            rows=many("{count} row", "{count} rows", rows),
            facts=_facts_new(new),
        ),
        later,
        "warning" if stopped or trouble else "good",
        tuple(trouble),
    )


def _facts_new(count: int) -> str:
    return many("{count} fact new", "{count} facts new", count)


def _teller(tell: Callable[[Step], None]) -> Callable[[Progress], None]:
    last = 0.0

    def heard(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last < _BETWEEN_STEPS:
            return
        last = time.monotonic()
        total = progress.bytes_total
        share = progress.bytes_read / total if total else None
        rows = many(
            "{file}: {count} row", "{file}: {count} rows", progress.rows, file=progress.file
        )
        tell(Step(rows, share))

    return heard


def _said(done: Imported) -> Iterator[Said]:
    if done.stopped:
        yield Said(
            _("Stopped"),
            _("What was read until then is in the index. Import it again to go on."),
            tone="warning",
        )
    for file in done.files:
        yield _file_said(file)


def _file_said(file: FileResult) -> Said:
    counts = [
        many("{count} row", "{count} rows", file.rows),
        many("{count} imported", "{count} imported", file.imported),
        _facts_new(file.new),
    ]
    if file.skipped:
        counts.append(many("{count} skipped", "{count} skipped", file.skipped))
    if file.bad_count:
        counts.append(many("{count} bad", "{count} bad", file.bad_count))
    bad = [_("line {line}: {why}", line=bad.line, why=bad.why) for bad in file.bad[:_BAD_SHOWN]]
    if file.bad_count > len(bad):
        bad.append(many("… and {count} more", "… and {count} more", file.bad_count - len(bad)))
    trouble = file.error is not None or file.bad_count > 0
    return Said(
        f"{file.file}: {_(file.format) if file.format else _('not read')}",
        listed(counts),
        file.error or "",
        "warning" if trouble else "good",
        (*file.notes, *bad),
    )


def _size(path: Path) -> str:
    try:
        size = path.stat().st_size
    except OSError:
        return _("size not known")
    if size < 10_000:
        return many("{count} byte", "{count} bytes", size)
    return f"{size / 1e6:,.1f} MB"
