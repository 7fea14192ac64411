"""`sync`: the shop's reports, through the Reporting API, into the index of known ids.

What Amazon has already made is fetched; what is missing since last time is requested, waited
for and fetched (Reports page). How far each type has come is a watermark in the index. It moves
when a report has been imported and never over a gap, so that whatever stops a sync, the next one
goes on from there: it finds what was requested in Amazon's list.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.amazon.errors import (
    AmazonError,
    NoAnswer,
    NotAllowed,
    NotFound,
    NotSent,
    ServiceFailed,
    Throttled,
    Unreadable,
)
from console.amazon.phrases import told
from console.amazon.reports import (
    COMPLETED,
    DEAD,
    KNOWN_TYPES,
    REQUESTED_TYPES,
    Report,
    fetch,
    get_report,
    list_reports,
    request_report,
    title_of,
)
from console.domain.language import N_, _, many, together
from console.domain.listed import listed as in_a_row
from console.domain.model import parse_time, show_time

if TYPE_CHECKING:
    from console.session import Session
    from console.store.index import KnownIds

HISTORY: Final = timedelta(days=90)  # how far the first sync looks back
WINDOW: Final = timedelta(days=30)
# A report has what was made or changed state in its window. How late a change shows up there is
# not documented, so a window begins a day before the last one ended.
OVERLAP: Final = timedelta(days=1)
LAG: Final = timedelta(minutes=1)  # a window must not end in Amazon's future
WORTH: Final = timedelta(minutes=5)  # for less a report is not requested
POLL_WAITS: Final = (2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0)  # seconds; the last one for ever
COMPLAINTS: Final = 20  # bad rows of one report that are named; all are counted
AGAIN: Final = N_("The next sync tries it again.")  # translated by `_` where it is shown
PATIENCE: Final = 1800.0  # seconds to wait for reports before leaving them to the next sync


@dataclass(frozen=True)
class Counts:
    """What one report's file held; `complaints` are about its first bad rows."""

    rows: int
    imported: int
    new: int
    skipped: int
    bad: int
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """A report that is in the index now."""

    report: Report
    counts: Counts


@dataclass(frozen=True)
class Trouble:
    """What could not be had; `report` is None where it was not even requested.

    `refused` where Amazon said no, by an answer or by failing the report. Everything else may
    pass by itself: the next sync tries it again.
    """

    type: str
    report: str | None
    why: str
    refused: bool


@dataclass
class Synced:
    """What a sync has done; it grows while the sync works."""

    taken: list[Taken] = field(default_factory=list)
    requested: list[Report] = field(default_factory=list)
    refused: list[Trouble] = field(default_factory=list)
    failed: list[Trouble] = field(default_factory=list)
    waiting: list[Report] = field(default_factory=list)
    complete_until: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """Where a sync stands: reports in the index, all that are known to come, and a sentence."""

    done: int
    total: int
    sentence: str


@dataclass(frozen=True)
class Begin:
    """Where a type goes on: all before `mark` is known, and no window begins before `earliest`."""

    earliest: datetime
    mark: datetime


class NotAReport(Exception):
    """A file that the import can't read; the message says why."""


Tell = Callable[[Progress], None]
Read = Callable[[Path, "KnownIds", Callable[[], bool]], Counts]
Span = tuple[datetime, datetime]


def import_report(path: Path, known: KnownIds, stop: Callable[[], bool]) -> Counts:
    """Import one report's file; one without a byte has no rows. Blocks. Raises NotAReport."""
    from console.imports import import_files

    if not path.stat().st_size:
        return Counts(0, 0, 0, 0, 0)
    files = import_files([path], known, stop=stop).files
    for file in files:
        if file.error is not None:
            raise NotAReport(file.error)
    return Counts(
        rows=sum(file.rows for file in files),
        imported=sum(file.imported for file in files),
        new=sum(file.new for file in files),
        skipped=sum(file.skipped for file in files),
        bad=sum(file.bad_count for file in files),
        complaints=tuple(
            _("line {line}: {why}", line=bad.line, why=bad.why)
            for bad in [bad for file in files for bad in file.bad][:COMPLAINTS]
        ),
    )


