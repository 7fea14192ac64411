"""Moments as people read them: in the operator's own time zone, or in UTC.

The screen says which zone; without that it is UTC, as in all that Amazon says. What is kept or
read by machines is always UTC: that is `console.domain.model.show_time`.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final

MINUTES: Final = "%Y-%m-%d %H:%M"
SECONDS: Final = "%Y-%m-%d %H:%M:%S"


class _Here:
    """The zone of this process's screen; None is that of the machine."""

    zone: tzinfo | None = UTC


def use(zone: tzinfo | None) -> None:
    """Say every moment in `zone` from now on, with None in the machine's own."""
    _Here.zone = zone


def zone() -> tzinfo | None:
    """The zone in which every moment is said; None is the machine's own."""
    return _Here.zone


def local(moment: datetime) -> datetime:
    """`moment`, which must know its zone, in the zone of whoever reads it."""
    return moment.astimezone(_Here.zone)


def said(moment: datetime, pattern: str = MINUTES) -> str:
    """`2026-01-15 23:02 JST`: the time and its zone, which a change of the clocks may change."""
    there = local(moment)
    return f"{there.strftime(pattern)} {zone_of(there)}"


def zone_of(moment: datetime) -> str:
    """`JST`, or `+09:00` where the zone has no short name."""
    name = moment.tzname() or ""
    if name.isascii() and name.isalpha() and len(name) <= 5:
        return name
    return moment.isoformat()[-6:]


def told(text: str, pattern: str = MINUTES) -> str:
    """The same for a moment that is kept as ISO text; what is none stands as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return said(moment if moment.tzinfo else moment.replace(tzinfo=UTC), pattern)
