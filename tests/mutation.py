"""Mutation testing: every small change of the rules and of the money code must fail a test.

`python -m tests.mutation [FILE…]` with `mutation.toml` beside this file, which names the files,
their quick tests, and every survivor that is no gap, with its reason. It ends with 0 only where
each mutant was killed or is explained, and each explanation still has its mutant.

The mutants are those of mutmut (`pip install mutmut`). Its own runner changes functions only and
leaves out what is decorated; here the rules stand in tables and properties as well, so its
operators go over whole files. Nothing is written: each mutant lives in a process of its own,
which loads the changed text instead of the file.
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
import os
import signal
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
CONFIG: Final = Path(__file__).with_suffix(".toml")
PASSED, FAILED, NO_TESTS = 0, 1, 5  # exit codes of pytest


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

    @property
    def module(self) -> str:
        return self.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


@dataclass(frozen=True)
class Mutant:
    """One changed node of a file's tree; `text` makes the whole changed text."""

    tree: Any
    old: Any
    new: Any

    def text(self) -> str:
        file_mutation = importlib.import_module("mutmut.mutation.file_mutation")
        changed: str = file_mutation.deep_replace(self.tree, self.old, self.new).code
        return changed


def read_config() -> tuple[list[Target], list[Explained]]:
    """The targets and the explained survivors of `mutation.toml`."""
    data = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    targets = [Target(file, tuple(row["tests"])) for row in data["target"] for file in row["files"]]
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
                changed = list(operator(node))
                if isinstance(node, cst.SimpleString):
                    changed = changed[:1]  # another text is another text, in whichever letters
                for new in changed:
                    yield Mutant(tree, node, new)
        for child in node.children:
            yield from walk(child)

    return list(walk(tree))


def _is_words(cst: Any, node: Any) -> bool:
    """A text with a blank in it is a sentence or a part of one: its words may change freely.

    Names of states, fields and operations have none; they are mutated.
    """
    return isinstance(node, cst.SimpleString) and " " in node.raw_value


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
# What pytest need not do a thousand times. The tests are quick ones: what conftest files give,
# such as servers, they don't use.
_LEFT_OUT: Final = (
    "--noconftest",
    "--capture=no",
    "-pno:anyio",
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
        return importlib.util.spec_from_file_location(name, ROOT / self.target.file, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.text, self.target.file, "exec"), module.__dict__)


class _Order:
    """Examples first, properties last and short: most mutants die of an example."""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items.sort(key=lambda item: hasattr(getattr(item, "obj", None), "hypothesis"))
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


def _test(target: Target, text: str) -> int:
    """The exit code of the target's tests with `text` in its file's place; in a child only."""
    import pytest

    sys.meta_path.insert(0, _Loader(target, text))
    arguments = ["-x", "--assert=plain", "-o", "addopts=", *_LEFT_OUT]
    return int(pytest.main([*arguments, *target.tests], plugins=[_Order()]))


def start(target: Target, mutant: Mutant | None, before: str) -> int:
    """Start the tests in a process of its own; its number."""
    number = os.fork()
    if number:
        return number
    code = FAILED  # a text that can't be loaded fails
    with contextlib.suppress(BaseException), open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)
        code = _test(target, mutant.text() if mutant else before)
    os._exit(code)


def run_all(
    target: Target, mutants: Sequence[Mutant], before: str, jobs: int
) -> tuple[list[Mutant], int]:
    """Run them, `jobs` at a time: those that no test noticed, and how many took too long.

    A mutant that never ends was noticed. Its limit is generous, for machines that are busy.
    """
    begun = time.monotonic()
    baseline = start(target, None, before)
    if os.waitstatus_to_exitcode(os.waitpid(baseline, 0)[1]) != PASSED:
        tests = " ".join(target.tests)
        sys.exit(f"{target.file}: its tests fail without any change: pytest {tests}")
    limit = 15 + 10 * (time.monotonic() - begun)
    survivors: list[Mutant] = []
    running: dict[int, tuple[Mutant, float]] = {}
    late: set[int] = set()
    waiting = list(reversed(mutants))
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[start(target, mutant, before)] = (mutant, time.monotonic())
        time.sleep(0.01)
        for number, (mutant, since) in list(running.items()):
            ended, status = os.waitpid(number, os.WNOHANG)
            if ended:
                del running[number]
                if os.waitstatus_to_exitcode(status) in (PASSED, NO_TESTS):
                    survivors.append(mutant)
            elif time.monotonic() - since > limit and number not in late:
                late.add(number)
                os.kill(number, signal.SIGKILL)
    return survivors, len(late)


def warm_up(targets: Sequence[Target]) -> None:
    """Import what the tests need, then forget what is ours: each mutant imports that anew."""
    import pytest

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
    if importlib.util.find_spec("mutmut") is None:
        sys.exit("mutmut is not installed: pip install 'mutmut>=3.8,<4'")
    os.chdir(ROOT)
    targets, explained = read_config()
    patterns = asked.files or ["*"]
    chosen = [t for t in targets if any(fnmatch.fnmatch(t.file, p) for p in patterns)]
    warm_up(chosen)
    left = [
        report(target, [e for e in explained if e.file == target.file], asked.jobs)
        for target in chosen
    ]
    return 1 if sum(left) or not left else 0


def report(target: Target, explained: Sequence[Explained], jobs: int) -> int:
    """Test one file and tell the result; the number of survivors and explanations that are left."""
    before = (ROOT / target.file).read_text(encoding="utf-8")
    mutants = mutants_of(before)
    begun = time.monotonic()
    survivors, late = run_all(target, mutants, before, jobs)
    alive = [difference(before, mutant.text()) for mutant in survivors]
    reasons = {(e.was, e.now): e.why for e in explained}
    gaps = [pair for pair in alive if pair not in reasons]
    past = [pair for pair in reasons if pair not in alive]
    print(
        f"{target.file}: {len(mutants)} mutants, {len(mutants) - len(alive)} killed,"
        f" ({late} by time), {len(alive) - len(gaps)} explained, {len(gaps)} survived,"
        f" in {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    for title, pairs in (("survived", gaps), ("explained, but not alive", past)):
        for was, now in pairs:
            print(f"  {title}:\n    - {was}\n    + {now}", flush=True)
    return len(gaps) + len(past)


if __name__ == "__main__":
    sys.exit(main())
