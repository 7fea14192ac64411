"""The demo: a session against an embedded simulator, on keys and folders of its own.

It touches neither the keyring nor the user's journal; everything is gone when it ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.domain.language import _
from console.keys import make_key
from console.session import Session, open_session
from console.store.places import Places
from console.store.profiles import Profile

if TYPE_CHECKING:
    from console.simulator.world import World
    from console.store.index import Known

# The v1 authorization that the guided tour refunds, as somebody would paste it.
TOUR_ID: Final = "S01-4966596-9591203-A079366"


@asynccontextmanager
async def open_demo() -> AsyncIterator[Session]:
    """A session with the simulator's orders, made at this moment."""
    import asyncio

    from console.simulator.server import SimulatorServer
    from console.simulator.stories import story_world

    pem, public = await asyncio.to_thread(make_key)
    world = story_world()
    world.keys.register(public)
    server = await asyncio.to_thread(SimulatorServer, world)
    try:
        with tempfile.TemporaryDirectory(prefix="payconsole-demo-") as folder:
            places = Places(config=Path(folder), data=Path(folder))
            async with open_session(_profile(server.url), pem, places) as session:
                await asyncio.to_thread(_remember_world, session, world)
                yield session
    finally:
        await asyncio.to_thread(server.stop)


def _profile(url: str) -> Profile:
    return Profile(
        name="demo",
        region="na",
        environment="sandbox",
        public_key_id="SANDBOX-DEMO",
        endpoint=url,
        store_name=_("Demo store"),
    )


def _remember_world(session: Session, world: World) -> None:
    """What a console that has been in use for a while would know of these orders."""
    from console.domain.model import show_time
    from console.store.index import Known

    known = []
    for permission in (history.latest for history in world.permissions.values()):
        if permission.environment != session.profile.environment:
            continue
        reference = permission.merchant.get("merchantReferenceId")
        seen = show_time(permission.created) or ""
        known.append(
            Known(
                permission.id,
                "charge_permission",
                None,
                permission.id,
                str(reference) if reference else None,
                permission.state,
                seen,
            )
        )
        for charge in world.charges_of(permission.id):
            known.append(
                Known(charge.id, "charge", permission.id, permission.id, None, charge.state, seen)
            )
            known += [
                Known(refund.id, "refund", charge.id, permission.id, None, refund.state, seen)
                for refund in world.refunds_of(charge.id)
            ]
    known += _known_sessions(world, session.profile.environment)
    session.known.remember(known)


def _known_sessions(world: World, environment: str) -> list[Known]:
    """Checkout sessions that led to no order: only the shop's own number finds them."""
    from console.domain.model import show_time
    from console.store.index import Known

    found = [history.latest for history in world.sessions.values()]
    return [
        Known(
            one.id,
            "checkout_session",
            None,
            None,
            str(one.details["merchantMetadata"]["merchantReferenceId"]),
            one.state,
            show_time(one.created) or "",
        )
        for one in found
        if one.environment == environment and one.permission_id is None
    ]
