"""Who may import whom, exactly as the design says; and one function that writes at Amazon."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import console

ROOT = Path(console.__file__).parent

EVERYTHING = {
    "domain", "amazon", "store", "simulator", "lookup", "actions", "session", "demo",
    "imports", "sync", "export", "proof", "keys", "clipboard", "onboarding",
    "checkup", "doctor", "languages",
}  # fmt: skip

# area -> the areas of ours that it may import, beside itself.
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "domain": set(),
    "languages": {"domain"},
    "keys": {"domain"},
    "clipboard": {"domain"},
    "amazon": {"domain", "keys"},
    "store": {"domain", "keys"},
    "simulator": {"domain"},
    "history": {"domain", "store"},
    "lookup": {"domain", "amazon", "store", "history"},
    "actions": {"domain", "amazon", "store", "lookup"},
    # These two compose the areas for the doors.
    "session": {"domain", "amazon", "store", "lookup", "actions"},
    "demo": {"domain", "amazon", "store", "lookup", "actions", "session", "simulator", "keys"},
    "checkup": {"domain", "amazon", "store", "session", "keys"},
    "doctor": {
        "domain",
        "amazon",
        "store",
        "session",
        "keys",
        "checkup",
        "clipboard",
        "onboarding",
    },
    "onboarding": {"domain", "amazon", "store", "keys", "session", "checkup"},
    "imports": {"domain", "store"},
    "sync": {"domain", "amazon", "store", "imports", "session"},
    "export": {"domain", "amazon", "store", "lookup", "session"},
    "proof": {"domain"},  # the table and the keys, so that model and engine can't drift apart
    # The doors import everything but each other, and nothing imports them but the command.
    "tui": EVERYTHING,
    "cli": EVERYTHING,
    # The command chooses the door, which needs to know whether there is a profile.
    "__main__": {"tui", "cli", "store", "languages"},
}

# area -> the libraries that it may import beside the standard one ("Parts that are chosen").
LIBRARIES: dict[str, set[str]] = {
    "keys": {"cryptography"},
    "amazon": {"httpx", "cryptography"},
    "store": {"sqlalchemy", "platformdirs", "tomlkit", "keyring"},
    "simulator": {"starlette", "uvicorn", "cryptography"},
    # httpx is loaded behind the first screen, for the client; it is not used.
    "tui": {"textual", "rich", "httpx"},
}

HEAVY = {"httpx", "cryptography", "keyring", "sqlalchemy", "textual", "starlette", "uvicorn"}

FILES = sorted(ROOT.rglob("*.py"))


def area(file: Path) -> str:
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(file: Path) -> Iterator[str]:
    """Every module that a file imports: at the top, in functions, relative, for types, by name."""
    package = ["console", *file.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "import_module",
            "importlib.import_module",
            "__import__",
        ):
            yield _named(node.args[0], file)


def _named(target: ast.expr, file: Path) -> str:
    """The module of an import by name, as far as it is written down: its package at least."""
    if isinstance(target, ast.JoinedStr):
        target = target.values[0]
    assert isinstance(target, ast.Constant), f"{name(file)} imports what it computes"
    written = str(target.value)
    assert written.startswith("console."), f"{name(file)} imports what it computes"
    return written


def ours(module: str) -> str | None:
    """The area of a module of ours."""
    parts = module.split(".")
    if parts[0] != "console":
        return None
    inner = parts[1] if len(parts) > 1 else "__init__"
    return inner if inner in MAY_IMPORT else "__init__"  # console.__version__ and the like


def calls(file: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a file, with the function that it stands in."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, ast.Call]]:
        for child in ast.iter_child_nodes(node):
            inside = function
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = child.name
            if isinstance(child, ast.Call):
                yield inside, child
            yield from walk(child, inside)

    return walk(tree(file), "")


def callers(method: str) -> set[tuple[str, str]]:
    """(file, function) of everything that calls an attribute of this name."""
    return {
        (name(file), function)
        for file in FILES
        for function, call in calls(file)
        if isinstance(call.func, ast.Attribute) and call.func.attr == method
    }


class TestImports:
    def test_every_area_has_its_rule(self) -> None:
        assert {area(file) for file in FILES} <= MAY_IMPORT.keys()
        assert {"domain", "amazon", "store", "simulator", "actions"} <= {area(f) for f in FILES}

    @pytest.mark.parametrize("file", FILES, ids=name)
    def test_of_ours(self, file: Path) -> None:
        here = area(file)
        allowed = MAY_IMPORT[here] | {here, "__init__"}
        wrong = {module for module in imported(file) if (ours(module) or here) not in allowed}
        assert not wrong, f"{name(file)} must not import {', '.join(sorted(wrong))}"

    @pytest.mark.parametrize("file", FILES, ids=name)
    def test_of_libraries(self, file: Path) -> None:
        tops = {module.partition(".")[0] for module in imported(file)}
        foreign = tops - sys.stdlib_module_names - {"console"}
        wrong = foreign - LIBRARIES.get(area(file), set())
        assert not wrong, f"{name(file)} must not import {', '.join(sorted(wrong))}"

    def test_the_rules_have_no_circle(self) -> None:
        left = {here: set(allowed) for here, allowed in MAY_IMPORT.items()}
        while left:
            free = {here for here, needs in left.items() if not needs & left.keys()}
            assert free, f"these import each other: {sorted(left)}"
            left = {here: needs for here, needs in left.items() if here not in free}

    def test_the_package_itself_imports_nothing_of_ours(self) -> None:
        assert not [m for m in imported(ROOT / "__init__.py") if ours(m)]

    def test_the_reader_of_imports_sees_all_kinds(self, tmp_path: Path) -> None:
        file = ROOT / "store" / "imaginary.py"
        text = (
            "import console.tui.app\n"
            "def f():\n    from ..amazon import client\n    from . import places\n"
            "    import importlib\n    importlib.import_module('console.cli')\n"
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from console import lookup\n"
        )
        real = tree.__wrapped__
        try:
            tree.cache_clear()
            globals()["tree"] = lambda _: ast.parse(text)
            found = {ours(module) for module in imported(file)} - {None}
        finally:
            globals()["tree"] = cache(real)
        assert found == {"tui", "amazon", "store", "cli", "lookup"}


class TestOneWriter:
    """One function in the program sends a request that writes: AmazonPay.send."""

    def test_http_is_spoken_in_one_file(self) -> None:
        network = {"httpx", "httpcore", "h11", "requests", "aiohttp", "urllib3", "http.client",
                   "urllib.request", "websockets"}  # fmt: skip
        speaking = {
            name(file)
            for file in FILES
            if area(file) != "simulator"
            for module in imported(file)
            if module in network or module.split(".")[0] in network
        }
        used = {file for file in speaking if self.uses(ROOT / file, network)}
        assert used == {"amazon/client.py"}

    def uses(self, file: Path, names: set[str]) -> bool:
        """Whether a name of these is more than loaded."""
        nodes = ast.walk(tree(file))
        return any(isinstance(node, ast.Name) and node.id in names for node in nodes)

    def test_a_look_at_the_way_asks_for_no_more_than_a_head(self) -> None:
        """What is written to a connection by hand, beside the client."""
        by_hand = {(f, function) for f, function in callers("sendall") if "simulator/" not in f}
        reach = "amazon/reach.py"
        assert by_hand == {(reach, "_asked"), (reach, "_connected")}
        methods = {
            node.value.partition(" ")[0]
            for node in ast.walk(tree(ROOT / reach))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if " HTTP/1.1" in node.value or node.value.startswith("CONNECT ")
        }
        assert methods - {""} == {"HEAD", "CONNECT"}

    def test_its_chain_has_one_link_each(self) -> None:
        client = "amazon/client.py"
        assert callers("_converse") == {(client, "_transmit")}
        assert callers("_transmit") == {(client, "_exchange")}
        assert callers("_exchange") == {(client, "_read"), (client, "send")}
        assert callers("_read") >= {(client, "get")}

    def test_a_file_is_only_fetched(self) -> None:
        """A report's file is streamed from an address of its own, past the chain above."""
        streams = [
            ast.unparse(call.args[0])
            for _, call in calls(ROOT / "amazon" / "client.py")
            if ast.unparse(call.func).endswith(".stream")
        ]
        assert streams == ["'GET'"]

    def test_the_other_caller_can_only_read(self) -> None:
        file = ROOT / "amazon" / "client.py"
        [read] = [
            call
            for function, call in calls(file)
            if function == "_read" and ast.unparse(call.func) == "self._exchange"
        ]
        arguments = [ast.unparse(argument) for argument in read.args]
        assert arguments[2] == "'GET'"
        assert arguments[4:6] == ["b''", "None"]
        assert not read.keywords

    def test_only_the_engine_sends_and_who_asks_for_a_report(self) -> None:
        """A report moves no money and changes no order, so the engine has no part in it."""
        senders = {
            (file, function)
            for file, function in callers("send")
            if not file.startswith("simulator/")
        }
        engine = {sender for sender in senders if sender[0] == "actions/engine.py"}
        report = ("amazon/reports.py", "request_report")
        assert senders - engine == {("amazon/client.py", "_converse"), report}
        assert len(engine) == 1

    def test_nobody_passes_the_function_on(self) -> None:
        """`f = client.send` would be a call that the test above can't see."""
        for file in FILES:
            if area(file) == "simulator":
                continue
            called = {id(call.func) for _, call in calls(file)}
            for node in ast.walk(tree(file)):
                if isinstance(node, ast.Attribute) and node.attr in ("send", "_exchange"):
                    assert id(node) in called, f"{name(file)}:{node.lineno}"
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
                    assert "send" not in ast.unparse(node.args[1]), f"{name(file)}:{node.lineno}"

    def test_only_the_journal_makes_what_may_be_sent(self) -> None:
        """And a report's request, which can ask for nothing else."""
        makers = {
            name(file)
            for file in FILES
            for _, call in calls(file)
            if ast.unparse(call.func).rpartition(".")[2] == "Reservation"
        }
        assert makers == {"store/journal.py", "amazon/reports.py"}
        [made] = [
            call
            for _, call in calls(ROOT / "amazon" / "reports.py")
            if ast.unparse(call.func) == "Reservation"
        ]
        said = {word.arg: ast.unparse(word.value) for word in made.keywords}
        assert (said["method"], said["path"]) == ("'POST'", "'/reports'")
        assert said["operation"] == "'create_report'"


