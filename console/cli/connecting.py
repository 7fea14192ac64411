"""`profile add` at a terminal: asks what the switches left open, proves the key, then keeps it.

Nothing is kept before the end but a key that was made here, which waits in the keyring.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from console.amazon.endpoints import AccountError, key_environment
from console.cli.asking import agreed, ask, choose, load_key_asking, pasted_key
from console.cli.failures import DONE, Stopped, WrongUsage
from console.cli.output import Output
from console.cli.profile import (
    checked_key,
    document,
    exit_of,
    key_place,
    opened_key,
    profile_of,
    read_key,
    tell_verdict,
)
from console.cli.streams import narrate
from console.domain.text import clean_line
from console.keys import fingerprint, make_key, public_half
from console.onboarding import (
    DELETING_A_KEY_FILE,
    check_key_id,
    check_name,
    connect,
    delete_key_file,
    forget_made_key,
    keep_made_key,
    made_key,
    where_to_paste,
)
from console.store.credentials import backend_name, in_keyring
from console.store.places import Places
from console.store.profiles import Profile, Profiles

if TYPE_CHECKING:
    from console.checkup import Verdict

_REGIONS: Final = {
    "na": "North America (United States)",
    "eu": "Europe and the United Kingdom",
    "jp": "Japan",
}
_ENVIRONMENTS: Final = {
    "sandbox": "for tests, without real money",
    "live": "the shop itself, with real money",
}
_KEY_FORMS: Final = {
    "file": "a key file, as Seller Central lets you download it (PEM)",
    "paste": "paste it here; it is not shown",
    "make": "make a new key here; you paste its public half in Seller Central",
}
_PASTE: Final = "Paste the key now, down to its line END PRIVATE KEY. Nothing is shown."
_UNPROVEN: Final = {
    "change": "change an answer",
    "again": "try again",
    "keep": "keep it all the same",
    "leave": "leave, without a profile",
}
_ANY_NAME: Final = "0" * 40  # stand for answers that are still to be given
_ANY_KEY_ID: Final = "0" * 24
# Seller Central names a downloaded key file by the id, such as AmazonPay_SANDBOX-….pem.
_ID_IN_A_NAME: Final = re.compile(r"AmazonPay_((?:(?:SANDBOX|LIVE)-)?[A-Z0-9]{24})(?![A-Z0-9])")


def run_connect(places: Places, args: argparse.Namespace, out: Output) -> int:
    """Ask what is missing, prove the key, keep both."""
    talk = _Talk(places, args)
    try:
        verdict, profile = _settled(talk, args)
        if profile is None:
            narrate(talk.kept())
            return exit_of(verdict)
        connect(places, profile, talk.pem, replace_key=args.replace_key)
    except KeyboardInterrupt:
        raise Stopped(talk.kept()) from None
    talk.settle_made_key()
    out.document(document(profile, Profiles(places)))
    out.text(f"Profile {profile.name} is added; its key is in {key_place(profile)}.")
    try:
        talk.offer_deletion()
    except KeyboardInterrupt:
        raise Stopped(f"profile {profile.name} is added.") from None
    narrate(f"`payconsole --profile {profile.name}` opens it.")
    return DONE


def _settled(talk: _Talk, args: argparse.Namespace) -> tuple[Verdict, Profile | None]:
    """What Amazon says, and the profile that is to be kept; None where nothing is."""
    talk.ask_all()
    while True:
        profile = profile_of(args)
        verdict = _proved(profile, talk.pem if in_keyring(profile) else load_key_asking(profile))
        choice = "keep" if verdict.ok else choose("What now", _UNPROVEN, "change")
        if choice == "leave":
            return verdict, None
        if choice == "keep":
            return verdict, profile
        if choice == "change":
            talk.change()


def _proved(profile: Profile, pem: bytes) -> Verdict:
    from console.checkup import prove_key

    narrate("Asking Amazon whether the key works …")
    verdict = asyncio.run(prove_key(profile, pem))
    tell_verdict(verdict)
    return verdict


class _Talk:
    """The questions; `args` holds the answers by the names of their switches."""

    def __init__(self, places: Places, args: argparse.Namespace) -> None:
        self._places = places
        self._args = args
        self.pem = b""
        self._file: Path | None = None  # where the key came from, if it came from a file
        self._made = False
        self._questions: dict[str, Callable[[], None]] = {
            "region": self._region,
            "environment": self._environment,
            "key": self._key,
            "id": self._key_id,
            "name": self._name,
            "store": self._store_name,
            "merchant": self._merchant_id,
        }

    def ask_all(self) -> None:
        """Every answer that no switch gave, in the order in which people have them."""
        args = self._args
        narrate(
            "Connecting an account. Ctrl-C leaves; nothing is kept before the end, but a key that"
            " is made here."
        )
        self._check_switches()
        if self._in_keyring():
            narrate(f"The key will be kept in {backend_name(plaintext=args.plaintext_keyring)}.")
        given = {
            "region": args.region,
            "environment": args.environment,
            "key": None if self._in_keyring() else "elsewhere",
            "id": args.public_key_id,
            "name": args.name,
            "store": args.store_name,
            "merchant": args.merchant_id,
        }
        if args.private_key_file is not None:
            self._read(args.private_key_file)
            given["key"] = args.private_key_file
        for name, question in self._questions.items():
            if given[name] is None:
                question()

    def change(self) -> None:
        """Ask one of them again."""
        names = [name for name in self._questions if name != "key" or self._in_keyring()]
        wanted = ask(f"Which answer ({', '.join(names)})", _one_of(names))
        self._questions[wanted]()

    def kept(self) -> str:
        """What is there of it all when somebody leaves before the end."""
        if not self._made:
            return "nothing was kept."
        return (
            "the key that was made here waits in the keyring. `payconsole profile add` goes on"
            " with it, `payconsole profile remove --made-here` removes it."
        )

    def settle_made_key(self) -> None:
        """The profile has it now."""
        if self._made:
            forget_made_key(plaintext=self._args.plaintext_keyring)

    def offer_deletion(self) -> None:
        if self._file is None:
            return
        shown = clean_line(str(self._file), 300)
        narrate(DELETING_A_KEY_FILE)
        if not agreed(f"Delete {shown}?"):
            narrate(f"{shown} is still there: delete it if it is a copy.")
            return
        try:
            delete_key_file(self._file)
        except OSError as error:
            narrate(f"{shown} could not be deleted: {error.strerror}.")
        else:
            narrate(f"{shown} is deleted.")

    def _check_switches(self) -> None:
        """What was given has to be right before anything is asked. Raises as `profile_of`."""
        args = self._args
        if args.environment is None and args.public_key_id is not None:
            args.environment = key_environment(args.public_key_id)
        any_others = {
            "name": args.name or _ANY_NAME,
            "region": args.region or "na",
            "environment": args.environment or "sandbox",
            "public_key_id": args.public_key_id or _ANY_KEY_ID,
        }
        self._so_far = profile_of(argparse.Namespace(**{**vars(args), **any_others}))
        self._check_name(self._so_far.name)
        checked_key(self._so_far, None)

    def _in_keyring(self) -> bool:
        return self._args.key_command is None and self._args.key_file is None

    # --- one question each -------------------------------------------------------------------

    def _region(self) -> None:
        narrate("Region: where the merchant account is registered.")
        self._args.region = choose("Region, such as na", _REGIONS)

    def _environment(self) -> None:
        self._args.environment = choose("Environment, such as sandbox", _ENVIRONMENTS)
        if self._args.name is not None:
            self._check_name(self._args.name)  # its key would have another place in the keyring

    def _key(self) -> None:
        self._made, self._file = False, None
        if self._take_waiting_key():
            return
        narrate("Private key: RSA of at least 2048 bits.")
        forms = {"file": self._key_from_file, "paste": self._key_pasted, "make": self._make_key}
        forms[choose("Where is it", _KEY_FORMS, "file")]()

    def _take_waiting_key(self) -> bool:
        waiting = made_key(plaintext=self._args.plaintext_keyring)
        if waiting is None:
            return False
        narrate(f"A key that was made here is waiting for its id: {fingerprint(waiting)}")
        if not agreed("Use it?", default=True):
            narrate("It stays until another one is made here.")
            return False
        self.pem, self._made = waiting, True
        if agreed("Show its public half once more?"):
            self._show_public_half()
        return True

    def _key_from_file(self) -> None:
        ask("Key file, such as ~/Downloads/AmazonPay_SANDBOX-….pem", self._read)

    def _read(self, answer: str) -> None:
        path = _path(answer)
        self.pem = read_key(str(path))
        self._file = path
        self._say_key()

    def _key_pasted(self) -> None:
        def read(_: str) -> bytes:
            return opened_key(pasted_key(_PASTE), "the key")

        self.pem = ask("Press Enter when you are ready to paste", read)
        self._say_key()

    def _make_key(self) -> None:
        narrate("Making a key …")
        self.pem, _ = make_key()
        keep_made_key(self.pem, plaintext=self._args.plaintext_keyring)
        self._made = True
        self._show_public_half()
        narrate("The private key waits in the keyring; you may leave and come back for the id.")

    def _show_public_half(self) -> None:
        narrate(public_half(self.pem).decode("ascii").rstrip())
        for number, line in enumerate(
            where_to_paste(self._args.region, self._args.environment), start=1
        ):
            narrate(f"  {number}. {line}")

    def _say_key(self) -> None:
        narrate(f"  A usable key: {fingerprint(self.pem)}")

    def _key_id(self) -> None:
        narrate("Public key id: Seller Central shows it under Integration Central.")
        found = _ID_IN_A_NAME.search(self._file.name) if self._file else None
        self._args.public_key_id = ask(
            "Public key id, such as SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B",
            self._checked_id,
            found[1] if found else "",
        )

    def _checked_id(self, answer: str) -> str:
        """The id; where it names the other environment, that may have been the wrong answer."""
        environment = self._args.environment
        named = key_environment(answer.strip()) or environment
        key_id = check_key_id(answer, named)
        if named != environment:
            if not agreed(f"  This id is for {named}. Is the environment {named}, then?"):
                raise AccountError(f"Then it takes an id for {environment}.")
            self._args.environment = named
        return key_id

    def _name(self) -> None:
        narrate("Name: what you call the account here, such as acme or acme-live.")
        free = f"{self._args.region}-{self._args.environment}"
        taken = {profile.name for profile in Profiles(self._places).all()}
        self._args.name = ask("Name", self._check_name, "" if free in taken else free)

    def _check_name(self, name: str) -> str:
        """With the environment as far as it is known: the keyring's names have it too."""
        environment = self._args.environment
        profile = replace(
            self._so_far, name=name, environment=environment or self._so_far.environment
        )
        Profiles(self._places).check_new(profile)
        if environment is not None and name != _ANY_NAME:
            check_name(self._places, profile, replace_key=self._args.replace_key)
        return name

    def _store_name(self) -> None:
        narrate("Store name: what the title bar shows. Enter leaves it out.")
        self._args.store_name = ask("Store name, such as Acme Store", _line_or_nothing)

    def _merchant_id(self) -> None:
        narrate("Merchant id: only a note. Enter leaves it out.")
        self._args.merchant_id = ask("Merchant id, such as A3URCZVLDMDI45", _line_or_nothing)


def _line_or_nothing(answer: str) -> str | None:
    if len(answer) > 100:
        raise WrongUsage("At most 100 characters.")
    return clean_line(answer) or None


def _one_of(names: list[str]) -> Callable[[str], str]:
    def check(answer: str) -> str:
        if answer not in names:
            raise WrongUsage(f"Type one of: {', '.join(names)}.")
        return answer

    return check


def _path(answer: str) -> Path:
    """A file as people give it: typed, quoted, or dropped on the terminal.

    Terminals write a dropped file in quotes, with a backslash before each blank, or as an
    address file://…
    """
    text = answer.strip().strip("\"'")
    if not text:
        raise WrongUsage("Give the path of the key file.")
    if "-----BEGIN" in text:
        raise WrongUsage("That is a key itself. Give the path of a file, or leave and paste it.")
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    path = Path(text).expanduser()
    if os.name != "nt" and not path.exists() and "\\" in text:
        path = Path(re.sub(r"\\(.)", r"\1", text)).expanduser()
    return path
