"""A read as a `curl` command that nobody has signed: for a ticket, or to look at a request.

It can't be sent as it is. Writes are never given in this form: signed by somebody, one would be
a second refund.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from console.amazon.endpoints import Account
from console.amazon.signing import DEFAULT_ALGORITHM
from console.domain.ids import Target

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord

_UNSIGNED: Final = f"""\
# Signed by nobody: Amazon refuses this as it is. What is missing is the header
#   authorization: {DEFAULT_ALGORITHM} PublicKeyId=…, SignedHeaders=…, Signature=…
# which only the private key can make, over exactly this address and these headers."""


def curl_for(account: Account, target: Target, moment: datetime) -> str:
    """The read of one object, for a POSIX shell, in several lines."""
    headers = account.read_headers(moment)
    return _skeleton(account.origin + account.path(target.path), headers.items())


def curl_of(record: RequestRecord) -> str | None:
    """A read that was made, for a POSIX shell; None for a write."""
    return _skeleton(record.url, record.headers) if record.method == "GET" else None


def _skeleton(url: str, headers: Iterable[tuple[str, str]]) -> str:
    """Every text from outside is quoted; none of it stands in the comment."""
    lines = [f"  --header {shlex.quote(f'{name}: {value}')}" for name, value in headers]
    # --globoff: brackets and braces in an id are no pattern for curl either.
    words = ["curl --request GET --globoff", *lines, f"  --url {shlex.quote(url)}"]
    return _UNSIGNED + "\n" + " \\\n".join(words)
