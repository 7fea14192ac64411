"""The requests behind an order: a list, and everything that is known of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.clipboard import copy
from console.domain.language import N_, _
from console.domain.members import ids_of
from console.domain.order import Order
from console.tui.widgets.details import request_line, sorted_requests
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.rows import Row, RowList
from console.tui.words import column_for, heading, labelled, literal, quiet, stamp

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord

_KEYS: Final = N_("c  copy as curl     y  copy request id     f  filter     esc  back")


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
            yield RowList(
                id="requests",
                empty=_("Nothing was asked yet. What is asked of Amazon stands here."),
                filterable=True,
            )
            with VerticalScroll(id="request-pane"):
                yield Drawn(self._lines, id="request")
            yield Static(quiet(_(_KEYS)), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(_("Requests"))
        rows = self.query_one(RowList)
        rows.show([_row(key, r, r.object in self._ids) for key, r in self._records.items()])
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
            self._say(_("Only reads are given as curl: signed, a write would be made again"))
        else:
            self._copy(made, _("as curl, signed by nobody"))

    def action_request_id(self) -> None:
        if self._chosen is None or self._chosen.request_id is None:
            self._say(_("Amazon gave no request id"))
        else:
            self._copy(self._chosen.request_id, self._chosen.request_id)

    def _copy(self, text: str, what: str) -> None:
        self.run_worker(self._copying(text, what), group="copy", exit_on_error=False)

    async def _copying(self, text: str, what: str) -> None:
        way = await copy(text, self.app.copy_to_clipboard)
        self._say(_("Copied {what}, {way}", what=what, way=way))

    def _say(self, text: str) -> None:
        self.query_one("#dialog").border_subtitle = literal(text)

    def action_leave(self) -> None:
        self.dismiss(None)


def _row(key: str, record: RequestRecord, ours: bool) -> Row:
    line = request_line(record, ours=ours)
    return Row(key, lambda _width: line, f"{line.plain} {record.operation} {record.object}")


def request_lines(record: RequestRecord, width: int) -> list[Content]:
    """Everything that is known of a request. There is no signature in it, and no body."""
    attempt = _("{operation}, attempt {number}", operation=record.operation, number=record.attempt)
    sent = _("{time} by Amazon's clock, as far as it is known", time=stamp(record.time))
    body = _("{count} bytes, SHA-256 {hash}", count=record.body_length, hash=record.body_sha256)
    facts = (
        (_("request"), f"{record.method} {record.url}"),
        (_("operation"), attempt),
        (_("sent"), sent),
        (_("answer"), _answer(record)),
        (_("reason"), record.reason_code),
        (_("failure"), record.failure_said),
        (_("request id"), record.request_id or _("none")),
        (_("body"), body),
        (_("signed"), record.string_to_sign.replace("\n", " ")),
    )
    column = column_for((label for label, _text in facts), 12)
    lines = [
        line
        for label, text in facts
        if text is not None
        for line in labelled(label, literal(text), width, column)
    ]
    lines += [Content(""), heading(_("Signed headers"))]
    for name, value in record.headers:
        lines += labelled(name, literal(value), width, 28)
    left_out = _("left out, as everything that only the key can make")
    return [*lines, quiet(f"authorization: {left_out}")]


def _answer(record: RequestRecord) -> str:
    """The status, how long it took, and the date that the answer bears."""
    after = record.milliseconds
    if record.status is None:
        return _("no answer after {milliseconds} ms, no date", milliseconds=after)
    if record.answered is None:
        status = record.status
        return _("{status} after {milliseconds} ms, no date", status=status, milliseconds=after)
    return _(
        "{status} after {milliseconds} ms, {time} by Amazon's clock",
        status=record.status,
        milliseconds=after,
        time=stamp(record.answered),
    )
