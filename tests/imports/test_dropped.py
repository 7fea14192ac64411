"""Files that are dropped on a terminal arrive as pasted text."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.imports import paths_in


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = [tmp_path / name for name in ("orders.csv", "it's a (long) name.csv", "größe&co.json")]
    for path in found:
        path.touch()
    return found


WAYS: dict[str, Callable[[Path], str]] = {
    "as it is": str,
    "in single quotes": lambda path: "'" + str(path).replace("'", "'\\''") + "'",
    "in double quotes": lambda path: f'"{path}"',
    "with backslashes": lambda path: "".join(
        f"\\{char}" if char in " '()&" else char for char in str(path)
    ),
    "as a shell quotes": lambda path: shlex.quote(str(path)),
    "as an address": lambda path: path.as_uri(),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("end", ["", " ", "\n"])
def test_one_file(files: list[Path], way: Callable[[Path], str], end: str) -> None:
    for path in files:
        assert paths_in(way(path) + end) == [path]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_several_on_lines(files: list[Path], way: Callable[[Path], str]) -> None:
    assert paths_in("\r\n".join(way(path) for path in files)) == files


@pytest.mark.parametrize("name", [name for name in WAYS if name != "as it is"])
def test_several_apart_by_blanks(files: list[Path], name: str) -> None:
    assert paths_in(" ".join(WAYS[name](path) for path in files) + " ") == files


@pytest.mark.parametrize(
    "text",
    ["", " ", "S01-5797829-1888777", "/nowhere/at/all.csv", "please import {}", "{} and more",
     "'{}", "file://server{}", "x" * 5_000, "/" + "x" * 5_000, "{}\0", "{}x"],
)  # fmt: skip
def test_anything_else_is_a_text(files: list[Path], text: str) -> None:
    assert paths_in(text.replace("{}", str(files[0]))) is None


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert paths_in(str(tmp_path)) is None


def test_a_file_that_is_named_like_an_id_does_not_hide_the_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("S01-5797829-1888777").touch()
    assert paths_in("S01-5797829-1888777") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    found = paths_in(text)
    assert found is None or all(path.is_file() for path in found)
