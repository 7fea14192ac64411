"""The commands that act: what each takes and what it teaches, in one table.

Light on purpose: every command of the program builds the parser.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol


class Add(Protocol):
    """Adds a command that knows the common switches."""

    def __call__(
        self,
        name: str,
        help_text: str,
        run: Callable[[argparse.Namespace, Any], int] | None = None,
        epilog: str | None = None,
    ) -> argparse.ArgumentParser: ...


class Option(NamedTuple):
    """One switch. `field` is the wish's field, or the API's name of a merchant's field.

    Without `metavar` it takes no value.
    """

    flag: str
    field: str
    help: str
    metavar: str | None = None
    required: bool = False

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        if self.metavar is None:
            parser.add_argument(self.flag, dest=self.field, action="store_true", help=self.help)
        else:
            parser.add_argument(
                self.flag,
                dest=self.field,
                metavar=self.metavar,
                required=self.required,
                help=self.help,
            )


class Verb(NamedTuple):
    """One action as a command: what it is done to, its own switches, its examples."""

    action: str
    help: str
    target: str
    target_help: str
    options: tuple[Option, ...]
    teaches: str


_AMOUNT: Final = Option(
    "--amount", "amount", "such as 10.00 or '10.00 USD'", "AMOUNT", required=True
)

FURTHER_WORDS: Final = (
    Option("--above-captured", "above_captured", "allow refunding more than was captured"),
    Option(
        "--disputed",
        "disputed",
        "allow refunding beside a dispute that is open, was decided for the buyer, or can't"
        " be read: the buyer can get the money twice, by the refund and by the dispute",
    ),
)

VERBS: Final = (
    Verb(
        "refund",
        "give captured money back to the buyer",
        "CHARGE",
        "the charge; any id that leads to one captured charge",
        (_AMOUNT, *FURTHER_WORDS),
        """\
examples:
  payconsole refund S01-4966596-9591203-C079366 --amount 10.00 --reason "damaged box"
  payconsole refund S01-4966596-9591203-A079366 --amount 10.00 --dry-run

Amazon first only initiates a refund; `payconsole journal recover` or the screen watches it
until the buyer has the money, or Amazon declined it. The same command given again after it
was accepted is a second refund, which the plan and "warnings" in JSON say.""",
    ),
    Verb(
        "capture",
        "collect an authorized charge, once, all of it or less",
        "CHARGE",
        "the charge; any id that leads to one authorized charge",
        (Option("--amount", "amount", "such as 85.00; without it the most is told", "AMOUNT"),),
        """\
examples:
  payconsole capture S01-5797829-1888777-A043451 --amount 85.00
  payconsole capture S01-5797829-1888777-C043451 --amount 60.00 --reason "one of two sent"

A charge can be captured once: what is not captured goes back to the buyer. From the 7th day on
Amazon captures in the background: it is initiated first and can still be declined. For more
than was authorized, the answer names the ways that there are.""",
    ),
    Verb(
        "cancel",
        "release an authorization that will not be collected",
        "CHARGE",
        "the charge; any id that leads to one open charge",
        (),
        """\
example:
  payconsole cancel S01-5797829-1888777-A043451 --reason "out of stock" --confirm "cancel 3451"

The reserved amount is released; the reason goes to Amazon too. It can't be undone:
to collect money after it, authorize anew.""",
    ),
    Verb(
        "authorize",
        "reserve a further amount with the buyer's payment method",
        "PERMISSION",
        "the charge permission (the order); any id that leads to it",
        (
            _AMOUNT,
            Option("--capture", "capture_now", "collect it at once"),
            Option(
                "--pending",
                "pending_allowed",
                "let Amazon take up to 24 hours to decide, instead of answering at once",
            ),
        ),
        """\
examples:
  payconsole authorize S01-3309177-6402958 --amount 12.50
  payconsole authorize S01-3309177-6402958 --amount 12.50 --capture

It makes a new charge beside those that are there; the plan warns where one is still open.""",
    ),
    Verb(
        "close",
        "end a permission: no further charge can be made",
        "PERMISSION",
        "the charge permission (the order); any id that leads to it",
        (Option("--cancel-pending", "cancel_pending", "cancel its open charges with it"),),
        """\
