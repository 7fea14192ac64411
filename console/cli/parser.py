"""The command line: every command, its switches, and its help."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NoReturn

from console import __version__
from console.cli.running import directly, in_journal, in_places, in_session
from console.cli.verbs import FURTHER_WORDS, add_confirmation, add_verbs
from console.domain.colours import COLOURS

if TYPE_CHECKING:
    from console.cli.output import Output

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
  payconsole doctor                                is everything in place?
  payconsole import ipn.log orders.csv             then order numbers find their orders
  payconsole explain SoftDeclined                  what it means, and what to tell the buyer

exit codes: 0 done · 1 our fault · 2 usage · 3 refused by Amazon · 4 outcome unknown ·
  5 not sent · 6 held back by a guard · 7 not found · 8 credentials · 9 journal broken ·
  130 stopped with Ctrl-C · 141 the reader of the output has gone (`| head`)"""


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
    add = _Adder(commands, _common())
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
    _add_doctor(add)
    return parser


def _common() -> _Parser:
    """Switches that may stand before or behind a command's name.

    The commands share one, and the program has its own: the defaults that it sets must not reach
    theirs, where they would overwrite what was given before the command's name.
    """
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--profile", metavar="NAME", help="the account (default: the default one)")
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")
    common.add_argument("--quiet", action="store_true", help="no narration on stderr")
    common.add_argument("--no-color", action="store_true", help="no colour (also NO_COLOR)")
    return common


class _Adder:
    """Adds subcommands that know the common switches and what they run."""

    def __init__(self, commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
        self._commands = commands
        self._common = common

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
            parents=[self._common],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(run=run, parser=parser)
        return parser

    def group(self, name: str, help_text: str) -> _Adder:
        parser = self(name, help_text)
        commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)
        return _Adder(commands, self._common)


def _add_order_commands(add: _Adder) -> None:
    add(
        "demo",
        "the screen against an embedded simulator; as text where there is no terminal",
        _demo,
    )
    command = add("identify", "what an id is, without network", directly("orders", "run_identify"))
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
    add_verbs(add, in_session("actions", "run_action"))
    command = add(
        "mapping",
        "the vocabulary of v1, v2 and Seller Central, or what matches",
        directly("orders", "run_mapping"),
    )
    command.add_argument("term", nargs="*", help="a call, a state, a reason code, a column")


