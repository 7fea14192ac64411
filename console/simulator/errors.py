"""The error that an operation answers with: Amazon's reason code and its HTTP status."""

from __future__ import annotations

from console.domain.errorcodes import ERROR_CODES


class ApiError(Exception):
    """Raised wherever a request is refused; the server turns it into an error body."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status if status is not None else ERROR_CODES[code].statuses[0]

    def body(self) -> dict[str, str]:
        """The error body (Error handling page)."""
        return {"reasonCode": self.code, "message": self.message}


def not_found(kind: str, object_id: str) -> ApiError:
    return ApiError("ResourceNotFound", f"{kind} {object_id} was not found")
