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
from console.domain.language import _

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord

_HEADER: Final = f"authorization: {DEFAULT_ALGORITHM} PublicKeyId=…, SignedHeaders=…, Signature=…"


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
    return _unsigned() + "\n" + " \\\n".join(words)


def _unsigned() -> str:
    """What the command is, as a comment of the shell."""
    said = _(
        "Signed by nobody: Amazon refuses this as it is. What is missing is the header\n"
        "  {header}\n"
        "which only the private key can make, over exactly this address and these headers.",
        header=_HEADER,
    )
    return "\n".join(f"# {line}" for line in said.splitlines())
