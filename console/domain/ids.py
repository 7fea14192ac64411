"""Any pasted text -> the Amazon Pay identifier in it.

The shape of an id tells its kind, its environment and, one way only, its Checkout v2
counterpart. Sources: Upgrading to Checkout v2 (the A -> C rule), the v1 SDKs (which first
letter is which object), Amazon's FAQ QA-16 and QA-28.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Final
from urllib.parse import unquote

from console.domain.language import N_, _, sentences, together
from console.domain.text import clean_line


class Kind(StrEnum):
    """What an identifier is, as far as its shape tells."""

    ORDER = "order_reference_or_charge_permission"
    AGREEMENT = "billing_agreement_or_charge_permission"
    AUTHORIZATION = "authorization"
    CHARGE = "capture_or_charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    CHECKOUT_SESSION = "checkout_session"


@dataclass(frozen=True)
class Target:
    """The Checkout v2 object that an identifier leads to; `path` follows the API version."""

    kind: str
    id: str
    path: str


@dataclass(frozen=True)
class Identifier:
    """One id, read from its shape alone.

    `generation` is `v1`, `v2` or `v1_or_v2`; `environment` is `live`, `sandbox` or None
    where the shape can't tell; `region_hint` likewise. `order_id` is the base of the id:
    for a charge or refund of a recurring permission that is *not* the permission's id.
    """

    id: str
    kind: Kind
    generation: str
    environment: str | None
    region_hint: str | None
    order_id: str | None
    v2: Target
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Identified:
    """The most specific id of a text, and the other ids that stand in it."""

    best: Identifier
    others: tuple[Identifier, ...] = ()


class NotAnId(ValueError):
    """The text holds no id that leads to an order; `hint` says what to look for instead.

    `recognized` names what it is, where that is known: `buyer_id`, `merchant_id`, ….
    """

    def __init__(self, message: str, hint: str, recognized: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.recognized = recognized


# First letter -> (kind of the base, environment).
_LETTERS: Final = {
    "P": (Kind.ORDER, "live"),
    "S": (Kind.ORDER, "sandbox"),
    "B": (Kind.AGREEMENT, "live"),
    "C": (Kind.AGREEMENT, "sandbox"),
}

# The two digits, inferred from real examples; no document states it.
_REGIONS: Final = {"01": "na", "02": "eu", "03": "jp"}

# Fourth part's letter -> (kind, generation, v2 kind, path of the collection, letter in v2).
_TRANSACTIONS: Final = {
    "A": (Kind.AUTHORIZATION, "v1", "charge", "charges", "C"),
    "C": (Kind.CHARGE, "v1_or_v2", "charge", "charges", "C"),
    "R": (Kind.REFUND, "v1_or_v2", "refund", "refunds", "R"),
    "B": (Kind.DISPUTE, "v2", "dispute", "disputes", "B"),
}

# Which of several ids in one text is meant: the most specific.
_SPECIFIC: Final = {
    Kind.REFUND: 0,
    Kind.DISPUTE: 1,
    Kind.CHARGE: 2,
    Kind.AUTHORIZATION: 2,
    Kind.ORDER: 3,
    Kind.AGREEMENT: 3,
    Kind.CHECKOUT_SESSION: 4,
}

# What people and programs use as a dash, beside everything that Unicode calls one.
_DASHES: Final = frozenset("\u02d7\u2043\u207b\u208b\u2212\u2500\u2796\u30fc\uff5e\uff70")


class _Fold(dict[int, str]):
    """What a character stands for in an id, worked out when it is first met.

    One character at a time: folding a text as a whole (NFKC) takes time with the square of
    a run of accents.
    """

    def __missing__(self, code: int) -> str:
        folded = self[code] = _folded(chr(code))
        return folded


def _folded(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Pd" or char in _DASHES:
        return "-"
    if char in "\t\n":
        return char
    if category in ("Cf", "Cc", "Mn", "Me"):
        return ""  # invisible, or a mark upon another character
    if category in ("Zs", "No"):
        return " "  # "…451¹" must not become another id
    if category in ("Zl", "Zp"):
        return "\n"
    plain = unicodedata.normalize("NFKC", char).upper()
    return plain if len(plain) == 1 and plain.isascii() else char


_FOLD: Final = _Fold()

_BLANK: Final = " {0,3}"  # no tabs: they part the columns of a table
# A dash or none, with blanks around it; behind a dash, mail programs and terminals break lines.
_SEP: Final = rf"{_BLANK}(?:-{{1,3}}{_BLANK}\n[ >|]{{0,4}}|(?:-{{1,3}}|[_.\u00b7]){_BLANK})?"
# What must not follow an order's id: a fourth part that is cut short or mistyped. Half an id
# must not act on a whole order.
_CUT: Final = (
    r"[A-Z0-9]|-{1,3}[A-Z0-9]{0,8}\d|-[ACRB]?(?![A-Z0-9>-])|[_.\u00b7][ACRB]\d"
    rf"|{_SEP}[ACRB] ?\d{{3}}|=\n"
)
_ORDER_ID: Final = re.compile(
    rf"(?<![A-Z0-9])([SPBC]){_SEP}(\d{{2}}){_SEP}(\d{{7}}){_SEP}(\d{{7}})"
    rf"(?:{_SEP}([ACRB]) ?(\d{{5,7}})(?![A-Z0-9]|-[A-Z]?\d|=\n)|(?!{_CUT}))",
    re.ASCII,
)
_NEARLY: Final = re.compile(
    r"(?<![A-Z0-9])([SPBC]\d{2})[-_. ]{1,3}(\d{3,10})[-_. ]{1,3}(\d{3,10})"
    r"(?:[-_. ]{0,3}[A-Z]?\d{1,12}|-[A-Z]?)?(?![A-Z0-9])",
    re.ASCII,
)
_UUID_SHAPE: Final = r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}"
_UUID: Final = re.compile(rf"(?<![0-9A-F-]){_UUID_SHAPE}(?![0-9A-F-])")
# A UUID behind one of these is a message's number, a credential or a subscription.
_OTHER_UUID: Final = re.compile(
    r"(?:(?:NOTIFICATION|MESSAGE|REQUEST)[A-Z_ -]*ID\W{1,8}|AMZN\.MWS\.|ARN:AWS:\S*:)$"
)


@dataclass(frozen=True)
class _Foreign:
    """An id of Amazon's world that leads to no order by itself."""

    recognized: str
    pattern: re.Pattern[str]
    message: str
    hint: str
    called: str  # in the middle of a sentence


