"""Is everything in place? One check a line, each alone, each bounded, each with its remedy.

Nothing here writes: no settings, no journal, no key is made. What a check says holds no secret,
and the user's home folder is shown as `~`, so that the answer can go into a ticket.
"""

from __future__ import annotations

import asyncio
import contextlib
import locale
import os
import platform
import re
import shutil
import socket
import ssl
import stat
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

from console import __version__
from console.amazon.endpoints import Account, AccountError, is_loopback
from console.checkup import NOTED_CLOCK, Verdict, no_connection, prove_key
from console.clipboard import tool
from console.domain.limits import THROTTLE, Bucket
from console.domain.plural import counted
from console.domain.text import clean_line
from console.keys import KeyUnusable
from console.store.places import Places
from console.store.profiles import NoProfile, Profile, Profiles, SettingsError
from console.store.vault import CredentialsError

T = TypeVar("T")

# How long each may take, in seconds: all in all about 15, for most of them run side by side.
LOCAL_SECONDS: Final = 5.0
JOURNAL_SECONDS: Final = 6.0
KEYRING_SECONDS: Final = 3.0
COMMAND_SECONDS: Final = 6.0
DNS_SECONDS: Final = 4.0
LOOK_SECONDS: Final = 8.0
PROOF_SECONDS: Final = 5.0  # for each host that is asked

_MB: Final = 1_000_000
_LITTLE_ROOM: Final = 1000 * _MB
_NO_ROOM: Final = 50 * _MB
_SOON: Final = timedelta(days=14)  # a certificate that ends this soon is worth a word
_LEAST_WIDTH, _LEAST_HEIGHT = 80, 24
_KEEP_JOURNAL: Final = "Keep the file as it is, and compare it with a backup or an export."
_WIDE_LANGUAGES: Final = ("ja", "zh", "ko")  # where terminals may draw ● two cells wide

