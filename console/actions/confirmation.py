"""The typed confirmation, without which nothing is carried out (step 4)."""

from __future__ import annotations

from console.actions.outcome import Held
from console.actions.plan import Plan


def check_confirmation(
    plan: Plan, phrase: str, *, above_captured: bool = False, disputed: bool = False
) -> None:
    """Raise Held unless exactly the asked phrase was typed, and the further ones where asked."""
    if phrase.strip() != plan.phrase:
        raise Held(f"Not confirmed. To go on, type exactly: {plan.phrase}", "Nothing was sent.")
    if plan.above_captured and not above_captured:
        raise Held(
            "This refunds more than was captured, which needs a second confirmation.",
            "Add --above-captured, or refund less.",
        )
    if plan.doubts and not disputed:
        raise Held(
            f"{' '.join(plan.doubts)} It needs a confirmation of its own.",
            "See to the dispute in Seller Central first. If the refund is meant all the same, add"
            " --disputed.",
        )
