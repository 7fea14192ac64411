"""A small client of the tests' own: it signs by the documentation and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from console.simulator import api
from console.simulator.calls import Answer
from console.simulator.errors import ApiError
from console.simulator.signature import RawRequest
from console.simulator.world import World

SALTS = {"AMZN-PAY-RSASSA-PSS": 20, "AMZN-PAY-RSASSA-PSS-V2": 32}


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "USD"}


def ask(
    world: World,
    method: str,
    path: str,
    body: object = None,
    *,
    key: str | None = None,
    env: str = "sandbox",
    simulation: str | None = None,
) -> Answer:
    """One request to a world, without HTTP, signature or faults."""
    headers = {"x-amz-pay-idempotency-key": key, "x-amz-pay-simulation-code": simulation}
    raw = RawRequest(
        method=method,
        path=path.encode(),
        query=b"",
        headers=[(name.encode(), value.encode()) for name, value in headers.items() if value],
        body=body if isinstance(body, bytes) else _json(body),
    )
    try:
        operation, target = api.route(method, path)
        return api.perform(world, api.call(raw, env, path, operation, target))
    except ApiError as error:
        return Answer(error.status, error.body(), "refused")


def _json(body: object) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def code(answer: Answer) -> tuple[int, str | None]:
    """What a refusal says: its status and its reason code."""
    return answer.status, answer.body.get("reasonCode")


def state(answer: Answer) -> str:
    return str(answer.body["statusDetails"]["state"])


@dataclass
class Shop:
    """A merchant's program: signs its requests and sends them over HTTP."""

    url: str
    private_key: RSAPrivateKey
    key_id: str = "SANDBOX-AFTESTKEY"
    algorithm: str = "AMZN-PAY-RSASSA-PSS-V2"
    changes: dict[str, str] = field(default_factory=dict)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        query: str = "",
        signed_query: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request; `signed_query` is what is signed where that differs from `query`."""
        raw = _json(body)
        headers = self.headers(key, extra)
        signed = query if signed_query is None else signed_query
        headers["authorization"] = self.authorization(method, path, signed, headers, raw)
        url = f"{self.url}{path}" + (f"?{query}" if query else "")
        return httpx.request(method, url, content=raw, headers=headers, timeout=10)

    def headers(self, key: str | None, extra: Mapping[str, str] | None) -> dict[str, str]:
        made = {
            "accept": "application/json",
            "content-type": "application/json",
            "x-amz-pay-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
            "x-amz-pay-host": "pay-api.amazon.com",
            "x-amz-pay-region": "na",
            **({"x-amz-pay-idempotency-key": key} if key else {}),
        }
        return {**made, **self.changes, **(extra or {})}

    def authorization(
        self, method: str, path: str, query: str, headers: Mapping[str, str], raw: bytes
    ) -> str:
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        payload = hashlib.sha256(raw).hexdigest()
        canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        signature = self.private_key.sign(
            f"{self.algorithm}\n{hashed}".encode(),
            padding.PSS(padding.MGF1(hashes.SHA256()), SALTS[self.algorithm]),
            hashes.SHA256(),
        )
        encoded = base64.b64encode(signature).decode()
        return (
            f"{self.algorithm} PublicKeyId={self.key_id}, SignedHeaders={names},"
            f" Signature={encoded}"
        )

    def get(self, path: str) -> dict[str, Any]:
        response = self.send("GET", path)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def refund(self, charge_id: str, amount: str, key: str) -> httpx.Response:
        body = {"chargeId": charge_id, "refundAmount": usd(amount)}
        return self.send("POST", "/v2/refunds", body, key=key)

    def admin(self, method: str, path: str, body: object = None) -> Any:
        response = httpx.request(method, f"{self.url}/_simulator/{path}", content=_json(body))
        assert response.status_code == 200, response.text
        return response.json()