_ASK_FOR_ORDER: Final = N_("Look for the id that begins with P01-, S01-, B01- or C01- (or 02, 03).")
_IN_THE_SHOP: Final = N_(
    "The shop's own record of the order has its Amazon Pay id; it begins with P01-, S01-, B01- or"
    " C01- (or 02, 03)."
)
_CREDENTIAL: Final = N_(
    "Don't paste it into tickets or mails. If others have seen it, have it replaced."
)

# Sources: the pages "Get set up", "Reports", "Instant payment notifications" and the SDKs'
# examples. Those that can be told from others by their shape stand before those that can't.
_FOREIGN: Final = (
    _Foreign(
        "marketplace_order_number",
        re.compile(r"(?<![0-9A-Z-])\d{3}-\d{7}-\d{7}(?![0-9-])"),
        N_("This is an order number of the Amazon marketplace, not of Amazon Pay."),
        sentences(
            N_("The order was placed on Amazon itself: look under Orders in Seller Central."),
            N_(
                "For an order of the shop: Look for the id that begins with P01-, S01-, B01- or"
                " C01- (or 02, 03)."
            ),
        ),
        N_("an order number of the Amazon marketplace"),
    ),
    _Foreign(
        "buyer_id",
        re.compile(r"AMZN1\.ACCOUNT\.[A-Z0-9]+"),
        N_("This is a buyer id. Amazon Pay can't list the orders of a buyer."),
        sentences(N_("Look for the buyer's order in the shop."), _IN_THE_SHOP),
        N_("a buyer id"),
    ),
    _Foreign(
        "store_id",
        re.compile(r"AMZN1\.APPLICATION-OA2-CLIENT\.[0-9A-F]+"),
        N_("This is a store id (the client id of the checkout button), not an order."),
        sentences(N_("Every order of the shop carries the same one."), _IN_THE_SHOP),
        N_("a store id"),
    ),
    _Foreign(
        "application_id",
        re.compile(r"AMZN1\.APPLICATION\.[0-9A-Z]+"),
        N_("This is an application id of Login with Amazon, not an order."),
        sentences(N_("Every order of the shop carries the same one."), _IN_THE_SHOP),
        N_("an application id"),
    ),
    _Foreign(
        "mws_auth_token",
        re.compile(r"AMZN\.MWS\.[0-9A-Z-]+"),
        N_("This is an MWS auth token: a credential, not an order."),
        sentences(_CREDENTIAL, _ASK_FOR_ORDER),
        N_("an MWS auth token"),
    ),
    _Foreign(
        "access_token",
        re.compile(r"(?<![A-Z0-9])ATZ[AR]\|\S{4,}"),
        N_("This is a token of Login with Amazon (a buyer's sign-in): a credential, not an order."),
        sentences(_CREDENTIAL, _ASK_FOR_ORDER),
        N_("a token of Login with Amazon"),
    ),
    _Foreign(
        "notification_id",
        re.compile(rf"(?:NOTIFICATION(?:_?REFERENCE)?|MESSAGE)_?ID\W{{1,8}}{_UUID_SHAPE}"),
        N_("This is the number of a notification (IPN). Amazon Pay can't look a notification up."),
        N_("Paste the whole notification: its ObjectId and ChargePermissionId lead to the order."),
        N_("the number of a notification"),
    ),
    _Foreign(
        "request_id",
        re.compile(rf"REQUEST-?_?ID\W{{1,8}}{_UUID_SHAPE}"),
        N_("This is a request id. Only Amazon Pay support can look a request up by it."),
        N_(
            "For the order itself: Look for the id that begins with P01-, S01-, B01- or C01- (or"
            " 02, 03)."
        ),
        N_("a request id"),
    ),
    _Foreign(
        "public_key_id",
        re.compile(
            r"(?<![A-Z0-9-])(?:(?:LIVE|SANDBOX)-(?=[A-Z]*\d)[A-Z0-9]{10,32}"
            r"|(?=[A-Z]*\d)A[A-Z0-9]{23})(?![A-Z0-9-])"
        ),
        N_("This is a public key id: it names an API key, not an order."),
        sentences(
            N_(
                "It belongs into `payconsole profile add --public-key-id`; `payconsole profile"
                " list` shows those in use."
            ),
            N_(
                "For an order: Look for the id that begins with P01-, S01-, B01- or C01- (or 02,"
                " 03)."
            ),
        ),
        N_("a public key id"),
    ),
    _Foreign(
        "tracking_number",
        re.compile(r"(?<![A-Z0-9-])(?:1Z[0-9A-Z]{16}|TBA\d{12})(?![A-Z0-9-])"),
        N_("This looks like a carrier's tracking number, not an order."),
        sentences(N_("Look for the shipment in the shop."), _IN_THE_SHOP),
        N_("a tracking number"),
    ),
    _Foreign(
        "report_id",
        re.compile(r"(?<![A-Z0-9-])A\d[0-9A-Z]{17,20}(?![A-Z0-9-])"),
        N_("This looks like a report id, not an order."),
        N_(
            "`payconsole reports list` shows the reports and what is in them; `payconsole sync`"
            " gets them, and then every order in them is found by its number."
        ),
        N_("a report id"),
    ),
    _Foreign(
        "merchant_id",
        re.compile(r"(?<![A-Z0-9-])A(?=[A-Z0-9]*\d)[0-9A-Z]{12,16}(?![A-Z0-9-])"),
        N_("This looks like a merchant id (seller id): it names the account, not an order."),
        sentences(N_("Every order of the account carries the same one."), _IN_THE_SHOP),
        N_("a merchant id"),
    ),
)
_ORDER_NUMBER: Final = N_(
    "The shop's own order number is found once the order was seen or imported here"
    " (`payconsole import`, `payconsole sync`): Amazon can't search by it."
)

