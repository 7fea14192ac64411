"""The admin channel under `/_simulator/`: for tests and drills in other processes.

No signature is asked for: the server listens on loopback only, and nothing here is Amazon's.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import foreign
from .bodies import JSON
from .errors import ApiError
from .stories import orders
from .truth import truth
from .world import World

Handler = Callable[[JSON], object]
Endpoint = Callable[[Request], Awaitable[Response]]


def routes(world: World) -> list[Route]:
    """Every admin address, bound to one world."""
    posts: dict[str, Handler] = {
        "faults": lambda body: _add_fault(world, body),
        "clock": lambda body: _set_clock(world, body),
        "switches": lambda body: _set_switches(world, body),
        "foreign-refund": lambda b: foreign.refund(world, b["chargeId"], b["amount"]),
        "foreign-capture": lambda b: foreign.capture(world, b["chargeId"], b.get("amount")),
        "foreign-cancel": lambda b: foreign.cancel(world, b["chargeId"]),
        "foreign-charge": lambda b: foreign.charge(
            world, b["chargePermissionId"], b["amount"], capture_now=bool(b.get("captureNow"))
        ),
        "foreign-close": lambda b: foreign.close(
            world, b["chargePermissionId"], cancel_pending=bool(b.get("cancelPendingCharges"))
        ),
        "foreign-update": lambda b: foreign.update(
            world, b["chargePermissionId"], b["merchantReferenceId"]
        ),
        "foreign-complete": lambda b: foreign.complete(
            world, b["checkoutSessionId"], b.get("amount")
        ),
    }
    gets: dict[str, Callable[[Request], object]] = {
        "orders": lambda _: orders(world),
        "log": lambda request: _log(world, request),
        "faults": lambda _: {"faults": world.faults.waiting()},
        "objects/{id}": lambda request: truth(world, request.path_params["id"]),
    }
    return [
        *(_route(name, "POST", _posting(run)) for name, run in posts.items()),
        *(_route(name, "GET", _getting(run)) for name, run in gets.items()),
        _route("{path:path}", "GET", _nowhere([*gets, *posts])),
        _route("{path:path}", "POST", _nowhere([*gets, *posts])),
        _route("faults", "DELETE", _getting(lambda _: _clear_faults(world))),
    ]


def _nowhere(names: Iterable[str]) -> Endpoint:
    known = ", ".join(dict.fromkeys(names))

    async def handle(request: Request) -> Response:
        message = f"There is no {request.url.path}. There are {known}."
        return JSONResponse({"error": message}, 404)

    return handle


def _route(name: str, method: str, handle: Endpoint) -> Route:
    return Route(f"/_simulator/{name}", handle, methods=[method])


def _posting(run: Handler) -> Endpoint:
    async def handle(request: Request) -> Response:
        raw = await request.body()
        return _answered(lambda: run(json.loads(raw) if raw else {}))

    return handle


def _getting(run: Callable[[Request], object]) -> Endpoint:
    async def handle(request: Request) -> Response:
        return _answered(lambda: run(request))

    return handle


def _answered(run: Callable[[], object]) -> Response:
    try:
        shown = json.dumps(run(), ensure_ascii=False, default=str)
        return Response(shown, media_type="application/json")
    except ApiError as error:
        return JSONResponse(error.body(), error.status)
    except KeyError as error:
        return JSONResponse({"error": f"{error.args[0]} is missing"}, 400)
    except (ValueError, TypeError) as error:
        return JSONResponse({"error": str(error)}, 400)


def _log(world: World, request: Request) -> list[dict[str, object]]:
    wanted = request.query_params.get("operation")
    return [entry.to_json() for entry in world.log.entries(wanted)]


def _add_fault(world: World, body: JSON) -> dict[str, Any]:
    world.add_fault(str(body["fault"]))
    return {"faults": world.faults.waiting()}


def _clear_faults(world: World) -> dict[str, Any]:
    world.faults.clear()
    return {"faults": []}


def _set_clock(world: World, body: JSON) -> dict[str, Any]:
    """`{"set": iso}`, `{"advance": seconds}`, `{"shift": seconds}`, or several of them."""
    unknown = body.keys() - {"set", "advance", "shift"}
    if unknown:
        raise ValueError(f"The clock takes set, advance and shift, not {', '.join(unknown)}.")
    with world.lock:
        if "set" in body:
            world.clock.set(datetime.fromisoformat(str(body["set"])))
        world.clock.advance(float(body.get("advance", 0)))
        world.clock.shift = float(body.get("shift", world.clock.shift))
    return {"now": world.clock.now().isoformat(), "shift": world.clock.shift}


def _set_switches(world: World, body: JSON) -> dict[str, Any]:
    with world.lock:
        world.switches = world.switches.changed(body)
    return dict(vars(world.switches))
