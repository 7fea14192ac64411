"""Does a key work? One signed read proves it, or tells in words what stands in the way."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from console.amazon.endpoints import ENVIRONMENTS, HOSTS, Account, AccountError, key_environment
from console.domain.ids import Target, parse
from console.domain.language import N_, _
from console.domain.listed import one_of
from console.domain.text import clean_line
from console.keys import KeyUnusable
from console.store.profiles import Profile

if TYPE_CHECKING:
    from console.amazon.client import AmazonPay, Answer
    from console.amazon.errors import AmazonError, NoAnswer, NotSent
    from console.amazon.signing import Signer

SECONDS: Final = 10.0  # for all of what is asked of one host
NOTED_CLOCK: Final = timedelta(seconds=30)  # a smaller offset is worth no word

# Code -> what it means, and the next step. The words in braces are filled in. Where more is
# known, another sentence is given to `_verdict`.
VERDICTS: Final[dict[str, tuple[str, str | None]]] = {
    "proven": (N_("Amazon accepts this key for {region} {environment}."), None),
    "unknown_key_id": (
        N_("Amazon does not know the public key id {key_id} in {region} {environment}."),
        N_(
            "Compare it with Seller Central, Integration Central, letter by letter; a key that was"
            " deleted there is unknown too."
        ),
    ),
    "wrong_region": (
        N_("This key belongs to {elsewhere}, not to {region}."),
        N_("Choose the region {elsewhere}."),
    ),
    "wrong_environment": (
        N_("The public key id {key_id} is for {elsewhere}, not for {environment}."),
        N_("Choose the environment {elsewhere}, or give the id of a key for {environment}."),
    ),
    "wrong_key": (
        N_(
            "The public key id is {key_id}, but the private key does not belong to it: the request"
            " arrived exactly as it was signed, and Amazon rejects the signature."
        ),
        N_(
            "Give the private key file that was made together with this id, or make a new key in"
            " Seller Central, Integration Central."
        ),
    ),
    "altered": (
        N_(
            "Something on the way changed the request: Amazon computed another string to sign than"
            " this console. It does not show whether the key is right."
        ),
        N_(
            "Try it from a network without the proxy or gateway that rewrites headers, and"
            " check the profile's endpoint."
        ),
    ),
    "signature_rejected": (
        N_(
            "Amazon rejected the signature and echoed no string to sign, so it can't be told"
            " whether the private key belongs to {key_id} or the request was changed on the way."
        ),
        N_("Check that key file and key id belong together; then try it from another network."),
    ),
    "clock": (
        N_("Amazon rejects the request's date, though it was set by Amazon's own clock."),
        N_("Set this machine's clock by the network (NTP), then try again."),
    ),
    "no_network": (N_("{host} can't be reached: {said}."), "{remedy}"),
    "proxy": (
        N_("The proxy {proxy} does not let this through: {said}."),
        N_("Check HTTPS_PROXY, and with whoever runs the proxy that {host} is allowed."),
    ),
    "tls_interception": (
        N_(
            "The certificate that answers for {host} is not trusted ({said}). It was issued by"
            " {issuer}: a proxy or virus scanner that opens TLS shows one of its own."
        ),
        N_(
            "If that is your company's, give its CA certificate as ca_file in the profile or in"
            " SSL_CERT_FILE; or have {host} left out of the inspection."
        ),
    ),
    "tls": (N_("TLS with {host} failed: {said}."), "{remedy}"),
    "not_amazon": (
        N_("What answered for {host} is not Amazon Pay: {said}."),
        N_(
            "Sign in to the network if it asks for that in a browser (hotel, guest network), or"
            " check proxy and endpoint."
        ),
    ),
    "suspended": (
        N_(
            "Amazon knows the key, but the merchant account may not use it now"
            " (InvalidAccountStatus)."
        ),
        N_("Look in Seller Central for a notice about the account, or ask Amazon Pay support."),
    ),
    "throttled": (
        N_("Amazon is getting too many requests from this account just now ({said})."),
        N_("Wait a minute, then try again."),
    ),
    "amazon_failed": (
        N_("Amazon could not answer ({said}). That says nothing about the key."),
        N_("Try again in some minutes."),
    ),
    "unexpected": (
        N_("Amazon gave an answer that this check does not know: {said}."),
        N_("Give the code and the request id to Amazon Pay support."),
    ),
    "key_unusable": ("{said}", N_("Choose another key file, or make a new key.")),
    "settings": ("{said}", N_("Mend the profile's settings.")),
}

# Why nothing came -> in words, and what helps.
_NETWORK: Final = {
    "dns": (
        N_("its name can't be resolved ({said})"),
        N_(
            "Check that this machine is online, and its DNS; some networks need a proxy"
            " (HTTPS_PROXY, or proxy in the profile)."
        ),
    ),
    "refused": (
        N_("the connection is refused"),
        N_(
            "A firewall or a wrong endpoint does that: check the profile's endpoint, and that port"
            " 443 is allowed."
        ),
    ),
    "no_route": (
        N_("there is no route to it ({said})"),
        N_("Check the network, and the VPN if there is one."),
    ),
    "timeout": (
        N_("nothing came within some seconds"),
        N_(
            "A firewall that drops packets does that: check the network, the VPN, and whether a"
            " proxy is needed (HTTPS_PROXY, or proxy in the profile)."
        ),
    ),
    "broken": (
        N_("the connection was closed without an answer ({said})"),
        N_("Try again; if it stays so, a firewall or proxy on the way does it."),
    ),
}
_NO_ROUTE: Final = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EACCES,
     errno.EPERM}
)  # fmt: skip

# OpenSSL's codes of what is wrong with a certificate besides who issued it (openssl-verify(1)).
_CERTIFICATE: Final = {
    9: (N_("its certificate is not valid yet"), "clock"),
    10: (N_("its certificate has expired"), "clock"),
    62: (N_("its certificate is for another name"), "name"),
    64: (N_("its certificate is for another address"), "name"),
}
_TLS_REASONS: Final = {
    "UNEXPECTED_EOF_WHILE_READING": N_("the connection was closed in the handshake"),
    "WRONG_VERSION_NUMBER": N_("what answers there speaks no TLS"),
}
_TLS_REMEDIES: Final = {
    "clock": N_(
        "Check this machine's date and time first. If they are right, who runs the host or"
        " the proxy has to renew it."
    ),
    "name": N_(
        "A proxy, or a sign-in page of the network, answers in its place; or the profile's"
        " endpoint is wrong."
    ),
    "other": N_(
        "Check the profile's endpoint, and whether a proxy on the way speaks TLS 1.2 or 1.3."
    ),
}

_NOBODY: Final = N_("somebody unknown")  # who issued a certificate that could not be seen

_UNKNOWN_ID: Final = frozenset({"UnauthorizedAccess", "InvalidAuthentication"})
_PERHAPS_ELSEWHERE: Final = frozenset({"unknown_key_id", "wrong_key", "signature_rejected"})


@dataclass(frozen=True)
class Verdict:
    """What the test call showed: `code` is one of VERDICTS, the rest is for people."""

    code: str
    says: str
    next_step: str | None
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.code == "proven"


async def prove_key(
    profile: Profile, pem: bytes, *, hosts: Mapping[str, str] = HOSTS, seconds: float = SECONDS
) -> Verdict:
    """Read, signed with `pem`, a charge permission that can't exist: Amazon's 404 proves the key.

    One attempt, at most `seconds` for each host; a second one only where Amazon rejects the date
    and has just told its own. Raises nothing that a network, Amazon or a key can do.

    Where the id is unknown or the signature rejected, and the profile has no endpoint, the same
    is asked of the other regions' `hosts`; a classic id is asked for in the other environment
    too. How Amazon really answers for an id that it does not know, or that belongs to another
    region, is not published: 401 UnauthorizedAccess and 403 InvalidAuthentication (Error handling
    page) are both read as unknown, and a rejected signature as perhaps unknown here.
    """
    named = key_environment(profile.public_key_id)
    if named and named != profile.environment:
        return _verdict("wrong_environment", _words(profile), elsewhere=named)
    try:
        account, signer = await asyncio.to_thread(_prepared, profile, pem, hosts)
    except KeyUnusable as error:
        return _verdict("key_unusable", {}, said=str(error))
    except AccountError as error:
        return _verdict("settings", {}, said=str(error))
    verdict = await _asked(account, signer, seconds)
    if verdict.code not in _PERHAPS_ELSEWHERE:
        return verdict
    return await _elsewhere(verdict, profile, account, signer, hosts, seconds)


def _prepared(profile: Profile, pem: bytes, hosts: Mapping[str, str]) -> tuple[Account, Signer]:
    """What is needed to ask; reading a key takes a while. Raises KeyUnusable, AccountError."""
    from console.amazon.client import trusted
    from console.amazon.reach import check_proxy
    from console.amazon.signing import Signer
    from console.session import account_of

    account = account_of(profile)
    account = replace(account, endpoint=profile.endpoint or hosts[profile.region])
    trusted(account.ca_file)
    check_proxy(account)
    return account, Signer(pem, profile.public_key_id)


def no_such_permission(region: str, environment: str) -> Target:
    """A charge permission of this region and environment whose number nobody has."""
    letter = {"live": "P", "sandbox": "S"}[environment]
    digits = {"na": "01", "eu": "02", "jp": "03"}[region]
    return parse(f"{letter}{digits}-0000000-0000000").v2


# --- one question -------------------------------------------------------------------------------


async def _asked(account: Account, signer: Signer, seconds: float) -> Verdict:
    """Ask one host once, and say what came of it."""
    from console.amazon.client import AmazonPay
    from console.amazon.errors import AmazonError, NoAnswer, NotSent, Unreadable

    client = AmazonPay(account, signer)
    try:
        async with client, asyncio.timeout(seconds):
            target = no_such_permission(account.region, account.environment)
            answer = await _read(client, target)
    except AmazonError as error:
        verdict = _of_answer(error, account, client)
    except (NoAnswer, NotSent, TimeoutError) as error:
        verdict = await _of_no_answer(error, account)
    except Unreadable:
        said = _("a success without the JSON that was asked for")
        verdict = _verdict("not_amazon", _words(account), said=said)
    else:
        said = _("it answered {status} without Amazon's request id", status=answer.status)
        verdict = _verdict(
            "proven" if answer.request_id else "not_amazon", _words(account), said=said
        )
    note = clock_note(client.clock_offset)
    return replace(verdict, notes=(note,)) if note and verdict.code != "not_amazon" else verdict


async def _read(client: AmazonPay, target: Target) -> Answer:
    """Ask; once more where Amazon's answer has just taught the client the right time."""
    from console.amazon.errors import Refused

    try:
        return await client.get_once(target)
    except Refused as error:
        if error.reason_code != "InvalidHeaderValue" or not client.clock_offset:
            raise
        return await client.get_once(target)


