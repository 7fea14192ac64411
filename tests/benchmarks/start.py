"""The first paint, and what is loaded for it; `--version` and `--help` beside bare Python.

Programs are started in turns, so that what else the machine does falls on all alike.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.benchmarks.figures import Figure
from tests.benchmarks.terminal import CONSOLE, EMPTY, ROOT, SEARCH_LINE, Terminal

ROUNDS: Final = 9
WORDS_ROUNDS: Final = 15
HEAVY: Final = ("httpx", "cryptography", "keyring", "sqlalchemy", "starlette", "uvicorn")
_PROFILE: Final = """\
default = "bench"

[profiles.bench]
region = "na"
environment = "sandbox"
public_key_id = "SANDBOX-BENCHMARK"
endpoint = "http://127.0.0.1:9"
key_command = ["false"]
"""
# The console, telling in the file of the first word what was loaded when it painted.
_LOADED: Final = f"""
import json, sys
from pathlib import Path
from textual.drivers.linux_driver import LinuxDriver
write, told = LinuxDriver.write, Path(sys.argv.pop(1))
def telling(self, data):
    if {SEARCH_LINE.decode()!r} in data and not told.exists():
        told.write_text(json.dumps(list(sys.modules)))
    write(self, data)
LinuxDriver.write = telling
{CONSOLE}
"""


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        env = {"PAYCONSOLE_CONFIG_DIR": folder, "PAYCONSOLE_DATA_DIR": folder}
        Path(folder, "settings.toml").write_text(_PROFILE, encoding="utf-8")
        return [*_first_paint(env), _loaded(env, Path(folder)), *_words(env)]


def _first_paint(env: Mapping[str, str]) -> list[Figure]:
    empty, demo, profile = [], [], []
    for _ in range(ROUNDS):
        empty.append(_painted(EMPTY, (), env))
        demo.append(_painted(CONSOLE, ("demo",), env))
        profile.append(_painted(CONSOLE, ("--profile", "bench"), env))
    return [
        _ratio("first paint of the demo, in those of an empty application", demo, empty, 1.2),
        _ratio("first paint with a profile, the same", profile, empty, 1.2),
    ]


def _painted(code: str, words: Sequence[str], env: Mapping[str, str]) -> float:
    """Seconds from the start of a program to its search line on the screen."""
    with Terminal(code, *words, env=env) as terminal:
        return terminal.until(SEARCH_LINE) - terminal.started


def _loaded(env: Mapping[str, str], folder: Path) -> Figure:
    told = folder / "loaded.json"
    with Terminal(_LOADED, str(told), "demo", env=env) as terminal:
        terminal.until(SEARCH_LINE)
    modules = json.loads(told.read_text(encoding="utf-8"))
    found = [name for name in HEAVY if name in modules]
    beside = f"{', '.join(found) or 'none'}, of {len(modules)} modules in all"
    return Figure("heavy libraries that are loaded when it is painted", len(found), 0, beside)


def _words(env: Mapping[str, str]) -> list[Figure]:
    bare, version, help_ = [], [], []
    for _ in range(WORDS_ROUNDS):
        bare.append(_run("pass", (), env))
        version.append(_run(CONSOLE, ("--version",), env))
        help_.append(_run(CONSOLE, ("--help",), env))
    return [
        _ratio("--version, as a multiple of bare Python", version, bare, 3.0),
        _ratio("--help, the same", help_, bare, 3.0),
    ]


def _run(code: str, words: Sequence[str], env: Mapping[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, env={**env, "LANG": "C.UTF-8"},
                   stdout=subprocess.DEVNULL, check=True)  # fmt: skip
    return time.perf_counter() - started


def _ratio(what: str, ours: Sequence[float], theirs: Sequence[float], limit: float) -> Figure:
    """The median of ours by that of theirs."""
    mine, floor = statistics.median(ours), statistics.median(theirs)
    beside = f"{mine * 1000:.0f} and {floor * 1000:.0f} ms, medians of {len(ours)} in turns"
    return Figure(what, mine / floor, limit, beside)
