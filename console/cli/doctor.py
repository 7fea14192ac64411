"""`doctor`: is everything in place? And `profile check`: does this profile's key work?"""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
from typing import Final

from console.checkup import Verdict, prove_key
from console.cli.asking import load_key_asking
from console.cli.documents import error as error_document
from console.cli.failures import CREDENTIALS, DONE, FAULT, JOURNAL, NOT_SENT, USAGE
from console.cli.output import Output
from console.cli.profile import exit_of, key_place
from console.doctor import CHECKS, Check, examine, key_words
from console.keys import fingerprint, load_private_key
from console.store.bounded import ended_with_us
from console.store.places import Places
from console.store.profiles import Profile, Profiles

_TONES: Final = {"ok": "good", "note": "waiting", "bad": "bad", "skipped": "dim"}
_WIDTH: Final = max(len(name) for name in CHECKS)
_EXITS: Final = {
    "machine": FAULT,
    "settings": USAGE,
    "key": CREDENTIALS,
    "reach": NOT_SENT,
    "journal": JOURNAL,
}


def run_doctor(places: Places, args: argparse.Namespace, out: Output) -> int:
    """Each line as soon as it is known; the document at the end."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # that a mark can't be shown is a finding of ours
    with ended_with_us():
        checks = asyncio.run(examine(places, args.profile, lambda check: _line(check, out)))
    bad = [check for check in checks if check.status == "bad"]
    out.document({"checks": [check.document() for check in checks], "ok": not bad})
    return _exit_of(bad[0]) if bad else DONE


def _line(check: Check, out: Output) -> None:
    status = out.paint(f"{check.status:<8}", _TONES[check.status])
    out.text(f"{status} {check.name:<{_WIDTH}}  {check.says}")
    if check.remedy is not None and check.status != "ok":
        out.text(f"{'':<8} {'':<{_WIDTH}}  → {check.remedy}")


def _exit_of(check: Check) -> int:
    return _EXITS[check.about] if check.verdict is None else exit_of(check.verdict)


def run_check(places: Places, args: argparse.Namespace, out: Output) -> int:
    """The profile's key: is there one, can it be used, and does Amazon accept it?"""
    profile = Profiles(places).get(args.name or args.profile)
    pem = load_key_asking(profile)
    words, place = key_words(pem), key_place(profile)
    out.text(f"profile      {profile.name}, {profile.region.upper()} {profile.environment}")
    out.text(f"key          {words}")
    out.text(f"from         {place}")
    out.tell("Asking Amazon whether the key works …")
    verdict = asyncio.run(prove_key(profile, pem))
    out.document(_document(profile, pem, place, verdict))
    for note in verdict.notes:
        out.text(f"clock        {note}")
    if verdict.ok:
        out.text(f"signed call  {verdict.says}")
        return DONE
    out.text(f"signed call  {out.paint('failed', 'bad')}: {verdict.says}")
    if verdict.next_step is not None:
        out.text(f"             → {verdict.next_step}")
    return exit_of(verdict)


def _document(profile: Profile, pem: bytes, place: str, verdict: Verdict) -> dict[str, object]:
    document: dict[str, object] = {
        "profile": profile.name,
        "public_key_id": profile.public_key_id,
        "key": {
            "from": place,
            "bits": load_private_key(pem).key_size,
            "fingerprint": fingerprint(pem),
        },
        "proven": verdict.ok,
        "notes": list(verdict.notes),
    }
    if verdict.ok:
        return document
    return {**document, **error_document(verdict.code, verdict.says, verdict.next_step)}
