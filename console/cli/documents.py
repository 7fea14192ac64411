"""The JSON documents that others rely on: names and shapes are an interface."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from console.domain.as_json import action_lines, clock_lines, history_lines
from console.domain.checkout_v1 import refund_state
from console.domain.explain import Explanation
from console.domain.explained import Explained, explained
from console.domain.ids import Identified, Identifier
from console.domain.in_v1 import ActionInV1, charge_words, either, order_words, v1_calls
from console.domain.model import Charge, Refund, show_time, without_buyer
from console.domain.money import Money
from console.domain.order import Order
from console.domain.remains import remains

if TYPE_CHECKING:
    from console.actions.outcome import Outcome
    from console.actions.plan import Plan
    from console.store.decisions import Entry, Intent

Document = dict[str, Any]


def dump(document: object) -> str:
    """One JSON document. Decimals of Amazon's own objects are written as they came."""
    return json.dumps(document, ensure_ascii=False, indent=2, default=str)


def money(value: Money | None) -> dict[str, str] | None:
    return value.to_api() if value is not None else None


def error(code: str, message: str, hint: str | None = None) -> Document:
    return {"error": {"code": code, "message": message, "hint": hint}}


def identified(found: Identified) -> Document:
    return {**_identifier(found.best), "others": [_identifier(other) for other in found.others]}


def _identifier(found: Identifier) -> Document:
    return {
        "id": found.id,
        "kind": str(found.kind),
        "generation": found.generation,
        "environment": found.environment,
        "region_hint": found.region_hint,
        "order_id": found.order_id,
        "v2": {"kind": found.v2.kind, "id": found.v2.id, "path": found.v2.path},
        "notes": list(found.notes),
    }


def order(found: Order, *, show_buyer: bool = False) -> Document:
    """`lookup`. Buyer data is in it only with `show_buyer`."""
    document = {
        "query": found.query.id,
        "order": _order_head(found),
        "charges": [_charge(charge) for charge in found.charges],
        "refunds": [_refund(refund) for refund in found.refunds],
        "actions": action_lines(found),
        "history": history_lines(found),
        "warnings": list(found.warnings),
        "clocks": clock_lines(found),
        "explanations": [_explained(one) for one in explained(found)],
        "v1_calls": [_v1_call(row) for row in v1_calls(found)],
    }
    if found.session is not None:
        document["checkout_session"] = without_buyer(found.session.raw)
        document["remains"] = list(remains(found.session, found.observed))
    if found.disputes:
        document["disputes"] = [without_buyer(dispute.raw) for dispute in found.disputes]
    if show_buyer and found.permission is not None:
        document["buyer"] = buyer(found.permission.raw)
    return document


def _order_head(found: Order) -> Document:
    permission, totals, words = found.permission, found.totals, order_words(found)
    merchant = permission.merchant if permission else None
    return {
        "id": found.id,
        "type": permission.type if permission else None,
        "state": permission.state if permission else None,
        "reasons": list(permission.status.reason_codes) if permission else [],
        "v1_state": list(words.v1),
        "seller_central_state": either(words.seller_central),
        "created": show_time(permission.created) if permission else None,
        "expires": show_time(permission.expires) if permission else None,
        "limits": {
            "amountLimit": money(permission.limit) if permission else None,
            "amountBalance": money(permission.balance) if permission else None,
        },
        "merchant": {
            "merchantReferenceId": merchant.reference if merchant else None,
            "merchantStoreName": merchant.store if merchant else None,
        },
        "totals": {
            "authorized_open": money(totals.authorized_open),
            "captured": money(totals.captured),
            "refunded": money(totals.refunded),
            "refund_initiated": money(totals.refund_initiated),
            "refund_unseen": money(totals.refund_unseen),
            "refundable": money(totals.refundable),
            "unaccounted": money(totals.unaccounted),
        },
    }


def _charge(charge: Charge) -> Document:
    words = charge_words(charge)
    return {
        "id": charge.id,
        "state": charge.state,
        "reason_code": charge.status.reason_code,
        "v1": {
            "authorization_id": words.authorization_id,
            "authorization_state": either(words.authorization),
            "capture_state": either(words.capture),
        },
        "amount": money(charge.amount),
        "captured": money(charge.captured),
        "refunded": money(charge.refunded),
        "created": show_time(charge.created),
        "expires": show_time(charge.expires),
    }


