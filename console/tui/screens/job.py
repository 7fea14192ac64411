"""A job that takes a while: asked for, then its progress, then what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen

from console.domain.language import N_, _
from console.domain.text import clean_line
from console.tui.messages import Said
from console.tui.widgets.drawn import Drawn
from console.tui.widgets.notice import said_lines
from console.tui.words import literal, progress_bar, quiet, wrapped

_KEYS: Final = {
    "asking": N_("enter  begin     esc  leave it"),
    "working": N_("esc  stop"),
    "stopping": N_("stopping …"),
    "ended": N_("↑ ↓  scroll     esc  back"),
}


@dataclass(frozen=True)
class Step:
    """What is being done, and which share of it is done where that is known."""

    text: str
    share: float | None = None


@dataclass(frozen=True)
class Job:
    """`work` is given where to tell its steps and whether to stop; it says what came of it.

    It raises nothing that a user can mend: such things are among what it says. Stopping must
    leave everything whole.
    """

    title: str
    question: str
    about: Sequence[str]
    work: Callable[[Callable[[Step], None], Callable[[], bool]], Awaitable[Sequence[Said]]]


class JobScreen(ModalScreen[None]):
    """Runs one job. It can't be left while the job is at work, only stopped."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", "Begin", show=False),
        Binding("escape", "leave", "Leave or stop", show=False),
    ]

    class Stepped(Message):
        def __init__(self, step: Step) -> None:
            self.step = step
            super().__init__()

    class Ended(Message):
        def __init__(self, said: Sequence[Said]) -> None:
            self.said = said
            super().__init__()

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job
        self._phase = "asking"
        self._step = Step(_("Beginning"))
        self._said: Sequence[Said] = ()
        self._stop = False

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            with VerticalScroll(id="outcome"):
                yield Drawn(self._lines, id="outcome-text")
            yield Drawn(lambda _width: [quiet(_(_KEYS[self._phase]))], id="dialog-keys")

    def on_mount(self) -> None:
        self.query_one("#dialog").border_title = Content(clean_line(self._job.title, 70))
        self.query_one("#outcome").focus()

    def on_unmount(self) -> None:
        """The program is left: a job in a thread ends at its next step."""
        self._stop = True

    def action_begin(self) -> None:
        if self._phase == "asking":
            self._enter("working")
            self.run_worker(self._work(), exit_on_error=False)

    def action_leave(self) -> None:
        if self._phase in ("asking", "ended"):
            self.dismiss(None)
        else:
            self._stop = True
            self._enter("stopping")

    async def _work(self) -> None:
        try:
            said = await self._job.work(
                lambda step: self._tell(self.Stepped(step)), lambda: self._stop
            )
        except Exception as error:
            name = type(error).__name__
            said = [Said(_("Unexpected fault"), name, _("Please report it."), "bad")]
        self._tell(self.Ended(said))

    def _tell(self, message: Message) -> None:
        """From whatever thread; a message for a screen that is gone is nobody's."""
        if self.is_attached:
            self.post_message(message)

    def on_job_screen_stepped(self, event: Stepped) -> None:
        self._step = event.step
        self.query_one("#outcome-text", Drawn).redraw()

    def on_job_screen_ended(self, event: Ended) -> None:
        self._said = event.said
        self._enter("ended")

    def _enter(self, phase: str) -> None:
        self._phase = phase
        for drawn in self.query(Drawn):
            drawn.redraw()

    def _lines(self, width: int) -> list[Content]:
        if self._phase == "asking":
            listed = [line for text in self._job.about for line in wrapped(literal(text), width)]
            return [*listed, Content(""), *wrapped(literal(self._job.question), width)]
        if self._phase == "ended":
            return [line for said in self._said for line in [*said_lines(said, width), Content("")]]
        step = wrapped(literal(self._step.text), width)
        share = self._step.share
        return step if share is None else [*step, progress_bar(share, width)]
