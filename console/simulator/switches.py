"""What Amazon does not document: one switch for each question, so that both answers are tested.

A client is right only if it is right under every combination.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

_WORDS: Final = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip


def _one_of(*choices: object) -> dict[str, object]:
    return {"choices": choices}


@dataclass(frozen=True)
class Switches:
    """The answers that this world gives to the open questions. The comment is the question."""

    # Is a refusal saved under its idempotency key and replayed?
    save_errors: bool = False
    # Does a charge's refundedAmount count refunds that are still RefundInitiated?
    refunded_counts_initiated: bool = True
    # Are two bodies under one key compared as bytes, or as values?
    idempotency_compares: str = field(default="bytes", metadata=_one_of("bytes", "values"))
    # Which creationTimestamp does a replay carry: the saved one, or the time of the replay?
    replay_creation_time: str = field(default="original", metadata=_one_of("original", "replay"))
    # How is a second cancel, or a second close, answered (200: as it is, nothing is changed)?
    repeated_cancel: int = field(default=422, metadata=_one_of(200, 422))
    repeated_close: int = field(default=422, metadata=_one_of(200, 422))
    # When does limits.amountBalance fall?
    balance_falls_at: str = field(default="capture", metadata=_one_of("authorization", "capture"))
    # What do v1 objects show in limits (null: no object; null_fields: an object of nulls)
    # and in expirationTimestamp?
    v1_limits: str = field(default="given", metadata=_one_of("given", "null", "null_fields"))
    v1_expiration: str = field(default="given", metadata=_one_of("given", "null"))
    # How many seconds old is what a GET shows?
    read_lag: float = 0.0
    # Are the published throttles enforced?
    throttling: bool = False
    # Is /live or /sandbox in the path accepted with a LIVE- or SANDBOX- key?
    segment_with_prefixed_key: bool = True
    # How many seconds may x-amz-pay-date lie in the future, and in the past (0: any age)?
    date_tolerance: float = 300.0
    date_lifetime: float = 0.0
    # May an authorized charge be captured after its permission has expired, or was closed with
    # cancelPendingCharges false?
    capture_after_permission_expiry: bool = True
    capture_after_permission_close: bool = True
    # In which state is a charge whose capture Amazon declines at once, with an error?
    declined_capture: str = field(default="Declined", metadata=_one_of("Authorized", "Declined"))
    # Does a charge show captureAmount while its capture is only initiated?
    initiated_capture_shows_amount: bool = False
    # Which reason does a close leave: by cancelPendingCharges, or always the same?
    closure_reason: str = field(
        default="by_flag", metadata=_one_of("by_flag", "MerchantCanceled", "MerchantClosed")
    )
    # With which code is an update of a closed permission refused?
    not_modifiable_code: str = field(
        default="ChargePermissionNotModifiable",
        metadata=_one_of("ChargePermissionNotModifiable", "InvalidChargePermissionStatus"),
    )
    # With which status is completing a canceled session refused?
    canceled_session_status: int = field(default=422, metadata=_one_of(400, 422))
    # Does a change of recurringMetadata move expirationTimestamp? Does a charge restart it?
    update_moves_expiry: bool = True
    charge_restarts_expiry: bool = False
    # How many days does an authorization live in the sandbox?
    sandbox_authorization_days: int = field(default=30, metadata=_one_of(2, 30))
    # With which status is an asynchronous capture accepted?
    pending_capture_status: int = field(default=200, metadata=_one_of(200, 201, 202))
    # May a Capture report be requested (the page lists it, a comment of the .NET SDK denies it)?
    capture_report: bool = True
    # With which status is a report accepted (the page says 201, the PHP SDK's sample 200)?
    create_report_status: int = field(default=201, metadata=_one_of(200, 201))
    # What becomes of the reports that are requested from now on? For drills.
    report_outcome: str = field(
        default="COMPLETED", metadata=_one_of("COMPLETED", "FAILED", "CANCELLED")
    )

    def changed(self, values: Mapping[str, object]) -> Switches:
        """These switches with `values` set; a value may be text. ValueError names what is wrong."""
        return replace(self, **{name: _read(name, value) for name, value in values.items()})  # type: ignore[arg-type]


def _read(name: str, value: object) -> object:
    known = {switch.name: switch for switch in fields(Switches)}
    if name not in known:
        raise ValueError(f"There is no switch {name!r}. Switches: {', '.join(sorted(known))}.")
    converted = _converted(name, known[name].default, value)
    choices = known[name].metadata.get("choices")
    if choices and converted not in choices:
        listed = ", ".join(str(choice) for choice in choices)
        raise ValueError(f"Switch {name} takes one of {listed}, not {value!r}.")
    return converted


def _converted(name: str, default: object, value: object) -> object:
    try:
        if isinstance(default, bool):
            return value if isinstance(value, bool) else _WORDS[str(value).lower()]
        if isinstance(default, int):
            return int(str(value))
        return float(str(value)) if isinstance(default, float) else str(value)
    except (KeyError, ValueError):
        kind = {bool: "true or false", int: "a whole number", float: "a number"}[type(default)]
        raise ValueError(f"Switch {name} takes {kind}, not {value!r}.") from None