async def sync(
    session: Session,
    *,
    since: datetime | None = None,
    tell: Tell = lambda _progress: None,
    synced: Synced | None = None,
    read: Read = import_report,
    patience: float = PATIENCE,
) -> Synced:
    """Bring the index up to date with the account's reports; returns what was done.

    `since` is where to begin instead of where the last sync stopped. `synced` is filled as it
    goes, for whom the work is cancelled from; `read` imports one file; `patience` is in
    seconds. Raises what the client raises where nothing can go on.
    """
    work = _Sync(session, since, tell, Synced() if synced is None else synced, read)
    await work.run(patience)
    return work.synced


class _Sync:
    def __init__(
        self, session: Session, since: datetime | None, tell: Tell, synced: Synced, read: Read
    ) -> None:
        self.synced = synced
        self._client, self._known, self._profile = session.client, session.known, session.profile
        self._since, self._tell_to, self._read = since, tell, read
        self._types = REQUESTED_TYPES[session.profile.environment]
        self._marks: dict[str, datetime] = {}
        self._spans: defaultdict[str, list[Span]] = defaultdict(list)
        self._imported: set[str] = set()  # by earlier syncs, of those that Amazon lists
        self._left = 0  # reports that are known to come

    async def run(self, patience: float) -> None:
        listed = await self._list()
        now = (self._client.amazon_now() - LAG).replace(microsecond=0)
        begins = await self._load_marks(now)
        await self._take_listed(listed)
        pending = [report for report in listed if report.is_pending]
        pending += await self._request(listed, pending, begins, now)
        await self._wait(pending, patience)
        await self._mark_list(listed, now)

    def _tell(self, sentence: str) -> None:
        done = len(self.synced.taken)
        self._tell_to(Progress(done, done + self._left, sentence))

    # --- watermarks ------------------------------------------------------------------------------

    def _name(self, what: str) -> str:
        """By the merchant, not by the profile: a name may be given to another account later."""
        profile = self._profile
        merchant = profile.merchant_id or profile.public_key_id
        return f"reports/{merchant}/{profile.region}/{profile.environment}/{what}"

    async def _mark(self, what: str) -> datetime | None:
        return parse_time(await asyncio.to_thread(self._known.watermark, self._name(what)))

    async def _set_mark(self, what: str, moment: datetime) -> None:
        shown = show_time(moment) or ""
        await asyncio.to_thread(self._known.set_watermark, self._name(what), shown)

    async def _load_marks(self, now: datetime) -> dict[str, Begin]:
        """Where each type stands; returns where each begins this time."""
        begins = {}
        for kind in self._types:
            known = await self._mark(kind)
            first = self._since or known or now - HISTORY
            goes_on = known is not None and self._since is None
            begins[kind] = Begin(first - OVERLAP if goes_on else first, first)
            self._marks[kind] = known or first
            if known:
                self.synced.complete_until[kind] = known
        return begins

    async def _cover(self, report: Report) -> None:
        """Move the watermark of an imported report's type as far as imports reach unbroken."""
        kind, span = report.type, _span(report)
        if kind not in self._marks or span is None:
            return
        self._spans[kind].append(span)
        reached = _reach(self._marks[kind], self._spans[kind])
        if reached > self._marks[kind]:
            await self._set_mark(kind, reached)
            self._marks[kind] = self.synced.complete_until[kind] = reached

    async def _mark_list(self, listed: list[Report], now: datetime) -> None:
        """Remember since when the list has to be read again: from the oldest that is not done."""
        taken = {taken.report.id for taken in self.synced.taken} | self._imported
        open_since = [
            report.created
            for report in listed
            if report.created and report.id not in taken and self._may_matter(report)
        ]
        await self._set_mark("listed", min([*open_since, now]) - OVERLAP)

    def _may_matter(self, report: Report) -> bool:
        """A report that failed matters as long as nothing else has covered its window."""
        if report.status not in DEAD:
            return True
        mark, span = self._marks.get(report.type), _span(report)
        return mark is not None and span is not None and span[1] > mark

    # --- what Amazon has already -----------------------------------------------------------------

    async def _list(self) -> list[Report]:
        """The reports since the last list was dealt with, oldest first."""
        self._tell(_("Asking Amazon which reports it has."))
        mark = await self._mark("listed")
        since = min(self._since, mark) if self._since and mark else self._since or mark
        types = KNOWN_TYPES[self._profile.environment]
        found = [r for r in await list_reports(self._client, types, since) if r.type in types]
        self._imported = await asyncio.to_thread(self._known_imports, found)
        return sorted(found, key=lambda report: (show_time(report.end) or "", report.id))

    def _known_imports(self, reports: Iterable[Report]) -> set[str]:
        names = {report.id: self._name(f"imported/{report.id}") for report in reports}
        return {report for report, name in names.items() if self._known.watermark(name)}

    async def _take_listed(self, listed: list[Report]) -> None:
        for report in listed:
            if report.id in self._imported:
                await self._cover(report)
            elif report.status in DEAD and self._may_matter(report):
                # It was named when it failed; what it should have had is requested anew below.
                self._tell(
                    _(
                        "{report} ({id}) was {status}.",
                        report=_words(report),
                        id=report.id,
                        status=report.status,
                    )
                )
        waiting = [r for r in listed if r.status == COMPLETED and r.id not in self._imported]
        self._left = len(waiting)
        for report in waiting:
            await self._take(report)

    async def _take(self, report: Report) -> None:
        """Fetch and import one report; what goes wrong with it is noted, not raised."""
        self._tell(_("Fetching {report}.", report=_words(report)))
        try:
            counts = await self._fetch(report)
        except (AmazonError, NoAnswer, NotSent, Unreadable, NotAReport) as error:
            self._left -= 1
            self._fail(report, told(error), refused=_says_no(error))
            return
        await self._set_mark(f"imported/{report.id}", self._client.amazon_now())
        await self._cover(report)
        self._left -= 1
        self.synced.taken.append(Taken(report, counts))
        self._tell_counts(report, counts)

    def _tell_counts(self, report: Report, counts: Counts) -> None:
        found = [
            many("{count} row", "{count} rows", counts.rows),
            many("{count} new fact", "{count} new facts", counts.new),
        ]
        if counts.bad:
            found.append(many("{count} bad", "{count} bad", counts.bad))
        self._tell(_("{report}: {counts}.", report=_words(report), counts=in_a_row(found)))
        for complaint in counts.complaints:
            self._tell(f"  {complaint}")

    async def _fetch(self, report: Report) -> Counts:
        """A private file, removed whatever happens."""
        handle, name = await asyncio.to_thread(tempfile.mkstemp, ".csv", "payconsole-")
        try:
            with os.fdopen(handle, "w+b") as file:
                await fetch(self._client, report, file)
            return await _until_stopped(lambda stop: self._read(Path(name), self._known, stop))
        finally:
            await asyncio.to_thread(os.unlink, name)

    def _fail(self, report: Report, why: str, *, refused: bool) -> None:
        self.synced.failed.append(Trouble(report.type, report.id, why, refused))
        failed = _(
            "{report} ({id}): {why}.", report=_words(report), id=report.id, why=why.rstrip(".。")
        )
        self._tell(together(failed, _(AGAIN)))

    # --- what is missing -------------------------------------------------------------------------

    async def _request(
        self,
        listed: list[Report],
        pending: list[Report],
        begins: dict[str, Begin],
        now: datetime,
    ) -> list[Report]:
        """Request what no report covers that is imported or still being made."""
        requested: list[Report] = []
        known = {report.id for report in listed}
        plan: dict[str, list[Span]] = {}
        for kind in self._types:
            coming = [span for r in pending if r.type == kind and (span := _span(r))]
            covered = [*self._spans[kind], *coming]
            plan[kind] = list(_windows(begins[kind], covered, now))
        self._tell_plan(plan, now)
        for kind, windows in plan.items():
            for window in windows:
                made = await self._request_one(kind, window, listed)
                if made is None:
                    break
                if made.id not in known:
                    requested.append(made)
                    self.synced.requested.append(made)
        return requested

    def _tell_plan(self, plan: Mapping[str, Sequence[Span]], now: datetime) -> None:
        """How many reports will be requested, and for which span, before the first one is.

        Amazon keeps reports for 90 days (Reports page). How far back the window of a new one may
        lie is not documented.
        """
        spans = [span for windows in plan.values() for span in windows]
        if not spans:
            return
        whole = min(start for start, _end in spans), max(end for _start, end in spans)
        self._tell(
            many(
                "{count} report of {types} will be requested, for {span}.",
                "{count} reports of {types} will be requested, for {span}.",
                len(spans),
                types=many("{count} type", "{count} types", len(plan)),
                span=_days(whole),
            )
        )
        if now - whole[0] > HISTORY + OVERLAP:
            self._tell(
                _(
                    "That begins more than {days} days ago. How far back Amazon makes reports is"
                    " not documented: it may refuse the oldest, or leave them empty.",
                    days=HISTORY.days,
                )
            )

    async def _request_one(self, kind: str, window: Span, listed: list[Report]) -> Report | None:
        """None where it could not be requested: then nor can the type's other windows."""
        dead = [
            r for r in listed if r.status in DEAD and (r.type, r.start, r.end) == (kind, *window)
        ]
        asked = in_a_row([title_of(kind), _days(window)])
        self._tell(_("Requesting {report}.", report=asked))
        try:
            made = await request_report(self._client, kind, *window, generation=len(dead))
        except NotAllowed:
            raise
        except (NoAnswer, NotSent, Unreadable, Throttled, ServiceFailed) as error:
            why = told(error)
            self.synced.failed.append(Trouble(kind, None, why, refused=False))
            failed = _(
                "{report} could not be requested: {why}.",
                report=title_of(kind),
                why=why.rstrip(".。"),
            )
            self._tell(together(failed, _(AGAIN)))
            return None
        except AmazonError as error:
            why = told(error)
            self.synced.refused.append(Trouble(kind, None, why, refused=True))
            self._tell(_("{report} is skipped: {why}", report=title_of(kind), why=why))
            return None
        return Report(made, kind, *window, created=None, status="IN_PROGRESS", document=None)

    # --- waiting ---------------------------------------------------------------------------------

    async def _wait(self, pending: list[Report], patience: float) -> None:
        """Ask after each report until it is final, less and less often."""
        deadline = time.monotonic() + patience
        self.synced.waiting = pending
        self._left = len(pending)
        for wait in chain(POLL_WAITS, repeat(POLL_WAITS[-1])):
            if not self.synced.waiting or time.monotonic() + wait > deadline:
                break
            left = len(self.synced.waiting)
            self._tell(many("Waiting for {count} report.", "Waiting for {count} reports.", left))
            await asyncio.sleep(wait)
            for report in list(self.synced.waiting):
                if await self._is_final(report):
                    self.synced.waiting.remove(report)

    async def _is_final(self, report: Report) -> bool:
        """Ask after one report; take it where it is complete."""
        try:
            found = await get_report(self._client, report.id)
        except (NotFound, Unreadable) as error:
            self._fail(report, told(error), refused=_says_no(error))
            self._left -= 1
            return True
        if found.is_pending:
            return False
        # What was asked for holds where Amazon's answer leaves it out.
        final = replace(found, type=report.type, start=found.start or report.start,
                        end=found.end or report.end)  # fmt: skip
        if final.status == COMPLETED:
            await self._take(final)
        else:
            self._fail(final, _("Amazon says {status}", status=final.status), refused=True)
            self._left -= 1
        return True


