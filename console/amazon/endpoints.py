"""Hosts by region, the address form by kind of key, and the operations by name."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from console.amazon.signing import pay_date
from console.domain.language import _

HOSTS: Final = {
    "na": "https://pay-api.amazon.com",
    "eu": "https://pay-api.amazon.eu",
    "jp": "https://pay-api.amazon.jp",
}
_ENDPOINT: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/?", re.IGNORECASE)
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")  # it becomes a part of a header
ENVIRONMENTS: Final = ("sandbox", "live")
API_VERSION: Final = "v2"

# What is read, by the kind of object that `ids.Target` names.
READS: Final = {
    "charge_permission": "get_charge_permission",
    "charge": "get_charge",
    "refund": "get_refund",
    "dispute": "get_dispute",
    "checkout_session": "get_checkout_session",
}


class AccountError(ValueError):
    """Region, environment, key id or endpoint that don't fit together, in a sentence."""


def key_environment(public_key_id: str) -> str | None:
    """The environment that a key id names by its prefix; None for a classic key."""
    upper = public_key_id.upper()
    for environment in ENVIRONMENTS:
        if upper.startswith(environment.upper() + "-"):
            return environment
    return None


@dataclass(frozen=True)
class Account:
    """Where and as whom requests are made. No secret is in it.

    `proxy` and `ca_file` are httpx's own, for all requests; where they are None the environment
    is asked (HTTPS_PROXY, SSL_CERT_FILE). A proxy can't reach this machine's own addresses.
    """

    region: str
    environment: str
    public_key_id: str
    endpoint: str | None = None
    proxy: str | None = None
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if self.region not in HOSTS:
            raise AccountError(
                _("The region must be na, eu or jp, not {region}.", region=repr(self.region))
            )
        if self.environment not in ENVIRONMENTS:
            raise AccountError(
                _(
                    "The environment must be sandbox or live, not {environment}.",
                    environment=repr(self.environment),
                )
            )
        if not _KEY_ID.fullmatch(self.public_key_id):
            raise AccountError(_("A public key id has letters, digits and dashes only."))
        named = key_environment(self.public_key_id)
        if named and named != self.environment:
            raise AccountError(
                _(
                    "The public key id {key_id} is for {named}, but the environment of this"
                    " profile is {environment}.",
                    key_id=self.public_key_id,
                    named=named,
                    environment=self.environment,
                )
            )
        if self.endpoint is not None:
            check_endpoint(self.endpoint)

    @property
    def origin(self) -> str:
        return (self.endpoint or HOSTS[self.region]).rstrip("/")

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc

    def path(self, resource: str) -> str:
        """The path that is sent and signed for `resource`, such as `/charges/S01-…`.

        An environment-specific key implies its environment; a classic key names it in the
        path (Charge Permission and Signing pages).
        """
        if key_environment(self.public_key_id):
            return f"/{API_VERSION}{resource}"
        return f"/{self.environment}/{API_VERSION}{resource}"

    def read_headers(self, moment: datetime) -> dict[str, str]:
        """The headers that are signed with every request at `moment`."""
        return {
            "accept": "application/json",
            "content-type": "application/json",
            "x-amz-pay-date": pay_date(moment),
            "x-amz-pay-host": self.host,
            "x-amz-pay-region": self.region,
        }


def check_endpoint(endpoint: str) -> None:
    """Raise AccountError unless `endpoint` is https, or plain http to this machine itself."""
    # The text is not repeated: what stands before an @ may be a password.
    if not _ENDPOINT.fullmatch(endpoint):
        raise AccountError(
            _(
                "An endpoint is scheme, host and port only, like https://host or"
                " http://127.0.0.1:8080."
            )
        )
    try:
        parts = urlsplit(endpoint)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise AccountError(_("{endpoint} is not an address.", endpoint=repr(endpoint)))
    if parts.scheme == "http" and not is_loopback(parts.netloc):
        raise AccountError(
            _("Plain http is accepted for this machine's own addresses only; use https.")
        )


def is_loopback(netloc: str) -> bool:
    """Whether `host` or `host:port` is this machine itself."""
    host = urlsplit(f"//{netloc}").hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
