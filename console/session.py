"""One profile at work: its client, journal, index, lookup, engine, and the operator's desk.

Both doors, the screen and the command line, get theirs here, so that neither grows its own.
"""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.store.places import Places
from console.store.profiles import Profile

if TYPE_CHECKING:
    from console.actions.engine import Engine
    from console.amazon.client import AmazonPay
    from console.amazon.endpoints import Account
    from console.lookup import Lookup
    from console.store.desk import Desk
    from console.store.index import KnownIds
    from console.store.journal import Journal


@dataclass(frozen=True)
class Session:
    """What the doors need of one profile."""

    profile: Profile
    client: AmazonPay
    known: KnownIds
    journal: Journal
    lookup: Lookup
    engine: Engine
    desk: Desk


def actor() -> str:
    """Who is at the keyboard, as the journal names them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def account_of(profile: Profile) -> Account:
    """Where and as whom a profile makes requests. Raises AccountError where it can't."""
    from console.amazon.endpoints import Account

    return Account(
        region=profile.region,
        environment=profile.environment,
        public_key_id=profile.public_key_id,
        endpoint=profile.endpoint,
        proxy=profile.proxy,
        ca_file=profile.ca_file,
    )


@asynccontextmanager
async def open_session(profile: Profile, pem: bytes, places: Places) -> AsyncIterator[Session]:
    """Open everything for one profile; nothing is asked of Amazon yet.

    Raises AccountError or KeyUnusable where profile or key can't be used, JournalBroken where
    the journal can't be opened.
    """
    import asyncio

    session = await asyncio.to_thread(_build, profile, pem, places)
    del pem  # the signer has it, and forgets it when the console is locked
    try:
        yield session
    finally:
        await session.client.aclose()
        session.journal.close()
        session.known.close()
        session.desk.close()


def _build(profile: Profile, pem: bytes, places: Places) -> Session:
    """The heavy imports are here: in a thread, behind the first screen."""
    from console.actions.engine import Engine
    from console.amazon.client import AmazonPay, trusted
    from console.amazon.signing import Signer
    from console.lookup import Lookup
    from console.store.desk import Desk
    from console.store.index import KnownIds
    from console.store.journal import Journal

    trusted(profile.ca_file)  # what can't be used is told now, not at the first request
    client = AmazonPay(account_of(profile), Signer(pem, profile.public_key_id))
    journal = Journal(places.journal, actor())
    try:
        known = KnownIds(places.index)
    except BaseException:
        journal.close()
        raise
    lookup = Lookup(client, known, journal)
    engine = Engine(client, lookup, journal, policy=profile.policy, profile=profile.name)
    desk = Desk(places.desk, profile.environment, profile.name, journal.actor)
    return Session(profile, client, known, journal, lookup, engine, desk)
