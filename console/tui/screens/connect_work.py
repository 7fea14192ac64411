"""What connecting an account does behind its screen, in threads, and how its failures are said."""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.domain.explain import Tone
from console.domain.language import N_, _
from console.domain.text import clean_line
from console.store.places import Places
from console.tui.messages import Said
from console.tui.screens.connect_pages import ANSWERS, Given, KeyFacts, typed_path
from console.tui.widgets.keyfields import looks_like_key

if TYPE_CHECKING:
    from console.store.profiles import Profile

# A classic key id has 24 characters, others name their environment (Signing page).
_CLASSIC: Final = re.compile(r"[A-Z0-9]{24}")
_PREFIXED: Final = re.compile(r"(SANDBOX|LIVE)-[A-Z0-9]+")
_UNUSUAL: Final = N_("It is no usual form (SANDBOX-/LIVE- or 24 letters and digits).")
_MOST_PUBLIC: Final = 10_000  # bytes; the public half of a key of 16,384 bits has 3,000
_PUBLIC_HALVES: Final = 100  # so many files are tried before it is said that all are taken


@dataclass(frozen=True)
class Found:
    """A private key as it came in, perhaps encrypted: from a file, made here, or pasted."""

    pem: bytes = field(repr=False)
    file: Path | None = None
    made: bool = False


def checked_id(text: str, environment: str) -> tuple[str, str]:
    """The id, or why it is none."""
    from console.amazon.endpoints import AccountError
    from console.onboarding import check_key_id

    try:
        return check_key_id(text, environment), ""
    except AccountError as error:
        return "", str(error)


def is_usual_id(key_id: str) -> bool:
    """Whether it has a form that Seller Central is known to give."""
    return bool(_PREFIXED.fullmatch(key_id) or _CLASSIC.fullmatch(key_id))


def kind_of_id(key_id: str, given: Given) -> str:
    """What a key id is by its form."""
    if not is_usual_id(key_id):
        return _(_UNUSUAL)
    if _PREFIXED.fullmatch(key_id):
        return _("✓ an id for {environment}, as you chose", environment=given.environment)
    return _(
        "✓ a classic id: it names no environment; used here for {environment}",
        environment=given.environment,
    )


def against_name(name: str, taken: Container[str]) -> Said | None:
    """Why an account can't be called so; None where it can, as far as that is known here."""
    if name in taken:
        text = _("There is a profile {name} already.", name=repr(clean_line(name, 60)))
        return Said(_("The name is taken"), text, _("Choose another name."), "bad")
    if is_usual_id(name):
        return Said(
            _("Not a name"),
            _("That looks like a public key id, which belongs to step 3."),
            _("Choose a name of your own, like acme-sandbox."),
            "bad",
        )
    return None


# --- in threads ----------------------------------------------------------------------------------


def taken_names(places: Places) -> set[str]:
    """The profiles' names. What the fields need is loaded with it, so that no key waits."""
    import console.onboarding  # noqa: F401
    from console.store.profiles import Profiles

    return {profile.name for profile in Profiles(places).all()}


def found_in(text: str, path: bool) -> Found:
    """The key in a text, or in the file that it names. Raises OSError, KeyUnusable."""
    from console.imports.dropped import paths_in

    # Only what names a file that is there is a path: an error would show the text.
    if not path and (looks_like_key(text) or not paths_in(str(typed_path(text)))):
        return Found(text.encode(errors="replace"))
    file = typed_path(text)
    return Found(_read_file(file), file)


def _read_file(path: Path) -> bytes:
    """A key file; of what is larger only so much that it is seen to be too large."""
    from console.keys import MAX_KEY_FILE, KeyUnusable

    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise KeyUnusable(_("This is a folder. Name the key file in it."))
    if not stat.S_ISREG(mode):
        raise KeyUnusable(_("This is no file that could be read as a whole."))
    with path.open("rb") as file:
        return file.read(MAX_KEY_FILE + 1)


