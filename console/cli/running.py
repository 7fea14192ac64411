"""How a command is run: with nothing, with this user's folders, its journal, or an account.

Each takes the module of `console.cli` that has the command, and its name there, so that what a
command needs is imported when it runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.cli.output import Output
    from console.session import Session
    from console.store.journal import Journal
    from console.store.places import Places

Run = Callable[[argparse.Namespace, "Output"], int]


def _command(module: str, name: str) -> Any:
    return getattr(import_module(f"console.cli.{module}"), name)


def directly(module: str, name: str) -> Run:
    """A command that needs nothing of this installation."""

    def run(args: argparse.Namespace, out: Output) -> int:
        command: Run = _command(module, name)
        return command(args, out)

    return run


def in_places(module: str, name: str) -> Run:
    """A command about the settings of this user."""

    def run(args: argparse.Namespace, out: Output) -> int:
        from console.store.places import user_places

        command: Callable[[Places, argparse.Namespace, Output], int] = _command(module, name)
        return command(user_places(), args, out)

    return run


def in_journal(name: str) -> Run:
    """A command that reads the journal alone: no profile, no key, no network."""

    def run(args: argparse.Namespace, out: Output) -> int:
        from console.session import actor
        from console.store.journal import Journal
        from console.store.places import user_places

        command: Callable[[Journal, argparse.Namespace, Output], int] = _command("journal", name)
        journal = Journal(user_places().journal, actor())
        try:
            return command(journal, args, out)
        finally:
            journal.close()

    return run


def in_session(module: str, name: str) -> Run:
    """A command that works with an account: its profile, its key from the keyring."""

    def run(args: argparse.Namespace, out: Output) -> int:
        import asyncio

        from console.cli.asking import load_key_asking
        from console.session import open_session
        from console.store.places import user_places
        from console.store.profiles import Profiles

        places = user_places()
        profile = Profiles(places).get(args.profile)
        command: Callable[[Session, argparse.Namespace, Output], Awaitable[int]] = _command(
            module, name
        )

        pem = load_key_asking(profile)

        async def work() -> int:
            async with open_session(profile, pem, places) as session:
                try:
                    return await command(session, args, out)
                except asyncio.CancelledError:  # ctrl+c
                    if not session.engine.is_working:
                        raise
                    if await session.engine.stop():
                        out.complain("stopped; nothing was sent.")
                        return 130
                    out.complain(
                        "stopped while a request was under way: its outcome is unknown.",
                        "`payconsole journal recover` resolves it.",
                    )
                    return 4

        return asyncio.run(work())

    return run
