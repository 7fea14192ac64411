"""A server that answers with exactly the bytes that a test wants, and keeps what arrived."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat

from console.simulator.signature import RawRequest


@dataclass(frozen=True)
class Reply:
    """Bytes to answer with; `cut` closes the connection behind them, `times` repeats them."""

    data: bytes = b""
    cut: bool = False
    hang: bool = False
    endless: bytes = b""


HANG_UP = Reply(cut=True)
NO_REPLY = Reply(hang=True)


def reply(status: int = 200, body: bytes = b"{}", *headers: str) -> Reply:
    lines = [f"HTTP/1.1 {status} Some Reason", f"content-length: {len(body)}", *headers]
    return Reply("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        [value] = [value for key, value in self.headers if key.lower() == name]
        return value

    @property
    def names(self) -> set[str]:
        return {name.lower() for name, _ in self.headers}

    @property
    def raw(self) -> RawRequest:
        headers = [(name.encode(), value.encode()) for name, value in self.headers]
        return RawRequest(self.method, self.target.encode(), b"", headers, self.body)


@dataclass
class RawServer:
    """Each request gets the next reply, the last one again and again."""

    replies: list[Reply]
    url: str = ""
    requests: list[Received] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _open: list[socket.socket] = field(default_factory=list)

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def listen(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                self._open.append(connection)
                threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            while True:
                self.requests.append(_received(connection))
                answer = self.next_reply()
                if answer.hang:
                    self._stop.wait(20)
                    return
                connection.sendall(answer.data)
                for _ in repeat(None) if answer.endless else ():
                    connection.sendall(answer.endless)
                if answer.cut:
                    return

    def close(self) -> None:
        self._stop.set()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def raw_server(*replies: Reply) -> Iterator[RawServer]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = RawServer(list(replies), f"http://127.0.0.1:{listening.getsockname()[1]}")
        thread = threading.Thread(target=server.listen, args=[listening], daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join(2)


def _received(connection: socket.socket) -> Received:
    """Read one request; ValueError or OSError where there is none, as for a TLS hello."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
        if not data[:1].isalpha():
            raise ValueError("this is no HTTP")
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    while len(body) < length:
        body += _more(connection)
    return Received(method, target, headers, body)


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ValueError("the connection was closed")
    return data
