"""At a real terminal: stopped and continued, resized in a storm, hung up, and in its worst hour."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import termios
import textwrap
import time
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.intent import State
from console.store.journal import Journal
from console.tui.terminal import Pastes
from tests.support.emulator import Emulator, emulated

DEMO: Final = ("-m", "console", "demo")
IDLE: Final = "Paste or type any Amazon Pay id."
TRACES: Final = ("Traceback", "most recent call", "Error:", "locals")


def ready(terminal: Emulator) -> None:
    terminal.sees("Demo store", IDLE, "journal ok")


def back(terminal: Emulator) -> None:
    """Wait until a continued console has its terminal again, and has drawn itself there.

    What is typed before is the shell's: its terminal takes ctrl+q for "go on writing".
    """
    terminal.until(lambda: not terminal.modes & termios.ECHO, "coming back")
    ready(terminal)


def stopped(terminal: Emulator) -> bool:
    pid, status = os.waitpid(terminal.process.pid, os.WUNTRACED | os.WNOHANG)
    return pid != 0 and os.WIFSTOPPED(status)


def without_traces(terminal: Emulator) -> None:
    text = terminal.written.decode("utf-8", "replace")
    for trace in TRACES:
        assert trace not in text


# --- stopped and continued ------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 10])
def test_stopped_and_continued_it_comes_back_whole(tmp_path: Path, times: int) -> None:
    with emulated(DEMO, tmp_path) as terminal:
        before = terminal.modes
        assert before & termios.ECHO
        ready(terminal)
        for _round in range(times):
            assert not terminal.modes & termios.ECHO
            terminal.signal(signal.SIGTSTP)
            terminal.until(lambda: stopped(terminal), "stopping")
            assert terminal.modes == before  # the shell has its terminal back
            terminal.signal(signal.SIGCONT)
            back(terminal)
        terminal.send(b"S01-9")
        terminal.sees("/ S01-9 ")
        terminal.send(b"\x11")  # ctrl+q
        assert terminal.ends() == 0
        assert terminal.modes == before
        without_traces(terminal)


# As a shell with job control: it runs the demo in a group of its own, and `fg` brings it back.
SHELL: Final = textwrap.dedent(
    """
    import os, signal, sys
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execv(sys.executable, [sys.executable, "-m", "console", "demo"])
    while True:
        _child, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            sys.exit(os.waitstatus_to_exitcode(status))
        os.tcsetpgrp(0, os.getpgrp())
        print("[1]+ Stopped", flush=True)
        assert sys.stdin.readline() == "fg\\n"
        os.tcsetpgrp(0, child)
        os.killpg(child, signal.SIGCONT)
    """
)


def test_ctrl_z_gives_the_shell_the_terminal_and_fg_comes_back(tmp_path: Path) -> None:
    with emulated(("-c", SHELL), tmp_path) as terminal:
        before = terminal.modes
        ready(terminal)
        terminal.send(b"\x1a")  # ctrl+z
        terminal.sees("[1]+ Stopped")
        assert terminal.modes == before
        terminal.send(b"fg\n")
        back(terminal)
        terminal.send(b"\x11")
        assert terminal.ends() == 0
        without_traces(terminal)


def test_stopped_from_outside_and_continued_it_draws_itself_anew(tmp_path: Path) -> None:
    with emulated(DEMO, tmp_path) as terminal:
        ready(terminal)
        terminal.signal(signal.SIGSTOP)
        terminal.until(lambda: stopped(terminal), "stopping")
        terminal.signal(signal.SIGCONT)
        time.sleep(0.3)
        for _round in range(3):
            terminal.send(b"ab")
            time.sleep(0.1)
        terminal.sees("/ ababab ")  # each key once: nobody else reads the terminal too
        terminal.send(b"\x11")
        assert terminal.ends() == 0
        without_traces(terminal)


def test_a_terminal_without_another_screen_is_left_empty(tmp_path: Path) -> None:
    """As the Linux console: what stays there stays in front of whoever comes next."""
    with emulated(DEMO, tmp_path, TERM="linux") as terminal:
        ready(terminal)
        terminal.signal(signal.SIGTSTP)
        terminal.until(lambda: stopped(terminal), "stopping")
        terminal.until(lambda: not terminal.screen.strip(), "an empty screen")
        terminal.signal(signal.SIGCONT)
        back(terminal)
        terminal.send(b"\x11")
        assert terminal.ends() == 0
        terminal.rests()
        assert "Demo store" not in terminal.screen


# --- resized --------------------------------------------------------------------------------------


def test_a_storm_of_new_sizes_ends_in_a_whole_screen(tmp_path: Path) -> None:
    with emulated(DEMO, tmp_path) as terminal:
        ready(terminal)
        for step in range(150):
            terminal.resize(1 + (step * 37) % 200, 1 + (step * 13) % 60)
            terminal.signal(signal.SIGWINCH)
            if step % 10 == 0:
                time.sleep(0.02)
        terminal.resize(90, 26)
        ready(terminal)
        terminal.until(lambda: "^q Leave" in "".join(terminal.screen.splitlines()[25:]), "the foot")
        terminal.send(b"\x11")
        assert terminal.ends() == 0
        without_traces(terminal)


def test_a_new_size_in_the_middle_of_another_one_is_the_one_that_stays(tmp_path: Path) -> None:
    script = tmp_path / "twice.py"
    script.write_text(
        textwrap.dedent("""
            import termios
            from console.tui.app import run_demo
            from console.tui.terminal import Terminal
            look = Terminal._get_terminal_size
            def meanwhile(self):
                found = look(self)
                if tuple(found) == (80, 24):
                    termios.tcsetwinsize(0, (26, 90))
                return found
            Terminal._get_terminal_size = meanwhile
            raise SystemExit(run_demo())
        """)
    )
    with emulated([str(script)], tmp_path, (90, 26)) as terminal:
        ready(terminal)
        fcntl.ioctl(terminal._ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        terminal.rests(0.5)
        assert terminal.screen.count("^q Leave") == 1  # drawn for less, it stands there twice
        assert "^q Leave" in terminal.screen.splitlines()[25]
        terminal.send(b"\x11")
        assert terminal.ends() == 0


# --- gone -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_end_is_obeyed_at_once_and_gives_the_terminal_back(
    tmp_path: Path, number: int
) -> None:
    with emulated(DEMO, tmp_path) as terminal:
        before = terminal.modes
        ready(terminal)
        terminal.signal(number)
        assert terminal.ends(2.0) == 128 + number
        assert terminal.modes == before
        without_traces(terminal)


def test_a_terminal_that_is_gone_ends_the_program(tmp_path: Path) -> None:
    with emulated(DEMO, tmp_path) as terminal:
        ready(terminal)
        terminal.hang_up()
        terminal.ends(2.0)


def test_without_the_signal_a_terminal_that_is_gone_ends_it_too(tmp_path: Path) -> None:
    """As under nohup: the hang-up is ignored, but nothing can be read any more."""
    script = tmp_path / "deaf.py"
    script.write_text(
        textwrap.dedent("""
            import asyncio, signal
            from console.tui.app import run_demo
            loop = asyncio.unix_events._UnixSelectorEventLoop
            add = loop.add_signal_handler
            def but_hangups(self, number, *rest):
                if number != signal.SIGHUP:
                    add(self, number, *rest)
            loop.add_signal_handler = but_hangups
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            raise SystemExit(run_demo())
        """)
    )
    with emulated([str(script)], tmp_path) as terminal:
        ready(terminal)
        terminal.hang_up()
        terminal.ends(2.0)


_AT_WORK: Final = """
    import sys
    from pathlib import Path
    from console.store.places import Places
    from console.tui.app import PayConsole, _run
    from tests.tui.stage import Stage
    folder = Path(sys.argv[1])
    stage = Stage(folder)
    stage.fault("create_refund:delay:30")
    raise SystemExit(_run(PayConsole(stage, Places(folder, folder))))
