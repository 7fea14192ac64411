"""Something is awaited: dots that move, or a word where nothing may move."""

from __future__ import annotations

from typing import Final

from textual.app import RenderResult
from textual.content import Content
from textual.widgets import LoadingIndicator

from console.domain.language import _

_PERIOD: Final = 1 / 16  # seconds, as Textual's own


class Loading(LoadingIndicator):
    """Textual's own, whose word for a still screen is in the operator's language."""

    def render(self) -> RenderResult:
        if self.app.animation_level == "none":
            return Content(_("Loading..."))
        return super().render()

    def on_mount(self) -> None:
        self.call_next(self.on_hide)  # Textual starts it however it stands; being shown comes after

    def on_show(self) -> None:
        self.auto_refresh = _PERIOD

    def on_hide(self) -> None:
        """Hidden, it needs no timer: that would wake the program sixteen times a second."""
        self.auto_refresh = None
