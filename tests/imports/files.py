"""Files as merchants have them, and short ways to import them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console.imports import FileResult, import_files
from console.store.index import KnownIds

ORDER = "S01-5797829-1888777"
CHARGE = f"{ORDER}-C043451"
AUTHORIZATION = f"{ORDER}-A043451"
REFUND = f"{ORDER}-R022311"
AGREEMENT = "C01-2612863-4691163"  # a recurring permission: its charges have another base
SENT = "2026-01-02T03:04:05.678Z"
SEEN = "2026-01-02T03:04:05Z"


def import_text(known: KnownIds, folder: Path, text: str | bytes, **switches: Any) -> FileResult:
    """Import one text as a file whose name says nothing about it."""
    path = folder / "file"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    [result] = import_files([path], known, **switches).files
    return result


def counts(result: FileResult) -> tuple[int, int, int, int]:
    """Rows, and of these the imported, the skipped, the bad: these make up all rows."""
    assert result.rows == result.imported + result.skipped + result.bad_count
    return result.rows, result.imported, result.skipped, result.bad_count


def table(*rows: Sequence[str], delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


def v2_message(object_id: str = CHARGE, kind: str = "CHARGE", **more: Any) -> dict[str, Any]:
    return {
        "MerchantID": "A1O8CIV1A24A6X",
        "ObjectType": kind,
        "ObjectId": object_id,
        "ChargePermissionId": ORDER,
        "NotificationType": "STATE_CHANGE",
        "NotificationId": "00000000-0000-0000-0000-000000000000",
        "NotificationVersion": "V2",
        **more,
    }


def v1_message(kind: str, xml: str, **more: Any) -> dict[str, Any]:
    return {
        "NotificationReferenceId": "1111111-1111-11111-1111-11111EXAMPLE",
        "NotificationType": kind,
        "SellerId": "A1O8CIV1A24A6X",
        "ReleaseEnvironment": "Sandbox",
        "Version": "2013-01-01",
        "Timestamp": SENT,
        "NotificationData": xml,
        **more,
    }


def envelope(message: dict[str, Any], *, as_object: bool = False) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "33bd40e3-6a9a-58cf-b6be-0eb9ca6bc4e9",
        "TopicArn": "arn:aws:sns:us-east-1:291180941288:topic",
        "Message": message if as_object else json.dumps(message),
        "Timestamp": SENT,
        "SignatureVersion": "1",
    }


NAMESPACE = 'xmlns="https://mws.amazonservices.com/ipn/OffAmazonPayments/2013-01-01"'


def xml(root: str, details: str, body: str) -> str:
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{declaration}<{root} {NAMESPACE}><{details}>{body}</{details}></{root}>"


def status(kind: str, state: str, reason: str = "") -> str:
    code = f"<ReasonCode>{reason}</ReasonCode>" if reason else ""
    updated = f"<LastUpdateTimestamp>{SENT}</LastUpdateTimestamp>"
    return f"<{kind}Status><State>{state}</State>{updated}{code}</{kind}Status>"