"""


@pytest.mark.parametrize("how", ["hang up", "SIGTERM"])
def test_what_was_being_sent_stands_in_the_journal(tmp_path: Path, how: str) -> None:
    script = tmp_path / "at_work.py"
    script.write_text(textwrap.dedent(_AT_WORK), encoding="utf-8")
    with emulated([str(script), str(tmp_path)], tmp_path) as terminal:
        terminal.sees("Acme Store", "journal ok")
        terminal.send(b"\x1b[200~S01-4966596-9591203-C079366\x1b[201~")
        terminal.sees("checked just now")
        terminal.send(b"r")
        terminal.sees("It is never filled in for you")
        for line in (b"1.00\r", b"damaged box\r", b"\r"):
            terminal.send(line)
            terminal.rests()
        terminal.sees("The exact request")
        terminal.send(b"\r")
        terminal.sees("To send it, type")
        terminal.send(b"1.00 USD\r")
        terminal.sees("the sending goes on")
        time.sleep(0.5)
        if how == "hang up":
            terminal.hang_up()
        else:
            terminal.signal(signal.SIGTERM)
        terminal.ends(2.0)
    journal = Journal(tmp_path / "journal.sqlite", "ann")
    try:
        assert journal.verify().problem is None
        (intent,) = journal.intents()
        assert intent.state in (State.SENDING, State.UNKNOWN)
        assert intent.is_open
    finally:
        journal.close()


# --- what a terminal can send --------------------------------------------------------------------


def test_bytes_that_are_no_text_end_nothing(tmp_path: Path) -> None:
    with emulated(DEMO, tmp_path) as terminal:
        ready(terminal)
        terminal.send(b"\xff\xfe\xc3\xe2\x82")
        terminal.send(b"\x1b[200~S01-\xe2\x82 \xc0\xaf half\x1b[201~")
        terminal.sees("S01-� �� half")
        terminal.send(b"\x1b[<99999999999999999999;1;1M\x1b[<0;-1;-1M\x1b[;;;~\x1b]0;x\x07\x1b")
        time.sleep(0.5)
        terminal.send(b"\x11")
        assert terminal.ends() == 0
        without_traces(terminal)


def test_no_escape_in_a_paste_becomes_a_key(tmp_path: Path) -> None:
    """Textual takes 32 characters behind it for keys, with the Enter among them."""
    with emulated(DEMO, tmp_path) as terminal:
        ready(terminal)
        terminal.send(b"\x1b[200~no id\x1b[31m\r" + b"r" * 40 + b"\r\x1b[201~")
        terminal.sees("no id␛[31m")
        terminal.rests()
        terminal.sees("no id␛[31m")


@given(
    st.lists(
        st.sampled_from(["\x1b[200~", "\x1b[201~", "\x1b", "[", "20", "1~", "0~", "ab", "\r"])
    ),
    st.lists(st.integers(0, 40)),
)
def test_a_paste_is_cleaned_alike_however_it_comes_in(parts: list[str], cuts: list[int]) -> None:
    whole = "".join(parts)
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pastes = Pastes()
    came = "".join(pastes.clean(whole[a:b]) for a, b in pairwise(edges))
    at_once = Pastes().clean(whole)
    assert came == at_once
    inside = [paste.partition("\x1b[201~")[0] for paste in at_once.split("\x1b[200~")[1:]]
    assert "\x1b" not in "".join(inside)


def test_what_is_no_paste_stays_as_it_is() -> None:
    keys = "\x1b[A\x1b[<0;1;1Mx\x1b"
    assert Pastes().clean(keys) == keys
    assert Pastes().clean(f"{keys}\x1b[200~a\x1b[Bb\x1b[201~{keys}") == (
        f"{keys}\x1b[200~a␛[Bb\x1b[201~{keys}"
    )


# --- the worst hour ------------------------------------------------------------------------------

_FAULTY: Final = """
    from console.tui.app import PayConsole, DemoSource, _run
    from console.store.places import user_places
    from console.tui.screens.console import ConsoleScreen
    from console.tui.screens.fault import FaultScreen
    from console.tui.widgets.footer import Keys

    def fail(*values, **named):
        secret = "-----BEGIN PRIVATE " + "KEY-----"
        raise RuntimeError(secret)

    {fault}
    raise SystemExit(_run(PayConsole(DemoSource(), user_places())))
