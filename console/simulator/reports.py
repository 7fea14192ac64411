"""The Reporting API: reports, their files, schedules and disbursements (Reports page).

A report is made from the world's own objects, in the words of v1, as Amazon's reports are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl

from . import reportfiles
from .bodies import JSON, only, parse, required_text
from .calls import Answer, Call
from .clock import timestamp
from .errors import ApiError, not_found
from .objects import LIVE, Address, Report
from .reportfiles import (
    AUTHORIZATION,
    BILLING_AGREEMENT,
    CAPTURE,
    ORDER_REFERENCE,
    REFUND,
    SANDBOX_SETTLEMENT,
    SETTLEMENT,
)
from .world import World

ADDRESS_LIFE: Final = timedelta(seconds=30)
REPORT_LIFE: Final = timedelta(days=90)
LONGEST_WINDOW: Final = timedelta(days=30)
SETTLEMENT_PERIOD: Final = timedelta(days=14)
DOCUMENTS: Final = "/_documents"  # where the files are, beside the API and without signature
_EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)

_TRANSACTIONS: Final = (ORDER_REFERENCE, AUTHORIZATION, CAPTURE, REFUND, BILLING_AGREEMENT)
_STATUSES: Final = ("IN_PROGRESS", "COMPLETED", "FAILED", "CANCELLED")
_DEFAULT_PAGE: Final = 10
_LARGEST_PAGE: Final = 100


# --- reports ----------------------------------------------------------------------------------


def create(world: World, call: Call) -> Answer:
    body = parse(call.body)
    only(body, ("reportType", "startTime", "endTime"))
    kind = required_text(body, "reportType")
    _check_type(world, kind, call.environment)
    start, end, now = _time(body, "startTime"), _time(body, "endTime"), world.clock.now()
    # Neither limit is documented for transaction reports: this service is strict.
    if not start < end <= now or end - start > LONGEST_WINDOW:
        raise ApiError("InvalidParameterValue", "startTime and endTime must span at most 30 days")
    made = Report(
        id=f"A{world.new_session_id().replace('-', '')[:20].upper()}",
        type=kind,
        environment=call.environment,
        start=start,
        end=end,
        created=now,
        ready=now + timedelta(seconds=world.delays.report),
        outcome=world.switches.report_outcome,
    )
    world.reports[made.id] = made
    return Answer(world.switches.create_report_status, {"reportId": made.id})


def _check_type(world: World, kind: str, environment: str) -> None:
    """Sandbox has one type; settlement reports are made by settlements alone (Reports page)."""
    allowed = set(_TRANSACTIONS) if environment == LIVE else {SANDBOX_SETTLEMENT}
    if not world.switches.capture_report:
        allowed.discard(CAPTURE)
    if kind not in allowed:
        raise ApiError("InvalidParameterValue", f"A report of type {kind} can't be requested")


def get(world: World, call: Call) -> Answer:
    return Answer(200, _report_json(_found(world, call.target, call.environment), _now(world)))


def list_reports(world: World, call: Call) -> Answer:
    """Newest first. `nextToken` must be used alone; without createdSince the last 90 days."""
    names = {"reportTypes", "processingStatuses", "createdSince", "createdUntil"}
    query, skip = _page_query(call, names)
    now = _now(world)
    since, until = _span(query, "createdSince", "createdUntil", now - REPORT_LIFE, now)
    types = _listed(query, "reportTypes", reportfiles.TYPES)
    statuses = _listed(query, "processingStatuses", _STATUSES)
    rows = [
        _report_json(report, now)
        for report in sorted(world.reports.values(), key=lambda r: (r.created, r.id), reverse=True)
        if report.environment == call.environment
        and max(since, now - REPORT_LIFE) <= report.created <= until
        and (not types or report.type in types)
        and (not statuses or report.status(now) in statuses)
    ]
    return _page("reports", rows, query, skip)


def _found(world: World, report_id: str, environment: str) -> Report:
    now = _now(world)
    report = world.reports.get(report_id)
    if report is None or report.environment != environment or now - report.created > REPORT_LIFE:
        raise not_found("Report", report_id)
    return report


def _now(world: World) -> datetime:
    """The time, with every settlement until then settled."""
    now = world.clock.now()
    first = int((now - REPORT_LIFE - _EPOCH) / SETTLEMENT_PERIOD)
    for number in range(first + 1, int((now - _EPOCH) / SETTLEMENT_PERIOD) + 1):
        end = _EPOCH + number * SETTLEMENT_PERIOD
        name = f"A{number:08d}SETTLEMENT00"
        made = Report(name, SETTLEMENT, LIVE, end - SETTLEMENT_PERIOD, end, end, end)
        world.reports.setdefault(name, made)
    return now


def _report_json(report: Report, now: datetime) -> JSON:
    status = report.status(now)
    done = status != "IN_PROGRESS"
    return {
        "reportId": report.id,
        "reportType": report.type,
        "startTime": timestamp(report.start),
        "endTime": timestamp(report.end),
        "createdTime": timestamp(report.created),
        "processingStatus": status,
        "processingStartTime": timestamp(report.created),
        "processingEndTime": timestamp(report.ready) if done else None,
        "reportDocumentId": report.document if status == "COMPLETED" else None,
    }


# --- their files ------------------------------------------------------------------------------


def get_document(world: World, call: Call) -> Answer:
    """A fresh address of a report's file; it lives for 30 seconds."""
    now = _now(world)
    report = next((r for r in world.reports.values() if r.document == call.target), None)
    hidden = report is None or report.environment != call.environment
    if report is None or hidden or report.status(now) != "COMPLETED":
        raise not_found("Report document", call.target)
    token = world.new_session_id()
    world.addresses[token] = Address(report.id, now)
    body = {
        "reportDocumentId": report.document,
        "url": f"{call.origin}{DOCUMENTS}/{token}?X-Amz-Expires=30",
        "compressionAlgorithm": "N/A",
    }
    return Answer(200, body)


