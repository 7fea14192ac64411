"""Hanging up for real: a uvicorn protocol that lets the application close its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_EXTENSION: Final = "console.simulator.hang_up"


class HangUpProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, plus an ASGI extension that aborts the connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        inner: Any = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            hang_up: Callable[[], None] = self.transport.abort
            scope.setdefault("extensions", {})[_EXTENSION] = hang_up
            await inner(scope, receive, send)

        self.app: Any = app


async def hang_up(request: Request) -> None:
    """Close the TCP connection of `request` without a byte of an answer."""
    request.scope["extensions"][_EXTENSION]()
    while (await request.receive())["type"] != "http.disconnect":
        pass
