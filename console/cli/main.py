"""The way from a command line to its exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from console.cli.parser import build_parser
from console.cli.verbs import VERBS

if TYPE_CHECKING:
    from console.cli.output import Output

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
    except KeyboardInterrupt as stopped:
        out.complain(f"stopped; {stopped or 'nothing was under way.'}")
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