def file(world: World, token: str) -> tuple[int, bytes]:
    """Status and bytes of the file at an address; 403 where it has expired, as S3 answers."""
    with world.lock:
        now = world.catch_up()
        address = world.addresses.get(token)
        if address is None or now - address.given > ADDRESS_LIFE:
            return 403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message>"
        report = world.reports[address.report]
        prepared = world.report_files.get(report.id)
        if prepared is not None:
            return 200, prepared
        made = reportfiles.write(
            world, report.type, report.environment, report.start, report.end, report.ready
        )
        return 200, made.encode()


# --- schedules and disbursements --------------------------------------------------------------

# What this merchant has set up: report type, frequency. They make no reports here.
_SCHEDULES: Final = {
    "50011019347": (ORDER_REFERENCE, "P1D"),
    "50011019348": (REFUND, "P7D"),
}


def list_schedules(world: World, call: Call) -> Answer:
    query = _query(call, {"reportTypes"})
    types = _listed(query, "reportTypes", reportfiles.TYPES)
    shown = [
        _schedule_json(world, schedule_id)
        for schedule_id, (kind, _) in _SCHEDULES.items()
        if call.environment == LIVE and (not types or kind in types)
    ]
    return Answer(200, {"reportSchedules": shown})


def get_schedule(world: World, call: Call) -> Answer:
    if call.target not in _SCHEDULES or call.environment != LIVE:
        raise not_found("Report schedule", call.target)
    return Answer(200, _schedule_json(world, call.target))


def _schedule_json(world: World, schedule_id: str) -> JSON:
    kind, frequency = _SCHEDULES[schedule_id]
    tomorrow = world.clock.now().replace(hour=0, minute=0, second=0) + timedelta(days=1)
    return {
        "reportScheduleId": schedule_id,
        "reportType": kind,
        "scheduleFrequency": frequency,
        "nextReportCreationTime": timestamp(tomorrow),
    }


def list_disbursements(world: World, call: Call) -> Answer:
    """What each settlement paid to the bank account (Requesting disbursement details)."""
    query, skip = _page_query(call, {"startTime", "endTime"})
    now = _now(world)
    since, until = _span(query, "startTime", "endTime", now - REPORT_LIFE, now)
    rows = [
        row
        for report in sorted(world.reports.values(), key=lambda r: r.end)
        if report.type == SETTLEMENT
        and report.environment == call.environment
        and since <= report.end <= until
        for row in _disbursements(world, report)
    ]
    return _page("disbursements", rows, query, skip)


