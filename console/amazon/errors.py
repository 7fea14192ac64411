"""What can go wrong on the wire, each with what Amazon said about it."""

from __future__ import annotations

from console.amazon.phrases import SaidError
from console.amazon.signing import SignatureVerdict
from console.domain.kept import kept
from console.domain.language import N_

# Whether Amazon gave a message -> whether it gave a request id -> what is said of the answer.
_ANSWERED = {
    (False, False): N_("Amazon answered {answer}"),
    (True, False): N_("Amazon answered {answer}: {message}"),
    (False, True): N_("Amazon answered {answer} (request {request})"),
    (True, True): N_("Amazon answered {answer}: {message} (request {request})"),
}


class AmazonError(SaidError):
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
        code = f" {reason_code}" if reason_code else ""
        values = {"answer": f"{status}{code}", "message": message, "request": request_id}
        answered = kept(_ANSWERED[bool(message), bool(request_id)], **values)
        if verdict is None:
            super().__init__(answered)
        else:
            super().__init__(N_("{answered}. {verdict}"), answered=answered, verdict=verdict.says)

    @property
    def sentence(self) -> str:
        """What is kept of it: English."""
        return str(self)

    @property
    def hint(self) -> str | None:
        """The next step, for people."""
        step = self.verdict.next_step if self.verdict else None
        return None if step is None else step.say()


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


class NoAnswer(SaidError):
    """The request left, or may have left, and no answer came."""


class NotSent(SaidError):
    """The connection failed before the first byte of the request left this machine."""


class Unreadable(SaidError):
    """A success whose body is not the JSON object that was asked for."""


class WrongEnvironment(SaidError):
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