def clock_note(offset: timedelta) -> str | None:
    """A word on this machine's clock; `offset` is Amazon's clock minus ours."""
    if abs(offset) < NOTED_CLOCK:
        return None
    seconds = round(abs(offset).total_seconds())
    if offset > timedelta(0):
        return _(
            "This machine's clock is {seconds} s behind; the console corrects it for itself.",
            seconds=seconds,
        )
    return _(
        "This machine's clock is {seconds} s ahead; the console corrects it for itself.",
        seconds=seconds,
    )


def _of_answer(error: AmazonError, account: Account, client: AmazonPay) -> Verdict:
    words = _words(account)
    code, said = error.reason_code, _answer_in_words(error)
    if error.request_id is None and code is None:
        answered = _("it answered {status} without Amazon's request id", status=error.status)
        return _verdict("not_amazon", words, said=answered)
    if error.status == 404 and code == "ResourceNotFound":
        return _verdict("proven", words)
    if code in _UNKNOWN_ID:
        return _verdict("unknown_key_id", words)
    if "signature" in (code or "").lower():
        return _of_signature(error, account, client)
    if code == "InvalidAccountStatus":
        says = _SUSPENDED_REQUEST if error.request_id else None
        return _verdict("suspended", words, says=says, request=error.request_id or "")
    if code == "InvalidHeaderValue" and "date" in error.message.lower():
        seconds = client.clock_offset.total_seconds()
        says = (_CLOCK_BEHIND if seconds > 0 else _CLOCK_AHEAD) if seconds else None
        return _verdict("clock", words, says=says, seconds=f"{abs(seconds):.0f}")
    if error.status == 429:
        return _verdict("throttled", words, said=said)
    return _verdict("amazon_failed" if error.status >= 500 else "unexpected", words, said=said)


