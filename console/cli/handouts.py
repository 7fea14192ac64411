"""`profile export` and `profile import`: profiles for a team, without secrets."""

from __future__ import annotations

import argparse
from pathlib import Path

from console.actions.outcome import Held
from console.cli.asking import agreed, at_terminal
from console.cli.failures import DONE
from console.cli.output import Output
from console.cli.streams import narrate
from console.domain.text import clean_line
from console.export import refuse_existing, write_text
from console.session import account_of
from console.store.handouts import (
    ROUTES,
    add_all,
    check_all_new,
    entry,
    handout,
    read_handout,
)
from console.store.places import Places
from console.store.profiles import NoProfile, Profile, Profiles


def run_export(places: Places, args: argparse.Namespace, out: Output) -> int:
    """The named profiles, or all of them, on stdout or in a new file."""
    profiles = Profiles(places)
    found = [profiles.get(name) for name in dict.fromkeys(args.names)] or profiles.all()
    if not found:
        raise NoProfile("There is no profile yet.")
    made = {"profiles": {profile.name: entry(profile) for profile in found}}
    if args.output in (None, "-"):
        out.document(made)
        if not out.json:
            out.write(handout(found).rstrip("\n"))
        return DONE
    path = Path(args.output)
    refuse_existing(path, force=args.force)
    write_text(handout(found), path, force=args.force)
    out.document({"file": str(path), **made})
    out.tell(f"Written to {clean_line(str(path), 300)}: {_count(found)}, no secrets.")
    return DONE


def run_import(places: Places, args: argparse.Namespace, out: Output) -> int:
    """Shows what a file would add, then adds all of it, or nothing."""
    found = read_handout(Path(args.file))
    for profile in found:
        account_of(profile)  # endpoint, id and environment have to fit
    check_all_new(places, found)
    show = out.tell if args.yes else narrate  # who is asked has to see it
    for profile in found:
        for line in _lines(profile):
            show(line)
    if not args.yes and not (at_terminal() and agreed(f"Add {_count(found)}?")):
        raise Held("Nothing was imported.", "Add --yes to import them.")
    add_all(places, found)
    out.document({"profiles": [{"name": one.name, **entry(one)} for one in found]})
    out.text(f"Added {_count(found)}. Each needs its key on this machine:")
    for profile in found:
        out.text(
            f"  payconsole profile rotate {profile.name}"
            f" --public-key-id {clean_line(profile.public_key_id, 100)} --private-key-file PEM"
        )
    return DONE


def _lines(profile: Profile) -> list[str]:
    """A profile as it would be added; what decides where requests go on lines of its own."""
    texts = (profile.public_key_id, profile.store_name or "")
    shown = "  ".join(clean_line(text, 100) for text in texts)
    policy = "; ".join(profile.policy.words()) or "none"
    return [
        f"{profile.name}  {profile.region.upper()} {profile.environment.upper()}  {shown}".rstrip(),
        *(
            f"  ! its {name} decides where requests go: {clean_line(str(value), 300)}"
            for name in ROUTES
            if (value := getattr(profile, name)) is not None
        ),
        f"  policy: {clean_line(policy, 500)}",
    ]


def _count(found: list[Profile]) -> str:
    return f"{len(found)} profile{'s' if len(found) != 1 else ''}"
