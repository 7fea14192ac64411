"""What can go wrong on the wire, each with what Amazon said about it."""

from __future__ import annotations

from console.amazon.signing import SignatureVerdict


class AmazonError(Exception):
    """An answer that is no success.

    `status` is the HTTP status, `reason_code` and `message` Amazon's own (cleaned),
    `request_id` what Amazon's support asks for. `verdict` is there where the signature was
    rejected: what the echoed string to sign proves; its next step is `hint`.
    """

    def __init__(
        self,
        status: int,
        reason_code: str | None,
        message: str,
        request_id: str | None,
        verdict: SignatureVerdict | None = None,
    ) -> None:
        self.status = status
        self.reason_code = reason_code
        self.message = message
        self.request_id = request_id
        self.verdict = verdict
        self.hint = verdict.next_step if verdict else None
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        code = f" {self.reason_code}" if self.reason_code else ""
        said = f": {self.message}" if self.message else ""
        asked = f" (request {self.request_id})" if self.request_id else ""
        proved = f". {self.verdict.says}" if self.verdict else ""
        return f"Amazon answered {self.status}{code}{said}{asked}{proved}"


class NotFound(AmazonError):
    """404: Amazon has no such object for this account and environment."""


class NotAllowed(AmazonError):
    """401 or 403: the key, the signature or the account was rejected."""


class Throttled(AmazonError):
    """429: nothing was executed."""


class Refused(AmazonError):
    """Any other 4xx."""


class ServiceFailed(AmazonError):
    """5xx."""


class NoAnswer(Exception):
    """The request left, or may have left, and no answer came."""


class NotSent(Exception):
    """The connection failed before the first byte of the request left this machine."""


class Unreadable(Exception):
    """A success whose body is not the JSON object that was asked for."""


class WrongEnvironment(Exception):
    """An id of the other environment; nothing was sent."""


_BY_STATUS: dict[int, type[AmazonError]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    429: Throttled,
}


def error_for(
    status: int,
    reason_code: str | None,
    message: str,
    request_id: str | None,
    verdict: SignatureVerdict | None = None,
) -> AmazonError:
    """The typed error of an answer that is no success."""
    fallback = ServiceFailed if status >= 500 else Refused
    return _BY_STATUS.get(status, fallback)(status, reason_code, message, request_id, verdict)
