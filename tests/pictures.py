"""The README's pictures, from the demo's orders at a clock that stands still.

Run as `python -m tests.pictures`. Writes `screenshots/*.svg`, and PNGs beside them where
Chromium is on the PATH.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.tui.stage import Driver, Stage

FOLDER: Final = Path(__file__).parent.parent / "screenshots"
Scene = Callable[[Driver], Awaitable[None]]


async def search(console: Driver) -> None:
    await console.press("slash")


async def order(console: Driver) -> None:
    await console.look_up("S01-3309177-6402958")
    await console.press("2")


async def refund(console: Driver) -> None:
    await console.look_up("S01-4966596-9591203-A079366")
    await console.plan_refund("12.00")


async def narrow(console: Driver) -> None:
    await console.look_up("C01-8824045-7416542")
    await console.press("2")


async def worklist(console: Driver) -> None:
    await console.paste(
        "Acme-118\nS01-3309177-6402958-C010002\nB031187 S01-3947265-6081179-B031187\n"
        "S01-4966596-9591203-A079366\n123-1234567-1234567\nC01-8824045-7416542\n"
    )
    await console.sees("Work list", "4 looked up")
    await console.press("down", "down", "space", "up")


async def vocabulary(console: Driver) -> None:
    await console.look_up("S01-3309177-6402958-C010002")
    await console.press("3")


SCENES: Final[dict[str, tuple[Scene, int, int]]] = {
    "search": (search, 120, 34),
    "order": (order, 120, 40),
    "refund": (refund, 120, 40),
    "narrow": (narrow, 80, 24),
    "worklist": (worklist, 120, 30),
    "vocabulary": (vocabulary, 140, 44),
}


async def take(name: str, scene: Scene, width: int, height: int) -> str:
    """One picture as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), title="Demo store")
        try:
            async with stage.console(width, height) as console:
                await console.sees("Acme-118" if width >= 100 else "Paste or type")
                await scene(console)
                console.app.screen.set_focus(console.app.focused)
                await console.idle()
                svg = console.app.export_screenshot(title="payconsole")
        finally:
            stage.stop()
    return re.sub(r"terminal-\d+-", f"{name}-", svg)


def to_png(svg: Path) -> None:
    """Draw an SVG with Chromium: exact, with its fonts."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text(encoding="utf-8"))
    if chromium is None or box is None:
        return
    width, height = (int(float(side)) + 1 for side in box.groups())
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f"<body style='margin:0'>{svg.read_text(encoding='utf-8')}</body>")
        subprocess.run(
            [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--window-size={width},{height}", f"--screenshot={svg.with_suffix('.png')}",
             page.as_uri()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip


async def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for name, (scene, width, height) in SCENES.items():
        path = FOLDER / f"{name}.svg"
        path.write_text(await take(name, scene, width, height), encoding="utf-8")
        to_png(path)
        print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
