"""Watching a refund until Amazon is done with it: initiated is not done (step 13)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from console.actions.engine import Engine
from console.actions.recovery import follow
from console.domain.intent import State
from console.store.decisions import Intent

# Seconds between looks: soon at first, then seldom. Refunds take minutes to hours.
FIRST_WAIT: Final = 2.0
LONGEST_WAIT: Final = 60.0
DISAGREEING_LOOKS: Final = 5


async def watch(
    engine: Engine,
    intent: Intent,
    *,
    changed: Callable[[Intent], None] = lambda _intent: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    looks: int = 60,
) -> Intent:
    """Look at an accepted intent until it is settled or declined, at most `looks` times.

    The last look settles a final refund whose total disagrees, and records the difference:
    then somebody else changed the order.
    """
    wait = FIRST_WAIT
    for look in range(1, looks + 1):
        if intent.state is not State.ACCEPTED or intent.result is None:
            return intent
        await sleep(wait)
        wait = min(wait * 1.5, LONGEST_WAIT)
        last = look == looks or look > DISAGREEING_LOOKS
        followed = await follow(engine, intent, last_look=last)
        if followed.state is not intent.state:
            changed(followed)
        intent = followed
    return intent
