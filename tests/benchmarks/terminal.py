"""A program on a terminal of its own: what it writes there, and when; what it takes of the machine.

The terminal answers nothing and draws nothing, so that only the program is measured. For Linux:
what a process takes is read from `/proc` (proc(5)).
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 30.0
# What the search line of an empty console says, but its first letter: that is under the cursor.
SEARCH_LINE: Final = b"ny id, order number, link or mail text"
CONSOLE: Final = "from console.__main__ import main; raise SystemExit(main())"  # as `payconsole` is
EMPTY: Final = "from tests.benchmarks.empty import main; main()"


class Terminal:
    """`code` as a Python program on a terminal of 120 × 40."""

    def __init__(self, code: str, *words: str, env: Mapping[str, str] | None = None) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.written = b""
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-c", code, *words],
            stdin=follower, stdout=follower, stderr=follower, cwd=ROOT,
            env=_environment() | dict(env or {}), start_new_session=True,
        )  # fmt: skip
        os.close(follower)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._leader)

    # --- what it writes --------------------------------------------------------------------------

    def until(self, text: bytes, since: int = 0) -> float:
        """Wait until `text` was written, after the first `since` bytes; returns the moment."""
        end = time.perf_counter() + PATIENCE
        while text not in self.written[since:]:
            if not self._read(end - time.perf_counter()):
                last = self.written[-500:]
                raise AssertionError(f"{text!r} was not written within {PATIENCE:.0f} s: {last!r}")
        return time.perf_counter()

    def next_write(self) -> float:
        """Wait until anything is written; returns the moment."""
        if not self._read(PATIENCE):
            raise AssertionError(f"nothing was written within {PATIENCE:.0f} s")
        return time.perf_counter()

    def listen(self, seconds: float) -> int:
        """How many bytes are written in so many seconds."""
        before, end = len(self.written), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)
        return len(self.written) - before

    def send(self, keys: bytes) -> float:
        """Type `keys`; returns the moment."""
        moment = time.perf_counter()
        os.write(self._leader, keys)
        return moment

    def _read(self, seconds: float) -> bool:
        """Take what is written next; whether anything was within so many seconds."""
        if not select.select([self._leader], [], [], max(0.0, seconds))[0]:
            return False
        try:
            taken = os.read(self._leader, 65536)
        except OSError:  # it has ended
            taken = b""
        if not taken:
            raise AssertionError(f"the program ended: {self.written[-500:]!r}")
        self.written += taken
        return True

    # --- what it takes ---------------------------------------------------------------------------

    def cpu_seconds(self) -> float:
        """What all its threads have run until now, in the program and in the kernel for it.

        From `schedstat` of each thread, in nanoseconds: the ticks of `stat` are 10 ms long.
        """
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def memory(self, field: str) -> float:
        """A line of `/proc/PID/status` in MiB: VmHWM is the peak, VmRSS what is taken now."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        lines = dict(line.split(":", 1) for line in status.splitlines())
        return int(lines[field].split()[0]) / 1024

    def private_memory(self) -> float:
        """Of that now what no other process shares, in MiB."""
        rollup = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text()
        parts = [line.split() for line in rollup.splitlines() if line.startswith("Private_")]
        return sum(int(part[1]) for part in parts) / 1024


def _environment() -> dict[str, str]:
    """Of ours what a program needs to start; English, and a terminal of many colours."""
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "TMPDIR")}
    return kept | {"LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