def _of_signature(error: AmazonError, account: Account, client: AmazonPay) -> Verdict:
    """By what the echoed string to sign proves, as SignatureVerdict has it."""
    from console.amazon.reach import proxy_name
    from console.amazon.signing import judge_signature

    words = _words(account)
    if error.verdict is None or error.verdict.next_step is None:
        return _verdict("signature_rejected", words)
    signed = client.records[-1].string_to_sign
    if error.verdict == judge_signature(signed, signed, account.public_key_id):
        return _verdict("wrong_key", words)
    proxy = proxy_name(account)
    return _verdict("altered", words, step=_REWRITING if proxy else None, proxy=proxy or "")


def _answer_in_words(error: AmazonError) -> str:
    said = f"{error.status} {error.reason_code}" if error.reason_code else str(error.status)
    if error.request_id:
        said = _("{answer}, request {request}", answer=said, request=error.request_id)
    return clean_line(said, 300)


# --- no answer ----------------------------------------------------------------------------------


async def _of_no_answer(error: NoAnswer | NotSent | TimeoutError, account: Account) -> Verdict:
    from console.amazon.client import causes

    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error)):
        return await asyncio.to_thread(_with_issuer, error, account)
    return no_connection(error, account)


def no_connection(error: Exception, account: Account, issuer: str = _NOBODY) -> Verdict:
    """What an error of the network means, by what led to it.

    `issuer` is who issued the certificate that was presented, where one was.
    """
    from console.amazon.client import causes
    from console.amazon.reach import proxy_name

    words, chain, proxy = _words(account), list(causes(error)), proxy_name(account)
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _of_certificate(cause, words, issuer)
    refusal = next((c for c in chain if type(c).__name__ in ("ProxyError", "ProxySaidNo")), None)
    if refusal is not None:
        words_of_it = clean_line(str(refusal).strip(), 200)
        return _of_proxy(account, _("it said {words}", words=words_of_it))
    for cause in chain:
        if isinstance(cause, ssl.SSLError):
            said = _tls_reason(cause.reason or cause.strerror)
            return _verdict("tls", words, said=said, remedy=_(_TLS_REMEDIES["other"]))
    kind, said = _kind(chain)
    text, remedy = _NETWORK[kind]
    if proxy is not None and kind != "broken":
        return _of_proxy(account, _(_NO_PROXY_NAME if kind == "dns" else text, said=said))
    return _verdict("no_network", words, said=_(text, said=said), remedy=_(remedy))