def _says_no(error: Exception) -> bool:
    """Whether Amazon refused, for good as far as it says."""
    return isinstance(error, AmazonError) and not isinstance(error, Throttled | ServiceFailed)


async def _until_stopped(work: Callable[[Callable[[], bool]], Counts]) -> Counts:
    """Run `work(stop)` in a thread; when this is cancelled, it is told so and waited for."""
    stop = threading.Event()
    task = asyncio.ensure_future(asyncio.to_thread(work, stop.is_set))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([task])
        task.exception()  # whatever it was, stopping came first
        raise


# --- spans ------------------------------------------------------------------------------------


def _span(report: Report) -> Span | None:
    """What a report covers: nothing of what came after it was made."""
    if report.start is None or report.end is None:
        return None
    end = min(report.end, report.created) if report.created else report.end
    return report.start, end


def _reach(mark: datetime, spans: Iterable[Span]) -> datetime:
    """How far the spans go on from `mark` without a gap."""
    for start, end in sorted(spans):
        if start <= mark < end:
            mark = end
    return mark


def _windows(begin: Begin, covered: Iterable[Span], now: datetime) -> Iterator[Span]:
    """The windows to request so that there is a report of everything until `now`."""
    reached = _reach(begin.mark, covered)
    if now - reached < WORTH:
        return
    start = max(begin.earliest, reached - OVERLAP)
    while start < now:
        end = min(start + WINDOW, now)
        yield start, end
        start = end


# --- words ------------------------------------------------------------------------------------


def _days(span: Span) -> str:
    start, end = (moment.strftime("%Y-%m-%d %H:%M") for moment in span)
    return _("{start} to {end}", start=start, end=end)


def _words(report: Report) -> str:
    if report.start is None or report.end is None:
        return report.title
    return in_a_row([report.title, _days((report.start, report.end))])
