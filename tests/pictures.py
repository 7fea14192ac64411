"""The pictures of every screen, from the demo's orders at a clock that stands still.

`python -m tests.pictures [NAME…]` writes `screenshots/NAME.svg`, the same in the light theme
(`NAME-light`), and one in Japanese (`order-ja`); beside each a PNG where Chromium is on the PATH.
`refund` is a recording: one SVG that plays the steps of which the other pictures show some.
`tests/test_pictures.py` says when they are out of date: it takes them again and compares words.
"""

from __future__ import annotations

import asyncio
import html
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final, Self
from unittest.mock import patch

from rich.cells import cell_len

from console.languages import speak
from tests.support.film import Frame, film
from tests.tui.stage import Driver, Stage

FOLDER: Final = Path(__file__).parent.parent / "screenshots"
ORDER: Final = "S01-4966596-9591203-A079366"
_LIST: Final = (
    "Acme-118\nS01-3309177-6402958-C010002\nB031187 S01-3947265-6081179-B031187\n"
    "S01-4966596-9591203-A079366\n123-1234567-1234567\nC01-8824045-7416542\n"
)
THEMES: Final = {"": "dark", "-light": "light"}
RECORDING: Final = "refund"
RECORDING_SIZE: Final = 100, 30
STILL: Final = "read the plan"  # the frame that is shown where nothing may move
_TEXT: Final = re.compile(
    r'(?P<begin><text [^>]*)x="(?P<x>[\d.]+)"(?P<middle>[^>]*)textLength="(?P<length>[\d.]+)"'
    r"(?P<end>[^>]*>)(?P<text>.*?)</text>"
)


async def search(console: Driver) -> None:
    await console.press("slash")


async def order(console: Driver) -> None:
    await console.look_up("S01-3309177-6402958")
    await console.press("2")


async def live(console: Driver) -> None:
    await console.look_up("P01-1840276-5529301")


async def timeline(console: Driver) -> None:
    await console.look_up(ORDER)


async def refund(console: Driver) -> AsyncGenerator[tuple[str, float], None]:
    """A refund from the id to the end: after each step what was done, and how long to look."""
    await console.press("slash")
    yield "any id goes in", 0.6
    await console.type(ORDER)
    yield "paste it", 1.0
    await console.look_up(ORDER)
    yield "Enter: the order", 1.8
    await console.press("r")
    await console.sees("It is never filled in for you")
    yield "r: a refund", 1.0
    await console.type("12.00")
    await console.press("enter")
    yield "type the amount", 1.0
    await console.type("damaged box")
    yield "and the reason", 1.0
    await console.press("enter", "enter")
    await console.sees("The exact request")
    yield "read the plan", 2.2
    await console.press("enter")
    await console.sees("To send it, type")
    yield "go on", 1.0
    await console.type("12.00 USD")
    yield "type the phrase", 1.0
    await console.press("enter")
    await console.sees("Refund initiated")
    yield "Enter: initiated", 1.8
    await console.press("escape")
    await console.sees("◐ RefundInitiated", "1 pending")
    yield "Esc: Amazon is at work", 1.4
    console.stage.world.clock.advance(60)
    await console.sees("Done: refund 12.00 USD", "refunded 22.00")
    await console.sees_no("◐ RefundInitiated")
    yield "a little later: done", 2.2


def refund_until(step: str) -> Callable[[Driver], Awaitable[None]]:
    """The refund as far as a step of it."""

    async def scene(console: Driver) -> None:
        async with aclosing(refund(console)) as steps:
            async for done, _seconds in steps:
                if done == step:
                    return
        raise LookupError(f"a refund has no step {step!r}")

    return scene


async def narrow(console: Driver) -> None:
    await console.look_up("C01-8824045-7416542")
    await console.press("2")


async def worklist(console: Driver) -> None:
    await console.paste(_LIST)
    await console.sees("Work list", "4 looked up")
    await console.press("down", "down", "space", "up")


async def vocabulary(console: Driver) -> None:
    await console.look_up("S01-3309177-6402958-C010002")
    await console.press("3")


async def mapping(console: Driver) -> None:
    await console.press("escape", "v")
    await console.sees("v1 ↔ v2")


async def objects(console: Driver) -> None:
    await console.look_up(ORDER)
    await console.press("o")
    await console.sees("chargePermissionId")


async def requests(console: Driver) -> None:
    await console.look_up(ORDER)
    await console.press("q")
    await console.sees("GET")


async def copying(console: Driver) -> None:
    await console.look_up(ORDER)
    await console.press("y")


async def notes(console: Driver) -> None:
    await console.look_up(ORDER)
    await console.press("n")


async def keys(console: Driver) -> None:
    await console.press("escape", "question_mark")
    await console.sees("Everywhere")


async def settings(console: Driver) -> None:
    await console.press("escape", "comma")


async def lock(console: Driver) -> None:
    await console.look_up(ORDER)
    await console.press("ctrl+l")
    await console.sees("locked")


async def connect(console: Driver) -> None:
    console.app.accounts.connect()
    await console.sees("Where is your Amazon Pay account?")


@dataclass(frozen=True)
class Picture:
    """One scene, how large, in which language, and at which environment."""

    scene: Callable[[Driver], Awaitable[None]]
    width: int = 120
    height: int = 40
    language: str = "en"
    environment: str = "sandbox"


