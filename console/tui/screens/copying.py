"""What can be copied of the chosen object, each with its key; secrets are not among it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from console.domain.explained import explained, said_of_refunds
from console.domain.language import N_, _, together
from console.domain.members import Member, members
from console.domain.model import BUYER_FIELDS, Charge, ChargePermission, CheckoutSession
from console.domain.money import Money
from console.domain.order import Order
from console.domain.text import clean_line
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.rows import Row, RowList
from console.tui.words import QUIET, TONES, column_for, literal, padded, quiet, whole, wrapped

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord

_KEYS: Final = N_("enter  copy it     esc  back")
MOST: Final = 400  # characters that are shown whole of what is copied
_OLD: Final = N_("Not yet: this is how it was. Once Amazon has answered, open this menu again.")
_NO_OBJECT: Final = N_("Only an object that was read has one.")


@dataclass(frozen=True)
class Copy:
    """One thing to copy: `text`, or None and `why` there is nothing.

    `buyer` marks what holds the buyer's data: copying it is a line in the journal.
    """

    key: str
    title: str
    text: str | None
    why: str = ""
    shown: str = ""  # where the text itself says too little in one line
    buyer: bool = False


def copies(
    order: Order,
    chosen: str,
    records: Iterable[RequestRecord],
    curl: str | None,
    *,
    revealed: bool,
    is_old: bool,
) -> tuple[Copy, ...]:
    """What can be copied of `chosen`, an object of `order`.

    `records` are the requests of this session, oldest first; `curl` is the object's read.
    `revealed` says that the buyer's data stands on the screen at this moment; `is_old` that the
    order may not be any more as it is shown: then there is nothing that can be told the buyer.
    """
    no_id = _("{text} is not an Amazon Pay id.", text=clean_line(chosen, 80))
    member = next((one for _kind, one in members(order) if one.id == chosen), None)
    found = [
        Copy("y", _("id"), chosen),
        Copy("o", _("order's id"), _order_id(order), _("There is no order of this session here.")),
        Copy("n", _("order number"), _number(order), _("The shop gave Amazon none.")),
        Copy("a", _("amount"), _amount(member), _without_amount(member)),
        Copy(
            "s", _("to the buyer"), None if is_old else _sentence(order, chosen),
            _(_OLD if is_old else _NO_OBJECT),
        ),
        Copy("l", _("link to mend"), _link(order), _("No such link would help here.")),
        Copy("r", _("request id"), _request_id(records, chosen), _("Amazon gave none for it yet.")),
        Copy("c", "curl", curl, no_id if curl is None else "", _("its read, signed by nobody")),
    ]  # fmt: skip
    if revealed:
        said = _("as it is shown; it is a line in the journal")
        none = _("Amazon gave none.")
        found.append(Copy("b", _("buyer data"), _buyer(order), none, shown=said, buyer=True))
    return tuple(found)


def _buyer(order: Order) -> str | None:
    """What Amazon gave of the buyer, as JSON, and nothing else."""
    for holder in (order.permission, order.session):
        raw = holder.raw if holder is not None else {}
        given = {name: value for name, value in raw.items() if name in BUYER_FIELDS and value}
        if given:
            return json.dumps(given, indent=2, ensure_ascii=False, default=str)
    return None


def _order_id(order: Order) -> str | None:
    return None if order.session is not None and order.id == order.session.id else order.id


def _number(order: Order) -> str | None:
    return order.permission.merchant.reference if order.permission is not None else None


def _amount(member: Member | None) -> str | None:
    money = None if member is None else _money(member)
    return None if money is None else whole(money)


def _money(member: Member) -> Money | None:
    """The amount that the object's row shows; of a permission its limit."""
    if isinstance(member, Charge):
        return member.captured if member.captured and member.captured.is_positive else member.amount
    return member.limit if isinstance(member, ChargePermission) else member.amount


def _without_amount(member: Member | None) -> str:
    if isinstance(member, ChargePermission | CheckoutSession):
        return _("Amazon tells none for it.")
    return _(_NO_OBJECT)


def _sentence(order: Order, chosen: str) -> str | None:
    """What Explain says can be said to the buyer: of a charge also how its refunds stand, for that
    is what the buyer waits for then.
    """
    found = {one.id: one.explanation.say_to_buyer for one in explained(order, [chosen])}
    return together(*found.values(), said_of_refunds(order.refunds_of(chosen))) or None


def _link(order: Order) -> str | None:
    """The buyer's own page, where another payment method would help."""
    return next((one.mend_url for one in explained(order) if one.mend_url is not None), None)


def _request_id(records: Iterable[RequestRecord], chosen: str) -> str | None:
    """That of the last answer about the object."""
    about = [one.request_id for one in records if one.object == chosen and one.request_id]
    return about[-1] if about else None


class CopyScreen(ModalScreen[Copy | None]):
    """Answers with what is to be copied; a row without anything says why."""

    DEFAULT_CSS = """
    CopyScreen #copies { height: auto; max-height: 12; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        *(Binding(key, f"pick('{key}')", key, show=False) for key in "yonaslrcb"),
    ]

    def __init__(self, found: Sequence[Copy]) -> None:
        super().__init__()
        self._found = {copy.key: copy for copy in found}
        self._column = column_for((copy.title for copy in found), 14)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes="small"):
            yield RowList(id="copies", empty=_("Nothing can be copied."))
            yield Drawn(self._whole, id="copy-text")
            yield Static(quiet(_(_KEYS)), id="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(_("Copy"))
        rows = self.query_one(RowList)
        rows.show([Row(key, partial(self._draw, copy)) for key, copy in self._found.items()])
        rows.focus()

    @on(RowList.Chosen)
    def _chosen(self, event: RowList.Chosen) -> None:
        self.action_pick(event.key)

    @on(RowList.Moved)
    def _moved(self) -> None:
        self._say("")
        self.query_one("#copy-text", Drawn).redraw()

    def _whole(self, width: int) -> list[Content]:
        """What the chosen row has no room for."""
        copy = self._found.get(self.query_one(RowList).key or "")
        if (
            copy is None
            or copy.text is None
            or copy.shown
            or _line(copy, self._column).cell_length <= width
        ):
            return []
        return wrapped(literal(clean_line(copy.text, MOST)), width)

    def _draw(self, copy: Copy, width: int) -> Content:
        return _line(copy, self._column).truncate(width, ellipsis=True)

    def action_pick(self, key: str) -> None:
        copy = self._found.get(key)
        if copy is None:
            return
        if copy.text is None:
            self._say(copy.why)
        else:
            self.dismiss(copy)

    def _say(self, text: str) -> None:
        self.query_one("#dialog").border_subtitle = literal(text)

    def action_leave(self) -> None:
        self.dismiss(None)


def _line(copy: Copy, column: int) -> Content:
    key, title = f" {copy.key} ", padded(copy.title, column)
    if copy.text is None:
        return quiet(f"{key} {title}{copy.why}")
    said = literal(copy.shown or copy.text)
    if copy.buyer:
        said = said.stylize(TONES["warning"])
    return Content.assemble((key, "bold $text-accent"), " ", (title, QUIET), said)


def shown_copy(copy: Copy) -> str:
    """What was copied, in the words of a message: the text itself where it is one line."""
    return clean_line(copy.shown or copy.text or "", 120)
