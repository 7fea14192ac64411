"""Mutation testing: every small change of the rules and of the money code must fail a test.

`python -m tests.mutation [FILE…]` with `mutation.toml` beside this file, which names the files,
their quick tests, and every survivor that is no gap, with its reason. It ends with 0 only where
each mutant was killed or is explained, and each explanation still has its mutant.

The mutants are those of mutmut (`pip install mutmut`). Its own runner changes functions only and
leaves out what is decorated; here the rules stand in tables and properties as well, so its
operators go over whole files. Nothing is written: each mutant lives in a process of its own,
which loads the changed text instead of the file, or exchanges a function's body where the tests
are slow. What no test notices and the strict type check refuses can't come in either, and is
counted by itself.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import fnmatch
import gc
import importlib
import importlib.abc
import importlib.util
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

import pytest

from tests.support.exchanged import Pairs, are_there, changed_functions, exchange, functions_of
from tests.support.reached import Reached, Recorder, read_reached

ROOT: Final = Path(__file__).parent.parent
CONFIG: Final = Path(__file__).with_suffix(".toml")
PASSED, FAILED, NO_TESTS = 0, 1, 5  # exit codes of pytest
LONGEST: Final = 30  # seconds for one test of those with a server; they take about one
TELL_EVERY: Final = 60  # seconds
PROGRESS: Final = os.dup(2)  # also from a child whose own output is nowhere
# Seconds of tests for one mutant: most die of the first few; who lives meets all that reach it.
FIRST_ROUND: Final = 10.0
SECOND_ROUND: Final = 600.0


@dataclass(frozen=True)
class Explained:
    """A survivor that is no gap: what stood there, what stands there now, and why it may."""

    file: str
    was: str
    now: str
    why: str


@dataclass(frozen=True)
class Target:
    """A file to change, and the tests that must notice."""

    file: str
    tests: tuple[str, ...]
    by_line: bool = False  # slow tests, with servers: a mutant meets those that reach its line

    @property
    def module(self) -> str:
        return self.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


@dataclass(frozen=True, eq=False)
class Mutant:
    """One changed node of a file's tree; `text` is the whole changed text."""

    tree: Any
    old: Any
    new: Any

    @cached_property
    def text(self) -> str:
        file_mutation = importlib.import_module("mutmut.mutation.file_mutation")
        changed: str = file_mutation.deep_replace(self.tree, self.old, self.new).code
        return changed

    def line(self, before: str) -> int:
        """The first line that differs."""
        pairs = enumerate(zip(before.splitlines(), self.text.splitlines(), strict=False), 1)
        return next((number for number, (was, now) in pairs if was != now), 1)


def read_config() -> tuple[list[Target], list[Explained]]:
    """The targets and the explained survivors of `mutation.toml`."""
    data = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    targets = [
        Target(file, tuple(row["tests"]), row.get("by_line", False))
        for row in data["target"]
        for file in row["files"]
    ]
    return targets, [Explained(**row) for row in data.get("explained", [])]


# --- mutants -------------------------------------------------------------------------------------


def mutants_of(text: str) -> list[Mutant]:
    """Every mutant of a file's text, in the order of the text."""
    cst = importlib.import_module("libcst")
    operators = importlib.import_module("mutmut.mutation.mutators").mutation_operators
    tree = cst.parse_module(text)
    left_out = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom)

    def walk(node: Any) -> Iterator[Mutant]:
        if isinstance(node, left_out):
            return
        for kind, operator in operators:
            if isinstance(node, kind) and not _is_words(cst, node) and not _is_none(cst, node):
                changed = [new for new in operator(node) if not _is_of_words(cst, node, new)]
                if isinstance(node, cst.SimpleString):
                    changed = changed[:1]  # another text is another text, in whichever letters
                for new in changed:
                    yield Mutant(tree, node, new)
        for child in node.children:
            yield from walk(child)

    return list(walk(tree))


def _is_words(cst: Any, node: Any) -> bool:
    """A text with a blank in it is a sentence or a part of one: its words may change freely,
    and so may what names it for the catalogues.

    Names of states, fields and operations have none; they are mutated.
    """
    if isinstance(node, cst.SimpleString):
        return " " in node.raw_value
    if isinstance(node, cst.ConcatenatedString):
        return True
    named = isinstance(node, cst.Call) and isinstance(node.func, cst.Name)
    return named and node.func.value in ("_", "N_", "many") and _is_words(cst, node.args[0].value)