MAX_PASTE: Final = 1_000_000


def identify(text: str) -> Identified:
    """Find the Amazon Pay id in `text`, however it was pasted.

    Unicode and missing dashes, full-width and lower-case characters, a mail, link or IPN
    around the id are accepted. Returns the most specific id and the others. Raises NotAnId
    with a sentence and a hint where there is none.
    """
    readings = _readings(text)
    if not readings:
        raise NotAnId(
            _("Nothing was pasted."), _("Paste an Amazon Pay id, or a text with one in it.")
        )
    found = _found_in(readings)
    if not found:
        raise _not_an_id(text, readings)
    best = most_specific(found)
    return Identified(best, tuple(i for i in found if i is not best))


def find_all(text: str) -> list[Identifier]:
    """Every id in `text`, in the order of their first mention; each object once."""
    return _found_in(_readings(text))


def most_specific(found: list[Identifier]) -> Identifier:
    """Which of several ids is meant: the most specific, of equals the first."""
    return min(found, key=lambda i: _SPECIFIC[i.kind])


def _found_in(readings: list[str]) -> list[Identifier]:
    found: list[Identifier] = []
    for plain in readings:
        # What an encoding cuts in two is whole in the decoded reading.
        known = {i.id[:length] for i in found for length in range(19, len(i.id) + 1)}
        here = [*_order_ids(plain), *_checkout_sessions(plain)]
        found += [identifier for identifier in here if identifier.id not in known]
    return _unique(found)


