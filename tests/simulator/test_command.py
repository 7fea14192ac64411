"""`payconsole simulator` as a program of its own."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from console.simulator import command

from .client import Shop

MAIN = (
    "import argparse, sys; from console.simulator import command;"
    "parser = argparse.ArgumentParser(); command.add_arguments(parser);"
    "sys.exit(command.run(parser.parse_args()))"
)


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


@pytest.fixture
def public_key(tmp_path: Path, public_pem: bytes) -> str:
    path = tmp_path / "public.pem"
    path.write_bytes(public_pem)
    return str(path)


def test_the_orders_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("orders", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["charge_id"] == "S01-5797829-1888777-C043451"


def test_the_orders_are_listed_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("orders") == 0
    assert "S01-4966596-9591203-C079366  Captured" in capsys.readouterr().out


def test_without_a_public_key_it_says_how_to_make_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2
    assert "openssl genrsa" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--fault", "nonsense"], "there is no operation"),
        (["--switch", "nonsense"], "write NAME=VALUE"),
        (["--switch", "nonsense=1"], "There is no switch"),
        (["--speed", "-1"], "can't be negative"),
        (["--public-key", "no-such-file.pem"], "no-such-file.pem"),
        (["--public-key", __file__], "holds no RSA public key"),
    ],
)
def test_wrong_words_are_answered_with_a_sentence(
    words: list[str], message: str, public_key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--public-key", public_key, *words) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_the_first_line_is_the_url_and_sigterm_ends_it(
    public_key: str, private_key: RSAPrivateKey
) -> None:
    words = ["--public-key", public_key, "--fault", "get_charge:throttle"]
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *words], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        path = "/v2/charges/S01-4966596-9591203-C079366"
        shop = Shop(url, private_key)
        assert [shop.send("GET", path).status_code for _ in range(2)] == [429, 200]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stdout.read() == ""


def test_the_command_loads_nothing_heavy_before_it_is_needed() -> None:
    code = (
        "import sys, console.simulator.command as c, argparse;"
        "c.add_arguments(argparse.ArgumentParser());"
        "print([m for m in ('uvicorn', 'starlette', 'cryptography', 'httpx') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
