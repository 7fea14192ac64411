"""Connecting an account and changing its key: what the screen and the command line both do.

Nothing here asks or prints. Whatever is interrupted leaves a profile that loads a key that works.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.amazon.endpoints import Account, AccountError
from console.domain.language import N_, _, together
from console.keys import plain_key
from console.store.credentials import (
    delete_key,
    drop_other_keys,
    holds_key,
    in_keyring,
    keep_beside,
    keyring_entry,
    store_key,
)
from console.store.profiles import Profiles, SettingsError
from console.store.turn import Turn, TurnError
from console.store.vault import CredentialsError, Vault

if TYPE_CHECKING:
    from console.checkup import Verdict
    from console.store.places import Places
    from console.store.profiles import Profile

_OTHERS_SECONDS: Final = 60.0  # for another payconsole that changes keys, and its keyring
_MADE_HERE: Final = "(made here)"  # no profile's: those have a name, a slash and an environment

# Translated by `_` where it is shown.
DELETING_A_KEY_FILE: Final = N_(
    "Deleting removes this one file. It does not reach copies: backups, snapshots, synchronised"
    " folders, mails, the download in another place. What stood in the file can stay on the disk"
    " until something else is written over it. If somebody else may have had it, make a new key"
    " and remove the old one in Seller Central."
)

# Where Amazon Pay's page of Seller Central is, by region.
_SELLER_CENTRAL: Final = {
    "na": "https://sellercentral.amazon.com",
    "eu": "https://sellercentral-europe.amazon.com",
    "jp": "https://sellercentral-japan.amazon.com",
}

# Dashes that mail programs and word processors make of a hyphen, and what nobody sees.
_TYPOGRAPHY: Final = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"), None),
}
# What the id of an environment begins with, in all the ways in which people write it. A classic
# id may begin with the same letters.
_PREFIX: Final = re.compile(r"(?i)(sandbox|live)[-_]*(.*)")
_CLASSIC: Final = re.compile(r"[A-Z0-9]{24}")
_LONGEST_KEY_ID: Final = 60  # those that are known have 32; a line of a PEM file has 64
_WHERE_IT_IS: Final = N_("The public key id stands in Seller Central under Integration Central.")

# What people give instead of a public key id. No message repeats any of it: some are secrets.
# The first that fits is told.
_NOT_A_KEY_ID: Final = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (r"(?s).*PRIVATE KEY", N_("This is the private key. It belongs into the step for the"
         " key; here is the id that Seller Central shows for it.")),
        (r"(?s).*(PUBLIC KEY|ssh-rsa)", N_("This is the public half itself. Paste it in Seller"
         " Central: it gives the public key id in return.")),
        (rf"(?s).{{{_LONGEST_KEY_ID + 1}}}", N_("This is too long for a public key id: is it a"
         " key?")),
        (r"(?i)amzn1\.application-oa2-client\.", N_("This is a store id (client id).")),
        (r"(?i)amzn1\.oa2-cs\.", N_("This is a client secret.")),
        (r"(?i)amzn1\.", N_("This is one of Amazon's other ids.")),
        (r"(?i)(AKIA|ASIA)[A-Z0-9]{16}$", N_("This is an access key of MWS, which Checkout v1"
         " used.")),
        (r"(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9/+=]{40}$", N_("This looks like a secret key of MWS,"
         " which Checkout v1 used.")),
        (r"A[A-Z0-9]{11,14}$", N_("This is a merchant id.")),
        (r"[A-Za-z]\d\d-\d{7}-\d{7}", N_("This is the id of an order.")),
        (r".*[\s]", N_("A public key id has no blanks in it.")),
    )
)  # fmt: skip


def check_key_id(text: str, environment: str) -> str:
    """The public key id in `text`, without what stands around it.

    Ids of an environment begin with `SANDBOX-` or `LIVE-`, classic ones are 24 capital letters
    and digits (Signing page). Others pass if they can be sent: Amazon may make new ones.
    Raises AccountError with the reason, which never repeats what could be a secret.
    """
    found = text.translate(_TYPOGRAPHY).strip().strip("\"'`").strip()
    if not found:
        raise AccountError(together(_("There is no public key id."), _(_WHERE_IT_IS)))
    for shape, why in _NOT_A_KEY_ID:
        if shape.match(found):
            raise AccountError(together(_(why), _(_WHERE_IT_IS)))
    Account("na", environment, found)  # its characters, and its prefix against the environment
    _check_prefix(found)
    return found


def _check_prefix(key_id: str) -> None:
    prefixed = _PREFIX.fullmatch(key_id)
    if prefixed is None or _CLASSIC.fullmatch(key_id):
        return
    if not prefixed[2]:
        beginning = _("This is the beginning of a public key id only.")
        raise AccountError(together(beginning, _(_WHERE_IT_IS)))
    begin = f"{prefixed[1].upper()}-"
    if key_id != begin + prefixed[2]:
        raise AccountError(
            _(
                "This is no public key id as Seller Central shows it; did you mean {id}?",
                id=begin + prefixed[2].upper(),
            )
        )


def where_to_paste(region: str, environment: str) -> tuple[str, ...]:
    """The way to the field for a public half, line by line (Manually generating key pairs page)."""
    view = {"sandbox": "Sandbox", "live": "Production"}[environment]
    return (
        _(
            "Sign in at {address} and choose Amazon Pay, {view} view, at the top.",
            address=_SELLER_CENTRAL[region],
            view=view,
        ),
        _("Open Integration, Integration Central. Choose Self-developed, then Get instructions."),
        _(
            "Under API keys choose Create keys, then Use an existing public key to create API"
            " credentials."
        ),
        _("Name it, paste the public half, choose Create keys, and copy the Public Key ID."),
    )


@contextlib.contextmanager
def changing_accounts() -> Iterator[None]:
    """Nobody else of this user changes settings and keyring meanwhile: both have to fit.

    What decides is read inside, for another payconsole may have changed it while this one waited.
    Raises CredentialsError where the other one doesn't end.
    """
    try:
        turn = Turn("accounts", _OTHERS_SECONDS)
    except TurnError as error:
        raise CredentialsError(str(error), _("Nothing was changed. Try again.")) from None
    try:
        yield
    finally:
        turn.end()


def connect(places: Places, profile: Profile, pem: bytes, *, replace_key: bool = False) -> None:
    """Keep the key, then write the profile: both, or none of them. Blocks: call it in a thread.

    The key goes into the keyring unless the profile says where it is, then `pem` is not used.
    What the keyring holds under this name already belongs to settings that aren't these, and is
    refused; `replace_key` is the explicit word that it may go. Raises SettingsError for a taken
    name or values that can't be used, AccountError, KeyUnusable, CredentialsError.
    """
    from console.session import account_of

    account_of(profile)
    profiles = Profiles(places)
    with changing_accounts():
        if not in_keyring(profile):
            profiles.add(profile)
            return
        check_name(places, profile, replace_key=replace_key)
        plain = plain_key(pem)
        try:
            store_key(profile, plain)
            profiles.add(profile)
        except BaseException as error:
            if replace_key:  # which of the two is there now isn't ours to remove
                error.add_note(_("The keyring may hold the old key, or the new one."))
            else:
                _take_back(profile, error)
            raise


def check_name(places: Places, profile: Profile, *, replace_key: bool = False) -> None:
    """Raise SettingsError where the name is taken, in the settings or in the keyring. Blocks."""
    Profiles(places).check_new(profile)
    if in_keyring(profile) and not replace_key and holds_key(profile):
        entry = keyring_entry(profile)
        raise SettingsError(
            _(
                "The keyring holds a key under {entry} already, of which these settings know"
                " nothing: it may belong to another installation.",
                entry=entry,
            ),
            together(
                _("Choose another name."),
                _(
                    "If the settings that it belonged to are lost, `payconsole profile add {name}"
                    " … --replace-key` puts the new key there instead.",
                    name=profile.name,
                ),
            ),
        )


def _take_back(profile: Profile, error: BaseException) -> None:
    """Remove the key of a profile that could not be written, or say that it is still there."""
    try:
        delete_key(profile)
    except CredentialsError as left:
        error.add_note(_("Its key may still be in the keyring: {error}", error=left))


async def rotate(
    places: Places, name: str, public_key_id: str, pem: bytes, *, unproved: bool = False
) -> Verdict:
    """Give a profile another key, and its id; also a first key, or another for the same id.

    Amazon is asked first, so nothing changes at all unless the key is proven (or it is meant
    `unproved`). Then the new key is kept beside the old one, the profile switched in one write,
    and the old key removed. Where the profile says that its key is elsewhere, only the id is
    switched. Raises NoProfile, AccountError, KeyUnusable, CredentialsError, SettingsError.
    """
    import asyncio

    from console.checkup import prove_key
    from console.session import account_of

    profile = await asyncio.to_thread(Profiles(places).get, name)
    changed = replace(profile, public_key_id=check_key_id(public_key_id, profile.environment))
    account_of(changed)
    plain = await asyncio.to_thread(plain_key, pem)
    verdict = await prove_key(changed, plain)
    if verdict.ok or unproved:
        # One thread for all of it: who stops waiting doesn't stop it in the middle.
        await asyncio.to_thread(_switch_alone, places, changed, plain)
    return verdict


def _switch_alone(places: Places, changed: Profile, pem: bytes) -> None:
    """Switch what is there now: another rotation may have ended since the profile was read."""
    with changing_accounts():
        now = Profiles(places).get(changed.name)
        if replace(now, public_key_id=changed.public_key_id) != changed:
            raise SettingsError(
                _(
                    "Profile {name} was changed meanwhile; the key was proven for what it was."
                    " Nothing was changed here.",
                    name=repr(changed.name),
                ),
                _("Look at it with `payconsole profile show`, and do it again."),
            )
        _switch(places, now, changed, pem)


def _switch(places: Places, profile: Profile, changed: Profile, pem: bytes) -> None:
    """Keep, switch, remove. A key is only found by the id that the settings name, so the old
    one counts until they are written, and the new one from then on."""
    if in_keyring(profile):
        drop_other_keys(profile)  # what an interrupted rotation left: there is room for two only
        keep_beside(changed, pem)
    if changed.public_key_id != profile.public_key_id:
        Profiles(places).change(profile.name, public_key_id=changed.public_key_id)
    if in_keyring(profile):
        _drop_old(changed)


def _drop_old(profile: Profile) -> None:
    try:
        drop_other_keys(profile)
    except CredentialsError as error:
        raise CredentialsError(
            _(
                "Profile {name} uses the new key, but the old one could not be removed from the"
                " keyring: {error}",
                name=repr(profile.name),
                error=error,
            ),
            _("Do the same again to remove it."),
        ) from error


def keep_made_key(pem: bytes, *, plaintext: bool = False) -> None:
    """Keep a key that was made here in the keyring until its id is known. Blocks.

    `plaintext` is the explicit word that the keyring may store plain text, as in a profile.
    """
    vault = Vault(plaintext=plaintext)
    vault.keep(_MADE_HERE, _MADE_HERE, plain_key(pem).decode("ascii"))
    vault.drop_others(_MADE_HERE, _MADE_HERE)


def made_key(*, plaintext: bool = False) -> bytes | None:
    """The key that was made here and has no profile yet; None where there is none. Blocks."""
    kept = Vault(plaintext=plaintext).all_kept(_MADE_HERE)
    return kept[0].text.encode() if kept else None


def forget_made_key(*, plaintext: bool = False) -> bool:
    """Remove it: a profile has it now, or nobody wants it. False where there is none. Blocks."""
    return Vault(plaintext=plaintext).drop(_MADE_HERE)


def made_key_waits(*, plaintext: bool = False) -> bool:
    """Whether one is there, without reading it out. Blocks."""
    return Vault(plaintext=plaintext).holds(_MADE_HERE)


def delete_key_file(path: Path) -> None:
    """Delete a key file, and the link where `path` is one. Raises OSError."""
    path = path.expanduser()
    path.resolve(strict=True).unlink()
    if path.is_symlink():
        path.unlink()
