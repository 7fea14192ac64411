"""`payconsole` and `python -m console`: the screen where there is a terminal, else the rest."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from console.cli.streams import fill_missing, finish, write

_NO_TERMINAL = """\
payconsole: the screen needs a terminal; there is none here.
  `payconsole --help` lists the commands, `payconsole demo` runs a tour as text."""

_A_KEY = """\
payconsole: a private key stands in the command line itself, where the shell's history and other
programs can see it. Nothing was done with it.
  Give the path of its file; `payconsole profile add` also lets you paste it, unseen."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run payconsole with `argv` (default: the command line); returns the exit code."""
    fill_missing()
    try:
        return finish(_run(list(sys.argv[1:] if argv is None else argv)))
    except SystemExit as done:  # the parser's, which has said what there is to say
        done.code = finish(int(done.code or 0))
        raise


def _run(words: list[str]) -> int:
    if any("PRIVATE KEY" in word for word in words):  # before anything could repeat it
        print(_A_KEY, file=sys.stderr)
        return 2
    if words == ["--version"]:
        from console import __version__

        return finish(0, write(f"payconsole {__version__}"))
    if words == ["demo"] and has_terminal():
        gc.disable()  # see _screen
        from console.tui.app import run_demo

        return run_demo()
    if _is_screen(words):
        return _screen(words)
    from console.cli.main import main as command_line

    return command_line(words)


def has_terminal() -> bool:
    """Whether a full-screen program can be shown and used here."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _is_screen(words: list[str]) -> bool:
    return not words or (len(words) == 2 and words[0] == "--profile")


def _screen(words: list[str]) -> int:
    if not has_terminal():
        print(_NO_TERMINAL, file=sys.stderr)
        return 2
    # Nothing that is loaded is garbage: looking for it would take a fifth of the time until the
    # first paint. The application enables it once all is loaded.
    gc.disable()
    from console.store.places import user_places
    from console.store.profiles import NoProfile, Profiles, SettingsError
    from console.tui.app import run_profile, run_welcome

    name = words[1] if words else None
    try:
        Profiles(user_places()).get(name)
    except NoProfile as error:
        if name is None and not Profiles(user_places()).all():
            return run_welcome()
        print(f"payconsole: {error}", file=sys.stderr)
        return 8
    except SettingsError as error:
        print(f"payconsole: {error}", file=sys.stderr)
        return 2
    return run_profile(name)


if __name__ == "__main__":
    sys.exit(main())
