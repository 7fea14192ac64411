"""Every failure that a command can end with: its code in JSON, its exit code, its next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from console.actions.outcome import Held, Outcome, Result
from console.amazon.endpoints import AccountError
from console.amazon.errors import (
    AmazonError,
    NoAnswer,
    NotAllowed,
    NotFound,
    NotSent,
    Unreadable,
    WrongEnvironment,
)
from console.domain.batch import BadPlan
from console.domain.explain import explain_error
from console.domain.ids import NotAnId
from console.domain.intent import IllegalMove
from console.domain.money import AmountError
from console.domain.text import clean_line
from console.export import CantWrite
from console.keys import KeyUnusable
from console.lookup import NotFoundHere, Several
from console.store.claims import NotOurs
from console.store.database import CantOpen, StoreFailed
from console.store.decisions import Blocked, JournalBroken, NoSuchIntent
from console.store.profiles import NoProfile, SettingsError
from console.store.vault import CredentialsError


class WrongUsage(Exception):
    """A command line that argparse can't judge, such as an empty evidence."""


class CantRead(Exception):
    """A file that was named on the command line can't be read."""


class Stopped(KeyboardInterrupt):
    """Ctrl-C, where something may have changed before it; the text says what is so now."""


# Exit codes, as the contract gives them.
DONE, FAULT, USAGE, REFUSED, UNKNOWN, NOT_SENT, HELD, NOT_FOUND, CREDENTIALS, JOURNAL = range(10)
STOPPED = 130  # by Ctrl-C, as a shell says it

# The most special class first.
_TABLE: tuple[tuple[type[Exception], str, int], ...] = (
    (NotAnId, "not_an_id", USAGE),
    (WrongUsage, "usage", USAGE),
    (AmountError, "not_an_amount", USAGE),
    (CantWrite, "file", USAGE),
    (CantRead, "file", USAGE),
    (BadPlan, "bad_plan", HELD),
    (Several, "several_orders", HELD),
    (NotFoundHere, "not_found", NOT_FOUND),
    (NotFound, "not_found", NOT_FOUND),
    (NoSuchIntent, "not_found", NOT_FOUND),
    (NotAllowed, "not_allowed", CREDENTIALS),
    (AmazonError, "refused", REFUSED),
    (NoAnswer, "no_answer", NOT_SENT),
    (NotSent, "not_sent", NOT_SENT),
    (Unreadable, "unreadable_answer", NOT_SENT),
    (WrongEnvironment, "wrong_environment", HELD),
    (Held, "held", HELD),
    (Blocked, "blocked", HELD),
    (NotOurs, "blocked", HELD),
    (IllegalMove, "held", HELD),
    (JournalBroken, "journal_broken", JOURNAL),
    (CantOpen, "data_unusable", USAGE),
    # At any other moment an action may be under way: what became of it is not told by this code.
    (StoreFailed, "data_unusable", FAULT),
    (NoProfile, "no_profile", CREDENTIALS),
    (AccountError, "account", USAGE),
    (SettingsError, "settings", USAGE),
    (KeyUnusable, "key_unusable", CREDENTIALS),
    (CredentialsError, "credentials", CREDENTIALS),
)

_RESULTS = {
    Result.ACCEPTED: DONE,
    Result.ALREADY_SO: DONE,
    Result.DRY_RUN: DONE,
    Result.ABSORBED: HELD,
    Result.REFUSED: REFUSED,
    Result.UNKNOWN: UNKNOWN,
    Result.NOT_SENT: NOT_SENT,
    Result.STALE: HELD,
    Result.CONFLICT: HELD,
    Result.BLOCKED: HELD,
}

# Refusals that are about who asks, not about the order.
_ABOUT_THE_KEY = frozenset(
    {
        "UnauthorizedAccess",
        "InvalidAuthentication",
        "InvalidRequestSignature",
        "InvalidAuthorizationToken",
        "InvalidAccountStatus",
    }
)


@dataclass(frozen=True)
class Failure:
    code: str
    exit: int
    message: str
    hint: str | None = None


# Where there is no connection; a refusal of our own to send has no cause, and no need of it.
_NO_CONNECTION = (
    "Check the network, then try again. Behind a proxy HTTPS_PROXY names it, and SSL_CERT_FILE"
    " the certificates that it is trusted by."
)


def failure_of(error: Exception) -> Failure | None:
    """What to say of an expected failure; None for a fault of ours."""
    for kind, code, exit_code in _TABLE:
        if isinstance(error, kind):
            if isinstance(error, AmazonError):
                return _refusal(error, code, exit_code)
            return Failure(code, exit_code, str(error), _hint(error))
    if isinstance(error, OSError) and error.strerror:
        return Failure("file", FAULT, _of_a_file(error))
    return None


def _refusal(error: AmazonError, code: str, exit_code: int) -> Failure:
    if rejects_signature(error):
        code, exit_code = "signature_rejected", CREDENTIALS
    hint = error.hint
    if hint is None:
        today = datetime.now(UTC).date()
        hint = explain_error(error.reason_code, status=error.status, today=today).next_step
    return Failure(code, exit_code, str(error), hint)


def rejects_signature(error: AmazonError) -> bool:
    """InvalidRequestSignature, or one of the older words for it."""
    return "signature" in (error.reason_code or "").lower()


def _hint(error: Exception) -> str | None:
    if isinstance(error, NoAnswer | NotSent) and error.__cause__ is not None:
        return _NO_CONNECTION
    hint: str | None = getattr(error, "hint", None)
    return hint


def _of_a_file(error: OSError) -> str:
    """The file and the system's word for what is wrong; neither holds a secret."""
    name = f"{clean_line(str(error.filename), 300)}: " if error.filename else ""
    return f"{name}{error.strerror}."


def exit_code_of(outcome: Outcome) -> int:
    if outcome.result is Result.REFUSED and outcome.code in _ABOUT_THE_KEY:
        return CREDENTIALS
    return exit_code_for(outcome.result)


def exit_code_for(result: Result) -> int:
    """The exit code of a result alone, whatever Amazon's reason was."""
    return _RESULTS[result]
