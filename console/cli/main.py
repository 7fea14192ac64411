"""The command line's parser, and the way from a command to its exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from console import __version__
from console.cli.verbs import FURTHER_WORDS, VERBS, add_confirmation, add_verbs

if TYPE_CHECKING:
    from console.cli.output import Output
    from console.session import Session
    from console.store.journal import Journal
    from console.store.places import Places

_DESCRIPTION: Final = """\
The terminal console for Amazon Pay orders, Checkout v1 and v2.
Any id goes in, the whole truth about that order comes out, and whatever may be
done about it is one safe step away. Without a command it opens the screen."""

_EXAMPLES: Final = """\
examples:
  payconsole demo                                  try it, without any account
  payconsole identify S01-5797829-1888777-A043451  what is this id?
  payconsole lookup S01-5797829-1888777-A043451    the order behind it
  payconsole refund S01-4966596-9591203-A079366 --amount 10.00 --reason "damaged box"
  payconsole capture S01-5797829-1888777-A043451 --amount 85.00 --dry-run
  payconsole extend S01-5797829-1888777-A043451    a new 30 days for an authorization
  payconsole close --help                          what an action does, with examples
  payconsole journal recover                       resolve what a crash left open
  payconsole import ipn.log orders.csv             then order numbers find their orders
  payconsole explain SoftDeclined                  what it means, and what to tell the buyer

