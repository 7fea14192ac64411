"""`profile`: accounts in the settings, their keys in the keyring."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from contextlib import suppress
from dataclasses import fields
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.actions.outcome import Held
from console.cli.asking import agreed, at_terminal, load_key_asking, passphrase_for
from console.cli.documents import error as error_document
from console.cli.failures import (
    CREDENTIALS,
    DONE,
    NOT_SENT,
    USAGE,
    CantRead,
    Stopped,
    WrongUsage,
)
from console.cli.output import Output
from console.cli.streams import narrate
from console.domain.money import Money
from console.domain.policy import LIMITS, Policy
from console.domain.text import clean_line
from console.keys import MAX_KEY_FILE, KeyEncrypted, KeyUnusable, plain_key
from console.onboarding import (
    changing_accounts,
    check_key_id,
    connect,
    forget_made_key,
    made_key_waits,
    rotate,
)
from console.session import account_of
from console.store.credentials import (
    KeyFileUnreadable,
    PassphraseNeeded,
    backend_name,
    delete_key,
    in_keyring,
    load_key,
)
from console.store.handouts import LOCAL
from console.store.places import Places
from console.store.profiles import Profile, Profiles, SettingsError
from console.store.vault import CredentialsError

if TYPE_CHECKING:
    from console.checkup import Verdict


# The answers that `add` needs, and how they are given.
_NEEDED: Final = {
    "name": "NAME",
    "region": "--region",
    "environment": "--environment",
    "public_key_id": "--public-key-id",
}
_KEY: Final = ("private_key_file", "key_command", "key_file")

# A verdict that is not about the key, and its exit code; all others are 8.
_EXITS: Final = {
    **dict.fromkeys(
        ("no_network", "proxy", "tls_interception", "tls", "not_amazon", "throttled",
         "amazon_failed"),
        NOT_SENT,
    ),
    "settings": USAGE,
}  # fmt: skip


def run_add(places: Places, args: argparse.Namespace, out: Output) -> int:
    """Every answer as a switch; what is missing is asked at a terminal."""
    missing = [shown for name, shown in _NEEDED.items() if getattr(args, name) is None]
    if all(getattr(args, name) is None for name in _KEY):
        missing.append("--private-key-file (or --key-command, --key-file)")
    if missing and at_terminal():
        from console.cli.connecting import run_connect

        return run_connect(places, args, out)
    if missing:
        args.parser.error(f"the following arguments are required: {', '.join(missing)}")
    profile = profile_of(args)
    pem = checked_key(profile, args.private_key_file)
    connect(places, profile, pem, replace_key=args.replace_key)
    out.document(document(profile, Profiles(places)))
    out.text(f"Profile {profile.name} is added; its key is in {key_place(profile)}.")
    if args.private_key_file is not None:
        file = clean_line(args.private_key_file, 300)
        out.text(f"  The key file {file} is still there: delete it if it is a copy.")
    out.text(f"  Not tried yet: `payconsole profile check {profile.name}` proves it.")
    return DONE


def profile_of(args: argparse.Namespace) -> Profile:
    """The profile that the answers make. Raises AccountError, SettingsError, WrongUsage."""
    profile = Profile(
        name=args.name,
        region=args.region,
        environment=args.environment,
        public_key_id=check_key_id(args.public_key_id, args.environment),
        endpoint=args.endpoint,
        merchant_id=args.merchant_id,
        store_name=args.store_name,
        colour=args.colour,
        proxy=args.proxy,
        ca_file=_absolute(args.ca_file),
        key_command=_words(args.key_command),
        key_file=_absolute(args.key_file),
        plaintext_keyring=args.plaintext_keyring,
    )
    account_of(profile)
    if profile.ca_file is not None:
        from console.amazon.client import trusted

        trusted(profile.ca_file)
    return profile


def _absolute(name: str | None) -> str | None:
    """A file of the settings, which are used from any folder."""
    return None if name is None else str(Path(name).expanduser().absolute())


def _words(command: str | None) -> tuple[str, ...] | None:
    if command is None:
        return None
    reader = shlex.shlex(command, posix=True, punctuation_chars=False)
    reader.whitespace_split, reader.commenters = True, ""
    if os.name == "nt":
        reader.escape = ""  # a backslash is a folder's there
    try:
        words = tuple(reader)
    except ValueError:
        raise WrongUsage("--key-command has a quote without its end.") from None
    if not words:
        raise WrongUsage("--key-command is empty.")
    return words


def checked_key(profile: Profile, key_file: str | None) -> bytes:
    """The key as the keyring will hold it; empty where the profile's key is elsewhere.

    A key file that the profile names is looked at, and a command not run: it may ask somebody.
    """
    if key_file is not None:
        return read_key(key_file)
    if profile.key_file is not None:
        try:
            load_key(profile)
        except PassphraseNeeded:  # which shows that it is as it has to be
            pass
        except KeyFileUnreadable as error:
            raise CantRead(str(error)) from None
    return b""


def read_key(name: str) -> bytes:
    """A key file, its passphrase asked at a terminal: PKCS#8 without one.

    Raises CantRead for the file, KeyUnusable for what is in it.
    """
    return opened_key(_file_bytes(name), clean_line(name, 300))


def _file_bytes(name: str) -> bytes:
    """A file, up to a byte more than a key can have. Raises CantRead."""
    try:
        with Path(name).expanduser().open("rb") as file:
            return file.read(MAX_KEY_FILE + 1)
    except OSError as error:
        raise CantRead(f"{clean_line(name, 300)} can't be read: {error.strerror}.") from None


def opened_key(pem: bytes, shown: str) -> bytes:
    """The same of a PEM that is here already; `shown` names it in the question."""
    try:
        return plain_key(pem)
    except KeyEncrypted as encrypted:
        if not at_terminal():
            raise KeyEncrypted(f"{encrypted} There is no terminal here to ask for it.") from None
    return passphrase_for(lambda typed: plain_key(pem, typed), f"Passphrase of {shown}")


def run_rotate(places: Places, args: argparse.Namespace, out: Output) -> int:
    """Another key for a profile, or its first one."""
    profile = Profiles(places).get(args.name)
    pem = _new_key(profile, args)
    try:
        verdict, switched = _rotated(places, profile, args.public_key_id, pem, out)
    except KeyboardInterrupt:
        raise Stopped(_as_it_is(places, profile, pem)) from None
    if not switched:
        out.document(error_document(verdict.code, verdict.says, verdict.next_step))
        out.complain("nothing was changed.")
        return exit_of(verdict)
    profile = Profiles(places).get(profile.name)
    out.document(document(profile, Profiles(places)))
    out.text(f"Profile {profile.name} uses {profile.public_key_id} from now on;{_proved(verdict)}")
    out.text(f"  Its key is in {key_place(profile)}.")
    if args.private_key_file is not None:
        file = clean_line(args.private_key_file, 300)
        out.text(f"  The key file {file} is still there: delete it if it is a copy.")
    return DONE


def _rotated(
    places: Places, profile: Profile, key_id: str, pem: bytes, out: Output
) -> tuple[Verdict, bool]:
    """What Amazon says of the key, and whether the profile was switched to it."""
    import asyncio

    switch = partial(rotate, places, profile.name, key_id, pem)
    out.tell("Asking Amazon whether the key works …")
    verdict = asyncio.run(switch())
    if verdict.ok:
        return verdict, True
    tell_verdict(verdict)
    if not at_terminal() or not agreed("Switch to this key all the same?"):
        return verdict, False
    asyncio.run(switch(unproved=True))
    return verdict, True


def _as_it_is(places: Places, before: Profile, pem: bytes) -> str:
    """What became of a rotation that was stopped: once it had begun to switch, it ended that."""
    look = f"look with `payconsole profile check {before.name}`."
    try:
        with changing_accounts():
            now = Profiles(places).get(before.name)
            if now.public_key_id != before.public_key_id:
                return f"profile {now.name} uses {now.public_key_id} now."
            if in_keyring(now) and load_key(now) == plain_key(pem):
                return f"profile {now.name} uses the new key now."
    except (CredentialsError, SettingsError, KeyUnusable) as error:
        return f"whether the key was changed can't be told: {error} Please {look}"
    return "nothing was changed."


def _proved(verdict: Verdict) -> str:
    return " Amazon accepts the key." if verdict.ok else " the key is not proven."


def _new_key(profile: Profile, args: argparse.Namespace) -> bytes:
    if in_keyring(profile):
        if args.private_key_file is None:
            args.parser.error("the following arguments are required: --private-key-file")
        return read_key(args.private_key_file)
    if args.private_key_file is not None:
        raise WrongUsage(
            f"The key of profile {profile.name} is in {key_place(profile)}: change it there, then"
            " rotate with the new --public-key-id alone."
        )
    return load_key_asking(profile)


def tell_verdict(verdict: Verdict) -> None:
    """What the test call showed, for the person at the terminal."""
    for line in (verdict.says, verdict.next_step, *verdict.notes):
        if line:
            narrate(f"  {line}")


def exit_of(verdict: Verdict) -> int:
    """The exit code of a command that ends because its key is not proven."""
    return _EXITS.get(verdict.code, CREDENTIALS)


def key_place(profile: Profile) -> str:
    """Where the profile's key is, for people; of a command its first word only."""
    if profile.key_command is not None:
        return f"what the command {clean_line(profile.key_command[0], 100)} prints"
    if profile.key_file is not None:
        return f"the encrypted file {clean_line(profile.key_file, 300)}"
    return backend_name(plaintext=profile.plaintext_keyring)