def _disbursements(world: World, report: Report) -> list[JSON]:
    totals: dict[str, Decimal] = {}
    for line in reportfiles.settled(
        world, report.environment, report.start, report.end, report.ready
    ):
        totals[line.currency] = totals.get(line.currency, Decimal(0)) + line.amount
    return [
        {
            "sellerId": reportfiles.SELLER,
            "settlementId": reportfiles.settlement_id(report.end),
            "amazonDisbursementReferenceId": f"AMZN{reportfiles.settlement_id(report.end)}{code}",
            "amount": str(amount),
            "currencyCode": code,
            "transactionTime": report.end.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        for code, amount in sorted(totals.items())
    ]


# --- queries ----------------------------------------------------------------------------------


def _query(call: Call, allowed: set[str]) -> dict[str, str]:
    query = dict(parse_qsl(call.query.decode("latin-1"), keep_blank_values=True))
    for name in query.keys() - allowed:
        raise ApiError("InvalidParameterValue", f"Unrecognized query parameter: {name}")
    return query


def _page_query(call: Call, allowed: set[str]) -> tuple[dict[str, str], int]:
    """The query of a page and how many rows it skips.

    A token stands for the query of the first page, so that nothing may stand beside it.
    """
    query = _query(call, {*allowed, "pageSize", "nextToken"})
    token = query.pop("nextToken", None)
    if token is None:
        return query, 0
    if query:
        raise ApiError("InvalidParameterCombination", "nextToken must be used alone")
    skip, _, first = token.partition("|")
    if not skip.isdecimal():
        raise ApiError("InvalidParameterValue", "nextToken is not one of ours")
    return dict(parse_qsl(first)), int(skip)


def _page(name: str, rows: list[JSON], query: dict[str, str], skip: int) -> Answer:
    written = query.get("pageSize", str(_DEFAULT_PAGE))
    if not written.isdecimal() or not 1 <= int(written) <= _LARGEST_PAGE:
        raise ApiError("InvalidParameterValue", f"pageSize must be 1 to {_LARGEST_PAGE}")
    end = skip + int(written)
    first = "&".join(f"{key}={value}" for key, value in query.items())
    body: dict[str, Any] = {name: rows[skip:end]}
    if end < len(rows):
        body["nextToken"] = f"{end}|{first}"
    return Answer(200, body)


def _listed(query: dict[str, str], name: str, allowed: tuple[str, ...]) -> list[str]:
    values = [value for value in query.get(name, "").split(",") if value]
    for value in values:
        if value not in allowed:
            raise ApiError("InvalidParameterValue", f"{name}: there is no {value}")
    return values


def _span(
    query: dict[str, str], first: str, last: str, default: datetime, now: datetime
) -> tuple[datetime, datetime]:
    since = _time(query, first) if query.get(first) else default
    return since, _time(query, last) if query.get(last) else now


def _time(values: JSON, name: str) -> datetime:
    """A time as the Reports page writes it: 20221118T150630Z."""
    try:
        return datetime.strptime(str(values.get(name)), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ApiError("InvalidParameterValue", f"{name} must be a time") from None


OPERATIONS: Final[dict[str, Callable[[World, Call], Answer]]] = {
    "list_reports": list_reports,
    "get_report": get,
    "create_report": create,
    "get_report_document": get_document,
    "list_report_schedules": list_schedules,
    "get_report_schedule": get_schedule,
    "list_disbursements": list_disbursements,
}

ROUTES: Final = {
    r"/reports": {"GET": "list_reports", "POST": "create_report"},
    r"/reports/([^/]+)": {"GET": "get_report"},
    r"/report-documents/([^/]+)": {"GET": "get_report_document"},
    r"/report-schedules": {"GET": "list_report_schedules"},
    r"/report-schedules/([^/]+)": {"GET": "get_report_schedule"},
    r"/disbursements": {"GET": "list_disbursements"},
}