def _is_of_words(cst: Any, call: Any, changed: Any) -> bool:
    """Whether a call differs by a sentence alone that it is given."""
    if not isinstance(call, cst.Call) or not isinstance(changed, cst.Call):
        return False
    pairs = itertools.zip_longest(call.args, changed.args)
    first = next((was for was, now in pairs if was is not now), None)
    return first is not None and _is_words(cst, first.value)


def _is_none(cst: Any, node: Any) -> bool:
    """A field that is None by default: mypy refuses the text that mutmut would put there."""
    return (
        isinstance(node, cst.AnnAssign)
        and isinstance(node.value, cst.Name)
        and node.value.value == "None"
    )


def difference(before: str, after: str) -> tuple[str, str]:
    """The changed lines of both texts, without their indentation."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
    was = [line[1:].strip() for line in lines[2:] if line.startswith("-")]
    now = [line[1:].strip() for line in lines[2:] if line.startswith("+")]
    return "\n".join(was), "\n".join(now)


# --- runs ----------------------------------------------------------------------------------------
# What pytest need not do a thousand times; and what conftest files give, such as servers, where
# the tests are quick ones.
_QUICK: Final = ("--noconftest", "-pno:anyio")
_LEFT_OUT: Final = (
    "--capture=no",
    "-pno:cacheprovider",
    "-pno:faulthandler",
    "-pno:junitxml",
    "-pno:logging",
    "-pno:terminal",
    "-pno:threadexception",
    "-pno:unraisableexception",
    "-pno:xdist",
)


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a text instead of its file."""

    def __init__(self, target: Target, text: str) -> None:
        self.target, self.text = target, text

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        if name != self.target.module:
            return None
        file = ROOT / self.target.file
        inside = [str(file.parent)] if file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            name, file, loader=self, submodule_search_locations=inside
        )

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.text, self.target.file, "exec"), module.__dict__)


class _Order:
    """Examples first, properties last and short: most mutants die of an example.

    Where `only` is given, those tests alone, in its order.
    """

    def __init__(self, only: Sequence[str] | None) -> None:
        self._only = only

    def pytest_runtest_logstart(self) -> None:
        if self._only is not None:
            signal.alarm(LONGEST)  # one that hangs ends the process, which is noticed

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: hasattr(getattr(item, "obj", None), "hypothesis"))
        if self._only is not None:
            place = {test: number for number, test in enumerate(self._only)}
            items[:] = sorted(
                (item for item in items if item.nodeid in place),
                key=lambda item: place[item.nodeid],
            )
        from hypothesis import Phase, settings

        settings.register_profile(
            "mutants",
            deadline=None,
            max_examples=50,
            derandomize=True,
            database=None,
            phases=(Phase.explicit, Phase.generate),
        )
        settings.load_profile("mutants")


def _test(target: Target, text: str, only: Sequence[str] | None) -> int:
    """The exit code of the target's tests with `text` in its file's place; in a child only."""
    sys.meta_path.insert(0, _Loader(target, text))
    quick = () if target.by_line else _QUICK
    tests = target.tests if only is None else dict.fromkeys(t.partition("[")[0] for t in only)
    arguments = ["-x", "--assert=plain", "-o", "addopts=", *quick, *_LEFT_OUT, *tests]
    return int(pytest.main(arguments, plugins=[_Order(only)]))


def _in_child(work: Callable[[], int]) -> int:
    """Start `work` in a silent process of its own, whose exit code it gives; its number."""
    number = os.fork()
    if number:
        return number
    code = FAILED  # a text that can't be loaded fails
    with contextlib.suppress(BaseException), open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)
        code = work()
    os._exit(code)


