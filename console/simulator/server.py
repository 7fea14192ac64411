"""The simulator as an HTTP server on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from email.utils import format_datetime
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from . import admin, api, foreign, reports, spoiled
from .calls import Answer, Call
from .errors import ApiError
from .faults import FOREIGN, Fault
from .hangup import HangUpProtocol, hang_up
from .requestlog import Entry
from .signature import RawRequest, verify
from .world import World

_METHODS: Final = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]
_WEB_PAGE: Final = b"<html><head><title>502 Bad Gateway</title></head><body>502</body></html>"
_GARBAGE: Final = b'{"refundId": "S01-\xff\xfe<cut>'


class HungUp(Response):
    """No response at all: the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await hang_up(Request(scope, receive, send))


def create_app(world: World) -> Starlette:
    """The service, and its admin channel under `/_simulator/`."""
    service = Service(world)
    return Starlette(
        routes=[
            *admin.routes(world),
            Route(f"{reports.DOCUMENTS}/{{token}}", service.document, methods=["GET"]),
            Route("/{path:path}", service.handle, methods=_METHODS),
        ]
    )


class Service:
    """One world, answered for over HTTP."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._late: set[asyncio.Task[None]] = set()

    async def handle(self, request: Request) -> Response:
        raw = RawRequest(
            method=request.method,
            path=request.scope["raw_path"],
            query=request.scope["query_string"],
            headers=request.scope["headers"],
            body=await request.body(),
        )
        entry = self._entry(raw)
        self.world.log.append(entry)
        response = await self._answer(raw, entry)
        if not isinstance(response, HungUp):
            entry.status = response.status_code
        return response

    async def document(self, request: Request) -> Response:
        """A report's file. As at S3, a signed address and a signature exclude each other."""
        signed = [n for n in request.headers if n == "authorization" or n.startswith("x-amz-")]
        status, body = 400, b"<Error><Code>InvalidArgument</Code></Error>"
        if not signed:
            status, body = reports.file(self.world, request.path_params["token"])
        entry = self._entry(RawRequest("GET", request.scope["raw_path"], b"", [], b""))
        entry.operation, entry.status = "document", status
        self.world.log.append(entry)
        return Response(body, status, media_type="text/csv" if status == 200 else "text/xml")

    def _entry(self, raw: RawRequest) -> Entry:
        return Entry(
            time=self.world.clock.now(),
            method=raw.method,
            path=raw.path.decode("latin-1"),
            key=raw.header("x-amz-pay-idempotency-key"),
            body=raw.body,
            request_id=str(uuid.uuid4()),
        )

    async def _answer(self, raw: RawRequest, entry: Entry) -> Response:
        try:
            wanted = self._admit(raw, entry)
        except ApiError as error:
            entry.effect = "refused"
            return self._respond(Answer(error.status, error.body(), "refused"), entry)
        faults = self.world.faults.take(wanted.operation)
        entry.faults = [fault.name for fault in faults]
        return await self._carry_out(wanted, faults, entry)

    def _admit(self, raw: RawRequest, entry: Entry) -> Call:
        """Everything that is checked before the order itself: who, where, how often."""
        world, switches = self.world, self.world.switches
        key_id = verify(
            raw, world.keys, world.clock.now(), switches.date_tolerance, switches.date_lifetime
        )
        env, path = api.environment(world, raw.path.decode("latin-1"), key_id)
        operation, target = api.route(raw.method, path)
        entry.operation = operation
        with world.lock:
            if switches.throttling and not world.throttle.admit(operation, env):
                raise ApiError("TooManyRequests", "Too many requests; slow down")
        return api.call(raw, env, path, operation, target)

    async def _carry_out(self, wanted: Call, faults: list[Fault], entry: Entry) -> Response:
        acts = [fault for fault in faults if fault.name in FOREIGN]
        named = {fault.name: fault for fault in faults if fault not in acts}
        wanted = _as_faulted(wanted, named)
        self._act(wanted, (fault for fault in acts if not fault.then), entry)
        if "late" in named:
            self._execute_later(wanted, named["late"].seconds, acts, entry)
            return HungUp()
        early = self._before(named, entry)
        if early is not None:
            self._act(wanted, (fault for fault in acts if fault.then), entry)
            return early
        answer = self._execute(wanted, acts, entry)
        if "delay" in named:
            await asyncio.sleep(named["delay"].seconds)
        return self._after(answer, wanted, named, entry)

    def _execute(self, wanted: Call, acts: Iterable[Fault], entry: Entry) -> Answer:
        """Execute the request, and what somebody else does right after it."""
        with self.world.lock:
            answer = api.perform(self.world, wanted)
            entry.effect = answer.effect
            self._act(wanted, (fault for fault in acts if fault.then), entry)
        return answer

    def _act(self, wanted: Call, acts: Iterable[Fault], entry: Entry) -> None:
        for fault in acts:
            try:
                foreign.act(self.world, fault.name, fault.argument or "", wanted)
            except ApiError as error:
                entry.faults.append(f"not made: {error}")

    def _before(self, named: Mapping[str, Fault], entry: Entry) -> Response | None:
        """The faults that keep a request from being executed."""
        if "hang_up_before" in named:
            return HungUp()
        if "throttle" in named:
            return self._error("TooManyRequests", 429, entry)
        if "error_before" in named:
            return self._failure(named["error_before"], entry)
        if "html_502" in named and named["html_502"].argument == "before":
            return self._page(502, _WEB_PAGE, "text/html", entry)
        return None

    def _after(
        self, answer: Answer, wanted: Call, named: Mapping[str, Fault], entry: Entry
    ) -> Response:
        """The faults that spoil the answer to a request that has been executed."""
        if "hang_up_after" in named:
            return HungUp()
        if "error_after" in named:
            return self._failure(named["error_after"], entry)
        if "html_502" in named:
            return self._page(502, _WEB_PAGE, "text/html", entry)
        if "garbage" in named:
            return self._page(200, _GARBAGE, "application/json", entry)
        if "wrong_amount" in named and answer.effect != "refused":
            answer = spoiled.with_another_amount(answer, wanted)
        if "wrong_object" in named and answer.effect != "refused":
            answer = spoiled.with_another_object(answer, wanted)
        return self._respond(answer, entry)

    def _execute_later(
        self, wanted: Call, seconds: float, acts: Iterable[Fault], entry: Entry
    ) -> None:
        async def execute() -> None:
            await asyncio.sleep(seconds)
            self._execute(wanted, acts, entry)

        task = asyncio.get_running_loop().create_task(execute())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def _failure(self, fault: Fault, entry: Entry) -> Response:
        status = int(fault.argument or 500)
        code = "InternalServerError" if status == 500 else "ServiceUnavailable"
        return self._error(code, status, entry)

    def _error(self, code: str, status: int, entry: Entry) -> Response:
        error = ApiError(code, "The service could not answer", status)
        return self._respond(Answer(status, error.body()), entry)

    def _respond(self, answer: Answer, entry: Entry) -> Response:
        entry.reason_code = answer.body.get("reasonCode")
        body = json.dumps(answer.body, ensure_ascii=False, default=str).encode()
        return self._page(answer.status, body, "application/json", entry)

    def _page(self, status: int, body: bytes, media_type: str, entry: Entry) -> Response:
        headers = {
            "x-amz-pay-request-id": entry.request_id,
            "date": format_datetime(self.world.clock.now(), usegmt=True),
        }
        return Response(body, status, headers, media_type)


