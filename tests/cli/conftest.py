from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from console.keys import make_key
from console.simulator.server import SimulatorServer, running
from console.simulator.stories import story_world
from console.store.places import Places
from console.store.profiles import Profile, Profiles
from tests.support.warm import commands

CHARGE = "S01-4966596-9591203-C079366"  # v1, 40.00 USD captured, 10.00 refunded
V1_ID = "S01-4966596-9591203-A079366"
OPEN_AUTHORIZATION = "S01-5797829-1888777-A043451"
TIMEOUT = 90


@dataclass
class Answer:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """Runs payconsole as a user does: a process of its own, with its own folders."""

    folder: Path
    server: SimulatorServer
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "console", *words],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, typed: str = "", **environment: str) -> Answer:
        given = {**os.environ, **self.environment, **environment}
        if any(name.startswith("PYTHON") for name in environment):  # it changes Python itself
            return self._run_anew(words, given, typed)
        return Answer(*commands().run(list(words), given, typed, TIMEOUT))

    @staticmethod
    def _run_anew(words: tuple[str, ...], environment: dict[str, str], typed: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "console", *words],
            env=environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def add_profile(self, *more: str) -> Answer:
        return self.run(
            "profile", "add", "acme", "--region", "na", "--environment", "sandbox",
            "--public-key-id", "SANDBOX-TEST", "--private-key-file", str(self.folder / "key.pem"),
            "--endpoint", self.server.url, *more,
        )  # fmt: skip

    def has_profile(self, name: str, environment: str, key_id: str) -> None:
        """What `profile add` leaves, without its half second."""
        places = Places(self.folder / "config", self.folder / "data")
        Profiles(places).add(Profile(name, "na", environment, key_id, endpoint=self.server.url))
        key = (self.folder / "key.pem").read_text()
        kept = {f"payconsole/{name}/{environment}": key}  # as an administrator can put it there
        (self.folder / "keyring.json").write_text(json.dumps(kept))

    def refunds_made(self) -> int:
        """How many refunds the server really executed for us."""
        entries = self.server.world.log.entries("create_refund")
        return sum(entry.effect == "executed" for entry in entries)

    def refund_requests(self) -> int:
        return len(self.server.world.log.entries("create_refund"))


@cache
def key_pair() -> tuple[bytes, bytes]:
    """One for all tests of a process: making one takes longer than many of them."""
    return make_key()


@pytest.fixture
def bare_shell(tmp_path: Path) -> Iterator[Shell]:
    """A fresh installation: a key file, a server that knows the key, no profile."""
    private, public = key_pair()
    (tmp_path / "key.pem").write_bytes(private)
    world = story_world()
    world.keys.register(public)
    environment = {
        "PAYCONSOLE_CONFIG_DIR": str(tmp_path / "config"),
        "PAYCONSOLE_DATA_DIR": str(tmp_path / "data"),
        "PYTHON_KEYRING_BACKEND": "tests.cli.keyring_in_a_file.FileKeyring",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TEST_KEYRING_FILE": str(tmp_path / "keyring.json"),
    }
    with running(world) as server:
        yield Shell(tmp_path, server, environment)


@pytest.fixture
def shell(bare_shell: Shell) -> Shell:
    """The same with the profile `acme`."""
    bare_shell.has_profile("acme", "sandbox", "SANDBOX-TEST")
    return bare_shell