def _tls_reason(reason: str | None) -> str:
    """OpenSSL's reason in words; its own where there are none."""
    if not reason:
        return _("no reason given")
    if reason in _TLS_REASONS:
        return _(_TLS_REASONS[reason])
    return clean_line(reason, 200).replace("_", " ").lower()


def _kind(chain: list[BaseException]) -> tuple[str, str]:
    """Why nothing came (of _NETWORK), and the system's word for it."""
    for cause in chain:
        if isinstance(cause, socket.gaierror):
            return "dns", clean_line(cause.strerror or _("no such name"), 200)
    for cause in chain:
        if isinstance(cause, ConnectionRefusedError):
            return "refused", ""
        if isinstance(cause, OSError) and cause.errno in _NO_ROUTE:
            return "no_route", clean_line(cause.strerror or "", 200)
    if any("Timeout" in type(cause).__name__ for cause in chain):
        return "timeout", ""
    return "broken", clean_line(str(chain[-1]).strip(" .") or _("without a word"), 200)


def _of_certificate(
    error: ssl.SSLCertVerificationError, words: dict[str, str], issuer: str
) -> Verdict:
    known = _CERTIFICATE.get(error.verify_code)
    if known is not None:
        said, remedy = _(known[0]), _(_TLS_REMEDIES[known[1]])
        if issuer != _NOBODY:
            said = _("{said} (issued by {issuer})", said=said, issuer=issuer)
        return _verdict("tls", words, said=said, remedy=remedy)
    said = clean_line(error.verify_message, 200)
    shown = _(issuer) if issuer == _NOBODY else issuer
    return _verdict("tls_interception", words, said=said, issuer=shown)


def _with_issuer(error: Exception, account: Account) -> Verdict:
    """The same, with who issued the certificate: the handshake is made once more to see it."""
    from console.amazon.reach import presented

    certificate = presented(account)
    return no_connection(error, account, certificate.issuer if certificate else _NOBODY)