def _as_faulted(wanted: Call, named: Mapping[str, Fault]) -> Call:
    if "refuse" in named:
        code, _, unsaved = (named["refuse"].argument or "ProcessingFailure").partition(",")
        refusal = ApiError(code, "The request was refused")
        wanted = replace(wanted, refusal=refusal, refusal_saved=not unsaved)
    if "decline" in named:
        wanted = replace(wanted, decline=named["decline"].argument or "ProcessingFailure")
    if "decline_now" in named:
        wanted = replace(wanted, decline_now=named["decline_now"].argument or "ProcessingFailure")
    return replace(wanted, pending="pending" in named)


# --- running it -------------------------------------------------------------------------------


class _Server(uvicorn.Server):
    """Waits for its end. Uvicorn's own looks for it ten times a second, and the demo is idle."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._end = threading.Event()  # for an end before the loop runs
        self._loop: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    async def main_loop(self) -> None:
        await self.on_tick(0)  # the headers of every answer
        ended = asyncio.Event()
        self._loop = asyncio.get_running_loop(), ended
        if not self._end.is_set():
            await ended.wait()

    def end(self) -> None:
        """Make it stop; from any thread."""
        self.should_exit = True
        self._end.set()
        if self._loop is not None:
            loop, ended = self._loop
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(ended.set)


class SimulatorServer:
    """A simulator that runs in a thread of this process until `stop()`."""

    def __init__(self, world: World, port: int = 0) -> None:
        self.world = world
        self._socket = _listen(port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = _Server(_config(world))
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.end()
        self._thread.join(timeout=5)
        self._socket.close()


def _listen(port: int) -> socket.socket:
    """A listening socket: callers may connect before the server's loop runs."""
    # With the protocol named, asyncio sends small answers at once (TCP_NODELAY); without, the
    # second half of each waits 40 ms for the other side's acknowledgement.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen(128)
    return made


def _config(world: World) -> uvicorn.Config:
    options: dict[str, Any] = {"log_config": None, "access_log": False, "log_level": "critical"}
    return uvicorn.Config(
        create_app(world),
        http=HangUpProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        **options,
    )


@contextmanager
def running(world: World, port: int = 0) -> Iterator[SimulatorServer]:
    """A running simulator for the length of a `with` block."""
    server = SimulatorServer(world, port)
    try:
        yield server
    finally:
        server.stop()


def serve_forever(world: World, port: int = 0) -> None:
    """Serve until SIGINT or SIGTERM. The first line on stdout is the URL."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with running(world, port) as server:
        print(server.url, flush=True)
        while not stop.wait(0.2):
            pass