exit codes: 0 done · 1 our fault · 2 usage · 3 refused by Amazon · 4 outcome unknown ·
  5 not sent · 6 held back by a guard · 7 not found · 8 credentials · 9 journal broken ·
  130 stopped with Ctrl-C · 141 the reader of the output has gone (`| head`)"""

# What may move money, or take a person's word about it: these end with what became of it, even
# where nobody reads it any more.
_ACTS: Final = frozenset(
    {
        *(f"payconsole {verb.action}" for verb in VERBS),
        "payconsole apply",
        "payconsole journal recover",
        "payconsole journal release",
        "payconsole journal resolve",
        "payconsole journal retry",
    }
)


def main(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    args = build_parser().parse_args(argv)
    if getattr(args, "run", None) is None:
        args.parser.print_help(sys.stderr)
        return 2
    return _guarded(args)


def _guarded(args: argparse.Namespace) -> int:
    from console.cli.output import Output, OutputLost, wants_colour
    from console.cli.streams import finish

    acts = args.parser.prog in _ACTS
    out = Output(args.json, args.quiet, wants_colour(args.no_color), goes_on=acts)
    try:
        code = int(args.run(args, out))
    except OutputLost:
        return finish(0, out.lost)
    except BrokenPipeError as error:
        return finish(0, error)
    except KeyboardInterrupt:
        out.complain("stopped; nothing was under way.")
        code = 130
    except Exception as error:
        out.goes_on = True  # the failure says more than that its words could not be written
        code = _failed(error, out)
    return finish(code, out.lost, acts=acts)


def _failed(error: Exception, out: Output) -> int:
    from console.cli.documents import error as error_document
    from console.cli.failures import FAULT, failure_of

    failure = failure_of(error)
    if failure is None:
        # Only the kind of error and its place: a message or a local could hold a secret.
        place = _place(error)
        out.document(error_document("fault", f"{type(error).__name__} {place}"))
        out.complain(f"unexpected fault: {type(error).__name__} {place}")
        return FAULT
    out.document(error_document(failure.code, failure.message, failure.hint))
    out.complain(failure.message, failure.hint)
    return failure.exit


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"at {trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"


class _Parser(argparse.ArgumentParser):
    """A wrong command line is answered in JSON too, where JSON was asked for."""

    def error(self, message: str) -> NoReturn:
        if "--json" in sys.argv:
            from console.cli.documents import dump
            from console.cli.documents import error as error_document

            print(dump(error_document("usage", message, f"{self.prog} --help")))
        super().error(message)


def build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="payconsole",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_common()],
    )
    parser.add_argument("--version", action="version", version=f"payconsole {__version__}")
    parser.set_defaults(parser=parser, profile=None, json=False, quiet=False, no_color=False)
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)
    add = _Adder(commands)
    _add_order_commands(add)
    _add_batches(add)
    _add_journal(add)
    _add_profile(add)
    _add_engineers(add)
    _add_explain(add)
    _add_reports(add)
    _add_import(add)
    _add_simulator(add)
    _add_prove(add)
    return parser


def _common() -> _Parser:
    """Switches that may stand before or behind a command's name.

    Each parser has its own: a default that one parser sets must not reach another, where it
    would overwrite what was given before the command's name.
    """
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--profile", metavar="NAME", help="the account (default: the default one)")
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")
    common.add_argument("--quiet", action="store_true", help="no narration on stderr")
    common.add_argument("--no-color", action="store_true", help="no colour (also NO_COLOR)")
    return common


class _Adder:
    """Adds subcommands that know the common switches and what they run."""

    def __init__(self, commands: argparse._SubParsersAction[_Parser]) -> None:
        self._commands = commands

    def __call__(
        self,
        name: str,
        help_text: str,
        run: Callable[[argparse.Namespace, Output], int] | None = None,
        epilog: str | None = None,
    ) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = self._commands.add_parser(
            name,
            help=help_text,
            description=help_text[0].upper() + help_text[1:] + ".",
            epilog=epilog,
            parents=[_common()],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(run=run, parser=parser)
        return parser

    def group(self, name: str, help_text: str) -> _Adder:
        parser = self(name, help_text)
        return _Adder(parser.add_subparsers(metavar="COMMAND", parser_class=_Parser))


def _add_order_commands(add: _Adder) -> None:
    add(
        "demo",
        "the screen against an embedded simulator; as text where there is no terminal",
        _demo,
    )
    command = add("identify", "what an id is, without network", _identify)
    command.add_argument("text", nargs="+", help="an id, or any text with one in it")
    command = add("lookup", "one order, everything known of it; or a list, a line each", _lookup)
    command.add_argument("id", nargs="*", help="any id, or an order number that was seen here")
    command.add_argument(
        "--list",
        metavar="FILE",
        help="look every line of a file up, - for stdin: ids and order numbers, also in a table",
    )
    command.add_argument(
        "--show-buyer",
        action="store_true",
        help="with the buyer's data; each time is a line in the journal",
    )
    add_verbs(add, _in_session("actions", "run_action"))
    command = add(
        "mapping", "the vocabulary of v1, v2 and Seller Central, or what matches", _mapping
    )
    command.add_argument("term", nargs="*", help="a call, a state, a reason code, a column")


def _add_batches(add: _Adder) -> None:
    command = add(
        "plan",
        "a verdict for every row of a list of one-off fixes; nothing is sent",
        _in_session("batch", "run_plan"),
        _PLAN_EPILOG,
    )
    command.add_argument("list", metavar="FILE.csv", help="the list; - reads stdin")
    command.add_argument("-o", "--output", metavar="PLAN", help="the file that holds the plan")
    command.add_argument("--force", action="store_true", help="replace PLAN if it is there")
    command = add("review", "a plan, to be read before it is applied", _batch("run_review"))
    command.add_argument("plan", metavar="PLAN")
    command = add(
        "apply", "do what is left of a plan", _in_session("batch", "run_apply"), _APPLY_EPILOG
    )
    command.add_argument("plan", metavar="PLAN")
    command.add_argument("--confirm", metavar="PHRASE", help="exactly the phrase that is asked for")
    command = add(
        "report", "plan against outcome, row by row, from the journal", _batch("run_report_alone")
    )
    command.add_argument("plan", metavar="PLAN")
    command.add_argument("-o", "--output", metavar="FILE.csv", help="write it as CSV")
    command.add_argument("--force", action="store_true", help="replace FILE.csv if it is there")


_PLAN_EPILOG: Final = """\
The header row names the columns: id, action, amount, currency, reason, ticket, in any order;
id and action are needed. An id may be of any kind. Every row gets a verdict: will_act,
already_so, not_allowed, duplicate, invalid. Without -o the plan is shown and kept nowhere.

