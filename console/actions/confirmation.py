"""The typed confirmation, without which nothing is carried out (step 4)."""

from __future__ import annotations

from console.actions.outcome import Held
from console.actions.plan import Plan
from console.domain.language import _, together


def check_confirmation(
    plan: Plan, phrase: str, *, above_captured: bool = False, disputed: bool = False
) -> None:
    """Raise Held unless exactly the asked phrase was typed, and the further ones where asked."""
    if phrase.strip() != plan.phrase:
        raise Held(
            _("Not confirmed. To go on, type exactly: {phrase}", phrase=plan.phrase),
            _("Nothing was sent."),
        )
    if plan.above_captured and not above_captured:
        raise Held(
            _("This refunds more than was captured, which needs a second confirmation."),
            _("Add --above-captured, or refund less."),
        )
    if plan.doubts and not disputed:
        raise Held(
            together(*plan.doubts, _("It needs a confirmation of its own.")),
            together(
                _("See to the dispute in Seller Central first."),
                _("If the refund is meant all the same, add --disputed."),
            ),
        )