def _add_batches(add: _Adder) -> None:
    command = add(
        "plan",
        "a verdict for every row of a list of one-off fixes; nothing is sent",
        in_session("batch", "run_plan"),
        _PLAN_EPILOG,
    )
    command.add_argument("list", metavar="FILE.csv", help="the list; - reads stdin")
    command.add_argument("-o", "--output", metavar="PLAN", help="the file that holds the plan")
    command.add_argument("--force", action="store_true", help="replace PLAN if it is there")
    command = add(
        "review", "a plan, to be read before it is applied", directly("batch", "run_review")
    )
    command.add_argument("plan", metavar="PLAN")
    command = add(
        "apply", "do what is left of a plan", in_session("batch", "run_apply"), _APPLY_EPILOG
    )
    command.add_argument("plan", metavar="PLAN")
    command.add_argument("--confirm", metavar="PHRASE", help="exactly the phrase that is asked for")
    command = add(
        "report",
        "plan against outcome, row by row, from the journal",
        directly("batch", "run_report_alone"),
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
    command = group("list", "every decision and where it stands", in_journal("run_list"))
    command.add_argument("--open", action="store_true", help="only what is not resolved")
    command = group("show", "one decision with all its lines", in_journal("run_show"))
    command.add_argument("number", type=int, metavar="N")
    group(
        "verify", "check the hash chain, the intents and the checkpoint", in_journal("run_verify")
    )
    command = group("export", "the whole journal as JSON", in_journal("run_export"))
    command.add_argument("-o", "--output", metavar="FILE")
    _add_open_intents(group)


def _add_open_intents(group: _Adder) -> None:
    """What resolves what is open, or was refused."""
    command = group(
        "recover",
        "resolve what a crash or a lost answer left open",
        in_session("journal", "run_recover"),
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
        in_session("journal", "run_resolve"),
    )
    command.add_argument("number", type=int, metavar="N")
    word = command.add_mutually_exclusive_group(required=True)
    word.add_argument("--happened", action="store_true")
    word.add_argument("--did-not", action="store_true")
    command.add_argument("--evidence", required=True, metavar="TEXT", help="how you know")
    command = group(
        "retry",
        "try a refused or unsent decision again, with its own key",
        in_session("actions", "run_retry"),
    )
    command.add_argument("number", type=int, metavar="N")
    for option in FURTHER_WORDS:
        option.add_to(command)
    add_confirmation(command)
    command = group(
        "release",
        "give up a key that Amazon keeps refusing, so that a new decision can be made",
        in_session("journal", "run_release"),
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
    _add_profile_add(group)
    group("list", "all profiles", in_places("profile", "run_list"))
    command = group("show", "one profile, without its key", in_places("profile", "run_show"))
    command.add_argument("name", nargs="?")
    command = group("check", "does its key work? a signed read", in_places("doctor", "run_check"))
    command.add_argument("name", nargs="?", metavar="NAME")
    command = group(
        "default", "make a profile the default one", in_places("profile", "run_default")
    )
    command.add_argument("name")
    command = group(
        "rotate",
        "give a profile another key, or its first one",
        in_places("profile", "run_rotate"),
        _ROTATE,
    )
    command.add_argument("name")
    command.add_argument("--public-key-id", required=True, metavar="ID", help="of the new key")
    command.add_argument("--private-key-file", metavar="PEM", type=_path, help="the new key")
    command = group("remove", "remove a profile and its key", in_places("profile", "run_remove"))
    command.add_argument("name", nargs="?", metavar="NAME")
    command.add_argument(
        "--made-here",
        action="store_true",
        help="instead: the key that was made here and still waits for its id",
    )
    command.add_argument(
        "--plaintext-keyring", action="store_true", help="where that was said when it was made"
    )
    command.add_argument("--yes", action="store_true", help="without asking")
    command = group(
        "export",
        "profiles as a file for colleagues, without secrets",
        in_places("handouts", "run_export"),
        _HANDOUT,
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="which (default: all)")
    command.add_argument(
        "-o", "--output", metavar="FILE", type=_path, help="where to (default: stdout)"
    )
    command.add_argument("--force", action="store_true", help="replace FILE if it is there")
    command = group(
        "import",
        "add the profiles of such a file",
        in_places("handouts", "run_import"),
        _HANDOUT,
    )
    command.add_argument("file", metavar="FILE", type=_path)
    command.add_argument("--yes", action="store_true", help="without asking")


def _add_profile_add(group: _Adder) -> None:
    command = group("add", "connect an account", in_places("profile", "run_add"), _CONNECT)
    command.add_argument("name", nargs="?", metavar="NAME", help="what you call it, such as acme")
    command.add_argument("--region", choices=("na", "eu", "jp"))
    command.add_argument("--environment", choices=("sandbox", "live"))
    command.add_argument("--public-key-id", metavar="ID", help="such as SANDBOX-AFVX…")
    key = command.add_mutually_exclusive_group()
    key.add_argument(
        "--private-key-file",
        metavar="PEM",
        type=_path,
        help="the key, which goes into the keyring",
    )
    key.add_argument(
        "--key-command", metavar="COMMAND", help="no keyring: this prints the key, at each start"
    )
    key.add_argument(
        "--key-file",
        metavar="ENCRYPTED.pem",
        type=_path,
        help="no keyring: the key stays there; its passphrase is asked at each start",
    )
    command.add_argument(
        "--plaintext-keyring",
        action="store_true",
        help="your word that the keyring may store the key as plain text",
    )
    command.add_argument("--merchant-id", metavar="ID", help="a note")
    command.add_argument("--store-name", metavar="TEXT", help="what the screen calls it")
    command.add_argument("--colour", choices=COLOURS, help="of its title bar")
    command.add_argument("--endpoint", metavar="URL", help="instead of Amazon's own host")
    command.add_argument("--proxy", metavar="URL", help="such as http://proxy.example:3128")
    command.add_argument(
        "--ca-file", metavar="PEM", type=_path, help="certificates to trust beside the usual"
    )
    command.add_argument(
        "--replace-key",
        action="store_true",
        help="replace what the keyring holds under this name, of settings that are lost",
    )


def _path(word: str) -> str:
    """The path of a file; a key that was given in its place is never repeated."""
    from console.keys import looks_like_key

    if looks_like_key(word):
        raise argparse.ArgumentTypeError("this is a key itself, or a part of one: give its path")
    return word


_CONNECT: Final = """\
At a terminal it asks for what is missing, with examples, makes a key if you have none, and
proves the key with one signed read before anything is kept. With every answer as a switch it
asks nothing and needs no network. A key may be PKCS#8 or PKCS#1 PEM; an encrypted one is asked
for its passphrase once, and is stored in the keyring only.

examples:
  payconsole profile add                           asks for everything
  payconsole profile add acme --region na --environment sandbox \\
    --public-key-id SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B --private-key-file key.pem
  … --key-command "op read op://shop/amazon-pay/key"    from a password manager
  … --key-file encrypted.pem                       made by `openssl pkcs8 -topk8`
  … --proxy http://proxy.example:3128 --ca-file company-ca.pem"""

_ROTATE: Final = """\
Amazon is asked with the new key first; if it does not accept it, nothing is changed. Then the
new key is kept beside the old one, the profile switched in one step, and the old key removed:
there is no moment without a key. It also gives a profile its first key, and replaces the key of
the same id. Where the key comes from a command or an encrypted file, change it there first, and
give the id alone.

example:
  payconsole profile rotate acme --public-key-id LIVE-AFVX7ULWSGBZ5535PCUQOY7B \\
    --private-key-file new.pem"""

_HANDOUT: Final = """\
The file is TOML. It holds no key, and nothing of where the key is on this machine (key_command,
key_file, plaintext_keyring): with these an import is refused, as it is where a name is taken.
An import shows what it would add, and where it would send requests to; all is added, or nothing.

examples:
  payconsole profile export acme acme-live -o team.toml
  payconsole profile import team.toml"""


def _add_engineers(add: _Adder) -> None:
    command = add(
        "export",
        "a bundle for a ticket: objects, history, journal lines and requests of one order",
        in_session("export", "run_export"),
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
        directly("export", "run_diff"),
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
        directly("export", "run_curl"),
        "Signed by nobody: the authorization header is left out, so it can't be sent as it is.",
    )
    command.add_argument("id", nargs="+", help="any id")


def _add_explain(add: _Adder) -> None:
    command = add(
        "explain",
        "what a state, a reason code or an error code means, or list them all",
        directly("explain", "run_explain"),
    )
    command.add_argument("term", nargs="*", help="in any case: PaymentMethodInvalid, softdeclined")


def _add_reports(add: _Adder) -> None:
    command = add(
        "sync",
        "get the shop's reports, so that every order is found by its number",
        in_session("reports", "run_sync"),
        "Goes on from where the last one stopped; ctrl+c loses nothing that was imported.",
    )
    command.add_argument(
        "--since",
        metavar="DATE",
        help="from here on (default: where the last sync stopped; the first time 90 days ago)",
    )
    group = add.group("reports", "what Amazon's Reporting API has")
    group("list", "the reports of the last 90 days", in_session("reports", "run_list"))
    group(
        "schedules",
        "the reports that Amazon makes again and again",
        in_session("reports", "run_schedules"),
    )
    command = group(
        "disbursements",
        "what was paid to the bank account",
        in_session("reports", "run_disbursements"),
    )
    command.add_argument("--since", metavar="DATE")
    command.add_argument("--until", metavar="DATE")


def _add_import(add: _Adder) -> None:
    command = add(
        "import",
        "read what you have into the index of known ids: notifications, reports, CSV",
        directly("imports", "run_import"),
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
        directly("prove", "run_prove"),
        "Exits 0 where every rule holds and every weaker one fails, else 1.",
    )
    command.add_argument(
        "--thorough", action="store_true", help="in a larger scope: millions of states"
    )
    command.add_argument("--rule", metavar="NAME", help="one weaker rule, and how it fails")


def _add_doctor(add: _Adder) -> None:
    add(
        "doctor",
        "is everything in place? one line each, with the remedy",
        in_places("doctor", "run_doctor"),
        _DOCTOR_EPILOG,
    )


_DOCTOR_EPILOG: Final = """\
It looks at Python, terminal, clipboard, settings, keyring, key, proxy, DNS, TLS, reach, clock,
a signed call, throttle, journal, index and disk, for the profile of --profile or the default
one, in about 15 seconds at most. It changes nothing. --json is for tickets: it holds no secret.

Lines come as soon as they are known, so in text their order differs from run to run.

exit codes: 0 nothing is bad; else that of the bad line that stands first in the order above,
  whatever came first: 8 keyring, key, signed call or no such profile · 9 journal · 5 proxy,
  DNS, TLS or reach · 2 settings · 1 anything else"""


def _demo(args: argparse.Namespace, out: Output) -> int:
    import asyncio

    from console.cli.tour import run_tour

    return asyncio.run(run_tour(out))


def _lookup(args: argparse.Namespace, out: Output) -> int:
    if bool(args.id) == bool(args.list):
        args.parser.error("give an id, or --list FILE")
    if args.list and args.show_buyer:
        args.parser.error("--show-buyer is for one order, not for --list")
    command = ("worklist", "run_list") if args.list else ("orders", "run_lookup")
    return in_session(*command)(args, out)


def _simulator(args: argparse.Namespace, out: Output) -> int:
    from console.simulator.command import run

    return run(args)
