"""The screens. A door: it imports the core, and nothing imports it.

What is loaded for the first paint is light: its records are named tuples, where a dataclass takes
five times as long to be made, and what is needed later is imported later.
"""

from __future__ import annotations

import os
from typing import Final

_FRAMES: Final = "250"  # in a second, at most; whoever has set another number keeps it

# Textual draws at the ticks of a clock, and after a rest only at the second one: of its 60 a second
# a key that comes just after a frame waits for up to 33 ms. It draws no more often for it: what is
# written for a key that is held down, and what it takes of the processor, are the same. It reads
# the number once, when it is imported.
os.environ.setdefault("TEXTUAL_FPS", _FRAMES)
