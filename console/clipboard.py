"""Copying to the clipboard of the person at the keyboard, and by which way that was done."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from typing import Final

from console.domain.language import N_, _

COPY_SECONDS: Final = 3.0
# The platform's own programs: the command, and what of the environment it needs.
_TOOLS: Final = (
    (("pbcopy",), None),
    (("wl-copy",), "WAYLAND_DISPLAY"),
    (("xclip", "-selection", "clipboard"), "DISPLAY"),
    (("xsel", "--clipboard", "--input"), "DISPLAY"),
    (("clip.exe",), None),
)
THROUGH_TERMINAL: Final = N_("through the terminal (OSC 52): not every terminal takes it.")


def tool(environment: Mapping[str, str] = os.environ) -> tuple[str, ...] | None:
    """The program that copies here. None over SSH: it would copy on the other machine."""
    if "SSH_CONNECTION" in environment:
        return None
    for command, needs in _TOOLS:
        if (needs is None or environment.get(needs)) and shutil.which(command[0]):
            return command
    return None


def copy_with_tool(text: str) -> str | None:
    """Copy with the platform's program; its name, or None where that was not possible.

    It blocks for at most COPY_SECONDS: call it in a thread.
    """
    command = tool()
    if command is None:
        return None
    try:
        subprocess.run(  # noqa: S603  one of the table's, without a shell
            command,
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=COPY_SECONDS,
            check=True,
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None  # the terminal is asked instead, and that is said
    return command[0]


async def copy(text: str, through_terminal: Callable[[str], None]) -> str:
    """Copy with the platform's program, else by what the terminal does; says by which way.

    `through_terminal` is called in the event loop, and only where no program did it.
    """
    way = await asyncio.to_thread(copy_with_tool, text)
    if way is not None:
        return _("with {tool}.", tool=way)
    through_terminal(text)
    return _(THROUGH_TERMINAL)
