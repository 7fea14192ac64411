"""Commands in processes of their own, without the half second that each needs for its imports.

One process imports what every command needs and then waits; it forks for each command. The
child has its own arguments, environment, folder and files, and ends as the real one does:
`python -m console` is run by `runpy` as Python itself runs it. A command whose environment
changes Python itself has to be started as a real new process.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Any, Final, TextIO

_LIBRARIES: Final = ("httpx", "keyring", "sqlalchemy.dialects.sqlite", "tomlkit", "platformdirs")
_NOT_OURS: Final = ("console.tui", "console.simulator", "console.__main__")


class Commands:
    """The process that waits, seen from the tests. One command at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = self._start()
        atexit.register(self._end)

    def run(
        self,
        words: list[str],
        environment: dict[str, str],
        typed: str,
        seconds: float,
        folder: Path | None = None,
    ) -> tuple[int, str, str]:
        """`python -m console WORDS` in `folder`: its exit code, and what it printed.

        Raises TimeoutExpired after `seconds`; the command has ended then too.
        """
        with self._lock, tempfile.TemporaryDirectory() as streams:
            files = {name: str(Path(streams) / name) for name in ("in", "out", "err")}
            Path(files["in"]).write_bytes(typed.encode())
            asked = {
                "words": words,
                "environment": environment,
                "cwd": str(folder or Path.cwd()),
                **files,
            }
            code = self._ask(asked, seconds)
            out, err = (Path(files[name]).read_bytes().decode() for name in ("out", "err"))
        return code, out.replace("\r\n", "\n"), err.replace("\r\n", "\n")

    def _ask(self, asked: dict[str, Any], seconds: float) -> int:
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        to.write(json.dumps(asked) + "\n")
        to.flush()
        if not select.select([back], [], [], seconds)[0]:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = self._start()
            raise subprocess.TimeoutExpired(asked["words"], seconds)
        return int(back.readline())

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@cache
def commands() -> Commands:
    return Commands()


def _main() -> None:
    """Import everything once; then a child for each line that is read."""
    for name in (*_LIBRARIES, *_ours()):
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(json.loads(line))
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _ours() -> list[str]:
    import console

    names = [found.name for found in pkgutil.walk_packages(console.__path__, "console.")]
    return [name for name in names if not name.startswith(_NOT_OURS)]


def _become(asked: dict[str, Any]) -> None:
    """Be `python -m console` from here on; ends by SystemExit where that does."""
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["cwd"])
    sys.path[:0] = [asked["cwd"]]
    sys.argv = ["payconsole", *asked["words"]]
    sys.stdin = _stream(0, asked["in"], os.O_RDONLY, sys.stdin)
    sys.stdout = _stream(1, asked["out"], os.O_WRONLY | os.O_CREAT, sys.stdout)
    sys.stderr = _stream(2, asked["err"], os.O_WRONLY | os.O_CREAT, sys.stderr)
    runpy.run_module("console", run_name="__main__", alter_sys=True)


def _stream(number: int, path: str, flags: int, like: TextIO) -> TextIO:
    """Put a file in the place of a standard stream, encoded as Python encodes it here."""
    opened = os.open(path, flags, 0o600)
    os.dup2(opened, number)
    os.close(opened)
    return open(
        number, "w" if flags & os.O_WRONLY else "r", encoding=like.encoding, errors=like.errors,
        closefd=False, buffering=1 if number == 2 else -1,
    )  # fmt: skip


if __name__ == "__main__":
    _main()