# In the order in which they stand in the document, and in which the exit code is chosen.
CHECKS: Final = (
    "python", "terminal", "clipboard", "settings", "keyring", "key", "proxy", "dns", "tls",
    "reach", "clock", "signed call", "throttle", "journal", "index", "disk",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One line. `status` is ok, note, bad or skipped; `about` says what a bad one is about.

    `verdict` is there where something was asked of the network.
    """

    name: str
    status: str
    says: str
    remedy: str | None = None
    about: str = "machine"  # or settings, key, reach, journal
    verdict: Verdict | None = None

    def document(self) -> dict[str, str | None]:
        return {
            "check": self.name,
            "status": self.status,
            "says": self.says,
            "remedy": self.remedy,
        }


Tell = Callable[[Check], None]


async def examine(places: Places, name: str | None, tell: Tell) -> list[Check]:
    """Check everything for the profile `name` (None: the default one).

    `tell` gets each check as soon as it is known; what is returned is in the order of CHECKS.
    """
    found: list[Check] = []

    def say(check: Check) -> None:
        shown = _homely(check)
        found.append(shown)
        tell(shown)

    for local in (python, terminal, clipboard):
        say(local())
    settings, profile = await _profile(places, name)
    say(settings)
    await asyncio.gather(
        _account(profile, say),
        _one("journal", lambda: journal(places), say, JOURNAL_SECONDS, "journal"),
        _one("index", lambda: index(places), say),
        _one("disk", lambda: disk(places), say),
    )
    return sorted(found, key=lambda check: CHECKS.index(check.name))


# --- this machine -------------------------------------------------------------------------------


def python() -> Check:
    system = f"{platform.system()} {platform.release()}"
    version = platform.python_version()
    return Check("python", "ok", f"{version}, payconsole {__version__}, {clean_line(system, 100)}")


def terminal(environment: Mapping[str, str] = os.environ) -> Check:
    """Whether the screen can be shown here, with its colours and its marks."""
    encoding = _encoding()
    if encoding.replace("-", "").lower() != "utf8":
        says = f"the encoding is {clean_line(encoding, 40)}: marks and names can't be shown"
        return Check("terminal", "bad", says, "Set LANG to a UTF-8 locale, such as C.UTF-8.")
    if not any(stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr)):
        return Check("terminal", "skipped", "no terminal here: the output goes elsewhere")
    size = shutil.get_terminal_size((0, 0))
    says = f"{size.columns}x{size.lines}, UTF-8, {_colours(environment)}"
    if environment.get("TERM") in (None, "", "dumb", "unknown"):
        return Check(
            "terminal", "note", f"{says}; TERM names no terminal that has a screen",
            "Use the commands, or a terminal that sets TERM.",
        )  # fmt: skip
    if size.columns and (size.columns < _LEAST_WIDTH or size.lines < _LEAST_HEIGHT):
        wanted = f"Make it {_LEAST_WIDTH}x{_LEAST_HEIGHT} or larger for the screen."
        return Check("terminal", "note", f"{says}: small", wanted)
    if _language(environment).startswith(_WIDE_LANGUAGES):
        return Check(
            "terminal", "note", f"{says}; in this locale some terminals draw ● two cells wide",
            "If the screen's frames are broken, set ambiguous characters to narrow in the"
            " terminal's settings.",
        )  # fmt: skip
    return Check("terminal", "ok", says)


def _encoding() -> str:
    return sys.stdout.encoding or locale.getpreferredencoding(False)


def _colours(environment: Mapping[str, str]) -> str:
    if environment.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return "true colours"
    return "256 colours" if "256" in environment.get("TERM", "") else "16 colours"


def _language(environment: Mapping[str, str]) -> str:
    names = (environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    return next((name for name in names if name), "")


def clipboard(environment: Mapping[str, str] = os.environ) -> Check:
    """By which way the screen copies: a program of this machine, or the terminal (OSC 52)."""
    program = tool(environment)
    through = "through the terminal (OSC 52)"
    if environment.get("TMUX"):
        return Check(
            "clipboard", "note", f"{through}, inside tmux",
            "If nothing is copied: `tmux set -g set-clipboard on`, and a terminal that allows it.",
        )  # fmt: skip
    if program is not None:
        return Check("clipboard", "ok", f"{program[0]}, or {through}")
    return Check(
        "clipboard", "note", f"{through} only",
        "If nothing is copied, allow OSC 52 in the terminal's settings, or choose the text with"
        " the mouse and shift.",
    )  # fmt: skip


def disk(places: Places) -> Check:
    """Room for the journal, which must never fail to write."""
    folder = _existing(places.data)
    free = shutil.disk_usage(folder).free
    says = f"{free / 1_000_000_000:.1f} GB free for {places.data}"
    if not os.access(folder, os.W_OK):
        remedy = "Make the folder yours, or set PAYCONSOLE_DATA_DIR to one that is."
        return Check("disk", "bad", f"{folder} can't be written", remedy)
    if free < _NO_ROOM:
        says = f"only {free // _MB} MB free for {places.data}"
        return Check("disk", "bad", says, "Make room: without it no action can be recorded.")
    if free < _LITTLE_ROOM:
        return Check("disk", "note", says, "Make room before it is needed.")
    if places.data.exists() and _open_to(places.data, stat.S_IRWXG | stat.S_IRWXO):
        remedy = f"chmod 700 {places.data}"
        return Check("disk", "note", f"{says}; other users may look into it", remedy)
    return Check("disk", "ok", says)


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _open_to(path: Path, rights: int) -> bool:
    """Whether others have some of these rights; what Windows has instead isn't told by them."""
    return os.name == "posix" and bool(path.stat().st_mode & rights)


# --- settings, journal, index -------------------------------------------------------------------


async def _profile(places: Places, name: str | None) -> tuple[Check, Profile | None]:
    try:
        return await bounded(lambda: settings(places, name), LOCAL_SECONDS)
    except Exception as error:
        return _fault("settings", error, "settings"), None


def settings(places: Places, name: str | None) -> tuple[Check, Profile | None]:
    """The settings file and, where it can be read, the profile that is looked at."""
    profiles, file = Profiles(places), places.settings
    try:
        known = profiles.all()
        if name is None and not known:
            remedy = "Connect one with `payconsole profile add`, or in the screen."
            return Check("settings", "note", "no account is connected yet", remedy), None
        profile = profiles.get(name)
        profiles.lock_minutes()
    except NoProfile as error:
        remedy = "`payconsole profile list` shows what there is."
        return Check("settings", "bad", clean_line(str(error), 300), remedy, "key"), None
    except SettingsError as error:
        remedy = f"Mend {file}; what is right stands in the message."
        return Check("settings", "bad", clean_line(str(error), 300), remedy, "settings"), None
    says = f"{file}: {counted(len(known), 'profile')}, {profile.name} is looked at"
    if _open_to(file, stat.S_IWGRP | stat.S_IWOTH):
        remedy = f"chmod 600 {file}: it decides where requests go."
        said = f"{says}; other users may change it"
        return Check("settings", "bad", said, remedy, "settings"), profile
    if _open_to(file, stat.S_IRGRP | stat.S_IROTH):
        mode = stat.S_IMODE(file.stat().st_mode)
        said = f"{says}; its mode {mode:04o} is open to other users"
        return Check("settings", "note", said, f"chmod 600 {file}"), profile
    return Check("settings", "ok", says), profile


def journal(places: Places) -> Check:
    from console.session import actor
    from console.store.database import StoreFailed
    from console.store.decisions import JournalBroken
    from console.store.journal import Journal

    if not places.journal.exists():
        return Check("journal", "skipped", "there is none yet: nothing was done here")
    try:
        book = Journal(places.journal, actor())
        try:
            verified = book.verify()
            still_open = sum(intent.is_open for intent in book.intents())
        finally:
            book.close()
    except (JournalBroken, StoreFailed) as error:
        hint = getattr(error, "hint", _KEEP_JOURNAL)
        return Check("journal", "bad", clean_line(str(error), 300), hint, "journal")
    if verified.problem is not None:
        says = f"it does not verify: {clean_line(verified.problem, 300)}"
        return Check("journal", "bad", says, _KEEP_JOURNAL, "journal")
    says = f"it verifies: {counted(verified.entries, 'line')}"
    if still_open:
        remedy = "`payconsole journal recover` resolves them."
        return Check("journal", "note", f"{says}; {counted(still_open, 'open intent')}", remedy)
    return Check("journal", "ok", says)


def index(places: Places) -> Check:
    from console.store.database import StoreFailed
    from console.store.index import KnownIds

    if not places.index.exists():
        return Check("index", "skipped", "there is none yet: no id was looked up here")
    try:
        known = KnownIds(places.index)
        try:
            known.recent(1)
        finally:
            known.close()
    except StoreFailed as error:
        return Check("index", "bad", clean_line(str(error), 300), error.hint)
    size = places.index.stat().st_size / _MB
    return Check("index", "ok", f"it opens, {size:.1f} MB")


# --- the account --------------------------------------------------------------------------------


async def _account(profile: Profile | None, say: Tell) -> None:
    if profile is None:
        await _one("keyring", lambda: keyring(None), say, KEYRING_SECONDS, "key")
        for name in CHECKS[CHECKS.index("key") : CHECKS.index("journal")]:
            say(Check(name, "skipped", "no profile to look at"))
        return
    say(throttle(profile))
    pem, reaches = await asyncio.gather(_key(profile, say), _way(profile, say))
    say(await _signed(profile, pem, reaches))


def throttle(profile: Profile) -> Check:
    """Amazon's published limits; what other programs of the account use of them isn't known."""
    column = 0 if profile.environment == "live" else 1
    reads = [row[column] for name, row in THROTTLE.items() if name.startswith(("get_", "list_"))]
    writes = [
        row[column] for name, row in THROTTLE.items() if not name.startswith(("get_", "list_"))
    ]
    says = (
        f"Amazon takes of each operation in {profile.environment}: reads {_span(reads)}; writes"
        f" {_span(writes)}. Other programs of the account share that"
    )
    return Check("throttle", "ok", says)


def _span(buckets: list[Bucket]) -> str:
    def between(values: list[int]) -> str:
        low, high = min(values), max(values)
        return str(low) if low == high else f"{low} to {high}"

    bursts, rates = between([b.burst for b in buckets]), between([b.rate for b in buckets])
    return f"{bursts} at once, then {rates} a second"


def keyring(profile: Profile | None) -> Check:
    """Which one is in use. Raises CredentialsError where it is refused."""
    from console.onboarding import made_key_waits
    from console.store.credentials import backend_name, in_keyring

    if profile is not None and not in_keyring(profile):
        return Check("keyring", "skipped", "this profile's key is elsewhere")
    plaintext = profile is not None and profile.plaintext_keyring
    says = clean_line(backend_name(plaintext=plaintext), 200)
    if plaintext:
        return Check("keyring", "note", f"{says}; plaintext_keyring allows secrets as plain text")
    if made_key_waits():
        remedy = (
            "`payconsole profile add` goes on with it, `payconsole profile remove --made-here`"
            " removes it."
        )
        return Check("keyring", "note", f"{says}; a key made here waits for its id", remedy)
    return Check("keyring", "ok", says)


@dataclass
class _Held:
    """The key, if the check found it."""

    pem: bytes | None = field(default=None, repr=False)


async def _key(profile: Profile, say: Tell) -> bytes | None:
    held, told = _Held(), []

    def tell(check: Check) -> None:
        told.append(check)
        say(check)

    await _one("keyring", lambda: keyring(profile), tell, KEYRING_SECONDS, "key")
    if told[0].status == "bad":
        say(Check("key", "skipped", "the keyring can't be used"))
        return None
    seconds = COMMAND_SECONDS if profile.key_command else KEYRING_SECONDS
    await _one("key", lambda: _load(profile, held), say, seconds, "key")
    return held.pem


def _load(profile: Profile, held: _Held) -> Check:
    from console.store.credentials import PassphraseNeeded, load_key

    try:
        pem = load_key(profile)
    except PassphraseNeeded:
        says = f"the encrypted file {clean_line(profile.key_file or '', 300)}"
        remedy = f"`payconsole profile check {profile.name}` asks for its passphrase and tries it."
        return Check("key", "note", f"{says}; its passphrase isn't asked for here", remedy)
    says = key_words(pem)
    held.pem = pem
    return Check("key", "ok", f"{says}, for {clean_line(profile.public_key_id, 100)}")


def key_words(pem: bytes) -> str:
    """`2048 bits, SHA256:…`. Raises KeyUnusable."""
    from console.keys import fingerprint, load_private_key

    return f"{load_private_key(pem).key_size} bits, {fingerprint(pem)}"


# --- the way to Amazon --------------------------------------------------------------------------


async def _way(profile: Profile, say: Tell) -> bool:
    """Proxy, name, TLS, reach and clock; whether it makes sense to ask anything."""
    from console.session import account_of

    try:
        account = account_of(profile)
    except AccountError as error:
        return _cut("proxy", Check("proxy", "bad", str(error), None, "settings"), say)
    first = await _caught("proxy", lambda: proxy(account), LOCAL_SECONDS)
    if first.status == "bad":
        return _cut("proxy", first, say)
    say(first)
    second = await _caught("dns", lambda: dns(account), DNS_SECONDS)
    if second.status == "bad":
        return _cut("dns", second, say)
    say(second)
    seen = await _seen(account)
    for check in seen:
        say(check)
    return all(check.status != "bad" for check in seen)


def _cut(name: str, check: Check, say: Tell) -> bool:
    """Say a check that fails, and that those behind it were not made."""
    say(check)
    for later in CHECKS[CHECKS.index(name) + 1 : CHECKS.index("signed call")]:
        say(Check(later, "skipped", f"because of {name}"))
    return False


def proxy(account: Account) -> Check:
    from console.amazon.reach import check_proxy, proxy_name

    name = proxy_name(account)
    if name is None:
        if is_loopback(account.host) and (account.proxy or getproxies().keys() & {"https", "all"}):
            return Check("proxy", "ok", "set, but not used for this machine's own addresses")
        return Check("proxy", "ok", "none in use")
    try:
        check_proxy(account)
    except AccountError as error:
        remedy = "Mend proxy in the profile, or HTTPS_PROXY."
        return Check("proxy", "bad", str(error), remedy, "settings")
    source = "by the profile" if account.proxy else "by the environment or the system"
    return Check("proxy", "ok", f"{name}, {source}")


def dns(account: Account) -> Check:
    """The first name that has to be resolved: the proxy's where there is one."""
    from console.amazon.reach import proxy_for

    through = proxy_for(account)
    parts = urlsplit(through or account.origin)
    host = parts.hostname or ""
    whose = "the proxy " if through else ""
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        return _unreachable("dns", error, account)
    addresses = {str(address[0]) for *_, address in found}
    return Check("dns", "ok", f"{whose}{host}: {', '.join(sorted(addresses)[:3])}")


async def _seen(account: Account) -> list[Check]:
    """TLS, reach and clock by one look."""
    names = ("tls", "reach", "clock")
    try:
        return await bounded(lambda: way(account), LOOK_SECONDS)
    except Exception as error:
        bad = _of_error("reach", error, account)
        rest = [Check(name, "skipped", "because of reach") for name in names if name != "reach"]
        return [bad, *rest]


def way(account: Account) -> list[Check]:
    """TLS, reach and clock. What OpenSSL or the network says becomes a check."""
    from console.amazon.reach import CantLook, look, presented

    try:
        seen = look(account)
    except CantLook as error:
        return [Check(name, "skipped", str(error)) for name in ("tls", "reach", "clock")]
    except ssl.SSLCertVerificationError as error:
        certificate = presented(account)
        issuer = {"issuer": certificate.issuer} if certificate else {}
        return _without_tls(no_connection(error, account, **issuer))
    except ssl.SSLError as error:
        return _without_tls(no_connection(error, account))
    now = datetime.now(UTC)
    reach = Check("reach", "ok", f"{account.host} answers in {seen.milliseconds} ms")
    if seen.protocol is None:
        plain = "plain http, which is allowed to this machine's own addresses"
        return [Check("tls", "skipped", plain), reach, clock(seen.date, now)]
    says = clean_line(seen.protocol, 20)
    if seen.certificate is None:
        return [Check("tls", "ok", says), reach, clock(seen.date, now)]
    left = seen.certificate.ends - now
    says = f"{says}, issued by {seen.certificate.issuer}, good for {left.days} days"
    status = "note" if left < _SOON else "ok"
    remedy = "It ends soon: who runs the host or the proxy has to renew it."
    return [
        Check("tls", status, says, remedy if status == "note" else None),
        reach,
        clock(seen.date, now),
    ]


def _without_tls(verdict: Verdict) -> list[Check]:
    return [
        Check("tls", "bad", verdict.says, verdict.next_step, "reach", verdict),
        Check("reach", "skipped", "because of tls"),
        Check("clock", "skipped", "because of tls"),
    ]


def clock(date: datetime | None, now: datetime) -> Check:
    """This machine's clock against the answer's Date, which has whole seconds."""
    if date is None:
        return Check("clock", "skipped", "the answer had no date")
    offset = date.astimezone(UTC) - now
    seconds = round(abs(offset).total_seconds())
    if abs(offset) < NOTED_CLOCK:
        return Check("clock", "ok", f"within {max(seconds, 1)} s of Amazon's")
    side = "behind" if offset > timedelta(0) else "ahead of"
    says = f"{seconds} s {side} Amazon's; the console corrects it for itself"
    return Check("clock", "note", says, "Set this machine's clock by the network (NTP).")


async def _signed(profile: Profile, pem: bytes | None, reaches: bool) -> Check:
    if pem is None:
        return Check("signed call", "skipped", "there is no key to sign with")
    if not reaches:
        return Check("signed call", "skipped", "Amazon can't be reached")
    verdict = await prove_key(profile, pem, seconds=PROOF_SECONDS)
    says = " ".join((verdict.says, *verdict.notes))
    if verdict.ok:
        return Check("signed call", "ok", says, verdict=verdict)
    return Check("signed call", "bad", says, verdict.next_step, "key", verdict)


# --- how a check is made ------------------------------------------------------------------------


async def bounded(function: Callable[[], T], seconds: float) -> T:
    """Run what blocks, in a thread that nobody waits for when time is up. Raises TimeoutError.

    A thread of the loop's own pool would be waited for at the end of the program.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def deliver(deliver_it: Callable[[], None]) -> None:
        if not done.done():
            deliver_it()

    def run() -> None:
        try:
            result = function()
        except Exception as error:
            told = error
            give = lambda: done.set_exception(told)  # noqa: E731
        else:
            give = lambda: done.set_result(result)  # noqa: E731
        with contextlib.suppress(RuntimeError):  # too late: the loop is closed
            loop.call_soon_threadsafe(deliver, give)

    threading.Thread(target=run, name="doctor", daemon=True).start()
    return await asyncio.wait_for(done, seconds)


async def _caught(
    name: str, function: Callable[[], Check], seconds: float, about: str = "reach"
) -> Check:
    """A check, or why it could not be made."""
    try:
        return await bounded(function, seconds)
    except Exception as error:
        return _fault(name, error, about, seconds)


def _one(
    name: str,
    function: Callable[[], Check],
    say: Tell,
    seconds: float = LOCAL_SECONDS,
    about: str = "machine",
) -> Coroutine[None, None, None]:
    async def make() -> None:
        say(await _caught(name, function, seconds, about))

    return make()


def _fault(name: str, error: Exception, about: str, seconds: float = LOCAL_SECONDS) -> Check:
    """What a check could not say by itself. Of what is unexpected only the kind is shown."""
    if isinstance(error, CredentialsError | KeyUnusable):
        hint = getattr(error, "hint", None)
        return Check(name, "bad", clean_line(str(error), 300), hint, about)
    if isinstance(error, TimeoutError):
        return Check(name, *_too_slow(name, seconds), about)
    said = getattr(error, "strerror", None) or type(error).__name__
    return Check(name, "bad", f"it could not be checked: {clean_line(said, 200)}", None, about)


def _too_slow(name: str, seconds: float) -> tuple[str, str, str]:
    """Status, what is said, and the remedy of a check that took too long."""
    says = f"no answer within {seconds:.0f} seconds"
    if name == "journal":
        return "note", f"not verified: {says}", "`payconsole journal verify` takes its time."
    if name in ("keyring", "key"):
        return "bad", says, "It may be waiting to be unlocked, in another window: do that first."
    return "bad", says, "Try again."


def _unreachable(name: str, error: Exception, account: Account) -> Check:
    verdict = no_connection(error, account)
    return Check(name, "bad", verdict.says, verdict.next_step, "reach", verdict)


def _of_error(name: str, error: Exception, account: Account) -> Check:
    if isinstance(error, OSError):  # a TimeoutError too
        return _unreachable(name, error, account)
    if isinstance(error, AccountError):
        return Check(name, "bad", clean_line(str(error), 300), None, "settings")
    return _fault(name, error, "reach")


def _homely(check: Check) -> Check:
    """The same with the user's home folder as `~`."""
    from dataclasses import replace

    remedy = None if check.remedy is None else _tilde(check.remedy)
    return replace(check, says=_tilde(check.says), remedy=remedy)


def _tilde(text: str) -> str:
    home = str(Path.home()).rstrip("/\\")
    if not home:
        return text
    return re.sub(rf"{re.escape(home)}(?![\w.-])", "~", text)
