"""The operations that write at Amazon, each in a class of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from console.actions.operations.base import Operation
from console.actions.operations.charge import CancelCharge, CaptureCharge
from console.actions.operations.close import CloseChargePermission
from console.actions.operations.create_charge import CreateCharge
from console.actions.operations.refund import CreateRefund
from console.actions.operations.session import CompleteCheckoutSession
from console.actions.operations.update import UpdateChargePermission

# By Amazon's name of the call, as an intent in the journal holds it.
OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        operation.name: operation
        for operation in (
            CreateRefund(),
            CaptureCharge(),
            CancelCharge(),
            CreateCharge(),
            CloseChargePermission(),
            UpdateChargePermission(),
            CompleteCheckoutSession(),
        )
    }
)
