"""The jobs on the operator's desk: notes, pins and pictures, read and written in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from textual.message import Message

from console.domain.model import show_time
from console.domain.order import Order
from console.domain.since import Picture
from console.session import Session
from console.store.database import StoreFailed
from console.store.desk import Note
from console.store.index import Known
from console.tui import messages as say
from console.tui.failures import say_failure

Spawn = Callable[[Coroutine[Any, Any, object], str], object]


class DeskJobs:
    """What is asked of the desk of one session; `post` is told what comes of it.

    A desk that can't be used is said, and keeps nobody from the orders.
    """

    def __init__(self, session: Session, spawn: Spawn, post: Callable[[Message], object]) -> None:
        self._session = session
        self._desk = session.desk
        self._spawn = spawn
        self._post = post
        self._looking = asyncio.Lock()
        self._told = False  # that the desk can't be read: once is enough

    @property
    def actor(self) -> str:
        """Who writes notes here."""
        return self._desk.actor

    def read(self, order: Order) -> None:
        """Read the notes on an order, those on the session that it came from among them."""
        self._spawn(self._do(order, None), "desk")

    def add(self, order: Order, text: str) -> None:
        self._spawn(self._do(order, lambda: self._desk.add(order.id, text, self._now())), "desk")

    def remove(self, order: Order, note: Note) -> None:
        self._spawn(self._do(order, lambda: self._desk.remove(note.number)), "desk")

    def put_back(self, order: Order, note: Note) -> None:
        self._spawn(self._do(order, lambda: self._desk.put_back(note)), "desk")

    async def _do(self, order: Order, change: Callable[[], object] | None) -> None:
        """Change something, then tell the notes as they are now."""
        ids = {order.id, *([order.session.id] if order.session is not None else [])}

        def work() -> list[Note]:
            if change is not None:
                change()
            return self._desk.notes(ids)

        try:
            notes = await asyncio.to_thread(work)
        except StoreFailed as error:
            self._fail(error, asked=change is not None)
        else:
            self._post(say.NotesRead(order.id, notes))

    def look(self, order: Order) -> None:
        """Keep how an order looks that was just read and shown, and tell how it looked before."""
        self._spawn(self._look(order), "desk")

    async def _look(self, order: Order) -> None:
        try:
            async with self._looking:  # in the order in which they were read
                before = await asyncio.to_thread(self._desk.look, order.id, Picture.of(order))
        except StoreFailed as error:
            self._fail(error, asked=False)
        else:
            self._post(say.Looked(order, before))

    def pin(self, order: Order, then: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Pin an order, or unpin it; `then` reads the list anew."""
        self._spawn(self._pin(order, then), "desk")

    async def _pin(self, order: Order, then: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            pinned = await asyncio.to_thread(self._desk.pin, order.id, self._now())
        except StoreFailed as error:
            self._fail(error, asked=True)
        else:
            self._post(say.Pinned(order.id, pinned))
            await then()

    async def standing(self) -> tuple[list[Known], frozenset[str]]:
        """The pinned orders, and the ids that have notes; nothing where that can't be read."""
        try:
            return await asyncio.to_thread(self._standing)
        except StoreFailed as error:
            self._fail(error, asked=False)
            return [], frozenset()

    def _standing(self) -> tuple[list[Known], frozenset[str]]:
        found = [(one, self._session.known.get(one)) for one in self._desk.pins()]
        pinned = [known or _unknown(one) for one, known in found]
        return pinned, self._desk.noted()

    def _now(self) -> str:
        return show_time(self._session.client.amazon_now()) or ""

    def _fail(self, error: StoreFailed, *, asked: bool) -> None:
        """Say it; of what nobody asked for only the first time."""
        if asked or not self._told:
            self._told = True
            self._post(say.DeskFailed(say_failure(error)))


def _unknown(identifier: str) -> Known:
    """A pinned order that the index doesn't know, such as one that was begun anew."""
    return Known(identifier, "charge_permission", None, None, None, None, "")
