"""A measured figure and the limit that it has to keep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` must not exceed `limit`; `beside` tells the times or counts behind it."""

    what: str
    value: float
    limit: float
    beside: str = ""

    @property
    def is_kept(self) -> bool:
        return self.value <= self.limit

    def line(self, benchmark: str) -> str:
        verdict = "ok " if self.is_kept else "TOO MUCH"
        return (
            f"{benchmark:<10} {verdict} {self.value:6.2f} (at most {self.limit:g})"
            f"  {self.what}  [{self.beside}]"
        )
