"""The one client: signed reads, and the one function that sends a request that writes."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import socket
import ssl
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast
from urllib.parse import urlsplit

from console.amazon.endpoints import READS, Account, AccountError, is_loopback
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
from console.amazon.signing import (
    Parameters,
    SignatureVerdict,
    Signer,
    canonical_query,
    judge_signature,
    without_signature,
)
from console.amazon.throttle import Throttle
from console.domain.ids import Target, environment_of
from console.domain.intent import Reservation
from console.domain.kept import kept, shown
from console.domain.language import N_, _
from console.domain.text import clean_json, clean_line

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 90.0  # for all of an answer, however slowly it drips
READ_WAITS: Final = (0.0, 1.0, 2.0, 4.0)  # before each attempt of a read
MAX_BODY: Final = 4_000_000
MAX_DOCUMENT: Final = 1_000_000_000  # bytes of a report's file: some million rows
DOCUMENT_SECONDS: Final = 1800.0  # for all of a report's file, however slowly it drips
_CHUNK: Final = 1 << 18
_KEPT_RECORDS: Final = 500
_LONGEST_INTEGER: Final = 40
_BELIEVABLE: Final = range(2010, 2100)  # years of a Date that may be Amazon's clock


@dataclass(frozen=True)
class Answer:
    """What came back: `data` is the cleaned JSON object, None where the body is none.

    `date` is Amazon's clock at the answer, None where the header is missing. `verdict` is
    what a rejected signature's echo proves.
    """

    status: int
    data: dict[str, Any] | None
    request_id: str | None
    date: datetime | None
    verdict: SignatureVerdict | None = None

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
        if not isinstance(message, str):
            return ""
        return without_signature(message) if self.rejects_signature else message

    @property
    def rejects_signature(self) -> bool:
        """InvalidRequestSignature, or one of the older words for it (InvalidSignatureError)."""
        return not self.ok and "signature" in (self.reason_code or "").lower()

    def error(self) -> AmazonError:
        return error_for(self.status, self.reason_code, self.message, self.request_id, self.verdict)


@dataclass(frozen=True)
class RequestRecord:
    """One request as an engineer wants to see it; no signature, no body, no key material.

    `object` is the id that it is about, which the path of a write need not hold. `headers` are
    the signed ones, sorted; `string_to_sign` is what Amazon echoes where it rejects a signature.
    `time` is Amazon's clock when it was sent, `answered` the answer's own date. `milliseconds`
    are those until the answer was read, or until it failed. `body_sha256` is in hex. `failure` is
    English; `failure_said` is the same for people.
    """

    time: datetime
    operation: str
    object: str
    method: str
    origin: str
    path: str
    headers: tuple[tuple[str, str], ...]
    string_to_sign: str
    body_length: int
    body_sha256: str
    attempt: int
    status: int | None = None
    reason_code: str | None = None
    request_id: str | None = None
    answered: datetime | None = None
    milliseconds: int = 0
    failure: str | None = None

    @property
    def url(self) -> str:
        return self.origin + self.path

    @property
    def failure_said(self) -> str | None:
        return None if self.failure is None else shown(self.failure)


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
        self._signer: Signer | None = signer
        self._now = now
        self._throttle = Throttle(account.environment, time.monotonic)
        self._http: httpx.AsyncClient | None = None
        self._is_closed = False

    async def __aenter__(self) -> AmazonPay:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close its connections. What is sent by it after that is NotSent."""
        self._is_closed = True
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def forget_key(self) -> None:
        """Drop the key: until `use_key` nothing can be sent, and NotSent says so."""
        self._signer = None

    def use_key(self, signer: Signer) -> None:
        """Sign with this key from now on."""
        self._signer = signer

    @property
    def has_key(self) -> bool:
        return self._signer is not None

    def amazon_now(self) -> datetime:
        """Our clock corrected by what the answers' `Date` taught us."""
        return self._now() + self.clock_offset

    async def get(self, target: Target, query: Parameters | None = None) -> Answer:
        """Read one object; a read is repeated where that can help.

        A target that is no object, such as a list of reports, has its operation's name as its
        kind, and may have a query. Raises AmazonError (NotFound among them), NoAnswer, NotSent,
        Unreadable, or WrongEnvironment before any byte is sent.
        """
        operation = READS.get(target.kind, target.kind)
        failure, told_the_time = Exception(), False
        for attempt, wait in enumerate(READ_WAITS, start=1):
            await asyncio.sleep(wait)
            await self._throttle.take(operation)
            try:
                return await self._read(operation, target, attempt, query or {})
            except (Throttled, ServiceFailed, NoAnswer, NotSent) as error:
                failure = error
            except Refused as error:
                # Our clock was ahead; the answer's Date has just taught us by how much.
                if error.reason_code != "InvalidHeaderValue" or told_the_time:
                    raise
                failure, told_the_time = error, True
        raise failure

    async def get_once(self, target: Target) -> Answer:
        """Read one object with a single attempt, for a check that says what went wrong itself.

        Raises as `get` does.
        """
        operation = READS.get(target.kind, target.kind)
        await self._throttle.take(operation)
        return await self._read(operation, target, 1, {})

    async def _read(
        self, operation: str, target: Target, attempt: int, query: Parameters
    ) -> Answer:
        answer = await self._exchange(
            operation, target.id, "GET", target.path, b"", None, attempt, query
        )
        if not answer.ok:
            raise answer.error()
        if answer.data is None:
            raise Unreadable(
                N_("Amazon's answer for {object} is not a JSON object."), object=kept(target.id)
            )
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
            {},
        )

    async def download(self, address: str, file: BinaryIO) -> int:
        """Write a report's file to `file`; returns how many bytes came.

        Nothing of ours goes with the request: no signature, no header, no cookie. Redirects
        are not followed. Raises NotSent for an address that is neither https nor, where this
        client's own endpoint is on this machine, on this machine too; AmazonError for an
        answer that is no success (an address lives for 30 seconds: Reports page), NoAnswer
        for one that breaks off, Unreadable for one that is too large.
        """
        import httpx

        if not self._may_fetch(address):
            raise NotSent(
                N_("Amazon gave an address for the report's file that must not be fetched.")
            )
        try:
            async with (
                asyncio.timeout(DOCUMENT_SECONDS),
                self._connection() as plain,
                plain.stream("GET", address, headers={"accept-encoding": "identity"}) as response,
            ):
                if response.status_code != 200:
                    about = kept(N_("for the report's file"))
                    raise error_for(response.status_code, None, about, None)
                return await _store(response.aiter_raw(_CHUNK), file)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            host = urlsplit(address).hostname or kept(N_("its host"))
            raise NoAnswer(
                N_("{host} gave no whole answer: {why}"), host=host, why=_say(error)
            ) from error

    def _may_fetch(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            host, _port = parts.hostname, parts.port
        except ValueError:
            return False
        if not host or parts.username is not None:
            return False
        local = is_loopback(self.account.host) and is_loopback(parts.netloc)
        return parts.scheme == "https" or (parts.scheme == "http" and local)

    async def _exchange(
        self,
        operation: str,
        object_id: str,
        method: str,
        resource: str,
        body: bytes,
        key: str | None,
        attempt: int,
        query: Parameters,
    ) -> Answer:
        self._guard_environment(object_id)
        signer = self._signer
        if signer is None:
            raise NotSent(N_("The console is locked: it has no key until it is unlocked."))
        path = self.account.path(resource)
        signed = self._signed_headers(key)
        record = RequestRecord(
            time=self.amazon_now(),
            operation=operation,
            object=object_id,
            method=method,
            origin=self.account.origin,
            path=_with_query(path, query),
            headers=tuple(sorted(signed.items())),
            string_to_sign=signer.string_to_sign(method, path, query, signed, body),
            body_length=len(body),
            body_sha256=hashlib.sha256(body).hexdigest(),
            attempt=attempt,
        )
        started = time.monotonic()
        answer: Answer | None = None
        failure: str | None = None
        try:
            answer = self._judged(
                await self._transmit(signer, method, path, query, body, signed), record
            )
            return answer
        except (NoAnswer, NotSent) as error:
            failure = error.phrase
            raise
        finally:
            passed = round((time.monotonic() - started) * 1000)
            self.records.append(_ended(record, answer, passed, failure))

    def _judged(self, answer: Answer, record: RequestRecord) -> Answer:
        """The answer; where it rejects the signature, with what its echo proves."""
        if not answer.rejects_signature:
            return answer
        echo, key_id = answer.message, self.account.public_key_id
        return replace(answer, verdict=judge_signature(echo, record.string_to_sign, key_id))

    def _guard_environment(self, object_id: str) -> None:
        named = environment_of(object_id)
        if named is not None and named != self.account.environment:
            raise WrongEnvironment(
                N_("{id} is a {named} id; this profile is for {environment}."),
                id=object_id,
                named=named,
                environment=self.account.environment,
            )

    async def _transmit(
        self,
        signer: Signer,
        method: str,
        path: str,
        query: Parameters,
        body: bytes,
        signed: dict[str, str],
    ) -> Answer:
        import httpx

        authorization = signer.authorization(method, path, query, signed, body)
        headers = {**signed, "authorization": authorization}
        address = _with_query(path, query)
        request = self._client().build_request(
            method, self.account.origin + address, headers=headers, content=body or None
        )
        # What httpx makes of the address must be what was signed.
        if request.url.raw_path.decode() != address:
            raise NotSent(N_("The address of {path} can't be sent as it was signed."), path=path)
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
            raise NotSent(
                N_("{host} could not be reached: {why}"), host=self.account.host, why=_say(error)
            ) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise NoAnswer(
                N_("{host} gave no answer: {why}"), host=self.account.host, why=_say(error)
            ) from error
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

    def _signed_headers(self, key: str | None) -> dict[str, str]:
        signed = self.account.read_headers(self.amazon_now())
        if key is not None:
            signed["x-amz-pay-idempotency-key"] = key
        return signed

    def _client(self) -> httpx.AsyncClient:
        if self._is_closed:
            raise NotSent(N_("The connection to {host} was closed here."), host=self.account.host)
        if self._http is None:
            self._http = self._connection()
        return self._http

    def _connection(self) -> httpx.AsyncClient:
        """As the account says; what it doesn't say, the environment may, as httpx knows it."""
        import httpx

        local = is_loopback(self.account.host)  # what a proxy can't reach
        return httpx.AsyncClient(
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=not local,
            proxy=None if local else self.account.proxy,
            verify=tls_context(self.account),
        )

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


def trusted(ca_file: str | None) -> ssl.SSLContext | bool:
    """What httpx verifies certificates by: as usual, and those of `ca_file` where there is one.

    Raises AccountError where the file can't be used.
    """
    if ca_file is None:
        return True
    import httpx

    context = httpx.create_ssl_context()
    try:
        context.load_verify_locations(cafile=Path(ca_file).expanduser())
    except OSError as error:  # an ssl.SSLError too
        why = error.strerror or _("it holds no certificate in PEM form")
        file = clean_line(ca_file, 200)
        raise AccountError(_("ca_file {file} can't be used: {why}.", file=file, why=why)) from None
    return context


def tls_context(account: Account) -> ssl.SSLContext:
    """What this account's connections verify certificates by. Raises AccountError as `trusted`."""
    own = trusted(account.ca_file)
    if isinstance(own, ssl.SSLContext):
        return own
    named = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    return _usual_context(not is_loopback(account.host), *named)


@cache
def _usual_context(trust_env: bool, *_named: str | None) -> ssl.SSLContext:
    """Made once for what the environment names: reading all certificates takes longer than a
    signed request to this machine."""
    import httpx

    return httpx.create_ssl_context(trust_env=trust_env)


def _with_query(path: str, query: Parameters) -> str:
    return f"{path}?{canonical_query(query)}" if query else path


async def _store(chunks: AsyncIterator[bytes], file: BinaryIO) -> int:
    """Write the chunks in a thread; Unreadable where they are more than MAX_DOCUMENT."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > MAX_DOCUMENT:
            raise Unreadable(
                N_("The report's file is larger than {most} bytes."), most=f"{MAX_DOCUMENT:,}"
            )
        await asyncio.to_thread(file.write, chunk)
    return size


def _ended(
    record: RequestRecord, answer: Answer | None, milliseconds: int, failure: str | None
) -> RequestRecord:
    """The record with what came of the request."""
    if answer is None:
        return replace(record, milliseconds=milliseconds, failure=failure)
    return replace(
        record,
        status=answer.status,
        reason_code=None if answer.ok else answer.reason_code,
        request_id=answer.request_id,
        answered=answer.date,
        milliseconds=milliseconds,
    )


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


def _say(error: BaseException) -> str:
    """What went wrong on the way, in words; the system's own where it has some.

    The libraries name what the system said only in the chain of causes.
    """
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return kept(
                N_("its TLS certificate is not trusted ({why})"), why=_line(cause.verify_message)
            )
        if isinstance(cause, ssl.SSLError):
            return kept(N_("TLS failed ({why})"), why=_line(cause.reason or cause.strerror))
        if isinstance(cause, socket.gaierror):
            return kept(N_("its name can't be resolved ({why})"), why=_line(cause.strerror))
        if isinstance(cause, OSError) and cause.errno:
            # What asyncio makes of it is longer.
            return kept(_SYSTEM.get(cause.errno) or os.strerror(cause.errno).lower())
    kind, words = type(error).__name__, _line(f"{error}".rstrip(". "))
    if kind == "ProxyError":
        return kept(N_("the proxy said {words}"), words=words)
    return _IN_WORDS.get(kind) or words or kept(N_("the connection broke"))


def _line(words: object) -> str:
    return clean_line(str(words), 300)


# What the system says most often of a way that is closed.
_SYSTEM: Final = {
    errno.ECONNREFUSED: N_("connection refused"),
    errno.ECONNRESET: N_("connection reset by peer"),
    errno.ENETUNREACH: N_("network is unreachable"),
    errno.EHOSTUNREACH: N_("no route to host"),
    errno.ETIMEDOUT: N_("connection timed out"),
}
_NO_CONNECTION: Final = kept(
    N_("no connection within {seconds} seconds"), seconds=f"{CONNECT_SECONDS:.0f}"
)
# By name, for httpx is loaded late. What has no words here says enough by itself.
_IN_WORDS: Final = {
    "ConnectTimeout": _NO_CONNECTION,
    "PoolTimeout": _NO_CONNECTION,
    "ReadTimeout": kept(N_("nothing came for {seconds} seconds"), seconds=f"{READ_SECONDS:.0f}"),
    "WriteTimeout": kept(
        N_("nothing could be sent for {seconds} seconds"), seconds=f"{READ_SECONDS:.0f}"
    ),
    "TimeoutError": kept(N_("it took too long to come as a whole")),
}


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, those of a group one after the other."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting.append(one.__cause__ or one.__context__)
