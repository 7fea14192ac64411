"""The requests behind an order: a list, and everything that is known of the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.domain.members import ids_of
from console.domain.order import Order
from console.tui.widgets.details import request_line, sorted_requests
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.rows import Row, RowList
from console.tui.words import heading, labelled, literal, quiet, stamp

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord

_KEYS = "↑ ↓ tab     c  copy as curl, unsigned     y  copy request id     esc  back"


class RequestsScreen(ModalScreen[None]):
    """The requests as they were when it was opened; those of the order first."""

    DEFAULT_CSS = """
    RequestsScreen #requests { height: auto; max-height: 40%; }
    RequestsScreen #request-pane { height: 1fr; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("c", "curl", "Copy as curl", show=False),
        Binding("y", "request_id", "Copy the request id", show=False),
    ]

    def __init__(self, records: Sequence[RequestRecord], order: Order | None) -> None:
        super().__init__()
        ids = ids_of(order) if order else frozenset()
        self._records = {str(n): r for n, r in enumerate(sorted_requests(records, ids))}
        self._ids = ids

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="tall"):
            yield RowList(id="requests", empty="Nothing was asked yet.")
            with VerticalScroll(id="request-pane"):
                yield Drawn(self._lines, id="request")
            yield Static(quiet(_KEYS), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content("Requests")
        rows = self.query_one(RowList)
        rows.show([Row(key, _row(r, r.object in self._ids)) for key, r in self._records.items()])
        rows.focus()
        self.query_one("#request", Drawn).redraw()

    @property
    def _chosen(self) -> RequestRecord | None:
        return self._records.get(self.query_one(RowList).key or "")

    def _lines(self, width: int) -> list[Content]:
        return request_lines(self._chosen, width) if self._chosen else []

    @on(RowList.Moved)
    def _moved(self) -> None:
        self.query_one("#request", Drawn).redraw()
        self.query_one("#request-pane").scroll_home(animate=False)
        self._say("")

    def action_curl(self) -> None:
        from console.amazon.curl import curl_of

        made = curl_of(self._chosen) if self._chosen else None
        if made is None:
            self._say("Only reads are given as curl: signed, a write would be made again")
        else:
            self.app.copy_to_clipboard(made)
            self._say("Copied as curl, signed by nobody")

    def action_request_id(self) -> None:
        if self._chosen is None or self._chosen.request_id is None:
            self._say("Amazon gave no request id")
        else:
            self.app.copy_to_clipboard(self._chosen.request_id)
            self._say(f"Copied {self._chosen.request_id}")

    def _say(self, text: str) -> None:
        self.query_one("#dialog").border_subtitle = literal(text)

    def action_leave(self) -> None:
        self.dismiss(None)


def _row(record: RequestRecord, ours: bool) -> Callable[[int], Content]:
    return lambda _width: request_line(record, ours=ours)


def request_lines(record: RequestRecord, width: int) -> list[Content]:
    """Everything that is known of a request. There is no signature in it, and no body."""
    answered = stamp(record.answered) + " by Amazon's clock" if record.answered else "no date"
    status = str(record.status) if record.status is not None else "no answer"
    facts = (
        ("request", f"{record.method} {record.url}"),
        ("operation", f"{record.operation}, attempt {record.attempt}"),
        ("sent", stamp(record.time) + " by Amazon's clock, as far as it is known"),
        ("answer", f"{status} after {record.milliseconds} ms, {answered}"),
        ("reason", record.reason_code),
        ("failure", record.failure),
        ("request id", record.request_id or "none"),
        ("body", f"{record.body_length} bytes, SHA-256 {record.body_sha256}"),
        ("signed", record.string_to_sign.replace("\n", " ")),
    )
    lines = [
        line
        for label, text in facts
        if text is not None
        for line in labelled(label, literal(text), width, 12)
    ]
    lines += [Content(""), heading("Signed headers")]
    for name, value in record.headers:
        lines += labelled(name, literal(value), width, 28)
    return [*lines, quiet("authorization: left out, as everything that only the key can make")]