example:
  payconsole plan fixes.csv -o fixes.plan && payconsole review fixes.plan"""

_APPLY_EPILOG: Final = """\
It asks for the number of rows and their totals, also as --confirm "3 rows 30.00 USD". Each
order is read and compared with the plan first; one that has changed is left alone. The first
row is done, then five, then the rest, and it stops at the first unknown outcome or at what
somebody else changed meanwhile. Ctrl-C stops it before the next row. Given again, it goes on
where it stopped and repeats nothing."""


def _add_journal(add: _Adder) -> None:
    group = add.group("journal", "what was done, by whom; what is open and how to resolve it")
    command = group("list", "every decision and where it stands", _in_journal("run_list"))
    command.add_argument("--open", action="store_true", help="only what is not resolved")
    command = group("show", "one decision with all its lines", _in_journal("run_show"))
    command.add_argument("number", type=int, metavar="N")
    group(
        "verify", "check the hash chain, the intents and the checkpoint", _in_journal("run_verify")
    )
    command = group("export", "the whole journal as JSON", _in_journal("run_export"))
    command.add_argument("-o", "--output", metavar="FILE")
    _add_open_intents(group)


def _add_open_intents(group: _Adder) -> None:
    """What resolves what is open, or was refused."""
    command = group(
        "recover",
        "resolve what a crash or a lost answer left open",
        _in_session("journal", "run_recover"),
    )
    command.add_argument("number", type=int, nargs="?", metavar="N")
    command.add_argument(
        "--nobody-else",
        action="store_true",
        help="your word that nobody else changed the order: ask Amazon again",
    )
    command.add_argument(
        "--disputed",
        action="store_true",
        help="your word that it is meant beside the dispute that appeared since: ask again",
    )
    command = group(
        "resolve",
        "your word on an unknown outcome; it sends nothing",
        _in_session("journal", "run_resolve"),
    )
    command.add_argument("number", type=int, metavar="N")
    word = command.add_mutually_exclusive_group(required=True)
    word.add_argument("--happened", action="store_true")
    word.add_argument("--did-not", action="store_true")
    command.add_argument("--evidence", required=True, metavar="TEXT", help="how you know")
    command = group(
        "retry",
        "try a refused or unsent decision again, with its own key",
        _in_session("actions", "run_retry"),
    )
    command.add_argument("number", type=int, metavar="N")
    for option in FURTHER_WORDS:
        option.add_to(command)
    add_confirmation(command)
    command = group(
        "release",
        "give up a key that Amazon keeps refusing, so that a new decision can be made",
        _in_session("journal", "run_release"),
        _RELEASE_EPILOG,
    )
    command.add_argument("number", type=int, metavar="N")
    command.add_argument("--evidence", required=True, metavar="TEXT", help="why it is given up")


_RELEASE_EPILOG: Final = """\
For a decision that was refused twice under its key, or that met somebody else's request under
the same key (conflict) which the order never shows. Nothing is sent. The next decision has a
new key: a late or a colleague's request can still make a second one beside it."""


def _add_profile(add: _Adder) -> None:
    group = add.group("profile", "accounts; their keys are in the keyring")
    command = group("add", "connect an account", _in_places("run_add"))
    command.add_argument("name")
    command.add_argument("--region", required=True, choices=("na", "eu", "jp"))
    command.add_argument("--environment", required=True, choices=("sandbox", "live"))
    command.add_argument("--public-key-id", required=True, metavar="ID")
    command.add_argument("--private-key-file", required=True, metavar="PEM")
    command.add_argument("--endpoint", metavar="URL", help="instead of Amazon's own host")
    command.add_argument("--merchant-id", metavar="ID")
    command.add_argument("--store-name", metavar="TEXT", help="what the screen calls it")
    group("list", "all profiles", _in_places("run_list"))
    command = group("show", "one profile, without its key", _in_places("run_show"))
    command.add_argument("name", nargs="?")
    command = group("default", "make a profile the default one", _in_places("run_default"))
    command.add_argument("name")
    command = group("remove", "remove a profile and its key", _in_places("run_remove"))
    command.add_argument("name")
    command.add_argument("--yes", action="store_true", help="without asking")