def _of_proxy(account: Account, said: str) -> Verdict:
    from console.amazon.reach import proxy_name

    name = proxy_name(account) or _("on the way")
    step = _PROXY_OF_PROFILE if account.proxy else None
    return _verdict("proxy", _words(account), step=step, proxy=name, said=said)


# --- elsewhere ----------------------------------------------------------------------------------


async def _elsewhere(
    here: Verdict,
    profile: Profile,
    account: Account,
    signer: Signer,
    hosts: Mapping[str, str],
    seconds: float,
) -> Verdict:
    """The same read in the other environment and the other regions: perhaps one knows the key."""
    others = _other_accounts(profile, account, hosts)
    answers = await asyncio.gather(*(_asked(other, signer, seconds) for other in others))
    found = list(zip(others, answers, strict=True))
    words = _words(account)
    for other, answer in found:
        if answer.code == "proven" and other.environment != account.environment:
            return _verdict("wrong_environment", words, here.notes, elsewhere=other.environment)
    for other, answer in found:
        if answer.code == "proven":
            where = other.region.upper()
            return _verdict("wrong_region", words, here.notes, elsewhere=where)
    if here.code != "unknown_key_id":
        return here
    for other, answer in found:
        if answer.code in ("wrong_key", "suspended") and other.region != account.region:
            says = _WRONG_REGION_AND_KEY if answer.code == "wrong_key" else None
            where = other.region.upper()
            return _verdict("wrong_region", words, here.notes, says=says, elsewhere=where)
    unknown = [other for other, answer in found if answer.code == "unknown_key_id"]
    also = sorted({other.region.upper() for other in unknown} - {account.region.upper()})
    says = _UNKNOWN_ELSEWHERE if also else None
    return _verdict("unknown_key_id", words, here.notes, says=says, others=one_of(also))


def _other_accounts(profile: Profile, account: Account, hosts: Mapping[str, str]) -> list[Account]:
    """A key with a prefix names its environment; an endpoint belongs to no region."""
    others = []
    if key_environment(account.public_key_id) is None:
        [other] = set(ENVIRONMENTS) - {account.environment}
        others.append(replace(account, environment=other))
    if profile.endpoint is None:
        others += [
            replace(account, region=region, endpoint=host)
            for region, host in hosts.items()
            if region != account.region
        ]
    return others


# --- words --------------------------------------------------------------------------------------


def _words(about: Profile | Account) -> dict[str, str]:
    host = about.host if isinstance(about, Account) else ""
    return {
        "region": about.region.upper(),
        "environment": about.environment,
        "key_id": clean_line(about.public_key_id, 100),
        "host": host,
    }


# What a verdict says where more is known than its own sentence has.
_UNKNOWN_ELSEWHERE: Final = N_(
    "Amazon does not know the public key id {key_id} in {region} {environment}, nor in {others}."
)
_WRONG_REGION_AND_KEY: Final = N_(
    "This key belongs to {elsewhere}, not to {region}, and the private key does not belong to it."
)
_CLOCK_BEHIND: Final = N_(
    "Amazon rejects the request's date, though it was set by Amazon's own clock (this machine's is"
    " {seconds} s behind)."
)
_CLOCK_AHEAD: Final = N_(
    "Amazon rejects the request's date, though it was set by Amazon's own clock (this machine's is"
    " {seconds} s ahead)."
)
_SUSPENDED_REQUEST: Final = N_(
    "Amazon knows the key, but the merchant account may not use it now (InvalidAccountStatus,"
    " request {request})."
)
_REWRITING: Final = N_(
    "Try it from a network without the proxy or gateway that rewrites headers ({proxy}), and check"
    " the profile's endpoint."
)
_PROXY_OF_PROFILE: Final = N_(
    "Check proxy in the profile, and with whoever runs the proxy that {host} is allowed."
)
_NO_PROXY_NAME: Final = N_("the proxy's name can't be resolved ({said})")


def _verdict(
    code: str,
    words: Mapping[str, str],
    notes: tuple[str, ...] = (),
    *,
    says: str | None = None,
    step: str | None = None,
    **more: str,
) -> Verdict:
    """The verdict of a code, with another sentence or next step than the table's where given."""
    usual, next_step = VERDICTS[code]
    filled = {**words, **more}
    next_step = step or next_step
    told = None if next_step is None else _(next_step, **filled)
    return Verdict(code, _(says or usual, **filled), told, notes)