def run_list(places: Places, args: argparse.Namespace, out: Output) -> int:
    profiles = Profiles(places)
    found, default = profiles.all(), profiles.default_name()
    out.document({"profiles": [document(profile, profiles) for profile in found]})
    for profile in found:
        mark = "*" if profile.name == default else " "
        out.text(
            f"{mark} {profile.name:<20} {profile.region.upper()} {profile.environment.upper():<8}"
            f" {profile.public_key_id}  {profile.store_name or ''}".rstrip()
        )
    if not found:
        out.text("There is no profile yet. Add one with `payconsole profile add`.")
    if not out.json and _made_key_waits():
        out.text(
            "A key that was made here waits for its id: `payconsole profile add` goes on with it,"
            " `payconsole profile remove --made-here` removes it."
        )
    return 0


def _made_key_waits() -> bool:
    """Whether one waits; a keyring that is locked, silent or not there is no reason to fail."""
    import asyncio

    from console.doctor import KEYRING_SECONDS, bounded

    with suppress(CredentialsError, TimeoutError):
        return asyncio.run(bounded(made_key_waits, KEYRING_SECONDS))
    return False


def run_show(places: Places, args: argparse.Namespace, out: Output) -> int:
    profiles = Profiles(places)
    profile = profiles.get(args.name)
    place = _key_place_or_why_not(profile)
    out.document({**document(profile, profiles), "key": place})
    for name, value in {**_texts(profile), "key": place}.items():
        if name not in LOCAL:  # said by `key`
            out.text(f"{name.replace('_', ' '):<16}{value if value is not None else '–'}")
    if profile.plaintext_keyring:
        out.text(f"{'':<16}which may store it as plain text: plaintext_keyring")
    lines = profile.policy.words() or ("none: only Amazon's rules hold back",)
    changed = f"changed under {profile.policy.where}"
    for title, line in zip_longest(("policy",), (*lines, changed), fillvalue=""):
        out.text(f"{title:<16}{line}")
    return 0


