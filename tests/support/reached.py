"""Which tests reach which lines: so that a mutant meets only the tests that can notice it.

Needs coverage, which mutmut brings.
"""

from __future__ import annotations

import ast
import functools
import importlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Reached:
    """`lines`: file -> line -> tests, by their node ids; `seconds`: how long each test takes;
    `failed`: those that failed.
    """

    lines: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]
    failed: list[str]

    def tests(self, file: str, text: str, line: int, seconds: float) -> list[str]:
        """The tests that reach the statement at `line` of `text`, the best first, as many as
        take `seconds` in all.

        Of each test one set of parameters comes before all others: what differs most finds
        most. What is run when the module is loaded is reached by every test.
        """
        known = self.lines.get(file, {})
        found = {test for at in statement_at(text, line) for test in known.get(at, ())}
        everything = found or ({*self.seconds} if _at_import(text, line) else set())
        first: list[str] = []
        again: list[str] = []
        met: set[str] = set()
        for test in sorted(everything, key=lambda name: self.seconds[name]):
            function = test.partition("[")[0]
            (again if function in met else first).append(test)
            met.add(function)
        return list(_within(seconds, [*first, *again], self.seconds))


def _within(limit: float, tests: Sequence[str], seconds: dict[str, float]) -> Iterator[str]:
    spent = 0.0
    for test in tests:
        spent += seconds[test]
        if spent > limit:
            return
        yield test


@functools.cache
def _statements(text: str) -> Sequence[ast.AST]:
    kinds = ast.stmt | ast.ExceptHandler | ast.match_case
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]


def statement_at(text: str, line: int) -> range:
    """The lines of the innermost statement around `line`; of a block's statement its head."""
    best = range(line, line + 1)
    size = None
    for node in _statements(text):
        lines = _head(node)
        if line in lines and (size is None or len(lines) <= size):
            best, size = lines, len(lines)
    return best


def _head(node: Any) -> range:
    first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
    body = getattr(node, "body", None)
    if body:
        return range(first, max(first + 1, body[0].lineno))
    return range(first, (node.end_lineno or first) + 1)


def _at_import(text: str, line: int) -> bool:
    """Whether the line is in no function."""
    for node in _statements(text):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
            if line in inside:
                return False
    return True


class Recorder:
    """A pytest plugin: writes to `out` what a run reached of `files`."""

    def __init__(self, files: Sequence[Path], out: Path) -> None:
        coverage = importlib.import_module("coverage")
        self._files, self._out = files, out
        self._coverage = coverage.Coverage(
            data_file=None, include=[str(file) for file in files], config_file=False
        )
        self._seconds: dict[str, float] = {}
        self._failed: list[str] = []
        self._since = 0.0
        self._coverage.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._since = time.monotonic()
        self._coverage.switch_context(nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._seconds[nodeid] = time.monotonic() - self._since

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_unconfigure(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            os.path.relpath(file): {
                str(line): [test for test in tests if test]
                for line, tests in data.contexts_by_lineno(str(file)).items()
            }
            for file in self._files
        }
        self._out.write_text(
            json.dumps({"lines": lines, "seconds": self._seconds, "failed": self._failed})
        )


def read_reached(path: Path) -> Reached:
    """What a Recorder wrote."""
    data = json.loads(path.read_text())
    lines = {
        file: {int(line): tests for line, tests in found.items()}
        for file, found in data["lines"].items()
    }
    return Reached(lines, data["seconds"], data["failed"])
