"""The Reporting API: reports and their files, schedules, disbursements (Reports page)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import quote

from console.amazon.errors import (
    AmazonError,
    NoAnswer,
    NotSent,
    ServiceFailed,
    Throttled,
    Unreadable,
)
from console.amazon.signing import pay_date
from console.domain.ids import Target
from console.domain.intent import Reservation
from console.domain.kept import kept
from console.domain.language import N_
from console.domain.limits import MAX_IDEMPOTENCY_KEY
from console.domain.model import parse_time
from console.domain.text import clean_line

if TYPE_CHECKING:
    from console.amazon.client import AmazonPay
    from console.amazon.endpoints import Account

PAGE_SIZE: Final = 100  # the largest
MAX_PAGES: Final = 2000
REQUEST_WAITS: Final = (0.0, 1.0, 2.0, 4.0)  # before each attempt to request a report
FETCH_WAITS: Final = (0.0, 0.0, 1.0, 4.0)  # before each fresh address of a report's file


def _type(word: str) -> str:
    return f"_GET_FLAT_FILE_OFFAMAZONPAYMENTS_{word}_DATA_"


# Report type -> Amazon's name of it (Reports page).
TITLES: Final = {
    _type("ORDER_REFERENCE"): "Order Reference",
    _type("AUTHORIZATION"): "Authorization",
    _type("CAPTURE"): "Capture",
    _type("REFUND"): "Refund",
    _type("BILLING_AGREEMENT"): "Billing Agreement",
    _type("SETTLEMENT"): "Settlement",
    _type("SANDBOX_SETTLEMENT"): "Sandbox Settlement",
}
_ALL: Final = tuple(TITLES)

# Environment -> the types that are of use here, and those of them that are requested. Live
# settlement reports are made by settlements alone; the sandbox has its own type only, which
# has to be requested (Reports page; comments of the .NET SDK).
KNOWN_TYPES: Final = {"live": _ALL[:-1], "sandbox": _ALL[-1:]}
REQUESTED_TYPES: Final = {"live": _ALL[:4], "sandbox": _ALL[-1:]}

COMPLETED: Final = "COMPLETED"
DEAD: Final = frozenset({"FAILED", "CANCELLED"})


def title_of(report_type: str) -> str:
    """What people call a report type; one that is not known is named as Amazon gave it."""
    return TITLES.get(report_type, report_type)


@dataclass(frozen=True)
class Report:
    """One report. It is of what was made or changed between `start` and `end`."""

    id: str
    type: str
    start: datetime | None
    end: datetime | None
    created: datetime | None
    status: str
    document: str | None

    @property
    def title(self) -> str:
        return title_of(self.type)

    @property
    def is_pending(self) -> bool:
        """Whether it may still become complete; a status that is not known may."""
        return self.status != COMPLETED and self.status not in DEAD


@dataclass(frozen=True)
class Schedule:
    """A report that Amazon makes again and again; `frequency` is an ISO 8601 duration."""

    id: str
    type: str
    frequency: str | None
    next: datetime | None


@dataclass(frozen=True)
class Disbursement:
    """What a settlement paid to the bank; `reference` stands on the bank statement."""

    settlement: str | None
    reference: str | None
    amount: str | None
    currency: str | None
    time: datetime | None


# --- reading ----------------------------------------------------------------------------------


async def list_reports(
    client: AmazonPay, types: Sequence[str] = (), since: datetime | None = None
) -> list[Report]:
    """The reports of these types (of all types where none is named), as Amazon orders them.

    Without `since` those of the last 90 days, which is as long as Amazon keeps them.
    """
    query = {"pageSize": [str(PAGE_SIZE)]}
    if types:
        query["reportTypes"] = [",".join(types)]
    if since is not None:
        query["createdSince"] = [pay_date(since)]
    target = Target("list_reports", N_("the list of reports"), "/reports")
    return [
        report
        async for item in _pages(client, target, "reports", query)
        if (report := _report(item)) is not None
    ]


async def get_report(client: AmazonPay, report_id: str) -> Report:
    target = Target("get_report", report_id, f"/reports/{quote(report_id, safe='')}")
    report = _report((await client.get(target)).data or {})
    if report is None:
        raise Unreadable(
            N_("Amazon's answer for {report} is not a report."), report=clean_line(report_id, 100)
        )
    return report


async def list_schedules(client: AmazonPay) -> list[Schedule]:
    """Every schedule of the account; Amazon allows one for each type."""
    target = Target("list_report_schedules", N_("the report schedules"), "/report-schedules")
    data = (await client.get(target)).data or {}
    return [_schedule(item) for item in _objects(data, "reportSchedules")]


async def get_schedule(client: AmazonPay, schedule_id: str) -> Schedule:
    path = f"/report-schedules/{quote(schedule_id, safe='')}"
    return _schedule(
        (await client.get(Target("get_report_schedule", schedule_id, path))).data or {}
    )


async def list_disbursements(
    client: AmazonPay, since: datetime | None = None, until: datetime | None = None
) -> list[Disbursement]:
    """The payments to the bank in a span (Requesting disbursement details)."""
    query = {"pageSize": [str(PAGE_SIZE)]}
    if since is not None:
        query["startTime"] = [pay_date(since)]
    if until is not None:
        query["endTime"] = [pay_date(until)]
    target = Target("list_disbursements", N_("the disbursements"), "/disbursements")
    return [
        Disbursement(
            settlement=_line(item, "settlementId"),
            reference=_line(item, "amazonDisbursementReferenceId"),
            amount=_line(item, "amount"),
            currency=_line(item, "currencyCode"),
            time=parse_time(item.get("transactionTime")),
        )
        async for item in _pages(client, target, "disbursements", query)
    ]


async def _pages(
    client: AmazonPay, target: Target, name: str, query: Mapping[str, Sequence[str]]
) -> AsyncIterator[dict[str, Any]]:
    """Every item of every page. A token must be used alone: it stands for the first query."""
    seen: set[str] = set()
    while True:
        data = (await client.get(target, query)).data or {}
        for item in _objects(data, name):
            yield item
        token = data.get("nextToken")
        if not token:
            return
        if str(token) in seen or len(seen) >= MAX_PAGES:
            raise Unreadable(N_("The pages of {object} don't end."), object=kept(target.id))
        seen.add(str(token))
        query = {"nextToken": [str(token)]}


def _objects(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    listed = data.get(name)
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _report(item: Mapping[str, Any]) -> Report | None:
    """None for what has no id: there is nothing to do with it."""
    report_id = _line(item, "reportId")
    if report_id is None:
        return None
    return Report(
        id=report_id,
        type=_line(item, "reportType") or "",
        start=parse_time(item.get("startTime")),
        end=parse_time(item.get("endTime")),
        created=parse_time(item.get("createdTime")),
        status=_line(item, "processingStatus") or "",
        document=_line(item, "reportDocumentId"),
    )


def _schedule(item: Mapping[str, Any]) -> Schedule:
    return Schedule(
        id=_line(item, "reportScheduleId") or "",
        type=_line(item, "reportType") or "",
        frequency=_line(item, "scheduleFrequency"),
        next=parse_time(item.get("nextReportCreationTime")),
    )


def _line(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    return None if value is None else clean_line(str(value), 200)


# --- a report's file --------------------------------------------------------------------------


async def fetch(client: AmazonPay, report: Report, file: BinaryIO) -> int:
    """Write a report's file to `file`; returns its bytes.

    An address lives for 30 seconds, so each is asked for when the download can begin at once,
    and a fresh one where it was too late or the download broke off. Raises NoAnswer when that
    has not helped, Unreadable or NotSent where it can't.
    """
    if report.document is None:
        raise Unreadable(N_("Report {report} is complete but has no file."), report=report.id)
    path = f"/report-documents/{quote(report.document, safe='')}"
    target = Target("get_report_document", report.document, path)
    failure: AmazonError | NoAnswer | None = None
    for wait in FETCH_WAITS:
        await asyncio.sleep(wait)
        await asyncio.to_thread(_empty, file)
        address = ((await client.get(target)).data or {}).get("url")
        if not isinstance(address, str):
            raise Unreadable(
                N_("Amazon gave no address for the file of report {report}."), report=report.id
            )
        try:
            return await client.download(address, file)
        except (AmazonError, NoAnswer) as error:
            failure = error
    assert failure is not None
    raise NoAnswer(
        N_("The file of report {report} could not be fetched: {why}"),
        report=report.id,
        why=failure.phrase,
    )


def _empty(file: BinaryIO) -> None:
    file.seek(0)
    file.truncate()


# --- requesting -------------------------------------------------------------------------------


async def request_report(
    client: AmazonPay, report_type: str, start: datetime, end: datetime, generation: int = 0
) -> str:
    """Ask Amazon to make a report; returns its id.

    It moves no money and changes no order, so it is no intent of the journal. Its key follows
    from what is asked: the same request again, by whomever, is answered with the same report.
    `generation` is how many reports of just this window are known to have failed. Raises
    AmazonError, NoAnswer, NotSent or Unreadable.
    """
    failure: Exception = NoAnswer(N_("Amazon did not answer."))
    for attempt, wait in enumerate(REQUEST_WAITS, start=1):
        await asyncio.sleep(wait)
        reservation = _reservation(client.account, report_type, start, end, generation, attempt)
        try:
            answer = await client.send(reservation)
        except (NoAnswer, NotSent) as error:
            failure = error
            continue
        if answer.ok:
            made = clean_line(str((answer.data or {}).get("reportId") or ""), 200)
            if not made:
                raise Unreadable(N_("Amazon accepted the report but gave no id for it."))
            return made
        failure = answer.error()
        if not isinstance(failure, Throttled | ServiceFailed):
            raise failure
    raise failure


def _reservation(
    account: Account,
    report_type: str,
    start: datetime,
    end: datetime,
    generation: int,
    attempt: int,
) -> Reservation:
    body = {"reportType": report_type, "startTime": pay_date(start), "endTime": pay_date(end)}
    written = json.dumps(body, separators=(",", ":")).encode()
    seed = f"payconsole/report/1|{account.region}|{account.environment}|{generation}|".encode()
    digest = hashlib.sha256(seed + written).digest()
    return Reservation(
        intent=0,  # of no intent
        attempt=attempt,
        operation="create_report",
        object_id=report_type,
        method="POST",
        path="/reports",
        body=written,
        idempotency_key=base64.b32encode(digest).decode().lower()[:MAX_IDEMPOTENCY_KEY],
    )