def _key_place_or_why_not(profile: Profile) -> str:
    try:
        return key_place(profile)
    except CredentialsError as error:
        return str(error)


def run_default(places: Places, args: argparse.Namespace, out: Output) -> int:
    profiles = Profiles(places)
    profiles.set_default(args.name)
    out.document(document(profiles.get(args.name), profiles))
    out.text(f"{args.name} is the default profile.")
    return 0


def run_remove(places: Places, args: argparse.Namespace, out: Output) -> int:
    if args.made_here == (args.name is not None):
        args.parser.error("give the name of a profile, or --made-here")
    if args.made_here:
        return _remove_made_key(args, out)
    profiles = Profiles(places)
    profile = profiles.get(args.name)
    if not args.yes and not _agreed(profile):
        raise Held("Nothing was removed.", "Add --yes to remove the profile and its key.")
    had_key = False
    with changing_accounts():
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


def _remove_made_key(args: argparse.Namespace, out: Output) -> int:
    """The key that was made here and waits for its id."""
    question = "Remove the key that was made here? Its public half is useless then."
    if not args.yes and not (at_terminal() and agreed(question)):
        raise Held("Nothing was removed.", "Add --yes to remove the key that was made here.")
    had_key = forget_made_key(plaintext=args.plaintext_keyring)
    out.document({"removed": None, "key_removed": had_key})
    out.text("The key that was made here is removed." if had_key else "No key waits here.")
    return DONE


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


def document(profile: Profile, profiles: Profiles) -> dict[str, object]:
    return {
        **_texts(profile),
        "policy": _policy(profile.policy),
        "default": profiles.default_name() == profile.name,
    }


def _texts(profile: Profile) -> dict[str, Any]:
    """Everything of a profile but its policy; of a command its first word, which is no secret."""
    names = [field.name for field in fields(profile) if field.name != "policy"]
    found = {name: getattr(profile, name) for name in names}
    return {**found, "key_command": profile.key_command and profile.key_command[0]}


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