def _refund(refund: Refund) -> Document:
    return {
        "id": refund.id,
        "charge_id": refund.charge_id,
        "state": refund.state,
        "reason_code": refund.status.reason_code,
        "v1_state": refund_state(refund.state),
        "amount": money(refund.amount),
        "created": show_time(refund.created),
    }


def _explained(one: Explained) -> Document:
    return {
        "object": one.id,
        "kind": one.kind,
        "state": one.status.state,
        "reasons": list(one.status.reason_codes),
        **explanation(one.explanation),
        "mend_url": one.mend_url,
    }


def explanation(found: Explanation) -> Document:
    return {
        "meaning": found.meaning,
        "who": found.who,
        "next_step": found.next_step,
        "say_to_buyer": found.say_to_buyer,
        "tone": found.tone,
        "known": found.known,
    }


def _v1_call(row: ActionInV1) -> Document:
    """One action in three vocabularies; `v1` has one entry for each candidate."""
    return {
        "action": row.action,
        "target": row.target,
        "allowed": row.allowed,
        "why": row.why,
        "v2": [
            {"call": call.title, "method": call.method, "path": call.path, "body": dict(call.body)}
            for call in row.v2
        ],
        "v1": [
            {
                "call": call.call,
                "id_field": call.id_field,
                "id": call.id,
                "needs": list(call.needs),
                "now": list(call.now),
                "flag": call.flag or None,
                "note": call.note or None,
            }
            for call in row.v1
        ],
        "why_not_one": row.why_not_one or None,
        "seller_central": [
            {"shown": shown.shown, "note": shown.note} for shown in row.seller_central
        ],
    }


def buyer(raw: Mapping[str, Any]) -> Document:
    return {name: raw.get(name) for name in ("buyer", "shippingAddress", "billingAddress")}


def outcome(found: Outcome) -> Document:
    """An action's result."""
    document: Document = {
        "action": found.action,
        "target": found.target,
        "outcome": str(found.result),
        "amount": money(found.amount),
        "object": found.object,
        "idempotency_key": found.idempotency_key,
        "attempts": found.attempts,
        "intent": found.intent,
        "message": found.message,
        "hint": found.hint,
        "reason_code": found.code,
        "changes": list(found.facts),
        "pending": found.pending,
        "half_done": found.half_done,
    }
    return document


def plan(found: Plan) -> Document:
    """What a dry run tells beside its outcome. The names of `facts` may repeat."""
    draft, words = found.draft, found.words
    return {
        "phrase": found.phrase,
        "before": dict(words.before),
        "after": dict(words.after),
        "facts": [{"name": name, "value": value} for name, value in words.facts],
        "then": found.then.said if found.then is not None else None,
        "request": {"method": draft.method, "url": found.url, "body": draft.body.decode()},
    }


def half_renewed(found: Intent) -> Document:
    """A renewal whose first step was done and whose second was not, with both ways on."""
    from console.actions.renewal import standing_of  # late: a lookup needs none of it

    return {"intent": found.id, "standing": standing_of(found)}


def intent(found: Intent) -> Document:
    return {
        "intent": found.id,
        "state": str(found.state),
        "action": found.action,
        "target": found.object,
        "order": found.scope,
        "environment": found.environment,
        "amount": money(found.amount),
        "reason": found.reason,
        "ticket": found.ticket,
        "profile": found.profile,
        "link": dict(found.link) if found.link is not None else None,
        "actor": found.actor,
        "created": found.created,
        "updated": found.updated,
        "idempotency_key": found.key,
        "attempts": found.attempts,
        "unanswered": found.unanswered,
        "result": found.result,
        "resolved_by_hand": found.human,
    }


def entry(found: Entry) -> Document:
    return {
        "seq": found.seq,
        "time": found.time,
        "kind": found.kind,
        "intent": found.intent,
        "object": found.object,
        "actor": found.actor,
        "data": dict(found.data),
        "hash": found.hash,
    }
