"""A list of orders: which ones an order number means, and how they are looked through."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from console.actions.worklist import known_orders, look_through
from console.amazon.errors import NotAllowed, NotSent
from console.domain.order import Order
from console.domain.worklist import Entry, entries
from console.lookup import NotFoundHere
from console.store.index import Known, KnownIds
from tests.support.bench import CHARGE, CLOSED, ORDER, Bench, Desk

LIVE = "P01-1000001-1000001"
UNKNOWN = "S01-0000000-0000000"
LIST = f"number and order\n{CHARGE}\n{UNKNOWN}\nno id either\n{CLOSED}"


# --- which orders an order number means ----------------------------------------------------------


def meant(folder: Path, stands_on: Mapping[str, str | None], environment: str) -> list[str]:
    """The orders of a number that stands on these objects: id -> permission, where known."""
    known = KnownIds(folder / "index.db")
    known.learn(
        Known(name, "charge", permission, permission, "W-1", None, "")
        for name, permission in stands_on.items()
    )
    found = list(known_orders(known, environment)("W-1"))
    known.close()
    return found


def test_a_number_means_the_permission_of_what_carries_it_or_else_that_itself(
    tmp_path: Path,
) -> None:
    assert meant(tmp_path, {CHARGE: ORDER, CLOSED: None}, "sandbox") == [ORDER, CLOSED]


@pytest.mark.parametrize(
    ("environment", "orders"), [("sandbox", [ORDER, CLOSED]), ("live", [LIVE])]
)
def test_a_number_means_the_orders_of_this_environment(
    tmp_path: Path, environment: str, orders: list[str]
) -> None:
    assert meant(tmp_path, {CLOSED: None, LIVE: None, ORDER: None}, environment) == orders


def test_a_number_that_only_the_other_environment_knows_still_means_its_order(
    tmp_path: Path,
) -> None:
    assert meant(tmp_path, {LIVE: None}, "sandbox") == [LIVE]


def test_what_was_imported_and_is_no_id_is_no_order(tmp_path: Path) -> None:
    assert meant(tmp_path, {"123-1234567": None}, "sandbox") == []
    assert meant(tmp_path, {"123-1234567": None, ORDER: None}, "sandbox") == [ORDER]


# --- looking through -----------------------------------------------------------------------------


async def told(desk: Desk) -> tuple[list[tuple[int, str]], Exception | None]:
    """What is told of each line of LIST, and what it ended with."""
    heard: list[tuple[int, str]] = []

    def tell(entry: Entry, found: Order | Exception) -> None:
        heard.append((entry.line, found.id if isinstance(found, Order) else type(found).__name__))

    listed = entries(LIST, known_orders(desk.session.known, "sandbox"))
    try:
        await look_through(desk.session.lookup, listed, tell)
    except (NotAllowed, NotSent) as error:
        return heard, error
    return heard, None


@pytest.mark.anyio
async def test_each_line_with_an_id_is_looked_up_whatever_the_others_are(desk: Desk) -> None:
    heard, ended_with = await told(desk)
    assert heard == [(2, ORDER), (3, NotFoundHere.__name__), (5, CLOSED)]
    assert ended_with is None


@pytest.mark.anyio
async def test_a_rejected_key_ends_it_after_it_was_told_once(bench: Bench, desk: Desk) -> None:
    bench.fault("*:refuse:InvalidRequestSignature:xalways")
    heard, ended_with = await told(desk)
    assert heard == [(2, NotAllowed.__name__)]
    assert isinstance(ended_with, NotAllowed)


@pytest.mark.anyio
async def test_where_nobody_listens_it_ends_after_it_was_told_once(bench: Bench) -> None:
    desk = await bench.desk(url="http://127.0.0.1:9")
    heard, ended_with = await told(desk)
    assert heard == [(2, NotSent.__name__)]
    assert isinstance(ended_with, NotSent)
