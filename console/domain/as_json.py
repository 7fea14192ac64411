"""What is known of an order as JSON, as `lookup` prints it and a bundle holds it.

Names and shapes are an interface that others script against.
"""

from __future__ import annotations

from typing import Any

from console.domain.clocks import clocks
from console.domain.language import english
from console.domain.model import show_time
from console.domain.order import Order
from console.domain.rules import offers


def action_lines(order: Order) -> list[dict[str, Any]]:
    """What may be done and what not."""
    return [
        {
            "action": offer.action,
            "target": offer.target,
            "allowed": offer.allowed,
            "why": english(offer.why),
            "max_amount": offer.max_amount.to_api() if offer.max_amount else None,
        }
        for offer in offers(order)
    ]


def clock_lines(order: Order) -> list[dict[str, Any]]:
    """What runs out and when."""
    return [
        {
            "what": clock.what,
            "object": clock.object,
            "from": show_time(clock.begins),
            "until": show_time(clock.until),
            "days_left": clock.days_left,
            "passed": clock.passed,
            "source": "amazon" if clock.amazon else "computed",
            "tone": clock.tone,
            "text": clock.sentence,
        }
        for clock in clocks(order)
    ]


def history_lines(order: Order) -> list[dict[str, Any]]:
    """The order's history with its sources."""
    return [
        {
            "time": show_time(event.time),
            "object": event.object,
            "event": event.event,
            "source": event.source,
            "actor": event.actor,
        }
        for event in order.history
    ]
