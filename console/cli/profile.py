"""`profile`: accounts in the settings, their keys in the keyring."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from itertools import zip_longest
from pathlib import Path
from typing import Any

from console.actions.outcome import Held
from console.amazon.endpoints import Account
from console.amazon.signing import KeyUnusable, load_private_key
from console.cli.output import Output
from console.domain.money import Money
from console.domain.policy import LIMITS, Policy
from console.store.credentials import CredentialsError, backend_name, delete_key, store_key
from console.store.places import Places
from console.store.profiles import Profile, Profiles


def run_add(places: Places, args: argparse.Namespace, out: Output) -> int:
    profile = Profile(
        name=args.name,
        region=args.region,
        environment=args.environment,
        public_key_id=args.public_key_id,
        endpoint=args.endpoint,
        merchant_id=args.merchant_id,
        store_name=args.store_name,
    )
    Account(profile.region, profile.environment, profile.public_key_id, profile.endpoint)
    pem = _read_key(args.private_key_file)
    profiles = Profiles(places)
    profiles.check_new(profile)
    store_key(profile, pem)
    profiles.add(profile)
    out.document(_document(profile, profiles))
    out.text(f"Profile {profile.name} is added; its key is in {backend_name()}.")
    out.text(f"  The key file {args.private_key_file} is still there: delete it if it is a copy.")
    return 0


def _read_key(name: str) -> bytes:
    try:
        pem = Path(name).read_bytes()
    except OSError as error:
        raise KeyUnusable(f"{name} can't be read: {error.strerror}.") from None
    load_private_key(pem)
    return pem


def run_list(places: Places, args: argparse.Namespace, out: Output) -> int:
    profiles = Profiles(places)
    found, default = profiles.all(), profiles.default_name()
    out.document({"profiles": [_document(profile, profiles) for profile in found]})
    for profile in found:
        mark = "*" if profile.name == default else " "
        out.text(
            f"{mark} {profile.name:<20} {profile.region.upper()} {profile.environment.upper():<8}"
            f" {profile.public_key_id}  {profile.store_name or ''}".rstrip()
        )
    if not found:
        out.text("There is no profile yet. Add one with `payconsole profile add`.")
    return 0


def run_show(places: Places, args: argparse.Namespace, out: Output) -> int:
    profiles = Profiles(places)
    profile = profiles.get(args.name)
    out.document(_document(profile, profiles))
    for name, value in _texts(profile).items():
        out.text(f"{name.replace('_', ' '):<16}{value if value is not None else '–'}")
    lines = profile.policy.words() or ("none: only Amazon's rules hold back",)
    changed = f"changed under {profile.policy.where}"
    for title, line in zip_longest(("policy",), (*lines, changed), fillvalue=""):
        out.text(f"{title:<16}{line}")
    return 0


def run_default(places: Places, args: argparse.Namespace, out: Output) -> int:
    profiles = Profiles(places)
    profiles.set_default(args.name)
    out.document(_document(profiles.get(args.name), profiles))
    out.text(f"{args.name} is the default profile.")
    return 0


def run_remove(places: Places, args: argparse.Namespace, out: Output) -> int:
    profiles = Profiles(places)
    profile = profiles.get(args.name)
    if not args.yes and not _agreed(profile):
        raise Held("Nothing was removed.", "Add --yes to remove the profile and its key.")
    had_key = False
    try:
        had_key = delete_key(profile)
    except CredentialsError as error:
        raise CredentialsError(
            f"The profile was kept, its key could not be removed: {error}"
        ) from error
    profiles.remove(args.name)
    out.document({"removed": args.name, "key_removed": had_key})
    gone = "and its key is out of the keyring" if had_key else "; the keyring held no key for it"
    out.text(f"Profile {args.name} is removed{' ' if had_key else ''}{gone}.")
    return 0


def _agreed(profile: Profile) -> bool:
    if not sys.stdin.isatty():
        return False
    print(
        f"Type the name {profile.name} to remove the profile and its key: ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    return sys.stdin.readline().strip() == profile.name


def _document(profile: Profile, profiles: Profiles) -> dict[str, object]:
    return {
        **_texts(profile),
        "policy": _policy(profile.policy),
        "default": profiles.default_name() == profile.name,
    }


def _texts(profile: Profile) -> dict[str, Any]:
    """Everything of a profile but its policy."""
    names = [field.name for field in fields(profile) if field.name != "policy"]
    return {name: getattr(profile, name) for name in names}


def _policy(policy: Policy) -> dict[str, object]:
    """A policy as JSON: `actions` null allows all, an empty list of limits limits nothing."""
    tables = {name: getattr(policy, name) for name in LIMITS}
    return {
        "read_only": policy.read_only,
        "actions": None if policy.actions is None else sorted(policy.actions),
        **{
            name: [Money(table[currency], currency).to_api() for currency in sorted(table)]
            for name, table in tables.items()
        },
        "require_reason": policy.require_reason,
        "require_ticket": policy.require_ticket,
        "above_captured": policy.above_captured,
        "cooling_seconds": policy.cooling_seconds,
        "words": list(policy.words()),
    }