def make_and_keep() -> bytes:
    from console.keys import make_key
    from console.onboarding import keep_made_key

    pem = make_key()[0]
    keep_made_key(pem)
    return pem


def save_public_half(folder: Path, text: str) -> tuple[Path, bool]:
    """Write a public half to a file of its own; says which, and whether it was there already.

    Nothing that is there is written over: another half goes into the next free file.
    Raises OSError.
    """
    numbers = ("", *(f"-{number}" for number in range(2, _PUBLIC_HALVES)))
    for number in numbers:
        file = folder / f"payconsole-public-key{number}.pem"
        try:
            with file.open("x", encoding="ascii") as made:
                made.write(text)
        except FileExistsError:
            if _holds(file, text):
                return file, True
        else:
            return file, False
    said = _("There are too many of these files already")
    raise FileExistsError(errno.EEXIST, said, str(file))


def _holds(file: Path, text: str) -> bool:
    """Whether a file has just this text. One that can't be read is another's."""
    try:
        return file.is_file() and file.stat().st_size < _MOST_PUBLIC and file.read_text() == text
    except (OSError, UnicodeDecodeError):
        return False


def opened(found: Found, passphrase: str | None) -> tuple[bytes, KeyFacts, str]:
    """The key without a passphrase, what may be shown of it, and its public half."""
    from console.keys import fingerprint, load_private_key, plain_key, public_half

    pem = plain_key(found.pem, passphrase)
    facts = KeyFacts(load_private_key(pem).key_size, fingerprint(pem))
    return pem, facts, public_half(pem).decode("ascii")


def check_profile(places: Places, profile: Profile) -> None:
    """Raise what stands against saving the answers, before Amazon is asked."""
    from console.session import account_of
    from console.store.profiles import Profiles

    account_of(profile)
    Profiles(places).check_new(profile)


def answer_about(error: Exception) -> str:
    """The field of the fourth step that an error of `check_profile` is about.

    Region, environment and key id were checked before, so an AccountError is the endpoint's.
    """
    if type(error).__name__ == "AccountError":
        return "endpoint"
    key = getattr(error, "key", None)
    return next((answer.name for answer in ANSWERS if answer.name == key), "name")


def keep(places: Places, profile: Profile, pem: bytes, made: bool) -> tuple[str, ...]:
    """Save it, and say where the key is. Raises what `onboarding.connect` does, and OSError."""
    from console.onboarding import connect, forget_made_key
    from console.store.credentials import backend_name
    from console.store.vault import CredentialsError

    connect(places, profile, pem)
    notes = [_("The private key is in the keyring {keyring}.", keyring=backend_name())]
    if made:
        try:
            forget_made_key()
        except CredentialsError as error:
            said = _("The copy of the key that waited could not be removed: {why}", why=error)
            notes.append(said)
    return tuple(notes)


# What can stand in the way, in words; for everything else the kind of the fault alone.
_TITLES: Final = {
    "CredentialsError": N_("Keyring trouble"),
    "KeyUnusable": N_("Not that key"),
    "WrongPassphrase": N_("Not that passphrase"),
    "SettingsError": N_("Not these settings"),
    "AccountError": N_("Not these answers"),
}


def failure(error: Exception, tone: Tone = "bad") -> Said:
    """What went wrong, with its hint. The texts of these errors hold no secret."""
    notes = tuple(clean_line(note, 300) for note in getattr(error, "__notes__", ()))
    title = _TITLES.get(type(error).__name__)
    if isinstance(error, OSError):
        why = error.strerror or type(error).__name__
        said = _("{why}.", why=why)
        if error.filename:
            said = _("{file}: {why}.", file=clean_line(str(error.filename), 200), why=why)
        return Said(_("The file can't be used"), said, tone="bad")
    if title is None:
        return Said(_("Unexpected fault"), type(error).__name__, _("Please report it."), "bad")
    hint = getattr(error, "hint", None) or ""
    return Said(_(title), str(error), hint, tone, notes)
