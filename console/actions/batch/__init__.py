"""Batches: many one-off fixes, each by the one way that every action goes.

A row is a plan of its own, made afresh when its turn comes and performed by the engine; the
batch adds nothing but the order, the waves and the stop. What is finished stands in the journal:
each intent names its batch and line, and a row that was held back has a note there. So any
process, at any time, can tell how far a batch is, and none does a row twice.

`planning` gives every row of a list its verdict, `applying` does the rows in waves, each by
`row`, until its end or a `stop`, and `report` tells from the journal how each stands.
"""

from __future__ import annotations

from typing import Final

LONGEST: Final = 500  # characters of what a row says: its reason, a warning, why it is left