def _add_engineers(add: _Adder) -> None:
    command = add(
        "export",
        "a bundle for a ticket: objects, history, journal lines and requests of one order",
        _in_session("export", "run_export"),
        "JSON on stdout, or in a file for you alone (0600). No secrets ever, no signatures, no"
        "\nbuyer data unless asked for. `payconsole curl ID` gives a read as a curl skeleton.",
    )
    command.add_argument("id", nargs="+", help="any id, or an order number that was seen here")
    command.add_argument(
        "-o", "--output", metavar="FILE", help="where to write it (default: stdout)"
    )
    command.add_argument("--force", action="store_true", help="replace FILE if it is there")
    command.add_argument(
        "--show-buyer",
        action="store_true",
        help="with the buyer's data; each time is a line in the journal",
    )
    command = add(
        "diff",
        "what changed between two looks at one object, without network",
        _engineers("run_diff"),
    )
    command.add_argument("id", nargs="+", help="an id that was looked up here before")
    command.add_argument(
        "--looks",
        nargs=2,
        type=int,
        metavar=("OLD", "NEW"),
        help="which looks, by their numbers (default: the last two)",
    )
    command = add(
        "curl",
        "the read of one object as a curl skeleton, without network",
        _engineers("run_curl"),
        "Signed by nobody: the authorization header is left out, so it can't be sent as it is.",
    )
    command.add_argument("id", nargs="+", help="any id")


def _add_explain(add: _Adder) -> None:
    command = add(
        "explain", "what a state, a reason code or an error code means, or list them all", _explain
    )
    command.add_argument("term", nargs="*", help="in any case: PaymentMethodInvalid, softdeclined")


def _add_reports(add: _Adder) -> None:
    command = add(
        "sync",
        "get the shop's reports, so that every order is found by its number",
        _in_session("reports", "run_sync"),
        "Goes on from where the last one stopped; ctrl+c loses nothing that was imported.",
    )
    command.add_argument(
        "--since",
        metavar="DATE",
        help="from here on (default: where the last sync stopped; the first time 90 days ago)",
    )
    group = add.group("reports", "what Amazon's Reporting API has")
    group("list", "the reports of the last 90 days", _in_session("reports", "run_list"))
    group(
        "schedules",
        "the reports that Amazon makes again and again",
        _in_session("reports", "run_schedules"),
    )
    command = group(
        "disbursements",
        "what was paid to the bank account",
        _in_session("reports", "run_disbursements"),
    )
    command.add_argument("--since", metavar="DATE")
    command.add_argument("--until", metavar="DATE")


def _add_import(add: _Adder) -> None:
    command = add(
        "import",
        "read what you have into the index of known ids: notifications, reports, CSV",
        _import,
        _IMPORT_EPILOG,
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="a file; - reads stdin")
    command.add_argument(
        "--strict", action="store_true", help="import nothing at all if anything is bad"
    )


_IMPORT_EPILOG: Final = """\
What a file is, is found by its content: instant payment notifications of v1 and v2 (JSON, in
lines of a log too), Amazon's transaction and settlement reports, or a CSV whose header names
an order number and whose cells hold Amazon Pay ids; also as .gz or .zip. A bad row is named
with file and line, the others are imported. The same file again changes nothing."""


def _add_simulator(add: _Adder) -> None:
    from console.simulator.command import add_arguments

    command = add("simulator", "an Amazon Pay to try things against, on this machine", _simulator)
    add_arguments(command)