examples:
  payconsole close S01-5797829-1888777 --reason "order was withdrawn"
  payconsole close S01-5797829-1888777 --cancel-pending --confirm "close 8777"

The plan lists each open charge and whether it is canceled or kept. Without --cancel-pending an
authorized charge can still be captured after it. It can't be undone.""",
    ),
    Verb(
        "extend",
        "the longest life that Amazon can give: of a charge or a recurring permission",
        "ID",
        "an authorized charge, or a recurring charge permission (a v1 billing agreement)",
        (
            Option(
                "--frequency",
                "frequency",
                "of a recurring permission: '1 Year', or Month, Week, Day, Variable",
                "FREQUENCY",
            ),
            Option("--amount", "amount", "of a recurring permission, with --frequency", "AMOUNT"),
        ),
        """\
examples:
  payconsole extend S01-5797829-1888777-A043451            a new 30 days for an authorization
  payconsole extend C01-2612863-4691163 --frequency "1 Year"

A charge is renewed in two steps under one confirmation: authorize the same amount anew and
cancel the old charge, or the other way round where there is no room for both. Given again it
finishes what is half done. Amazon computes a recurring permission's expiry from its frequency;
the outcome tells it before and after. The life of a one-time permission is set at the checkout
and can't be moved: then the answer says what can still be done.""",
    ),
    Verb(
        "update",
        "change the merchant's own fields: reference, store name, notes",
        "PERMISSION",
        "the charge permission (the order); any id that leads to it",
        (
            Option("--merchant-reference", "merchantReferenceId", "the shop's number", "TEXT"),
            Option("--store-name", "merchantStoreName", "the store's name", "TEXT"),
            Option("--note", "noteToBuyer", "the note to the buyer", "TEXT"),
            Option("--custom-information", "customInformation", "your own information", "TEXT"),
        ),
        """\
example:
  payconsole update S01-5797829-1888777 --merchant-reference Acme-117-b --confirm "update 8777"

Only the fields that are given change; '' empties one. The last one who writes wins, here and
in the shop. Of a closed one-time permission only empty fields can be filled.""",
    ),
    Verb(
        "complete",
        "complete a checkout session that the shop left open",
        "SESSION",
        "the checkout session's id, a UUID that the shop has",
        (_AMOUNT,),
        """\
example:
  payconsole complete 4b1d3c2e-7f60-4a15-9c84-0d6a52e1f7b3 --amount 18.00

The amount must be the one that the buyer agreed to. Amazon cancels a session that nobody
completed within 24 hours. Only if the shop didn't do it: it has to know of the order.""",
    ),
)

_CONFIRMATION: Final = """

The plan is printed first, and nothing is sent without a confirmation: type the phrase at the
terminal, or give it as --confirm. It is the amount, "10.00 USD" (in live with the last four
characters of the id: "10.00 USD 3451"), or where there is no amount the action and the last
four: "cancel 3451". The same command again after it was refused or not sent tries the same
decision again, and never does it twice."""


def add_verbs(add: Add, run: Callable[[argparse.Namespace, Any], int]) -> None:
    """Add a command for each action; all of them run the same."""
    for verb in VERBS:
        parser = add(verb.action, verb.help, run, verb.teaches + _CONFIRMATION)
        parser.set_defaults(action=verb.action)
        parser.add_argument("target", nargs="+", metavar=verb.target, help=verb.target_help)
        for option in verb.options:
            option.add_to(parser)
        add_confirmation(parser)


def add_confirmation(parser: argparse.ArgumentParser) -> None:
    """What every command that sends something takes."""
    parser.add_argument("--reason", metavar="TEXT", default="", help=_REASON)
    parser.add_argument("--ticket", metavar="TEXT", default="", help="the case; to the journal")
    parser.add_argument("--confirm", metavar="PHRASE", help="exactly the phrase that is asked for")
    parser.add_argument("--dry-run", action="store_true", help="stop after the plan")


_REASON: Final = "why; to the journal, and to Amazon where it has a field for it"
