"""`sync`: what Amazon has is fetched once, what is missing is requested, nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.amazon.errors import NotAllowed
from console.amazon.reports import REQUESTED_TYPES, list_reports, title_of
from console.simulator.clock import Clock
from console.simulator.objects import Report as Made
from console.simulator.shop import open_live_shop
from console.simulator.stories import story_world
from console.simulator.world import Delays, World
from console.sync import LAG, OVERLAP, WINDOW, WORTH, Begin, Synced, _reach, _windows
from tests.reports.conftest import SPEED, START, Desk, Open
from tests.support.bench import keys

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
LIVE_TYPES = REQUESTED_TYPES["live"]
ORDERS, AUTHORIZATIONS, CAPTURES, REFUNDS = LIVE_TYPES


def titles(synced: Synced) -> list[str]:
    return [taken.report.title for taken in synced.taken]


def amazon(world: World) -> datetime:
    return world.clock.now().replace(microsecond=0)


class TestTheFirstTime:
    async def test_ninety_days_are_requested_in_windows_of_thirty(self, desk: Desk) -> None:
        synced = await desk.sync()
        assert len(synced.requested) == 12
        for kind in LIVE_TYPES:
            windows = [r for r in synced.requested if r.type == kind]
            spans = [(r.start, r.end) for r in windows]
            assert all(end - start <= WINDOW for start, end in spans if start and end)
            assert spans[0][1] == spans[1][0]
            assert spans[-1][1] == amazon(desk.world) - LAG
            assert spans[0][0] == amazon(desk.world) - LAG - 90 * DAY

    async def test_every_order_of_the_shop_is_in_what_was_imported(self, desk: Desk) -> None:
        await desk.sync()
        everything = "".join(desk.reader.files)
        live = [p for p in desk.world.permissions if p.startswith("P01-41")]
        assert len(live) == 90
        # The oldest was made before the window of 90 days and a minute.
        assert sum(order in everything for order in live) >= 89
        for charge in desk.world.charges.values():
            if charge.latest.environment == "live" and charge.latest.state == "Captured":
                assert charge.latest.id in everything

    async def test_what_amazon_made_by_itself_is_fetched_too(self, desk: Desk) -> None:
        synced = await desk.sync()
        assert titles(synced).count("Settlement") == 6
        assert not [r for r in desk.asked("create_report") if b"SETTLEMENT" in r.body]

    async def test_since_a_date(self, desk: Desk) -> None:
        since = amazon(desk.world) - 10 * DAY
        synced = await desk.sync(since=since)
        assert {r.start for r in synced.requested} == {since}
        assert len(synced.requested) == 4

    async def test_how_far_each_type_has_come(self, desk: Desk) -> None:
        synced = await desk.sync()
        until = amazon(desk.world) - LAG
        assert synced.complete_until == dict.fromkeys(LIVE_TYPES, until)
        for kind in LIVE_TYPES:
            assert desk.mark(kind) == until.strftime("%Y-%m-%dT%H:%M:%SZ")

    async def test_a_sandbox_has_one_type_only(self, desks: Open) -> None:
        desk = desks(environment="sandbox")
        synced = await desk.sync()
        assert set(titles(synced)) == {"Sandbox Settlement"}
        assert {title_of(r.type) for r in synced.requested} == {"Sandbox Settlement"}
        assert "S01-4966596-9591203-C079366" in "".join(desk.reader.files)
        assert "P01-" not in "".join(desk.reader.files)


class TestTheSpan:
    async def test_it_is_said_before_anything_is_requested(self, desk: Desk) -> None:
        since = amazon(desk.world) - 10 * DAY
        await desk.sync(since=since)
        said = [step.sentence for step in desk.told]
        plan = f"4 reports of 4 types will be requested, for {since:%Y-%m-%d %H:%M} to"
        [at] = [at for at, sentence in enumerate(said) if sentence.startswith(plan)]
        assert at < min(n for n, sentence in enumerate(said) if sentence.startswith("Requesting"))
        assert not [sentence for sentence in said if "not documented" in sentence]

    async def test_long_ago_is_said_to_be_uncertain(self, desk: Desk) -> None:
        await desk.sync(since=amazon(desk.world) - 400 * DAY)
        said = [step.sentence for step in desk.told]
        assert any("56 reports of 4 types" in sentence for sentence in said)
        assert any("more than 90 days ago" in sentence for sentence in said)

    async def test_the_first_sync_is_not_long_ago(self, desk: Desk) -> None:
        await desk.sync()
        assert not [step for step in desk.told if "not documented" in step.sentence]

    async def test_nothing_is_said_where_nothing_is_requested(self, desk: Desk) -> None:
        await desk.sync()
        desk.told.clear()
        await desk.sync()
        assert not [step for step in desk.told if "will be requested" in step.sentence]


class TestTheNextTime:
    async def test_nothing_is_fetched_or_requested_twice(self, desk: Desk) -> None:
        await desk.sync()
        before = len(desk.asked("create_report")), len(desk.reader.files)
        again = await desk.sync()
        assert (len(desk.asked("create_report")), len(desk.reader.files)) == before
        assert not again.taken
        assert not again.failed
        assert set(again.complete_until) == set(LIVE_TYPES)

    async def test_it_goes_on_a_day_before_where_it_stopped(self, desk: Desk) -> None:
        first = await desk.sync()
        desk.pass_time(3600)
        second = await desk.sync()
        assert len(second.requested) == 4
        for report in second.requested:
            assert report.start == first.complete_until[report.type] - OVERLAP
            assert report.end == amazon(desk.world) - LAG

    async def test_another_index_knows_nothing_of_it_but_requests_nothing_again(
        self, desk: Desk, desks: Open
    ) -> None:
        """What a colleague's console requested is in Amazon's list for everybody."""
        first = await desk.sync()
        colleague = desks("two")
        second = await colleague.sync()
        assert not second.requested
        assert sorted(t.report.id for t in second.taken) == sorted(t.report.id for t in first.taken)

    async def test_reports_made_by_hand_or_by_a_schedule_count(self, desk: Desk) -> None:
        now = amazon(desk.world)
        for kind in LIVE_TYPES[:3]:
            made = Made(f"HAND{kind[-20:]}", kind, "live", now - 95 * DAY, now, now, now)
            desk.world.reports[made.id] = made
        synced = await desk.sync()
        assert {r.type for r in synced.requested} == {REFUNDS}
        assert set(synced.complete_until) == set(LIVE_TYPES)

    async def test_an_earlier_date_goes_back(self, desk: Desk) -> None:
        await desk.sync(since=amazon(desk.world) - 10 * DAY)
        earlier = amazon(desk.world) - 40 * DAY
        synced = await desk.sync(since=earlier)
        assert min(r.start for r in synced.requested if r.start) == earlier
        assert set(synced.complete_until.values()) == {amazon(desk.world) - LAG}

    async def test_a_later_date_leaves_the_gap_open(self, desk: Desk) -> None:
        first = await desk.sync(since=amazon(desk.world) - 2 * DAY)
        desk.pass_time(20 * 86400)
        later = await desk.sync(since=amazon(desk.world) - DAY)
        assert later.complete_until == first.complete_until
        third = await desk.sync()
        starts = {r.start for r in third.requested}
        assert starts == {at - OVERLAP for at in first.complete_until.values()}
        assert set(third.complete_until.values()) == {amazon(desk.world) - LAG}


class TestWaiting:
    @pytest.fixture
    def world(self) -> World:
        made = story_world(clock=Clock(START, speed=SPEED), delays=Delays(report=20))
        made.keys.register(keys()[1])
        open_live_shop(made)
        return made

    async def test_until_they_are_made(self, desk: Desk) -> None:
        synced = await desk.sync()
        assert not synced.waiting
        assert len(synced.taken) == 12 + 6
        assert len(desk.asked("get_report")) > 12
        assert [at for at in desk.told if "Waiting for 12 reports" in at.sentence]
        assert desk.told[-1].done == desk.told[-1].total == 18

    async def test_what_takes_too_long_is_left_to_the_next_sync(self, desk: Desk) -> None:
        first = await desk.sync(patience=0.0)
        assert len(first.waiting) == 12
        assert not first.complete_until
        second = await desk.sync()
        assert not second.requested
        assert len(second.taken) == 12
        assert set(second.complete_until) == set(LIVE_TYPES)

    async def test_an_address_that_expired_is_asked_for_anew(self, desk: Desk) -> None:
        desk.world.add_fault(f"get_report_document:delay:{45 / SPEED}")
        synced = await desk.sync()
        assert not synced.failed
        assert len(synced.taken) == 18
        statuses = [entry.status for entry in desk.asked("document")]
        assert statuses.count(403) == 1
        assert statuses.count(200) == 18


class TestStopping:
    async def test_during_an_import_tells_it_to_stop(self, desk: Desk) -> None:
        synced = await desk.stop_at(1)
        assert desk.reader.was_stopped
        assert not synced.taken
        assert not desk.reader.paths[0].exists()
        assert desk.mark(ORDERS) is None

    async def test_the_next_sync_takes_the_rest(self, desk: Desk, desks: Open) -> None:
        """Stopped in the third of twelve requested reports, behind the six settlements."""
        stopped = await desk.stop_at(6 + 3)
        assert len(stopped.taken) == 6 + 2
        assert len(stopped.requested) == 12
        assert len(stopped.waiting) == 10
        again = desks()  # the same index, a new process
        rest = await again.sync()
        assert not rest.requested
        assert len(rest.taken) == 10
        assert not {t.report.id for t in rest.taken} & {t.report.id for t in stopped.taken}
        assert rest.complete_until == dict.fromkeys(LIVE_TYPES, amazon(desk.world) - LAG)


class TestTrouble:
    @pytest.mark.parametrize("outcome", ["FAILED", "CANCELLED"])
    async def test_a_report_that_amazon_failed_is_named_and_requested_anew(
        self, desk: Desk, outcome: str
    ) -> None:
        desk.world.switches = desk.world.switches.changed({"report_outcome": outcome})
        first = await desk.sync()
        assert len(first.failed) == 12
        assert all(outcome in trouble.why and trouble.report for trouble in first.failed)
        assert not first.complete_until
        desk.world.switches = desk.world.switches.changed({"report_outcome": "COMPLETED"})
        second = await desk.sync()
        assert len(second.requested) == 12
        assert not second.failed
        assert len([step for step in desk.told if f"was {outcome}" in step.sentence]) == 12
        # The same windows: only another key gets another report.
        used = {entry.key for entry in desk.asked("create_report")}
        assert len(used) == 24
        assert set(second.complete_until) == set(LIVE_TYPES)

    async def test_a_watermark_never_moves_over_a_gap(self, desk: Desk) -> None:
        """The first of the three windows of orders can't be read; the others can."""
        desk.reader.broken = f'P01-4100000-{85:07d}","Live-1085'
        first = await desk.sync()
        assert ORDERS in {trouble.type for trouble in first.failed}
        assert ORDERS not in first.complete_until
        assert desk.mark(ORDERS) is None
        desk.reader.broken = None
        second = await desk.sync()
        assert not second.failed
        assert second.complete_until == dict.fromkeys(LIVE_TYPES, amazon(desk.world) - LAG)

    async def test_a_type_that_is_refused_is_named_and_skipped(self, desk: Desk) -> None:
        desk.world.switches = desk.world.switches.changed({"capture_report": False})
        synced = await desk.sync()
        assert [(t.type, "InvalidParameterValue" in t.why) for t in synced.refused] == [
            (CAPTURES, True)
        ]
        assert not synced.failed
        assert set(synced.complete_until) == set(LIVE_TYPES) - {CAPTURES}
        assert len([e for e in desk.asked("create_report") if b"CAPTURE" in e.body]) == 1

    @pytest.mark.parametrize("status", [200, 201])
    async def test_either_status_of_a_request_will_do(self, desk: Desk, status: int) -> None:
        desk.world.switches = desk.world.switches.changed({"create_report_status": status})
        assert len((await desk.sync()).requested) == 12

    @pytest.mark.parametrize(
        "fault",
        [
            "create_report:throttle:x2",
            "create_report:hang_up_after",
            "create_report:error_after",
            "list_reports:throttle:x3",
            "get_report:error_before:503:x2",
            "get_report_document:throttle:x2",
        ],
    )
    async def test_what_passes_by_itself_is_repeated(self, desk: Desk, fault: str) -> None:
        desk.world.add_fault(fault)
        synced = await desk.sync()
        assert not synced.failed
        assert len(synced.requested) == 12
        assert len(desk.world.reports) == 12 + 6  # a lost answer made no second report
        assert set(synced.complete_until) == set(LIVE_TYPES)

    async def test_throttled_for_good(self, desk: Desk) -> None:
        desk.world.add_fault("create_report:throttle:xalways")
        synced = await desk.sync()
        assert [trouble.type for trouble in synced.failed] == list(LIVE_TYPES)
        assert len(synced.taken) == 6

    async def test_a_refusal_is_named(self, desk: Desk) -> None:
        desk.world.add_fault("create_report:refuse:InvalidParameterValue")
        synced = await desk.sync()
        [trouble] = synced.refused
        assert trouble.refused
        assert "InvalidParameterValue" in trouble.why
        assert any("is skipped" in step.sentence for step in desk.told)

    @pytest.mark.parametrize(
        "fault", ["create_report:refuse", "list_reports:html_502", "create_report:html_502"]
    )
    async def test_a_fault_that_passes_by_itself_needs_no_word(
        self, desk: Desk, fault: str
    ) -> None:
        """ProcessingFailure, the refusal by default, is a 500: it is repeated like any other."""
        desk.world.add_fault(fault)
        synced = await desk.sync()
        assert not desk.world.faults.waiting()
        assert not synced.refused
        assert not synced.failed
        assert set(synced.complete_until) == set(LIVE_TYPES)

    @pytest.mark.parametrize("operation", ["get_report_document", "get_report"])
    async def test_a_garbled_answer_is_no_refusal_and_is_tried_again(
        self, desk: Desk, operation: str
    ) -> None:
        desk.world.add_fault(f"{operation}:garbage")
        first = await desk.sync()
        [trouble] = first.failed
        assert not trouble.refused
        assert any(step.sentence.endswith("The next sync tries it again.") for step in desk.told)
        second = await desk.sync()
        assert [taken.report.id for taken in second.taken] == [trouble.report]

    async def test_a_rejected_key_ends_it(self, desk: Desk) -> None:
        desk.world.add_fault("create_report:refuse:UnauthorizedAccess")
        with pytest.raises(NotAllowed):
            await desk.sync()

    async def test_a_file_that_can_not_be_fetched_is_tried_again_next_time(
        self, desk: Desk
    ) -> None:
        desk.world.add_fault("get_report_document:refuse:ResourceNotFound")
        first = await desk.sync()
        [trouble] = first.failed
        assert title_of(trouble.type) == "Settlement"
        assert trouble.report
        second = await desk.sync()
        assert [taken.report.id for taken in second.taken] == [trouble.report]