class TestSigning:
    def test_both_sides_have_their_own(self) -> None:
        """Or both would be wrong together."""
        for file in FILES:
            if area(file) in ("simulator", "amazon"):
                other = "amazon" if area(file) == "simulator" else "simulator"
                assert other not in {ours(module) for module in imported(file)}, name(file)

    def test_keys_are_signed_with_in_one_file(self) -> None:
        assert {file for file, _ in callers("sign")} == {"amazon/signing.py"}


def loaded_by(*modules: str) -> set[str]:
    """The top-level modules that importing these loads in a fresh interpreter."""
    code = (
        "import sys; before = set(sys.modules)\n"
        f"for module in {modules!r}: __import__(module)\n"
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split()) - {"console"}


class TestLoading:
    def test_the_domain_needs_the_standard_library_only(self) -> None:
        modules = [f"console.domain.{file.stem}" for file in (ROOT / "domain").glob("[a-z]*.py")]
        assert len(modules) > 8
        assert not loaded_by("console.domain", *modules) - sys.stdlib_module_names

    def test_the_command_loads_nothing_heavy(self) -> None:
        assert not loaded_by("console.__main__") & HEAVY

    def test_what_the_doors_compose_loads_nothing_heavy_before_it_is_used(self) -> None:
        assert not loaded_by("console.session", "console.demo") & HEAVY

    def test_profiles_and_places_load_nothing_heavy(self) -> None:
        found = loaded_by("console.store.profiles", "console.store.credentials")
        assert not found & (HEAVY | {"tomlkit"})