def parse(identifier: str) -> Identifier:
    """The Identifier of a text that is exactly one id in its canonical spelling.

    Raises NotAnId for anything else: for ids that come from answers, not from people.
    """
    match = _ORDER_ID.fullmatch(identifier)
    if match and _canonical(match) == identifier:
        return _from_match(match)
    if _UUID.fullmatch(identifier.upper()):
        return _checkout_session(identifier.lower())
    raise NotAnId(
        _("{text} is not an Amazon Pay id.", text=clean_line(identifier, 80)), _(_ASK_FOR_ORDER)
    )


def environment_of(identifier: str) -> str | None:
    """`live` or `sandbox` by the first letter of an order's id; None where it can't tell."""
    match = _ORDER_ID.fullmatch(identifier)
    return _LETTERS[match[1]][1] if match else None


def charge_id_of(authorization_id: str) -> str:
    """The v2 charge id of a v1 authorization id: its 21st character, `A`, becomes `C`."""
    return authorization_id[:20] + "C" + authorization_id[21:]


def authorization_id_of(charge_id: str) -> str | None:
    """The v1 authorization id of a charge id (QA-28), None where the shape doesn't fit."""
    match = _ORDER_ID.fullmatch(charge_id)
    if match is None or match[5] != "C":
        return None
    return charge_id[:20] + "A" + charge_id[21:]


# What surrounds and interrupts ids in logs, mails, links and JSON.
_COLOUR: Final = re.compile(r"(?:\x1b\[|\x9b)[0-9;?]{0,20}[A-Za-z]")
_INLINE_TAG: Final = re.compile(
    r"</?(?:a|b|bdi|code|em|font|i|mark|nobr|span|strong|tt|u|wbr)(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)
_QUOTED_PRINTABLE: Final = re.compile(r"=\n|(?:=[0-9A-F]{2})+")
_JSON_ESCAPE: Final = re.compile(r"\\{1,8}(?:u([0-9A-Fa-f]{4})|[nrt])")
_HUGE_ENTITY: Final = re.compile(r"&#\d{8,}")
_ROUNDS: Final = 3  # a link in a link in a mail


def _readings(text: str) -> list[str]:
    """The text decoded without inline tags, decoded, and as it stands, where these differ.

    A link's id is in its tag; `=C01-…` is no quoted-printable.
    """
    if len(text) > MAX_PASTE:
        end = MAX_PASTE - 60
        text = text[:end] + re.sub(r"\S*\Z", "", text[end:MAX_PASTE])  # no id is cut in two
    raw = _COLOUR.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    unquoted = _QUOTED_PRINTABLE.sub(_unquoted, raw)
    found = (_decoded(_INLINE_TAG.sub("", unquoted)), _decoded(unquoted), raw)
    readings = [reading.translate(_FOLD) for reading in dict.fromkeys(found)]
    return [reading for reading in dict.fromkeys(readings) if reading.strip()]


def _decoded(text: str) -> str:
    """Without the encodings of links, HTML and JSON."""
    for _round in range(_ROUNDS):
        before = text
        if "%" in text:
            text = unquote(text)
        if "&" in text:
            text = html.unescape(_HUGE_ENTITY.sub("", text))
        if "\\" in text:
            text = _JSON_ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else "\n", text)
        if text == before:
            break
    return text


def _unquoted(match: re.Match[str]) -> str:
    if match[0] == "=\n":
        return ""  # a soft line break
    return bytes.fromhex(match[0].replace("=", "")).decode("utf-8", "replace")


