"""Keys one after the other: each meets what the one before it has brought about.

Textual hands a key to what has the focus at that moment and goes on. Of keys that come in one
piece, typed ahead or over a slow line, the later ones end in the field that was just left, or
behind the dialog that is only opening: of `r12.50` a refund's amount would get what came last.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import ModalScreen

if TYPE_CHECKING:
    from console.tui.fault import GuardedApp

PATIENCE: Final = 3.0  # seconds after which what a key has brought about is waited for no more
LOOK: Final = 0.05  # seconds between two looks at that, while another key waits
PAUSE: Final = 0.6  # seconds without a key in which whoever types has looked at the screen
ROUNDS: Final = 2  # a key's action may post a message of its own, as Enter in a field does


class Passed(Message):
    """Follows a key through all that handles it, up to the application."""


class Keyboard:
    """Hands keys and pastes on with `hand_on`, each when all that the one before has brought about
    was handled: then what has the focus is whole, and nothing is on its way to it any more.
    """

    def __init__(self, app: GuardedApp, hand_on: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[events.Event] = deque()
        self._mark: Passed | None = None  # follows what is being handled
        self._round = 0
        self._sent_to: MessagePump = app
        self._since = 0.0  # when that was handed on, in seconds of Textual's clock
        self._from = 0.0  # what came before is for nobody
        self._last = ""  # the key that was handed on last
        self._refused = ""
        self._unread_until = 0.0  # text until then is typed without a look at the screen

    async def take(self, event: events.Event) -> None:
        """A key or a paste has come."""
        if event.time < self._from or self._app.is_leaving or self._is_unread(event):
            return
        if self._mark is not None and (self._waiting or not self._may_come(event.time)):
            self._waiting.append(event)
            if len(self._waiting) == 1:
                self._look_again()
            return
        self._since, self._round = Message().time, 0
        self._last = event.key if isinstance(event, events.Key) else ""
        await self._hand_on(event)
        self._follow()

    def passed(self, mark: Passed) -> None:
        """`mark` has come back to the application, in whose queue the change of the focus may be
        waiting behind it.
        """
        self._app.call_later(self._settle, mark)

    async def _settle(self, mark: Passed) -> None:
        if mark is not self._mark or self._app.is_leaving:
            return
        if self._round < ROUNDS or self._has_focus() is not self._sent_to or not self._is_quiet:
            self._follow()
        else:
            await self._next()

    @property
    def is_waiting(self) -> bool:
        """Whether a key has come that was not handed on yet."""
        return bool(self._waiting)

    def forget(self) -> None:
        """All that was typed until now was meant for what can't be seen any more."""
        self._waiting.clear()
        self._from = Message().time

    def refuse(self) -> None:
        """The key that was handed on last does nothing. What was typed behind it, and is typed on
        without a pause, was meant for what has not opened: as keys it would do something else.
        """
        self.forget()
        self._refused, self._unread_until = self._last, self._from + PAUSE

    def _is_unread(self, event: events.Event) -> bool:
        """Whether it is text behind a refused key. That key again is meant, and so is what is no
        text, as Esc and the arrows.
        """
        if event.time >= self._unread_until:
            return False
        if isinstance(event, events.Key):
            if event.key == self._refused:
                return False
            if not event.is_printable and event.key not in ("enter", "tab"):
                self._unread_until = 0.0
                return False
        self._unread_until = event.time + PAUSE
        return True

    def _follow(self) -> None:
        self._mark, self._sent_to = Passed(), self._has_focus()
        self._round += 1
        self._sent_to.post_message(self._mark)

    def _look_again(self) -> None:
        self._app.set_timer(LOOK, self._look)

    async def _look(self) -> None:
        if self._app.is_leaving:
            return
        if self._waiting and self._may_come(Message().time):
            await self._next()
        if self._waiting:
            self._look_again()

    def _may_come(self, now: float) -> bool:
        """Whether the next one need not wait (longer) for the mark. One that went with what was
        taken away is sent anew, to what has the focus instead: what closed may be opening another.
        """
        if self._mark is None or now - self._since > PATIENCE:
            return True
        if not self._sent_to.is_attached:
            self._round = 0
            self._follow()
        return False

    async def _next(self) -> None:
        self._mark = None
        if self._waiting:
            await self.take(self._waiting.popleft())

    @property
    def _is_quiet(self) -> bool:
        """Whether nothing waits to be handled by what has the focus, and by what it stands in; in
        a dialog by any part of it, as a list beside the field may be what closes it.
        """
        pump: MessagePump | None = self._has_focus()
        while pump is not None and not pump.message_queue_size:
            pump = pump._parent
        if pump is not None:
            return False
        screen = self._app.screen if self._app.screen_stack else None
        if not isinstance(screen, ModalScreen):
            return True
        return not any(part.message_queue_size for part in screen.walk_children())

    def _has_focus(self) -> MessagePump:
        if not self._app.screen_stack:
            return self._app
        return self._app.focused or self._app.screen
