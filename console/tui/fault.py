"""A fault of ours ends nothing that can go on, and tells nothing of what the variables held.

Textual ends the program at every exception, and a message loop at every exception of a handler.
So each loop of the program is guarded here: what is raised in one is taken out of it before
Textual sees it, and a calm page says what happened. Kept of a fault are its kind, its place and
the names of what was done before: never a value, which may be a key or a buyer's address.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, runtime_checkable

from rich.console import RenderableType
from rich.text import Text
from textual import events
from textual._context import active_message_pump
from textual.actions import ActionParseResult
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.css.query import NoMatches
from textual.dom import DOMNode, NoScreen
from textual.driver import Driver
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerFailed, WorkerState

from console import __version__
from console.domain.language import _
from console.domain.text import clean, clean_line
from console.store.places import Places, private_folder

if TYPE_CHECKING:
    from console.tui.screens.fault import FaultScreen

FRAMES: Final = 8  # of a trace, the innermost ones
REMEMBERED: Final = 20  # names of what was done before
_HOUSEKEEPING: Final = ("textual.messages", "console.tui.keyboard")  # modules of messages
AT_ONCE: Final = 2.0  # seconds: a fault that comes back so soon can't be gone on from
MOST_MORE: Final = 200  # faults behind the page; then nothing can be relied on any more
_TAKEN: Final = "told on the page"  # the note on an exception
# What comes to the program before its loop, with nothing to show a page on.
_STARTING: Final = (events.Load, events.Compose, events.Mount)
_TERMINAL: Final = ("TERM", "TERM_PROGRAM", "COLORTERM", "LANG", "NO_COLOR")


@runtime_checkable
class Halts(Protocol):
    """A screen that can hold back what it has begun and not yet sent."""

    def halt(self) -> None: ...


class Fault(NamedTuple):
    """The kind of an exception and the places it came through, the innermost last."""

    kind: str
    frames: tuple[str, ...] = ()
    during: str = ""  # the handler or action that was at work

    @classmethod
    def of(cls, error: BaseException, during: str = "") -> Fault:
        """What may be told of `error`: neither its own text nor any variable."""
        inner = _unwrapped(error)
        kinds = [inner]
        while (before := kinds[-1].__cause__ or kinds[-1].__context__) and len(kinds) < 4:
            kinds.append(before)
        kind = clean_line(" after ".join(type(one).__name__ for one in kinds), 200)
        return cls(kind, _frames(inner), during)

    @property
    def place(self) -> str:
        """Where it was raised, in one line."""
        return self.frames[-1] if self.frames else self.during


def _unwrapped(error: BaseException) -> BaseException:
    """Textual puts what a worker raised into an error of its own."""
    return error.error if isinstance(error, WorkerFailed) else error


def _frames(error: BaseException) -> tuple[str, ...]:
    """The folder and name of each file, the line and the function."""
    found = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        file = "/".join(Path(code.co_filename).parts[-2:])
        found.append(clean_line(f"{file}:{line} {code.co_name}", 120))
    return tuple(found[-FRAMES:])


def _screen_of(error: BaseException, pump: MessagePump | None) -> Screen[Any] | None:
    """The screen that failed: the innermost that the error came through, else that of `pump`.

    A screen lays out those behind it too, so the one at work need not be the one that failed.
    """
    at_work = [
        frame.f_locals.get("self") for frame, _line in traceback.walk_tb(error.__traceback__)
    ]
    for one in reversed(at_work):
        if isinstance(one, Screen):
            return one
    with suppress(NoScreen):
        return pump.screen if isinstance(pump, Widget) else None
    return None


def kind_and_place(error: BaseException) -> str:
    """What a line on the screen may say of a fault: `KeyError (tui/work.py:12 _read)`."""
    fault = Fault.of(error)
    return f"{fault.kind} ({fault.place})" if fault.place else fault.kind


class Trail:
    """The names of the last messages and actions, never what was in them."""

    def __init__(self) -> None:
        self._names: deque[str] = deque(maxlen=REMEMBERED)

    def message(self, pump: MessagePump, message: Message) -> None:
        """Housekeeping and single keys are left out; actions stand for those."""
        if isinstance(message, events.Event) and not isinstance(message, events.Paste):
            return
        if type(message).__module__ not in _HOUSEKEEPING:
            self._note(handled(pump, message))

    def action(self, name: str) -> None:
        self._note(f"action {clean_line(name, 60)}")

    def _note(self, name: str) -> None:
        if not self._names or self._names[-1] != name:
            self._names.append(name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._names)


def handled(pump: MessagePump, message: Message) -> str:
    """`ConsoleScreen.on_found`."""
    return f"{type(pump).__name__}.{message.handler_name}"


class Faults:
    """Takes the faults of one run of the program."""

    def __init__(self, app: GuardedApp) -> None:
        self.trail = Trail()
        self.is_over = False  # the program's own loop has ended, or never begins
        self.has_spoken = False
        self.page: FaultScreen | None = None
        self._app = app
        self._went_on: tuple[str, float] = ("", 0.0)

    def guard(self, pump: MessagePump) -> None:
        """Take what a handler of `pump` raises out of its loop, which else would end."""
        if "_dispatch_message" in vars(pump):
            return
        dispatch = pump._dispatch_message

        async def guarded(message: Message) -> None:
            self.trail.message(pump, message)
            _see_worker(self, message)
            try:
                await dispatch(message)
            except Exception as error:
                if self._is_gone(error, pump) or self.take(error, pump, message):
                    return
                if not isinstance(message, events.Unmount):
                    raise
                self._app.end_with(error)  # the program is being left, and goes on with that

        pump._dispatch_message = guarded  # type: ignore[method-assign]

    def _is_gone(self, error: Exception, pump: MessagePump) -> bool:
        """Whether a part is missing because the screen, or the program, is being left, as by an
        Esc so soon after a screen was opened that it never was whole: there is nothing to do any
        more, and nothing to tell.
        """
        if not isinstance(error, NoMatches) or not isinstance(pump, Widget):
            return False
        going = any(node._pruning or node._closing for node in pump.ancestors_with_self)
        return going or self._app.is_leaving

    def guard_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take what tasks and callbacks raise that nobody waits for."""

        def handle(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            error = context.get("exception")
            if isinstance(error, Exception):
                self.take(error)

        loop.set_exception_handler(handle)

    def take(
        self,
        error: BaseException,
        pump: MessagePump | None = None,
        message: Message | None = None,
    ) -> bool:
        """Show the page; whether that is possible. If not, the program has to end."""
        inner = _unwrapped(error)
        if _TAKEN in getattr(inner, "__notes__", ()):  # several ways lead here
            return True
        if pump is self._app and isinstance(message, _STARTING):
            self.is_over = True
        if self.is_over or not self._app.is_running or self._app.is_leaving:
            return False
        inner.add_note(_TAKEN)
        self._app.note_fault(inner)
        pump = pump or active_message_pump.get(None)
        if self.page is not None:
            return self._another(self.page, _screen_of(inner, pump))
        during = handled(pump, message) if pump is not None and message is not None else ""
        fault = Fault.of(inner, during)
        try:
            never_whole = isinstance(message, events.Compose | events.Mount)
            is_broken = never_whole or self._comes_back(fault)
            screen = _screen_of(inner, pump) or self._app.screen
            self._begin(fault, screen if is_broken else None)
        except Exception:  # a second one on the way to the page: the first is told, and the end
            self.page = None
            return False
        return True

    def _another(self, page: FaultScreen, screen: Screen[Any] | None) -> bool:
        """A fault behind the page is counted; one of the page itself, or above it, is the end."""
        page.another()
        above = page in self._app.screen_stack and self._app.screen is not page
        return page.more < MOST_MORE and not above and screen is not page

    def _comes_back(self, fault: Fault) -> bool:
        """Whether it is the one that was gone on from just now."""
        place, when = self._went_on
        return fault.place == place and time.monotonic() - when < AT_ONCE

    def _begin(self, fault: Fault, broken: Screen[Any] | None) -> None:
        from console.tui.screens.fault import FaultScreen

        app = self._app
        for screen in app.screen_stack:
            if isinstance(screen, Halts):
                with suppress(Exception):  # it may be the one that is broken
                    screen.halt()
        text = report(app, fault, self.trail.names)
        self.page = FaultScreen(app, fault, text, broken)
        # Not from within the handler, the layout or the drawing that has just failed.
        app.call_later(self._show)

    def _show(self) -> None:
        assert self.page is not None
        self._app.show_fault(self.page, self._go_on)

    def _go_on(self, _result: None) -> None:
        page, self.page = self.page, None
        assert page is not None
        self._went_on = (page.fault.place, time.monotonic())
        if page.broken is not None and page.broken is self._app.screen:
            page.broken.dismiss(None)

    def last_words(self, error: BaseException | None) -> str:
        """What the terminal says where the program has to end. Writes the report file."""
        self.has_spoken = True
        if error is None:
            return _("payconsole stopped at a fault of its own.")
        app, fault = self._app, Fault.of(error)
        try:
            kept = str(write_report(app.places.data, report(app, fault, self.trail.names)))
            where = _("A report without values is in {file}.", file=kept)
        except OSError as why:
            where = _("The report can't be written: {why}.", why=why.strerror or "")
        return clean(
            "\n".join(
                (
                    _("payconsole stopped at a fault of its own: {fault}", fault=fault.kind),
                    *(f"  {frame}" for frame in fault.frames),
                    _("Nothing is lost: the journal holds what was decided. Please report this."),
                    app.left_open(),
                    where,
                )
            )
        )


def _see_worker(faults: Faults, message: Message) -> None:
    """A worker that failed tells only the widget that began it, and Textual's own log."""
    if isinstance(message, Worker.StateChanged) and message.state is WorkerState.ERROR:
        error = message.worker.error
        if error is not None:
            faults.take(error)


def dismiss_once(app: App[None], screen: Screen[Any]) -> None:
    """Let `screen` take away itself only: Textual takes away whatever stands on top.

    A dialog that is told twice to go, as by a double click, would take the console with it.
    """
    dismiss = screen.dismiss

    def guarded(result: Any = None) -> AwaitComplete:
        return dismiss(result) if app.screen is screen else AwaitComplete()

    screen.dismiss = guarded  # type: ignore[method-assign]


class GuardedApp(App[None]):
    """A program whose faults are taken by `Faults`, and which never shows a trace.

    It overrides private parts of Textual (`_handle_exception`, `_dispatch_message`, …); tests at a
    real terminal keep it so that they are still called.
    """

    places: Places

    def __init__(self) -> None:
        super().__init__()
        self.faults = Faults(self)
        self.faults.guard(self)

    # What the program itself knows.

    @property
    def is_sending(self) -> bool:
        raise NotImplementedError

    def left_open(self) -> str:
        """Which intents are open, and what becomes of them."""
        raise NotImplementedError

    def can_close(self, screen: Screen[Any]) -> bool:
        """Whether there is something behind `screen` to go back to."""
        raise NotImplementedError

    # What Textual calls.

    def _register_child(self, parent: DOMNode, child: Widget, *places: Any, **named: Any) -> None:
        self.faults.guard(child)
        if isinstance(child, Screen):
            dismiss_once(self, child)
        super()._register_child(parent, child, *places, **named)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        self.faults.guard(widget)
        super()._start_widget(parent, widget)

    async def _process_messages_loop(self) -> None:
        self.faults.guard_loop(asyncio.get_running_loop())
        try:
            await super()._process_messages_loop()
        finally:
            self.faults.is_over = True

    async def on_event(self, event: events.Event) -> None:
        if not (isinstance(event, events.MouseDown) and self._is_gone(event)):
            await super().on_event(event)

    def _is_gone(self, event: events.MouseDown) -> bool:
        """Whether only the picture of what is clicked is left, at which Textual fails."""
        widget, _offset = self.screen.get_widget_and_offset_at(event.x, event.y)
        return widget is not None and widget.parent is None and not isinstance(widget, Screen)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        self.faults.trail.action(action if isinstance(action, str) else action[1])
        return await super().run_action(action, default_namespace, namespaces)

    def _handle_exception(self, error: Exception) -> None:
        if not self.faults.take(error):
            self.note_fault(error)
            self.end_with(error)

    def _fatal_error(self) -> None:
        self.end_with(sys.exc_info()[1])

    def panic(self, *renderables: RenderableType) -> None:
        """What a driver shows when it fails is a trace: say our own words."""
        self.end_with(sys.exc_info()[1])

    def end_with(self, error: BaseException | None) -> None:
        """End the program, with words on the terminal once it is given back."""
        self._return_code = 1
        if not self.faults.has_spoken:
            self._exit_renderables[:] = [Text(self.faults.last_words(error))]
        self._close_messages_no_wait()

    def note_fault(self, error: BaseException) -> None:
        """A test that drives the screen fails at a fault, though the program goes on."""
        if self.is_headless and self._exception is None and isinstance(error, Exception):
            self._exception = error
            self._exception_event.set()

    def show_fault(self, page: FaultScreen, then: Callable[[None], None]) -> None:
        """Cover everything with `page`, also what is locked: it names no order."""
        App.push_screen(self, page, then)

    @property
    def is_leaving(self) -> bool:
        return self._exit or self._closing or self._closed

    def get_driver_class(self) -> type[Driver]:
        """Textual's own, but for a terminal that sends anything and may be gone at any time."""
        found = super().get_driver_class()
        if sys.platform == "win32" or found.__name__ != "LinuxDriver":
            return found
        from console.tui.terminal import Terminal

        return Terminal


# --- the report file ------------------------------------------------------------------------------


def report(app: GuardedApp, fault: Fault, trail: Sequence[str]) -> str:
    """What helps to mend a fault, in English: versions, places, names. No values."""
    import platform  # late: nobody needs it to start
    from importlib import metadata

    about = {
        "payconsole": __version__,
        "textual": metadata.version("textual"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "terminal": ", ".join(
            f"{name}={clean_line(os.environ[name], 40)}" for name in _TERMINAL if name in os.environ
        ),
        "encoding": str(getattr(sys.__stdout__, "encoding", "")),
        "size": f"{app.size.width} x {app.size.height}",
        "theme": app.theme,
        "screen": " > ".join(type(screen).__name__ for screen in app.screen_stack),
        "fault": fault.kind,
        "during": fault.during or "no message",
    }
    lines = [f"{name:<11}{value}" for name, value in about.items()]
    lines += ["", "places, the innermost last", *(f"  {frame}" for frame in fault.frames)]
    lines += ["", "before it, the last one last", *(f"  {name}" for name in trail)]
    return clean("\n".join(lines), 20_000) + "\n"


def write_report(folder: Path, text: str) -> Path:
    """Write a report for this user alone (0600), beside older ones. Blocks. Raises OSError."""
    private_folder(folder)
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for number in range(1, 100):
        more = f"-{number}" if number > 1 else ""
        path = folder / f"fault-{stamp}{more}.txt"
        with suppress(FileExistsError):
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(opened, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            return path
    raise FileExistsError
