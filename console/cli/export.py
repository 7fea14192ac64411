"""`export`, `diff` and `curl`: what an engineer asks for."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.amazon.curl import curl_for
from console.amazon.endpoints import Account
from console.amazon.errors import WrongEnvironment
from console.cli.failures import DONE, NOT_FOUND, WrongUsage
from console.cli.output import Output
from console.domain.difference import difference, shown_value
from console.domain.ids import NotAnId, Target, environment_of, identify, parse
from console.domain.text import clean_line
from console.export import bundle_text, make_bundle, refuse_existing, write_bundle
from console.store.index import KnownIds, Look
from console.store.places import user_places
from console.store.profiles import Profiles

if TYPE_CHECKING:
    from console.session import Session


async def run_export(session: Session, args: argparse.Namespace, out: Output) -> int:
    path = Path(args.output) if args.output not in (None, "-") else None
    if path is not None:
        refuse_existing(path, force=args.force)
    found = await session.lookup.resolve(" ".join(args.id))
    order = await session.lookup.look_up(found.best)
    by = "export --show-buyer"
    made = await make_bundle(session, order, show_buyer=args.show_buyer, by=by)
    if path is None:
        out.write(bundle_text(made))
        return DONE
    await asyncio.to_thread(write_bundle, made, path, force=args.force)
    shown = clean_line(str(path), 300)
    counts = {name: len(made[name]) for name in ("objects", "history", "journal", "requests")}
    out.document({"file": str(path), "buyer_data": args.show_buyer, **counts})
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    buyer = "with" if args.show_buyer else "no"
    out.tell(f"Written to {shown}: {told}; {buyer} buyer data, no secrets.")
    return DONE


def run_diff(args: argparse.Namespace, out: Output) -> int:
    """What changed between two looks at an object; asks nobody."""
    known = KnownIds(user_places().index)
    try:
        identifier = _target(" ".join(args.id), known).id
        looks = known.looks(identifier)
    finally:
        known.close()
    if not looks:
        out.document(_compared(identifier, looks, None))
        out.text(f"{identifier} was never read here: `payconsole lookup {identifier}` reads it.")
        return NOT_FOUND
    if len(looks) == 1 and args.looks is None:
        out.document(_compared(identifier, looks, None))
        out.text(f"{identifier}: nothing has changed since the first look, at {looks[0].time}.")
        return DONE
    pair = _pair(looks, args.looks)
    out.document(_compared(identifier, looks, pair))
    for line in _diff_text(identifier, looks, pair):
        out.text(line)
    return DONE


def _pair(looks: list[Look], asked: list[int] | None) -> tuple[int, int]:
    """The numbers, from 1, of the two looks that are compared; the last two by default."""
    if asked is None:
        return len(looks) - 1, len(looks)
    older, newer = asked
    if not all(1 <= number <= len(looks) for number in asked):
        raise WrongUsage(f"--looks takes two numbers from 1 to {len(looks)}.")
    return older, newer


def _compared(identifier: str, looks: list[Look], pair: tuple[int, int] | None) -> dict[str, Any]:
    found = difference(looks[pair[0] - 1].raw, looks[pair[1] - 1].raw) if pair else []
    return {
        "id": identifier,
        "looks": [
            {"number": number, "time": look.time, "state": look.state}
            for number, look in enumerate(looks, start=1)
        ],
        "compared": list(pair) if pair else None,
        "changes": [{"path": one.path, "before": one.before, "after": one.after} for one in found],
    }


def _diff_text(identifier: str, looks: list[Look], pair: tuple[int, int]) -> list[str]:
    lines = [identifier]
    marks = {pair[0]: "before", pair[1]: "after"}
    for number, look in enumerate(looks, start=1):
        state = clean_line(look.state or "–", 40)
        lines.append(f"  {number:>3}  {look.time}  {state:<24}{marks.get(number, '')}".rstrip())
    found = difference(looks[pair[0] - 1].raw, looks[pair[1] - 1].raw)
    for one in found:
        lines.append(f"  {clean_line(one.path, 200)}")
        lines.append(f"    - {clean_line(shown_value(one.before), 400)}")
        lines.append(f"    + {clean_line(shown_value(one.after), 400)}")
    return lines if found else [*lines, "  Nothing differs between them."]


def _target(text: str, known: KnownIds) -> Target:
    """The object that an id names, or the order that an order number names here."""
    try:
        return identify(text).best.v2
    except NotAnId:
        hits = known.by_reference(text.strip())
        orders = sorted({hit.permission or hit.id for hit in hits})
        if not orders:
            raise
        if len(orders) > 1:
            raise WrongUsage(f"{clean_line(text, 80)} stands on {', '.join(orders)}.") from None
        return parse(orders[0]).v2


def run_curl(args: argparse.Namespace, out: Output) -> int:
    """The read of an object as a skeleton; needs a profile, but neither its key nor Amazon."""
    profile = Profiles(user_places()).get(args.profile)
    known = KnownIds(user_places().index)
    try:
        target = _target(" ".join(args.id), known)
    finally:
        known.close()
    named = environment_of(target.id)
    if named not in (None, profile.environment):
        raise WrongEnvironment(
            f"{target.id} is a {named} id; this profile is for {profile.environment}."
        )
    account = Account(profile.region, profile.environment, profile.public_key_id, profile.endpoint)
    made = curl_for(account, target, datetime.now(UTC))
    out.document({"id": target.id, "curl": made})
    out.text(made)
    return DONE
