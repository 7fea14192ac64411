"""From a method and a path to an answer: routes, idempotency, simulation codes.

Everything up to here is HTTP's business (`server`), everything after it the operations'.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from console.domain.limits import MAX_IDEMPOTENCY_KEY

from . import charges, disputes, permissions, refunds, reports, sessions
from .calls import Answer, Call
from .clock import timestamp
from .errors import ApiError
from .objects import LIVE, SANDBOX
from .signature import IDEMPOTENCY_KEY, RawRequest
from .world import Saved, World

OPERATIONS: Final[dict[str, Callable[[World, Call], Answer]]] = {
    "get_charge_permission": permissions.get,
    "update_charge_permission": permissions.update,
    "close_charge_permission": permissions.close,
    "create_charge": charges.create,
    "get_charge": charges.get,
    "capture_charge": charges.capture,
    "cancel_charge": charges.cancel,
    "create_refund": refunds.create,
    "get_refund": refunds.get,
    "create_checkout_session": sessions.create,
    "get_checkout_session": sessions.get,
    "update_checkout_session": sessions.update,
    "complete_checkout_session": sessions.complete,
    "get_dispute": disputes.get,
    **reports.OPERATIONS,
}

# Path pattern -> method -> operation.
_ROUTES: Final = {
    r"/chargePermissions/([^/]+)": {
        "GET": "get_charge_permission",
        "PATCH": "update_charge_permission",
    },
    r"/chargePermissions/([^/]+)/close": {"DELETE": "close_charge_permission"},
    r"/charges": {"POST": "create_charge"},
    r"/charges/([^/]+)": {"GET": "get_charge"},
    r"/charges/([^/]+)/capture": {"POST": "capture_charge"},
    r"/charges/([^/]+)/cancel": {"DELETE": "cancel_charge"},
    r"/refunds": {"POST": "create_refund"},
    r"/refunds/([^/]+)": {"GET": "get_refund"},
    r"/checkoutSessions": {"POST": "create_checkout_session"},
    r"/checkoutSessions/([^/]+)": {
        "GET": "get_checkout_session",
        "PATCH": "update_checkout_session",
    },
    r"/checkoutSessions/([^/]+)/complete": {"POST": "complete_checkout_session"},
    r"/disputes/([^/]+)": {"GET": "get_dispute"},
    **reports.ROUTES,
}

# Idempotency page; Complete Checkout Session takes a key and needs none.
KEY_REQUIRED: Final = frozenset(
    {"create_checkout_session", "create_charge", "capture_charge", "create_refund", "create_report"}
)
_KEY: Final = re.compile(rf"[a-zA-Z0-9_-]{{1,{MAX_IDEMPOTENCY_KEY}}}")

# What a replay with a creation time of its own can show it of: objects that the request made.
_CREATES: Final = frozenset({"create_checkout_session", "create_charge", "create_refund"})

# Sandbox simulations page, and the official shop plugins' tests.
SIMULATIONS: Final = {
    "complete_checkout_session": {
        "BuyerCanceled",
        "AmazonCanceled",
        "Declined",
        "AuthorizationInitiated",
    },
    "create_charge": {
        "SoftDeclined",
        "HardDeclined",
        "AmazonRejected",
        "TransactionTimedOut",
        "CaptureInitiated",
        "AuthorizationInitiated",
    },
    "capture_charge": {"CaptureInitiated", "AmazonRejected"},
    "close_charge_permission": {"AmazonClosed"},
}


# --- where a request goes ---------------------------------------------------------------------


def environment(world: World, path: str, key_id: str) -> tuple[str, str]:
    """The environment of a request and its path after the version.

    The path's first segment or the key's prefix says it; where both do they must agree.
    """
    segments = [segment for segment in path.split("/") if segment]
    named = segments.pop(0) if segments and segments[0] in (LIVE, SANDBOX) else None
    implied = next((env for env in (LIVE, SANDBOX) if key_id.upper().startswith(env.upper())), None)
    if named and implied and not world.switches.segment_with_prefixed_key:
        raise ApiError("ResourceNotFound", f"There is nothing at {path}")
    if (named or implied) is None or (named and implied and named != implied):
        raise ApiError("ResourceNotFound", f"There is nothing at {path} for this public key")
    if not segments or not re.fullmatch(r"v[0-9]+", segments[0]):
        raise ApiError("ResourceNotFound", f"There is nothing at {path}")
    if segments[0] != "v2":
        raise ApiError("InvalidAPIVersion", f"There is no API version {segments[0]}")
    return str(named or implied), "/" + "/".join(segments[1:])


def route(method: str, path: str) -> tuple[str, str]:
    """The operation at a path after the version, and the id in it."""
    for pattern, methods in _ROUTES.items():
        match = re.fullmatch(pattern, path)
        if match is None:
            continue
        if method not in methods:
            raise ApiError("UnsupportedOperation", f"{method} is not supported at {path}")
        return methods[method], match[1] if match.re.groups else ""
    raise ApiError("ResourceNotFound", f"There is nothing at {path}")


def call(request: RawRequest, env: str, path: str, operation: str, target: str) -> Call:
    """The call that a request asks for, with the headers that change it checked."""
    return Call(
        operation=operation,
        environment=env,
        target=target,
        path=path,
        query=request.query,
        origin=f"http://{request.header('host')}",
        body=request.body,
        key=_idempotency_key(request, operation),
        simulation=_simulation(request, operation, env),
    )


def _idempotency_key(request: RawRequest, operation: str) -> str | None:
    """Only POST has keys; elsewhere the header has no effect (Idempotency page)."""
    key = request.header(IDEMPOTENCY_KEY)
    if request.method != "POST" or (key is None and operation not in KEY_REQUIRED):
        return None
    if key is None:
        raise ApiError("MissingHeader", f"Missing header: {IDEMPOTENCY_KEY}")
    if not key:
        raise ApiError("MissingHeaderValue", f"Missing value of header: {IDEMPOTENCY_KEY}")
    if not _KEY.fullmatch(key):
        raise ApiError(
            "InvalidHeaderValue",
            f"{IDEMPOTENCY_KEY} must be 1 to {MAX_IDEMPOTENCY_KEY} characters of a-z A-Z 0-9 _ -",
        )
    return key


def _simulation(request: RawRequest, operation: str, env: str) -> str | None:
    code = request.header("x-amz-pay-simulation-code")
    if code is None:
        return None
    if env == LIVE or code not in SIMULATIONS.get(operation, ()):
        raise ApiError(
            "InvalidSandboxSimulationSpecified", f"{code} is no simulation code of {operation}"
        )
    return code


# --- carrying it out --------------------------------------------------------------------------


def perform(world: World, wanted: Call) -> Answer:
    """Carry a call out, or replay what was saved under its key. Never raises ApiError."""
    with world.lock:
        world.catch_up()
        saved = world.saved.get((wanted.environment, wanted.key)) if wanted.key else None
        if saved is not None:
            return _replay(world, wanted, saved)
        answer = _execute(world, wanted)
        refused = answer.effect == "refused"
        keep = not refused or (world.switches.save_errors and wanted.refusal_saved)
        if wanted.key and keep:
            world.saved[wanted.environment, wanted.key] = Saved(
                _fingerprint(world, wanted), answer.status, dict(answer.body)
            )
        return answer


def _execute(world: World, wanted: Call) -> Answer:
    try:
        if wanted.refusal:
            raise wanted.refusal
        return OPERATIONS[wanted.operation](world, wanted)
    except ApiError as error:
        return Answer(error.status, error.body(), "refused")


def _replay(world: World, wanted: Call, saved: Saved) -> Answer:
    if saved.fingerprint != _fingerprint(world, wanted):
        error = ApiError(
            "DuplicateIdempotencyKey",
            f"The idempotency key {wanted.key} was used with another request",
        )
        return Answer(error.status, error.body(), "refused")
    body = dict(saved.body)
    own = world.switches.replay_creation_time == "replay"
    if own and wanted.operation in _CREATES and "creationTimestamp" in body:
        body["creationTimestamp"] = timestamp(world.clock.now())
    return Answer(saved.status, body, "replayed")


def _fingerprint(world: World, wanted: Call) -> str:
    body = wanted.body
    if world.switches.idempotency_compares == "values":
        body = _values(body)
    return hashlib.sha256(wanted.path.encode() + b"\n" + body).hexdigest()


def _values(raw: bytes) -> bytes:
    """The same bytes for bodies that differ only in spacing, field order or escapes."""
    try:
        values = json.loads(raw, parse_float=Decimal)
    except ValueError:
        return raw
    return json.dumps(values, sort_keys=True, default=str).encode()
