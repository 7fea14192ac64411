"""NotificationData of a v1 notification: the whole object as XML.

Sources: "Set up Instant Payment Notifications"; the v1 pages of states and reason codes. Only
the fields named here are read; what v1 sent of the buyer is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from xml.etree import ElementTree as ET

from console.domain.checkout_v1 import NOTIFICATIONS, Notification
from console.domain.ids import Identifier, Kind
from console.domain.language import _
from console.imports.facts import (
    NO_TIME,
    BadRow,
    Facts,
    amount_of,
    family,
    order_id,
    reference,
    time_of,
    v2_state,
    word,
)
from console.store.index import Known, Told

# The element with the id of the object -> v1's word for the object.
_KINDS: Final = {
    "AmazonOrderReferenceId": "order_reference",
    "AmazonBillingAgreementId": "billing_agreement",
    "AmazonAuthorizationId": "authorization",
    "AmazonCaptureId": "capture",
    "AmazonRefundId": "refund",
}
# The object's own reference by the merchant, its amount.
_REFERENCES: Final = {
    "order_reference": "SellerOrderId",
    "billing_agreement": "SellerBillingAgreementId",
    "authorization": "AuthorizationReferenceId",
    "capture": "CaptureReferenceId",
    "refund": "RefundReferenceId",
}
_AMOUNTS: Final = {
    "order_reference": "OrderTotal",
    "authorization": "AuthorizationAmount",
    "capture": "CaptureAmount",
    "refund": "RefundAmount",
}


def read(xml: str, kinds: Sequence[Notification], sent: str) -> Facts | None:
    """What the object in `xml` says of itself, its parent and its children.

    `kinds` are the rows of the message's type, `sent` is the message's time. None for a kind of
    notification that is about no order. Raises BadRow.
    """
    root = _parsed(xml)
    row = next((row for row in kinds if row.v1_id), None) or _by_root(root)
    if row is None or row.v1_id is None:
        return None
    kind = _KINDS[row.v1_id]
    subject = order_id(_value(root, row.v1_id))
    status = _status(root, kind)
    written = _first(status, "LastUpdateTimestamp", "LastUpdatedTimestamp") or sent
    time = time_of(written) if written else None
    seen = time or NO_TIME
    known = _relations(root, subject, seen)
    state, reason = word(_first(status, "State")), word(_first(status, "ReasonCode"))
    known[subject.v2.id] = replace(
        known[subject.v2.id],
        state=v2_state(kind, state, reason or None) if state else None,
        reference=reference(_value(root, _REFERENCES[kind]))
        or reference(_value(root, "SellerReferenceId")),
    )
    event = f"Amazon notified: {_event(root, kind, state, reason)}{_as_v1_called_it(subject)}"
    told = (Told(subject.v2.id, time, event, "notification"),) if time else ()
    return Facts(tuple(known.values()), told, undated=bool(written and not time))


def _parsed(xml: str) -> ET.Element:
    """Without a document type there are no entities, and nothing that grows when it is read."""
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        raise BadRow(_("The NotificationData declares a document type, which Amazon's never does."))
    try:
        return ET.fromstring(xml)  # noqa: S314 (its dangers need a document type)
    except (ET.ParseError, ValueError) as error:
        raise BadRow(
            _("The NotificationData is no XML that can be read: {why}.", why=error)
        ) from None


def _name(element: ET.Element) -> str:
    """Its name without the namespace, in lower case."""
    return element.tag.rpartition("}")[2].casefold() if isinstance(element.tag, str) else ""


def _find(root: ET.Element, name: str) -> ET.Element | None:
    wanted = name.casefold()
    return next((element for element in root.iter() if _name(element) == wanted), None)


def _value(root: ET.Element, name: str) -> str:
    """The text of the first element of this name, empty where there is none."""
    found = _find(root, name)
    return (found.text or "").strip() if found is not None else ""


def _by_root(root: ET.Element) -> Notification | None:
    rows = (row for row in NOTIFICATIONS if (row.v1_root or row.v1_type or "").casefold())
    wanted = _name(root)
    return next((r for r in rows if (r.v1_root or r.v1_type or "").casefold() == wanted), None)


def _status(root: ET.Element, kind: str) -> ET.Element | None:
    return _find(root, kind.replace("_", "") + "status")


def _first(element: ET.Element | None, *names: str) -> str:
    if element is None:
        return ""
    return next((value for name in names if (value := _value(element, name))), "")


def _relations(root: ET.Element, subject: Identifier, seen: str) -> dict[str, Known]:
    """The object, its agreement where it has one, and the children of its IdList."""
    ids = [subject]
    parent = _find(root, "ParentDetails")
    if parent is not None and (above := _first(parent, "Id")):
        ids.append(order_id(above))
    known = family(ids, seen)
    mine = known[subject.v2.id]
    children = _find(root, "IdList")
    for element in children.iter() if children is not None else ():
        if (element.text or "").strip():
            child = order_id(element.text or "").v2
            if child.id not in known:
                hangs_on = _above(child.kind, mine)
                known[child.id] = Known(
                    child.id, child.kind, hangs_on, mine.permission, None, None, seen
                )
    return known


def _above(kind: str, mine: Known) -> str | None:
    """The parent of a child: refunds hang on the charge, charges on the permission."""
    if kind == "charge":
        return mine.permission
    return mine.id if mine.kind == "charge" else None


def _event(root: ET.Element, kind: str, state: str, reason: str) -> str:
    """`capture of 10.00 USD Declined, AmazonRejected`, as far as it is said."""
    amount = _find(root, _AMOUNTS.get(kind, ""))
    money = amount_of(_first(amount, "Amount"), _first(amount, "CurrencyCode"))
    said = ", ".join(part for part in (state, reason) if part)
    return f"{kind.replace('_', ' ')}{money} {said}".rstrip()


def _as_v1_called_it(subject: Identifier) -> str:
    return f" ({subject.id})" if subject.kind is Kind.AUTHORIZATION else ""