"""


def faulty(folder: Path, fault: str) -> list[str]:
    script = folder / "faulty.py"
    script.write_text(textwrap.dedent(_FAULTY).format(fault=fault), encoding="utf-8")
    return [str(script)]


def tells_no_value(terminal: Emulator) -> None:
    text = terminal.written.decode("utf-8", "replace")
    assert "PRIVATE KEY" not in text
    assert "secret" not in text
    assert "Traceback" not in text


def the_report(folder: Path) -> str:
    (path,) = folder.glob("fault-*.txt")
    text = path.read_text(encoding="utf-8")
    assert "PRIVATE KEY" not in text
    return text


def test_a_fault_in_drawing_shows_the_page(tmp_path: Path) -> None:
    words = faulty(tmp_path, "Keys.render_lines = fail")
    with emulated(words, tmp_path) as terminal:
        terminal.sees("A fault of payconsole", "RuntimeError", "A report without values is in")
        terminal.send(b"\r")
        terminal.sees("leave, and start payconsole anew")
        terminal.send(b"\x11")
        assert terminal.ends() == 0
        tells_no_value(terminal)
    assert len(list(tmp_path.glob("fault-*.txt"))) == 2


@pytest.mark.parametrize(
    "fault",
    [
        "PayConsole.on_mount = fail",
        "PayConsole.CSS = 'x {{'",
        "Keys.render_lines = FaultScreen.compose = fail",
        "PayConsole.on_load = fail",
    ],
)
def test_where_the_loop_is_broken_the_terminal_gets_the_words(tmp_path: Path, fault: str) -> None:
    with emulated(faulty(tmp_path, fault), tmp_path, size=(160, 40)) as terminal:
        before = terminal.modes
        terminal.says("payconsole stopped at a fault of its own", "Nothing is lost",
                      "A report without values is in")  # fmt: skip
        assert terminal.ends() == 1
        assert terminal.modes == before
        tells_no_value(terminal)
    assert "fault      " in the_report(tmp_path)


def test_a_fault_while_leaving_shows_no_trace(tmp_path: Path) -> None:
    with emulated(faulty(tmp_path, "ConsoleScreen.on_unmount = fail"), tmp_path) as terminal:
        ready(terminal)
        terminal.send(b"\x11")
        assert terminal.ends() == 1
        terminal.says("payconsole stopped at a fault of its own")
        tells_no_value(terminal)