def _exit_code(number: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


@dataclass(frozen=True)
class Trial:
    """What is run for a mutant, and when it is taken for one that never ends.

    The limit is generous, for machines that are busy.
    """

    mutant: Mutant
    only: Sequence[str] | None
    limit: float


def trials(
    target: Target,
    mutants: Sequence[Mutant],
    before: str,
    reached: Reached | None,
    seconds: float,
) -> Iterator[Trial]:
    """One for each mutant; ends the program where the tests fail without any change.

    `seconds`: how long the tests of one may take, where they are chosen by what they reach.
    """
    if reached is None:
        begun = time.monotonic()
        if _exit_code(_in_child(lambda: _test(target, before, None))) != PASSED:
            sys.exit(f"{target.file}: its tests fail without any change: {' '.join(target.tests)}")
        limit = 15 + 10 * (time.monotonic() - begun)
        yield from (Trial(mutant, None, limit) for mutant in mutants)
        return
    for mutant in mutants:
        only = reached.tests(target.file, before, mutant.line(before), seconds)
        yield Trial(mutant, only, 30 + 3 * sum(reached.seconds[test] for test in only))


def reach(targets: Sequence[Target]) -> Reached | None:
    """What their tests reach of those that are tested by line; None where there is no such one."""
    slow = [target for target in targets if target.by_line]
    if not slow:
        return None
    tests = list(dict.fromkeys(test for target in slow for test in target.tests))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "reached.json"

        def record() -> int:
            recorder = Recorder([ROOT / target.file for target in slow], out)
            return int(pytest.main(["-o", "addopts=", *_LEFT_OUT, *tests], plugins=[recorder]))

        code = _exit_code(_in_child(record))
        reached = read_reached(out)
    if code != PASSED:
        sys.exit(f"these tests fail without any change: {' '.join(reached.failed)}")
    return reached


def run_all(
    target: Target,
    mutants: Sequence[Mutant],
    before: str,
    jobs: int,
    reached: Reached | None,
    seconds: float,
) -> tuple[list[Mutant], int]:
    """Run them, `jobs` at a time: those that no test noticed, and how many took too long.

    A mutant that never ends was noticed. `seconds` as for `trials`.
    """
    every = list(trials(target, mutants, before, reached, seconds))
    unseen: list[Trial] = []
    late = 0
    if reached is not None:
        session = _Session(target, every, before, jobs)
        unseen, every, late = session.results()
    work = [(t, partial(_test, target, t.mutant.text, t.only)) for t in every]
    more, later = _run_trials(target, work, jobs)
    return [trial.mutant for trial in (*unseen, *more)], late + later


def _run_trials(
    target: Target, work: Sequence[tuple[Trial, Callable[[], int]]], jobs: int
) -> tuple[list[Trial], int]:
    """Those that no test noticed, and how many took too long."""
    survivors: list[Trial] = []
    running: dict[int, tuple[Trial, float]] = {}
    late: set[int] = set()
    told, tried, waiting = time.monotonic(), 0, iter(work)
    following = next(waiting, None)
    while following or running:
        if time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            said = f"{target.file}: {tried} of {len(work)} tried, {len(survivors)} unseen by tests"
            os.write(PROGRESS, f"{said}\n".encode())
        while following and len(running) < jobs:
            trial, test = following
            if trial.only == []:
                survivors.append(trial)  # no test reaches it
            else:
                running[_in_child(test)] = (trial, time.monotonic())
            tried, following = tried + 1, next(waiting, None)
        time.sleep(0.01)
        for child, (trial, since) in list(running.items()):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                del running[child]
                if os.waitstatus_to_exitcode(status) in (PASSED, NO_TESTS):
                    survivors.append(trial)
                elif os.WIFSIGNALED(status):
                    late.add(child)
            elif time.monotonic() - since > trial.limit and child not in late:
                late.add(child)
                os.kill(child, signal.SIGKILL)
    return survivors, len(late)


class _Session:
    """A pytest plugin: all tests are collected once, and each mutant's run in a child of that."""

    def __init__(self, target: Target, every: Sequence[Trial], before: str, jobs: int) -> None:
        self._target, self._every, self._before, self._jobs = target, every, before, jobs

    def results(self) -> tuple[list[Trial], list[Trial], int]:
        """Those that no test noticed, those that can't be tried so, and how many took too long."""
        with tempfile.TemporaryDirectory() as folder:
            self._out = Path(folder) / "results.json"
            arguments = ["--assert=plain", "-o", "addopts=", *_LEFT_OUT, *self._target.tests]
            plugins = [_Order(None), self]
            _exit_code(_in_child(lambda: int(pytest.main(arguments, plugins=plugins))))
            unseen, other, late = json.loads(self._out.read_text())
        return [self._every[at] for at in unseen], [self._every[at] for at in other], late

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        functions = functions_of(self._target.module)
        tests = {item.nodeid: item for item in session.items}
        work, other = [], []
        for trial in self._every:
            pairs = changed_functions(self._before, trial.mutant.text)
            if pairs is not None and are_there(functions, pairs):
                work.append((trial, partial(self._run, session, tests, trial, functions, pairs)))
            else:
                other.append(trial)
        unseen, late = _run_trials(self._target, work, self._jobs)
        numbers = {id(trial): number for number, trial in enumerate(self._every)}
        results = [[numbers[id(trial)] for trial in some] for some in (unseen, other)]
        self._out.write_text(json.dumps([*results, late]))
        return True

    def _run(
        self,
        session: pytest.Session,
        tests: dict[str, pytest.Item],
        trial: Trial,
        functions: list[FunctionType],
        pairs: Pairs,
    ) -> int:
        exchange(functions, pairs)
        session.items = [tests[name] for name in trial.only or () if name in tests]
        for item, following in itertools.zip_longest(session.items, session.items[1:]):
            signal.alarm(LONGEST)  # one that hangs ends the process, which is noticed
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return FAILED
        return PASSED


def refused_by_types(target: Target, mutant: Mutant) -> bool:
    """Whether the strict type check of `.ci/run` notices it."""
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as changed:
        changed.write(mutant.text)
        changed.flush()
        command = ["-m", "mypy", "--shadow-file", target.file, changed.name, target.file]
        ended = subprocess.run([sys.executable, *command], capture_output=True, check=False)
    if ended.returncode not in (0, 1):
        sys.exit(f"mypy: {ended.stderr.decode()}")
    return ended.returncode == 1


def warm_up(targets: Sequence[Target]) -> None:
    """Import what the tests need, then forget what is ours: each mutant imports that anew."""
    sys.path.insert(0, str(ROOT))
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        files = {test.partition("::")[0] for target in targets for test in target.tests}
        pytest.main(["--collect-only", "-q", "-o", "addopts=", "-p", "no:cacheprovider", *files])
    for name in list(sys.modules):
        if name.partition(".")[0] in ("console", "tests") and name != __name__:
            del sys.modules[name]
    gc.freeze()  # what is here is never garbage in a child


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every mutant was killed or is explained, 1 where one was not."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="only these; patterns are read")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(arguments)
    if not all(importlib.util.find_spec(name) for name in ("mutmut", "mypy")):
        sys.exit("mutmut or mypy is not installed: pip install -e '.[test,mutation]'")
    os.chdir(ROOT)
    targets, explained = read_config()
    patterns = asked.files or ["*"]
    chosen = [t for t in targets if any(fnmatch.fnmatch(t.file, p) for p in patterns)]
    warm_up(chosen)
    reached = reach(chosen)
    left = [
        report(
            target,
            [e for e in explained if e.file == target.file],
            asked.jobs,
            reached if target.by_line else None,
        )
        for target in chosen
    ]
    return 1 if sum(left) or not left else 0


def report(
    target: Target, explained: Sequence[Explained], jobs: int, reached: Reached | None
) -> int:
    """Test one file and tell the result; the number of survivors and explanations that are left."""
    before = (ROOT / target.file).read_text(encoding="utf-8")
    mutants = mutants_of(before)
    reasons = {(e.was, e.now) for e in explained}
    begun = time.monotonic()
    unseen, late = run_all(target, mutants, before, jobs, reached, FIRST_ROUND)
    pairs = {mutant: difference(before, mutant.text) for mutant in unseen}
    unexplained = [mutant for mutant in unseen if pairs[mutant] not in reasons]
    survivors = [mutant for mutant in unexplained if not refused_by_types(target, mutant)]
    by_types = len(unexplained) - len(survivors)
    if reached is not None:
        survivors, later = run_all(target, survivors, before, jobs, reached, SECOND_ROUND)
        late += later
    told = len(unseen) - len(unexplained)
    noticed = len(mutants) - by_types - told - len(survivors)
    gaps = [pairs[mutant] for mutant in survivors]
    past = [pair for pair in reasons if pair not in pairs.values()]
    print(
        f"{target.file}: {len(mutants)} mutants, {noticed} noticed by a test"
        f" ({late} by time), {by_types} by their types,"
        f" {told} explained, {len(gaps)} survived,"
        f" in {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    for title, lines in (("survived", gaps), ("explained, but not alive", past)):
        for was, now in lines:
            print(f"  {title}:\n    - {was}\n    + {now}", flush=True)
    return len(gaps) + len(past)


if __name__ == "__main__":
    sys.exit(main())