def _add_prove(add: _Adder) -> None:
    command = add(
        "prove",
        "search every state of the protocol's model, and see weaker rules fail",
        _prove,
        "Exits 0 where every rule holds and every weaker one fails, else 1.",
    )
    command.add_argument(
        "--thorough", action="store_true", help="in a larger scope: millions of states"
    )
    command.add_argument("--rule", metavar="NAME", help="one weaker rule, and how it fails")


def _batch(name: str) -> Callable[[argparse.Namespace, Output], int]:
    """A command about a plan that needs no account."""

    def run(args: argparse.Namespace, out: Output) -> int:
        from console.cli import batch

        command: Callable[[argparse.Namespace, Output], int] = getattr(batch, name)
        return command(args, out)

    return run


def _demo(args: argparse.Namespace, out: Output) -> int:
    import asyncio

    from console.cli.tour import run_tour

    return asyncio.run(run_tour(out))


def _identify(args: argparse.Namespace, out: Output) -> int:
    from console.cli.orders import run_identify

    return run_identify(args, out)


def _lookup(args: argparse.Namespace, out: Output) -> int:
    if bool(args.id) == bool(args.list):
        args.parser.error("give an id, or --list FILE")
    if args.list and args.show_buyer:
        args.parser.error("--show-buyer is for one order, not for --list")
    command = ("worklist", "run_list") if args.list else ("orders", "run_lookup")
    return _in_session(*command)(args, out)


def _mapping(args: argparse.Namespace, out: Output) -> int:
    from console.cli.orders import run_mapping

    return run_mapping(args, out)


def _explain(args: argparse.Namespace, out: Output) -> int:
    from console.cli.explain import run_explain

    return run_explain(args, out)


def _import(args: argparse.Namespace, out: Output) -> int:
    from console.cli.imports import run_import

    return run_import(args, out)


def _prove(args: argparse.Namespace, out: Output) -> int:
    from console.cli.prove import run_prove

    return run_prove(args, out)


def _simulator(args: argparse.Namespace, out: Output) -> int:
    from console.simulator.command import run

    return run(args)


def _engineers(name: str) -> Callable[[argparse.Namespace, Output], int]:
    def run(args: argparse.Namespace, out: Output) -> int:
        from console.cli import export

        command: Callable[[argparse.Namespace, Output], int] = getattr(export, name)
        return command(args, out)

    return run


def _in_places(name: str) -> Callable[[argparse.Namespace, Output], int]:
    def run(args: argparse.Namespace, out: Output) -> int:
        from console.cli import profile
        from console.store.places import user_places

        command: Callable[[Places, argparse.Namespace, Output], int] = getattr(profile, name)
        return command(user_places(), args, out)

    return run


def _in_journal(name: str) -> Callable[[argparse.Namespace, Output], int]:
    """A command that reads the journal alone: no profile, no key, no network."""

    def run(args: argparse.Namespace, out: Output) -> int:
        from console.cli import journal as commands
        from console.session import actor
        from console.store.journal import Journal
        from console.store.places import user_places

        command: Callable[[Journal, argparse.Namespace, Output], int] = getattr(commands, name)
        journal = Journal(user_places().journal, actor())
        try:
            return command(journal, args, out)
        finally:
            journal.close()

    return run


def _in_session(module: str, name: str) -> Callable[[argparse.Namespace, Output], int]:
    """A command that works with an account: its profile, its key from the keyring."""

    def run(args: argparse.Namespace, out: Output) -> int:
        import asyncio
        from importlib import import_module

        from console.session import open_session
        from console.store.credentials import load_key
        from console.store.places import user_places
        from console.store.profiles import Profiles

        places = user_places()
        profile = Profiles(places).get(args.profile)
        command: Callable[[Session, argparse.Namespace, Output], Awaitable[int]] = getattr(
            import_module(f"console.cli.{module}"), name
        )

        async def work() -> int:
            async with open_session(profile, load_key(profile), places) as session:
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
