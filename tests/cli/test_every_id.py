"""Every order of the simulator's stories, by every id that it has, on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Final

import pytest

from console.domain.ids import parse
from tests.cli.conftest import TIMEOUT, Shell
from tests.lookup.conftest import all_ids

# The same program for all of them: starting it eighty times is not the point.
_EACH: Final = (
    "import sys; from console.cli.main import main\n"
    "for name in sys.argv[1:]:\n"
    "    code = main(['lookup', name, *{more!r}])\n"
    "    print('END', name, code, flush=True)\n"
)


def look_up(shell: Shell, names: list[str], *more: str) -> dict[str, tuple[str, int]]:
    """id -> what was printed, and the exit code."""
    done = subprocess.run(
        [sys.executable, "-c", _EACH.format(more=more), *names],
        env={**os.environ, **shell.environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    found, lines = {}, list[str]()
    for line in done.stdout.splitlines():
        if line.startswith("END "):
            _, name, code = line.split()
            found[name] = ("\n".join(lines), int(code))
            lines = []
        else:
            lines.append(line)
    return found


@pytest.mark.parametrize("environment", ["sandbox", "live"])
def test_any_id_leads_to_its_order(bare_shell: Shell, environment: str) -> None:
    shell = bare_shell
    shell.run(
        "profile", "add", "acme", "--region", "na", "--environment", environment,
        "--public-key-id", f"{environment.upper()}-TEST",
        "--private-key-file", str(shell.folder / "key.pem"), "--endpoint", shell.server.url,
    )  # fmt: skip
    ids = {
        name: order
        for name, order in all_ids()
        if (parse(name).environment or parse_environment(order)) == environment
    }
    assert ids
    for name, (printed, code) in look_up(shell, list(ids), "--json").items():
        document: dict[str, Any] = json.loads(printed)
        assert code == 0, name
        assert document["query"] == name
        assert document["order"]["id"] == ids[name], name
    for order, (printed, code) in look_up(shell, sorted(set(ids.values()))).items():
        assert code == 0, order
        assert order in printed, order


def parse_environment(order: str) -> str:
    """Of a checkout session that led to no order the id tells nothing; the stories' are sandbox."""
    return parse(order).environment or "sandbox"
