"""What every operation on a charge permission shares."""

from __future__ import annotations

from console.actions.operations.base import Made, Operation
from console.actions.outcome import Held
from console.actions.snapshot import Snapshot, charges_part, permission_part
from console.domain.ids import Identifier
from console.domain.language import _
from console.domain.model import ChargePermission
from console.domain.order import Order


def permission_of(order: Order) -> ChargePermission:
    """The permission that was chosen before; that it is there was seen to then."""
    assert order.permission is not None
    return order.permission


class OnPermission(Operation):
    target_name = "charge permission"

    def choose(self, order: Order, target: Identifier) -> str:
        if order.permission is None:
            raise Held(
                _("The charge permission of {id} could not be read.", id=target.id),
                _("Paste the order's own id, the part before the last dash."),
            )
        return order.permission.id

    def snapshot(self, order: Order, object_id: str) -> Snapshot | None:
        if order.permission is None or order.permission.id != object_id:
            return None
        return Snapshot(
            {
                "permission": permission_part(order.permission),
                "charges": charges_part(order),
            }
        )


def changed(permission: ChargePermission) -> Made:
    return Made(
        id=permission.id,
        state=permission.state,
        at=permission.status.updated,
        code=permission.status.reason_code,
        raw=permission.raw,
    )