PICTURES: Final[dict[str, Picture]] = {
    "search": Picture(search, height=34),
    "order": Picture(order),
    "order-ja": Picture(order, language="ja"),
    "order-de": Picture(order, language="de"),
    "live": Picture(live, height=34, environment="live"),
    "narrow": Picture(narrow, 80, 24),
    "timeline": Picture(timeline, height=36),
    "vocabulary": Picture(vocabulary, 140, 44),
    "refund-1-what": Picture(refund_until("and the reason")),
    "refund-2-plan": Picture(refund_until("read the plan")),
    "refund-3-confirm": Picture(refund_until("type the phrase")),
    "refund-4-outcome": Picture(refund_until("Enter: initiated")),
    "worklist": Picture(worklist, height=30),
    "notes": Picture(notes, height=32),
    "copying": Picture(copying, height=32),
    "objects": Picture(objects),
    "requests": Picture(requests, height=32),
    "mapping": Picture(mapping),
    "keys": Picture(keys, height=44),
    "settings": Picture(settings, height=34),
    "connect": Picture(connect, 100, 28),
    "lock": Picture(lock, 100, 24),
}


async def make(name: str) -> dict[str, str]:
    """What `python -m tests.pictures NAME` writes: SVGs by their names."""
    return {RECORDING: await record()} if name == RECORDING else await take(name)


async def take(name: str, themes: Mapping[str, str] = THEMES) -> dict[str, str]:
    """A picture as SVG in each of the themes: `order`, `order-light`."""
    of = PICTURES[name]
    async with _console(of.width, of.height, of.language, of.environment) as console:
        await of.scene(console)
        return {
            name + ending: await _svg(console, name + ending, theme)
            for ending, theme in themes.items()
        }


async def record() -> str:
    """The refund as one SVG that plays: each of its steps is a frame."""
    async with _console(*RECORDING_SIZE) as console:
        return film(
            [
                Frame(await _svg(console, RECORDING, "dark"), seconds, done, done == STILL)
                async for done, seconds in refund(console)
            ]
        )


def _time_of(stage: Stage) -> type[datetime]:
    """For the journal, which reads the computer's clock: here it goes by the clock of the stage.

    It is a second ahead: what was looked at and what was decided don't fall on one moment.
    """

    class TimeOfStage(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(stage.world.clock.now().timestamp() + 1, tz)

    return TimeOfStage


@asynccontextmanager
async def _console(
    width: int, height: int, language: str = "en", environment: str = "sandbox"
) -> AsyncIterator[Driver]:
    """The demo, on a stage of its own."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), title="Demo store", environment=environment)
        try:
            speak(language)
            with patch("console.store.journal.datetime", _time_of(stage)):
                async with stage.console(width, height) as console:
                    yield console
        finally:
            speak("en")
            stage.stop()


async def _svg(console: Driver, name: str, theme: str) -> str:
    for one in ("light", theme):  # behind a new dialog all is drawn with a change
        console.app.theme = one
        console.app.screen.set_focus(console.app.focused)
        await console.idle()
    svg = console.app.export_screenshot(title="payconsole")
    svg = _TEXT.sub(_in_cells, svg)
    return re.sub(r"terminal-\d+-", f"{name}-", svg)


def _in_cells(drawn: re.Match[str]) -> str:
    """Rich gives a text the length of its characters; a wide one has two cells.

    Blanks at its beginning would be stretched as well: the text begins behind them.
    """
    text = html.unescape(drawn["text"])
    if cell_len(text) == len(text):
        return drawn[0]
    unit = float(drawn["length"]) / len(text)
    shown = text.lstrip("\xa0 ")
    x = float(drawn["x"]) + unit * (len(text) - len(shown))
    length = unit * cell_len(shown)
    escaped = html.escape(shown).replace(" ", "\xa0")
    begin, middle, end = drawn["begin"], drawn["middle"], drawn["end"]
    return f'{begin}x="{x:g}"{middle}textLength="{length:g}"{end}{escaped}</text>'


def words(svg: str) -> list[str]:
    """What stands on a picture, line by line, without its colours."""
    lines: dict[float, list[str]] = {}
    for y, text in re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>(.*?)</text>', svg):
        lines.setdefault(float(y), []).append(html.unescape(text).replace("\xa0", " "))
    return ["".join(lines[y]).rstrip() for y in sorted(lines)]


def scenes(svg: str) -> list[list[str]]:
    """What stands on each frame of a recording, line by line, under what was done."""
    lines = {
        name: " ".join(words(drawn))
        for name, drawn in re.findall(r'<g id="(line-\d+)">(.*)</g>', svg)
    }
    frames = re.findall(r'<g class="frame .*?</g></g>', svg)
    return [
        words(frame) + [lines[name] for name in re.findall(r'<use href="#(.*?)"', frame)]
        for frame in frames
    ]


def to_png(svg: Path) -> None:
    """Draw an SVG with Chromium: exact, with its fonts."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text(encoding="utf-8"))
    if chromium is None or box is None:
        return
    width, height = (int(float(side)) + 1 for side in box.groups())
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        drawn = svg.read_text(encoding="utf-8")
        page.write_text(f"<meta charset=utf-8><body style='margin:0'>{drawn}</body>", "utf-8")
        subprocess.run(
            [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--window-size={width},{height}", f"--screenshot={svg.with_suffix('.png')}",
             page.as_uri()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip


async def main(names: list[str]) -> int:
    FOLDER.mkdir(exist_ok=True)
    for name in names or (*PICTURES, RECORDING):
        for title, svg in (await make(name)).items():
            path = FOLDER / f"{title}.svg"
            path.write_text(svg, encoding="utf-8")
            if title != RECORDING:
                to_png(path)
            print(path.name, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
