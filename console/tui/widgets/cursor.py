"""An Input whose cursor comes to rest: nobody is there to look for it, and each blink is sent."""

from __future__ import annotations

import time
from typing import Final

from textual.widgets import Input

BLINKS: Final = 5.0  # seconds after the last key


class RestingInput(Input):
    """The cursor blinks for a while after the focus or a key came, then it stands.

    Blinking on, a screen that nobody touches would cost some 2 kB/s, over SSH too, and half a
    percent of the processor.
    """

    _rests_at = 0.0

    def _restart_blink(self) -> None:
        self._rests_at = time.monotonic() + BLINKS
        super()._restart_blink()

    def _toggle_cursor(self) -> None:
        if time.monotonic() < self._rests_at:
            super()._toggle_cursor()
        else:
            self._pause_blink(visible=True)
