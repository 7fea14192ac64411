"""How a run ends before its last row: because somebody asked, or because of what it met."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from console.actions.engine import Engine
from console.actions.outcome import Result

T = TypeVar("T")


class Stop:
    """A wish to stop: at once where nothing is being sent, else before the next row."""

    def __init__(self) -> None:
        self.asked = False
        self._engine: Engine | None = None
        self._task: asyncio.Task[Any] | None = None

    def ask(self) -> None:
        """From the event loop, as often as wanted."""
        self.asked = True
        idle = self._engine is not None and not self._engine.is_working
        if idle and self._task is not None:
            self._task.cancel()

    async def during(self, engine: Engine, work: Coroutine[Any, Any, T]) -> T | None:
        """Await `work`; None where it was stopped before anything was sent."""
        task = asyncio.ensure_future(work)
        self._engine, self._task = engine, task
        try:
            return await task
        except asyncio.CancelledError:
            own = asyncio.current_task()
            if self.asked and task.cancelled() and not (own and own.cancelling()):
                return None
            task.cancel()
            raise
        finally:
            self._task = None


class Stopped(Exception):
    """The rest is not begun."""

    def __init__(self, why: str, result: Result | None, hint: str = "") -> None:
        super().__init__(why)
        self.result = result
        self.hint = hint
