"""`journal`: what was done, by whom; what is still open; a person's word on it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from console.actions.outcome import Result
from console.actions.recovery import follow, give_up_key, is_of, recover, resolve_by_hand
from console.actions.renewal import Renewal, half_done, standing_of
from console.cli import documents, text
from console.cli.failures import DONE, UNKNOWN, WrongUsage
from console.cli.output import Output
from console.domain.intent import State
from console.domain.plural import counted
from console.domain.text import clean_line
from console.session import Session
from console.store.decisions import Intent, JournalBroken
from console.store.journal import Journal


def run_list(journal: Journal, args: argparse.Namespace, out: Output) -> int:
    intents = journal.intents()
    half = half_done(intents)
    shown = [intent for intent in intents if intent.is_open] if args.open else intents
    out.document(
        {
            "intents": [documents.intent(intent) for intent in shown],
            "half_renewed": [documents.half_renewed(intent) for intent in half],
        }
    )
    for intent in shown:
        out.text(_row(intent, out))
    if not shown:
        out.text("Nothing is open." if args.open else "No decision was made here yet.")
    _say_half_done(half, out)
    return DONE


def _say_half_done(half: list[Intent], out: Output) -> None:
    for intent in half:
        out.text(f"! Intent {intent.id}. {standing_of(intent)}")


def _row(intent: Intent, out: Output) -> str:
    when = intent.created[:19].replace("T", " ")
    return (
        f"{intent.id:>4}  {when}  {out.paint(str(intent.state)):<10}"
        f"  {intent.action} {intent.amount or ''}  {intent.object}  by {intent.actor}"
        f"  {clean_line(intent.reason, 60)}"
    )


def run_show(journal: Journal, args: argparse.Namespace, out: Output) -> int:
    intent = journal.intent(args.number)
    entries = journal.entries(intent=args.number)
    out.document({**documents.intent(intent), "entries": [documents.entry(e) for e in entries]})
    out.text(_row(intent, out).strip())
    for name, said in _facts(intent):
        out.text(f"  {name:<8} {clean_line(said, 300)}")
    out.text(f"  key      {intent.key or 'none: this call takes none'}")
    out.text(f"  request  {intent.method} {intent.path} {intent.body.decode()}")
    if intent.human:
        out.text(f"  a person's word: {intent.human.replace('_', ' ')}")
    for entry in entries:
        detail = entry.data.get("why") or entry.data.get("result") or entry.data.get("evidence")
        said = f"  {clean_line(str(detail), 300)}" if detail else ""
        when = entry.time[:19].replace("T", " ")
        out.text(f"  {entry.seq:>5}  {when}  {entry.kind}{said}  by {entry.actor}")
    return DONE


def _facts(intent: Intent) -> Iterator[tuple[str, str]]:
    """What is known of a decision only where it was given."""
    if intent.profile:
        yield "profile", intent.profile
    if intent.ticket:
        yield "ticket", intent.ticket
    renewal = Renewal.of(intent)
    if renewal is not None:
        after = f", after intent {renewal.after}" if renewal.after is not None else ""
        yield "link", f"step {renewal.step} of 2 of renewing {renewal.old}{after}"
    elif intent.link is not None:
        yield "link", ", ".join(f"{name} {value}" for name, value in intent.link.items())


def run_verify(journal: Journal, args: argparse.Namespace, out: Output) -> int:
    found = journal.verify()
    if found.problem is not None:
        raise JournalBroken(f"The journal does not verify: {found.problem}.")
    out.document({"verified": True, "entries": found.entries, "intents": found.intents})
    entries, intents = counted(found.entries, "line"), counted(found.intents, "intent")
    out.text(f"The journal verifies: {entries}, {intents}.")
    return DONE


def run_export(journal: Journal, args: argparse.Namespace, out: Output) -> int:
    document = {
        "intents": [documents.intent(intent) for intent in journal.intents()],
        "entries": [documents.entry(entry) for entry in journal.entries()],
    }
    if args.output:
        Path(args.output).write_text(documents.dump(document) + "\n", encoding="utf-8")
        out.tell(f"Written to {args.output}.")
    else:
        out.write(documents.dump(document))
    return DONE


async def run_recover(session: Session, args: argparse.Namespace, out: Output) -> int:
    """Resolve open intents, then look at what Amazon accepted and has not finished."""
    if args.number is None and (args.nobody_else or args.disputed):
        word = "--nobody-else" if args.nobody_else else "--disputed"
        raise WrongUsage(f"{word} is an answer about one intent: name its number.")
    if args.number is not None:
        session.journal.intent(args.number)  # raises where there is none
    outcomes = await recover(
        session.engine,
        number=args.number,
        nobody_else=args.nobody_else,
        disputed=args.disputed,
        tell=out.tell,
    )
    accepted = session.journal.intents(states=[State.ACCEPTED])
    followed = [
        await follow(session.engine, intent)
        for intent in accepted
        if args.number in (None, intent.id) and is_of(session.engine, intent)
    ]
    half = half_done(session.journal.intents())
    out.document(
        {
            "resolved": [documents.outcome(outcome) for outcome in outcomes],
            "followed": [documents.intent(intent) for intent in followed],
            "half_renewed": [documents.half_renewed(intent) for intent in half],
        }
    )
    for outcome in outcomes:
        for line in text.outcome(outcome, out):
            out.text(line)
    for intent in followed:
        out.text(_row(intent, out))
    if not outcomes and not followed:
        out.text("Nothing is open.")
    _say_half_done(half, out)
    unknown = any(outcome.result is Result.UNKNOWN for outcome in outcomes)
    return UNKNOWN if unknown or session.journal.intents(states=[State.UNKNOWN]) else DONE


def _evidence(args: argparse.Namespace) -> str:
    said: str = args.evidence.strip()
    if not said:
        raise WrongUsage("--evidence is empty: say how you know.")
    return said


async def run_resolve(session: Session, args: argparse.Namespace, out: Output) -> int:
    intent = await resolve_by_hand(
        session.engine, args.number, happened=args.happened, evidence=_evidence(args)
    )
    out.document(documents.intent(intent))
    word = "it happened" if args.happened else "it did not happen"
    out.text(f"Intent {intent.id}: your word that {word} is in the journal. Nothing was sent.")
    if intent.unanswered and not args.happened:
        out.text("  A late request can still make it untrue: look again later.")
    return DONE


async def run_release(session: Session, args: argparse.Namespace, out: Output) -> int:
    intent = await give_up_key(session.engine, args.number, _evidence(args))
    out.document(documents.intent(intent))
    out.text(
        f"Intent {intent.id}: its key is given up; the next decision has a new one."
        f" A late or a colleague's request can still make a second {intent.action}."
    )
    return DONE
