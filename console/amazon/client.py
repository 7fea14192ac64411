"""The one client: signed reads, and the one function that sends a request that writes."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, cast

from console.amazon.endpoints import READS, Account, is_loopback
from console.amazon.errors import (
    AmazonError,
    NoAnswer,
    NotSent,
    Refused,
    ServiceFailed,
    Throttled,
    Unreadable,
    WrongEnvironment,
    error_for,
)
from console.amazon.signing import Signer, pay_date
from console.amazon.throttle import Throttle
from console.domain.ids import Target, environment_of
from console.domain.intent import Reservation
from console.domain.text import clean_json, clean_line

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 90.0  # for all of an answer, however slowly it drips
READ_WAITS: Final = (0.0, 1.0, 2.0, 4.0)  # before each attempt of a read
MAX_BODY: Final = 4_000_000
_KEPT_RECORDS: Final = 500
_LONGEST_INTEGER: Final = 40
_BELIEVABLE: Final = range(2010, 2100)  # years of a Date that may be Amazon's clock


@dataclass(frozen=True)
class Answer:
    """What came back: `data` is the cleaned JSON object, None where the body is none.

    `date` is Amazon's clock at the answer, None where the header is missing.
    """

    status: int
    data: dict[str, Any] | None
    request_id: str | None
    date: datetime | None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def reason_code(self) -> str | None:
        code = (self.data or {}).get("reasonCode")
        return clean_line(code, 100) if isinstance(code, str) else None

    @property
    def message(self) -> str:
        message = (self.data or {}).get("message")
        return message if isinstance(message, str) else ""

    def error(self) -> AmazonError:
        return error_for(self.status, self.reason_code, self.message, self.request_id)


@dataclass(frozen=True)
class RequestRecord:
    """One request as an engineer wants to see it; no signature, no body."""

    time: datetime
    operation: str
    method: str
    path: str
    attempt: int
    status: int | None
    reason_code: str | None
    request_id: str | None
    milliseconds: int
    failure: str | None = None


class AmazonPay:
    """Amazon Pay for one account and environment. Use it as an async context manager."""

    def __init__(
        self,
        account: Account,
        signer: Signer,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.account = account
        self.records: deque[RequestRecord] = deque(maxlen=_KEPT_RECORDS)
        self.clock_offset = timedelta(0)  # Amazon's clock minus ours
        self._signer = signer
        self._now = now
        self._throttle = Throttle(account.environment, time.monotonic)
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> AmazonPay:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def amazon_now(self) -> datetime:
        """Our clock corrected by what the answers' `Date` taught us."""
        return self._now() + self.clock_offset

    async def get(self, target: Target) -> Answer:
        """Read one object; a read is repeated where that can help.

        Raises AmazonError (NotFound among them), NoAnswer, NotSent, Unreadable, or
        WrongEnvironment before any byte is sent.
        """
        operation, failure, told_the_time = READS[target.kind], Exception(), False
        for attempt, wait in enumerate(READ_WAITS, start=1):
            await asyncio.sleep(wait)
            await self._throttle.take(operation)
            try:
                return await self._read(operation, target, attempt)
            except (Throttled, ServiceFailed, NoAnswer, NotSent) as error:
                failure = error
            except Refused as error:
                # Our clock was ahead; the answer's Date has just taught us by how much.
                if error.reason_code != "InvalidHeaderValue" or told_the_time:
                    raise
                failure, told_the_time = error, True
        raise failure

    async def _read(self, operation: str, target: Target, attempt: int) -> Answer:
        answer = await self._exchange(operation, target.id, "GET", target.path, b"", None, attempt)
        if not answer.ok:
            raise answer.error()
        if answer.data is None:
            raise Unreadable(f"Amazon's answer for {target.id} is not a JSON object.")
        return answer

    async def send(self, reservation: Reservation) -> Answer:
        """Send a reserved and armed request, once. The only function that writes at Amazon.

        Returns whatever Amazon answered, success or not. Raises NotSent where the first byte
        never left, NoAnswer for everything else that is no answer. No hidden retries.
        """
        await self._throttle.take(reservation.operation)
        return await self._exchange(
            reservation.operation,
            reservation.object_id,
            reservation.method,
            reservation.path,
            reservation.body,
            reservation.idempotency_key,
            reservation.attempt,
        )

    async def _exchange(
        self,
        operation: str,
        object_id: str,
        method: str,
        resource: str,
        body: bytes,
        key: str | None,
        attempt: int,
    ) -> Answer:
        self._guard_environment(object_id)
        path = self.account.path(resource)
        started = time.monotonic()
        answer: Answer | None = None
        failure: str | None = None
        try:
            answer = await self._transmit(method, path, body, key)
            return answer
        except (NoAnswer, NotSent) as error:
            failure = str(error)
            raise
        finally:
            self.records.append(
                RequestRecord(
                    time=self.amazon_now(),
                    operation=operation,
                    method=method,
                    path=path,
                    attempt=attempt,
                    status=answer.status if answer else None,
                    reason_code=answer.reason_code if answer and not answer.ok else None,
                    request_id=answer.request_id if answer else None,
                    milliseconds=round((time.monotonic() - started) * 1000),
                    failure=failure,
                )
            )

    def _guard_environment(self, object_id: str) -> None:
        named = environment_of(object_id)
        if named is not None and named != self.account.environment:
            raise WrongEnvironment(
                f"{object_id} is a {named} id; this profile is for {self.account.environment}."
            )

    async def _transmit(self, method: str, path: str, body: bytes, key: str | None) -> Answer:
        import httpx

        headers = self._headers(method, path, body, key)
        request = self._client().build_request(
            method, self.account.origin + path, headers=headers, content=body or None
        )
        # What httpx makes of the address must be what was signed.
        if request.url.raw_path.decode() != path:
            raise NotSent(f"The address of {path} can't be sent as it was signed.")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                response, content = await self._converse(request)
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.ProxyError,
            httpx.UnsupportedProtocol,
        ) as error:
            raise NotSent(_say(error)) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise NoAnswer(_say(error)) from error
        return self._answer(response, content)

    async def _converse(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """Send, and read no more of the answer than MAX_BODY and what it takes to see more."""
        response = await self._client().send(request, stream=True)
        content = bytearray()
        chunks = cast("AsyncGenerator[bytes, None]", response.aiter_bytes())
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    content += chunk
                    if len(content) > MAX_BODY:
                        break
        finally:
            await response.aclose()
        return response, bytes(content)

    def _headers(self, method: str, path: str, body: bytes, key: str | None) -> dict[str, str]:
        signed = {
            "accept": "application/json",
            "content-type": "application/json",
            "x-amz-pay-date": pay_date(self.amazon_now()),
            "x-amz-pay-host": self.account.host,
            "x-amz-pay-region": self.account.region,
        }
        if key is not None:
            signed["x-amz-pay-idempotency-key"] = key
        return {
            **signed,
            "authorization": self._signer.authorization(method, path, {}, signed, body),
        }

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            import httpx

            timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
            self._http = httpx.AsyncClient(
                timeout=timeout,
                follow_redirects=False,
                # A proxy of the environment can't reach this machine's own addresses.
                trust_env=not is_loopback(self.account.host),
            )
        return self._http

    def _answer(self, response: httpx.Response, content: bytes) -> Answer:
        date = _http_date(response.headers.get("date"))
        if date is not None:
            self._learn_clock(date)
        request_id = response.headers.get("x-amz-pay-request-id")
        return Answer(
            status=response.status_code,
            data=_json_object(content),
            request_id=clean_line(request_id, 100) if request_id else None,
            date=date,
        )

    def _learn_clock(self, date: datetime) -> None:
        """The header has whole seconds, so a difference below two of them proves nothing."""
        offset = date - self._now()
        if abs(offset - self.clock_offset) >= timedelta(seconds=2):
            self.clock_offset = offset


def _json_object(content: bytes) -> dict[str, Any] | None:
    if len(content) > MAX_BODY:
        return None
    try:
        data = json.loads(
            content, parse_float=_decimal, parse_int=_integer, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        return None
    cleaned = clean_json(data)
    return cleaned if isinstance(cleaned, dict) else None


def _decimal(text: str) -> Decimal | str:
    """A number that Decimal can't hold stays a text, and hides nothing else of the answer."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return text


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _LONGEST_INTEGER else text


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _http_date(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        parsed = parsedate_to_datetime(value)
        date = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.year in _BELIEVABLE else None


def _say(error: Exception) -> str:
    return clean_line(f"{type(error).__name__}: {error}".rstrip(": "), 300)