class TestFiles:
    async def test_are_private_and_gone_afterwards(self, desk: Desk) -> None:
        await desk.sync()
        assert set(desk.reader.modes) == {0o600}
        assert not [path for path in desk.reader.paths if path.exists()]

    async def test_are_gone_where_the_import_fails(self, desk: Desk) -> None:
        desk.reader.broken = ""
        synced = await desk.sync()
        assert len(synced.failed) == 18
        assert not [path for path in desk.reader.paths if path.exists()]

    async def test_arrive_as_they_are(self, desk: Desk) -> None:
        hostile = b"\xff\xfe\x00\x1b[31m\r\n=cmd|' /C calc'!A0,\x00\n"
        await desk.sync()
        settlement = next(r for r in desk.world.reports.values() if "SETTLEMENT" in r.type)
        desk.world.report_files[settlement.id] = hostile * 50_000
        desk.session.known.set_watermark(f"reports/LIVE-BENCH/na/live/imported/{settlement.id}", "")
        desk.session.known.set_watermark("reports/LIVE-BENCH/na/live/listed", "")
        await desk.sync()
        assert desk.reader.files[-1] == (hostile * 50_000).decode("utf-8", "replace").replace(
            "\r\n", "\n"
        )


class TestTheList:
    async def test_is_read_to_its_end(self, desk: Desk) -> None:
        now = amazon(desk.world)
        for number in range(244):
            at = now - timedelta(hours=number)
            made = Made(f"MANY{number:06d}", REFUNDS, "live", at - DAY, at, at, at)
            desk.world.reports[made.id] = made
        found = await list_reports(desk.session.client, LIVE_TYPES)
        assert len(found) == 244
        synced = await desk.sync()
        assert titles(synced).count("Refund") >= 244
        paths = [entry.path for entry in desk.asked("list_reports")]
        assert len(paths) == 3 + 3  # 244 of these types; 250 of all, a hundred on a page
        assert len(desk.reader.files) == len({t.report.id for t in synced.taken})

    async def test_is_read_from_where_everything_is_done(self, desk: Desk) -> None:
        await desk.sync()
        done = amazon(desk.world) - LAG - OVERLAP
        assert desk.mark("listed") == done.strftime("%Y-%m-%dT%H:%M:%SZ")
        desk.pass_time(3600)
        await desk.sync()
        first, second = [
            record.path
            for record in desk.session.client.records
            if record.operation == "list_reports"
        ]
        assert "createdSince" not in first
        assert done.strftime("createdSince=%Y%m%dT%H%M%SZ") in second

    async def test_is_kept_open_for_what_is_not_done(self, desk: Desk) -> None:
        created = amazon(desk.world) - 30 * DAY
        stuck = Made("STUCK", REFUNDS, "live", created - DAY, created, created,
                     ready=created + 400 * DAY)  # fmt: skip
        desk.world.reports[stuck.id] = stuck
        synced = await desk.sync(patience=0.05)
        assert [report.id for report in synced.waiting] == ["STUCK"]
        assert desk.mark("listed") == (created - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")


MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = st.integers(min_value=0, max_value=24 * 200)
SPANS = st.lists(st.tuples(HOURS, HOURS).map(sorted), max_size=6)


def at(hours: int) -> datetime:
    return MOMENT + timedelta(hours=hours)


@given(SPANS, HOURS, HOURS)
def test_windows_and_what_is_covered_leave_nothing_out(
    spans: list[list[int]], mark: int, now: int
) -> None:
    covered = [(at(start), at(end)) for start, end in spans]
    begin = Begin(at(mark) - OVERLAP, at(mark))
    windows = list(_windows(begin, covered, at(now)))
    assert all(start < end <= at(now) and end - start <= WINDOW for start, end in windows)
    assert all(start >= begin.earliest for start, _ in windows)
    assert at(now) - _reach(at(mark), [*covered, *windows]) < WORTH
