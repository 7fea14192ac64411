"""After a sync every order of the shop is found by its number: the real import, to the end."""

from __future__ import annotations

import csv
import io

import pytest

from console.sync import sync
from tests.reports.conftest import Desk

pytestmark = pytest.mark.anyio


async def test_every_order_number_finds_its_family(desk: Desk) -> None:
    synced = await sync(desk.session)
    assert not synced.failed
    assert not sum(taken.counts.bad for taken in synced.taken)
    known = desk.session.known
    for permission_id, history in desk.world.permissions.items():
        permission = history.latest
        if not permission_id.startswith("P01-41") or int(permission_id[-7:]) >= 90:
            continue
        found = {
            one.id for one in known.by_reference(str(permission.merchant["merchantReferenceId"]))
        }
        assert permission_id in found
        charges = {charge.id for charge in desk.world.charges_of(permission_id)}
        assert charges <= {one.id for one in known.family(permission_id)}


async def test_states_are_those_of_v2(desk: Desk) -> None:
    await sync(desk.session)
    for charge_id, history in desk.world.charges.items():
        if charge_id.startswith("P01-41") and not charge_id.endswith("C000090"):
            known = desk.session.known.get(charge_id)
            assert known is not None
            assert known.state == history.latest.state, charge_id
    for refund_id, refunded in desk.world.refunds.items():
        if refund_id.startswith("P01-41"):
            found = desk.session.known.get(refund_id)
            assert found is not None
            assert found.state == refunded.latest.state


async def test_the_same_reports_again_tell_nothing_new(desk: Desk) -> None:
    first = await sync(desk.session)
    assert sum(taken.counts.new for taken in first.taken)
    for what in ["listed", *(f"imported/{taken.report.id}" for taken in first.taken)]:
        desk.session.known.set_watermark(f"reports/LIVE-BENCH/na/live/{what}", "")
    second = await sync(desk.session)
    assert len(second.taken) == len(first.taken)
    assert sum(taken.counts.rows for taken in second.taken)
    assert not sum(taken.counts.new for taken in second.taken)


async def test_the_past_of_a_refund_is_told_by_reports(desk: Desk) -> None:
    await sync(desk.session)
    refund = next(name for name in desk.world.refunds if name.startswith("P01-41"))
    lines = desk.session.known.past([refund])
    assert lines
    assert {line.source for line in lines} == {"report"}
    assert any("Refund" in line.event for line in lines)


class TestHostileFiles:
    async def serve(self, desk: Desk, content: bytes) -> str:
        """Put `content` in the place of the first settlement's file; the report's id."""
        first = await desk.sync(patience=0.0)
        report = first.taken[0].report.id
        desk.world.report_files[report] = content
        return report

    async def again(self, desk: Desk, report: str) -> None:
        for what in (f"imported/{report}", "listed"):
            desk.session.known.set_watermark(f"reports/LIVE-BENCH/na/live/{what}", "")

    @pytest.mark.parametrize(
        "content",
        [
            b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
            b"<html><body>Sign in</body></html>",
            b"PK\x03\x04 broken",
            b"\x1f\x8b broken",
            b"\x00" * 5000,
        ],
        ids=["picture", "web page", "zip", "gzip", "zeros"],
    )
    async def test_what_is_no_report_is_named_and_tried_again(
        self, desk: Desk, content: bytes
    ) -> None:
        report = await self.serve(desk, content)
        await self.again(desk, report)
        synced = await sync(desk.session)
        assert [trouble.report for trouble in synced.failed] == [report]
        assert desk.session.known.watermark(f"reports/LIVE-BENCH/na/live/imported/{report}") == ""
        del desk.world.report_files[report]
        later = await sync(desk.session)
        assert [taken.report.id for taken in later.taken] == [report]

    async def test_a_bad_row_costs_no_other(self, desk: Desk) -> None:
        report = await self.serve(desk, _orders("P01-7777777-7777777", "\x1b]0;owned\x07=1+1[/]"))
        await self.again(desk, report)
        synced = await sync(desk.session)
        [counts] = [t.counts for t in synced.taken if t.report.id == report]
        assert (counts.rows, counts.imported, counts.bad) == (2, 1, 1)
        assert counts.complaints
        known = desk.session.known.get("P01-7777777-7777777")
        assert known is not None
        assert known.reference is not None
        assert "\x1b" not in known.reference + "".join(counts.complaints)

    async def test_an_empty_file_is_an_empty_report(self, desk: Desk) -> None:
        report = await self.serve(desk, b"")
        await self.again(desk, report)
        synced = await sync(desk.session)
        assert not synced.failed
        assert report in {taken.report.id for taken in synced.taken}

    async def test_one_with_columns_only_too(self, desk: Desk) -> None:
        columns = b'"AmazonOrderReferenceId","SellerOrderId"\r\n'
        report = await self.serve(desk, columns)
        await self.again(desk, report)
        synced = await sync(desk.session)
        assert not synced.failed
        assert report in {taken.report.id for taken in synced.taken}


def _orders(order: str, number: str) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(
        [
            ("AmazonOrderReferenceId", "SellerOrderId", "OrderReferenceStatus"),
            (order, number, "Open"),
            ("\x1b[31mnot an id", "x", "Open"),
        ]
    )
    return file.getvalue().encode()
