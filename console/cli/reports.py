"""`sync` and `reports`: the shop's reports, through the Reporting API."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from console.amazon.reports import (
    Disbursement,
    Report,
    Schedule,
    list_disbursements,
    list_reports,
    list_schedules,
    title_of,
)
from console.cli.failures import DONE, NOT_SENT, REFUSED, WrongUsage
from console.cli.output import Output
from console.domain.model import parse_time, show_time
from console.domain.plural import counted
from console.session import Session
from console.sync import AGAIN, Synced, Trouble, sync

_STOPPED = 130
_SANDBOX = (
    "In the sandbox Amazon makes Sandbox Settlement reports only: what was never captured or"
    " refunded is in none."
)
_TOTALS = ("rows", "imported", "new", "skipped", "bad")


async def run_sync(session: Session, args: argparse.Namespace, out: Output) -> int:
    """Exit 3 where Amazon failed or refused a report, 5 where one could not be had this time.

    5 is what a read without a usable answer is everywhere: nothing was done, and the same command
    again may do it. A report type that Amazon does not make for this account (whether it makes
    Capture reports is documented in two ways) is named and ends no sync.
    """
    since = _moment(args.since, "--since")
    if since is not None and since > datetime.now(UTC):
        raise WrongUsage(f"--since {args.since}: that is in the future.")
    if session.profile.environment == "sandbox":
        out.tell(_SANDBOX)
    synced, stopped = Synced(), False
    try:
        await sync(session, since=since, tell=lambda at: out.tell(at.sentence), synced=synced)
    except asyncio.CancelledError:  # ctrl+c: what is done is done
        stopped = True
    out.document({**_document(session, synced), "stopped": stopped})
    for line in _lines(synced):
        out.text(line)
    if stopped:
        out.complain("stopped. What was imported stays; `payconsole sync` goes on from there.")
        return _STOPPED
    return _exit_code(synced)


def _exit_code(synced: Synced) -> int:
    if any(trouble.refused for trouble in synced.failed):
        return REFUSED
    return NOT_SENT if synced.failed else DONE


def _document(session: Session, synced: Synced) -> dict[str, Any]:
    return {
        "profile": session.profile.name,
        "environment": session.profile.environment,
        "imported": [{**_report(t.report), **asdict(t.counts)} for t in synced.taken],
        "requested": [_report(report) for report in synced.requested],
        "waiting": [_report(report) for report in synced.waiting],
        "refused": [_trouble(trouble) for trouble in synced.refused],
        "failed": [_trouble(trouble) for trouble in synced.failed],
        "complete_until": {kind: show_time(at) for kind, at in synced.complete_until.items()},
        "totals": _totals(synced),
    }


def _totals(synced: Synced) -> dict[str, int]:
    counts = [taken.counts for taken in synced.taken]
    return {name: sum(getattr(one, name) for one in counts) for name in _TOTALS}


def _report(report: Report) -> dict[str, Any]:
    return {
        "report_id": report.id,
        "type": report.type,
        "start": show_time(report.start),
        "end": show_time(report.end),
        "created": show_time(report.created),
        "status": report.status,
    }


def _trouble(trouble: Trouble) -> dict[str, Any]:
    return {"type": trouble.type, "report_id": trouble.report, "why": trouble.why}


def _lines(synced: Synced) -> list[str]:
    """What was done, for people; the reports one by one were told on the way."""
    total = _totals(synced)
    lines = [
        f"Imported {len(synced.taken)} of Amazon's reports: {counted(total['rows'], 'row')},"
        f" {counted(total['new'], 'new fact')}"
        + (f", {total['bad']:,} bad." if total["bad"] else ".")
    ]
    for kind, at in synced.complete_until.items():
        lines.append(f"  {title_of(kind):<19} complete until {_shown(at)}")
    if synced.waiting:
        count = len(synced.waiting)
        lines.append(f"  Amazon is still making {count} more: run `payconsole sync` again later.")
    for trouble in synced.refused:
        lines.append(f"  {title_of(trouble.type)} skipped, Amazon refuses it: {trouble.why}")
    for trouble in synced.failed:
        name = f" ({trouble.report})" if trouble.report else ""
        why = trouble.why.rstrip(".")
        lines.append(f"  {title_of(trouble.type)}{name} failed: {why}. {AGAIN}")
    return lines


# --- listing ----------------------------------------------------------------------------------


async def run_list(session: Session, args: argparse.Namespace, out: Output) -> int:
    reports = await list_reports(session.client)
    out.document({"reports": [_report(report) for report in reports]})
    rows = [
        (r.id, r.title, _shown(r.start), _shown(r.end), r.status, _shown(r.created))
        for r in reports
    ]
    _table(out, ("report", "type", "from", "to", "status", "made"), rows, "reports")
    return DONE


async def run_schedules(session: Session, args: argparse.Namespace, out: Output) -> int:
    schedules = await list_schedules(session.client)
    out.document({"schedules": [_schedule(schedule) for schedule in schedules]})
    rows = [(s.id, title_of(s.type), s.frequency or "", _shown(s.next)) for s in schedules]
    _table(out, ("schedule", "type", "every", "next"), rows, "schedules")
    return DONE


async def run_disbursements(session: Session, args: argparse.Namespace, out: Output) -> int:
    since, until = _moment(args.since, "--since"), _moment(args.until, "--until")
    if since and until and since >= until:
        raise WrongUsage("--since must be before --until.")
    found = await list_disbursements(session.client, since, until)
    out.document({"disbursements": [_disbursement(one) for one in found]})
    rows = [
        (
            _shown(d.time),
            " ".join(part for part in (d.amount, d.currency) if part),
            d.settlement or "",
            d.reference or "",
        )
        for d in found
    ]
    _table(out, ("when", "amount", "settlement", "on the bank statement"), rows, "disbursements")
    return DONE


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {
        "report_schedule_id": schedule.id,
        "type": schedule.type,
        "frequency": schedule.frequency,
        "next": show_time(schedule.next),
    }


def _disbursement(one: Disbursement) -> dict[str, Any]:
    return {
        "time": show_time(one.time),
        "amount": {"amount": one.amount, "currencyCode": one.currency},
        "settlement_id": one.settlement,
        "reference": one.reference,
    }


def _table(
    out: Output, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], things: str
) -> None:
    if not rows:
        out.text(f"Amazon has no {things}.")
        return
    widths = [max(len(row[at]) for row in [heads, *rows]) for at in range(len(heads))]
    for row in [heads, *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.text("  ".join(cells).rstrip())


def _shown(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "–"


def _moment(text: str | None, switch: str) -> datetime | None:
    if text is None:
        return None
    moment = parse_time(text)
    if moment is None:
        raise WrongUsage(f"{switch} {text}: write a date like 2026-01-31.")
    return moment
