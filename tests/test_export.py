"""The bundle of every story: complete, and without anything that must not leave this machine."""

from __future__ import annotations

import json
import os
import re
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.domain.ids import parse
from console.domain.members import ids_of, members
from console.domain.model import BUYER_FIELDS
from console.domain.order import Order
from console.export import CantWrite, bundle_text, export_order, make_bundle, write_bundle
from console.session import Session
from console.simulator.clock import Clock
from console.simulator.server import SimulatorServer
from console.simulator.stories import story_world
from console.simulator.world import World
from tests.support.bench import close, console_in, keys, profile, quick

pytestmark = pytest.mark.anyio

SIGNATURE = re.compile(r"[A-Za-z0-9+/]{100,}")
BUYER = "S02-6865442-5879427"


@pytest.fixture(scope="module")
def world() -> World:
    made = story_world(clock=Clock(speed=0))
    made.keys.register(keys()[1])
    return made


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    server = SimulatorServer(world)
    yield server.url
    threading.Thread(target=server.stop).start()


@pytest.fixture
async def session(tmp_path: Path, url: str) -> AsyncIterator[Session]:
    made = quick(console_in(tmp_path / "desk", profile(url)))
    yield made
    await close(made)


async def look(session: Session, text: str) -> Order:
    return await session.lookup.look_up(parse(text))


def texts(value: Any) -> Iterator[str]:
    """Every text of some length in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str) and len(value) > 4:
        yield value


def of_the_buyer(order: Order) -> set[str]:
    return {
        text
        for _, member in members(order)
        for name in BUYER_FIELDS
        for text in texts(member.raw.get(name))
    }


def everything(world: World) -> list[str]:
    found = [*world.permissions, *world.sessions, *world.disputes]
    return [one for one in found if one[0] not in "PB"]


async def test_no_bundle_of_any_story_holds_a_buyer_a_key_or_a_signature(
    session: Session, world: World
) -> None:
    pem = [line for line in keys()[0].decode().splitlines() if not line.startswith("---")]
    told: set[str] = set()
    for identifier in everything(world):
        order = await look(session, identifier)
        shown = bundle_text(await make_bundle(session, order, show_buyer=False, by="a test"))
        made = json.loads(shown)
        assert {one["id"] for one in made["objects"]} == {m.id for _, m in members(order)}
        assert {one["object"] for one in made["requests"]} <= ids_of(order)
        assert made["requests"]
        for text in of_the_buyer(order):
            assert text not in set(texts(made)), (identifier, text)
            assert json.dumps(text, ensure_ascii=False)[1:-1] not in shown, (identifier, text)
        told |= of_the_buyer(order)
        assert not SIGNATURE.search(shown), identifier
        assert not any(line in shown for line in pem)
    assert {"Jörg Weiß", "Susie Smith", "Exampletown"} <= told  # there was something to find
    assert [line for line in session.journal.entries() if line.kind == "reveal"] == []


async def test_a_field_that_nobody_knows_may_be_the_buyer_s(session: Session) -> None:
    order = await look(session, BUYER)
    assert order.permission is not None
    raw = order.permission.raw
    assert isinstance(raw, dict)
    raw["shippingAddressList"] = [{"name": "Jane Doe"}]
    made = await make_bundle(session, order, show_buyer=False, by="a test")
    assert "Jane Doe" not in bundle_text(made)
    assert "shippingAddressList" in bundle_text(made)


async def test_the_journal_says_that_a_buyer_is_exported_before_it_is(session: Session) -> None:
    order = await look(session, BUYER)
    made = await make_bundle(session, order, show_buyer=True, by="export --show-buyer")
    assert of_the_buyer(order) <= set(texts(made))
    [line] = [line for line in session.journal.entries() if line.kind == "reveal"]
    assert (line.object, line.data["by"]) == (BUYER, "export --show-buyer")


async def test_without_that_line_there_is_no_buyer(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    order = await look(session, BUYER)
    monkeypatch.setattr(session.journal, "note", full)
    with pytest.raises(OSError, match="no space"):
        await make_bundle(session, order, show_buyer=True, by="a test")


async def test_of_the_order_on_the_screen(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "ticket.json"
    order = await look(session, BUYER)
    await look(session, "S01-4966596-9591203")
    await export_order(session, order, path)
    made = json.loads(path.read_text(encoding="utf-8"))
    assert made["order"] == BUYER
    assert {one["object"] for one in made["requests"]} <= ids_of(order)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(CantWrite, match="is there already"):
        await export_order(session, order, path)
    await export_order(session, order, path, force=True)


async def test_the_same_look_gives_the_same_bytes(session: Session) -> None:
    order = await look(session, BUYER)
    once = await make_bundle(session, order, show_buyer=False, by="a test")
    again = await make_bundle(session, order, show_buyer=False, by="a test")
    assert bundle_text(once) == bundle_text(again)


class TestWriting:
    def test_does_not_follow_a_link_that_was_laid(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target", tmp_path / "ticket.json"
        link.symlink_to(target)
        with pytest.raises(CantWrite):
            write_bundle({}, link, force=False)
        write_bundle({}, link, force=True)
        assert not target.exists()
        assert not link.is_symlink()

    def test_a_half_written_bundle_does_not_stay(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        old = tmp_path / "old.json"
        old.write_text("old", encoding="utf-8")
        monkeypatch.setattr(os, "fdopen", full)
        for path, force in ((tmp_path / "new.json", False), (old, True)):
            with pytest.raises(CantWrite, match="No space left"):
                write_bundle({}, path, force=force)
        assert [file.name for file in tmp_path.iterdir()] == ["old.json"]
        assert old.read_text(encoding="utf-8") == "old"

    def test_what_utf8_can_t_hold_is_still_json(self, tmp_path: Path) -> None:
        write_bundle({"name": "a\ud800b"}, tmp_path / "t.json", force=False)
        assert json.loads((tmp_path / "t.json").read_bytes()) == {"name": "a\ud800b"}