def _order_ids(plain: str) -> list[Identifier]:
    return [_from_match(match) for match in _ORDER_ID.finditer(plain)]


def _checkout_sessions(plain: str) -> list[Identifier]:
    return [
        _checkout_session(match[0].lower())
        for match in _UUID.finditer(plain)
        if not _OTHER_UUID.search(plain[max(0, match.start() - 160) : match.start()])
    ]


def _canonical(match: re.Match[str]) -> str:
    letter, region, first, second, kind, number = match.groups()
    base = f"{letter}{region}-{first}-{second}"
    return base if kind is None else f"{base}-{kind}{number}"


def _from_match(match: re.Match[str]) -> Identifier:
    letter, region, kind_letter, number = match.group(1, 2, 5, 6)
    base_kind, environment = _LETTERS[letter]
    identifier = _canonical(match)
    base = identifier[:19]
    known = region in _REGIONS
    notes = [] if known else [_("Region digits {digits} are not known.", digits=region)]
    if kind_letter is None:
        target = Target("charge_permission", base, f"/chargePermissions/{base}")
        return Identifier(
            base,
            base_kind,
            "v1_or_v2",
            environment,
            _REGIONS.get(region),
            base,
            target,
            tuple(notes),
        )
    kind, generation, v2_kind, collection, v2_letter = _TRANSACTIONS[kind_letter]
    v2_id = f"{base}-{v2_letter}{number}"
    if v2_letter != kind_letter:
        notes.append(
            _(
                "v1 authorization: Checkout v2 knows it as charge {charge} (A becomes C).",
                charge=v2_id,
            )
        )
    if len(number) != 6:
        said = _("The last part usually has 6 digits; this one has {digits}.", digits=len(number))
        notes.append(said)
    if kind is not Kind.DISPUTE and base_kind is Kind.ORDER:
        said = _("Its permission is {permission}, unless the order is recurring.", permission=base)
        notes.append(said)
    return Identifier(
        identifier,
        kind,
        generation,
        environment,
        _REGIONS.get(region),
        base,
        Target(v2_kind, v2_id, f"/{collection}/{v2_id}"),
        tuple(notes),
    )


def _checkout_session(uuid: str) -> Identifier:
    target = Target("checkout_session", uuid, f"/checkoutSessions/{uuid}")
    note = _("Amazon keeps a checkout session for 30 days; after that only its ids lead on.")
    return Identifier(uuid, Kind.CHECKOUT_SESSION, "v2", None, None, None, target, (note,))


def _unique(found: list[Identifier]) -> list[Identifier]:
    """The first mention of each object; the v1 and v2 spelling of one charge are one object."""
    seen: dict[str, Identifier] = {}
    for identifier in found:
        seen.setdefault(identifier.v2.id, identifier)
    return list(seen.values())


def _not_an_id(text: str, readings: list[str]) -> NotAnId:
    for plain in readings:
        nearly = _NEARLY.search(plain)
        if nearly:
            return _almost(nearly)
    known = [f for f in _FOREIGN if any(f.pattern.search(plain) for plain in readings)]
    if known:
        first, *more = known
        message = _(first.message)
        if more:
            called = [_(foreign.called) for foreign in more]
            others = reduce(lambda one, other: _("{one} and {other}", one=one, other=other), called)
            message = together(message, _("There is also {others}.", others=others))
        return NotAnId(message, _(first.hint), first.recognized)
    shown = clean_line(text.strip()[:200], 60)
    return NotAnId(
        _("There is no Amazon Pay id in {text}.", text=repr(shown)),
        together(_(_ASK_FOR_ORDER), _(_ORDER_NUMBER)),
    )


def _almost(nearly: re.Match[str]) -> NotAnId:
    head, first, second = nearly.groups()
    shown = " ".join(nearly[0].split())
    if len(first) == len(second) == 7:
        base = f"{head}-{first}-{second}"
        return NotAnId(
            _(
                "{text} is almost an Amazon Pay id, but its last part is cut short or mistyped.",
                text=shown,
            ),
            together(
                _("A transaction ends in -A, -C, -R or -B and six digits."),
                _("For the whole order paste {order} alone.", order=base),
            ),
        )
    return NotAnId(
        _("{text} is almost an Amazon Pay id, but the number of its digits is wrong.", text=shown),
        _("An order is S01-1234567-1234567; a transaction has -A, -C or -R and six digits more."),
    )
