"""`prove`: every state of the protocol's model is searched, and weaker rules are seen to fail."""

from __future__ import annotations

import argparse
from typing import Final

from console.cli import documents
from console.cli.documents import Document
from console.cli.output import Output
from console.domain.text import clean_line
from console.proof.scenarios import (
    SCENARIOS,
    WEAKER,
    Searched,
    Weaker,
    in_plain_words,
    search_scenario,
    search_weaker,
)
from console.proof.search import Found, Progress

_FAILED: Final = 1
_USAGE: Final = 2


def run_prove(args: argparse.Namespace, out: Output) -> int:
    """Search; 0 where every rule holds and every weaker one fails, else 1."""
    if args.rule:
        return _one_rule(args.rule, out)
    searched = [_search(number, args.thorough, out) for number in range(len(SCENARIOS))]
    _totals(searched, out)
    failed = [(weaker, search_weaker(weaker)) for weaker in WEAKER]
    _weaker_table(failed, out)
    out.document(
        {
            "thorough": bool(args.thorough),
            "scenarios": [_scenario_document(one) for one in searched],
            "weaker": [_weaker_document(weaker, found) for weaker, found in failed],
            "holds": _all_well(searched, failed),
        }
    )
    return 0 if _all_well(searched, failed) else _FAILED


def _all_well(searched: list[Searched], failed: list[tuple[Weaker, Found]]) -> bool:
    held = all(one.broken is None for one in searched)
    return held and all(found.broken is not None for _, found in failed)


# --- what must hold ------------------------------------------------------------------------------


def _search(number: int, thorough: bool, out: Output) -> Searched:
    scenario = SCENARIOS[number]
    if number == 0:
        out.text("Every state of the model, by breadth-first search. What must hold in each:")
        out.text("money moves once for one decision and for one complaint, every claim is true,")
        out.text("and from each the end of every intent can be reached.\n")
        out.text(_row("scenario", "states", "transitions", "seconds", "verdict"))
    searched = search_scenario(
        scenario, thorough=thorough, tell=lambda answers: _teller(scenario.name, answers, out)
    )
    found = searched.broken
    verdict = "holds" if found is None else f"FAILS: {found.broken}"
    out.text(_figures(scenario.name, searched, verdict))
    if found is not None:
        _trace(found, out)
    return searched


def _teller(name: str, answers: int, out: Output) -> Progress:
    """Tells once a second how far a search is."""
    told = 1.0

    def tell(states: int, seconds: float) -> None:
        nonlocal told
        if seconds >= told:
            told = seconds + 1.0
            out.tell(f"{name}, search {answers}: {states:,} states after {seconds:.0f} s")

    return tell


def _figures(name: str, searched: Searched, verdict: str) -> str:
    states, transitions = f"{searched.states:,}", f"{searched.transitions:,}"
    return _row(name, states, transitions, f"{searched.seconds:.1f}", verdict)


def _row(name: str, states: str, transitions: str, seconds: str, verdict: str) -> str:
    return f"{name:<16} {states:>12} {transitions:>13} {seconds:>8}  {verdict}"


def _totals(searched: list[Searched], out: Output) -> None:
    states = f"{sum(one.states for one in searched):,}"
    transitions = f"{sum(one.transitions for one in searched):,}"
    seconds = f"{sum(one.seconds for one in searched):.1f}"
    broken = sum(one.broken is not None for one in searched)
    verdict = f"{broken} scenarios FAIL" if broken else "all hold"
    out.text(_row("in all", states, transitions, seconds, verdict))


# --- what must fail ------------------------------------------------------------------------------


def _weaker_table(failed: list[tuple[Weaker, Found]], out: Output) -> None:
    out.text("\nThe same with one rule left out: the shortest way to harm, in steps.")
    out.text("`payconsole prove --rule NAME` tells it.\n")
    for weaker, found in failed:
        steps = f"{len(found.trace):>2} steps" if found.broken else "DOES NOT FAIL"
        out.text(f"{weaker.name:<26} {steps}  {found.broken or ''}")
    names = ", ".join(weaker.name for weaker, found in failed if found.broken is None)
    if names:
        out.text(f"\nThese should fail and don't: {names}. Is the scope too small?")


def _one_rule(name: str, out: Output) -> int:
    weaker = next((one for one in WEAKER if one.name == name), None)
    if weaker is None:
        known = ", ".join(one.name for one in WEAKER)
        message = f"There is no weaker rule {clean_line(name, 80)!r}."
        out.document(documents.error("usage", message, known))
        out.complain(message, f"There are: {known}")
        return _USAGE
    found = search_weaker(weaker)
    out.document(_weaker_document(weaker, found))
    out.text(f"{weaker.name}: {weaker.without} (protocol, step {weaker.step})")
    if weaker.behind:
        out.text(f"Left out with it: {weaker.behind}.")
    if found.broken is None:
        out.text(f"It DOES NOT FAIL in {found.states:,} states. Is the scope too small?")
        return _FAILED
    _trace(found, out)
    out.text(f"     -> {found.broken}")
    return 0


def _trace(found: Found, out: Output) -> None:
    for number, step in enumerate(in_plain_words(found.trace), start=1):
        out.text(f"{number:>4} {step}")


# --- as JSON -------------------------------------------------------------------------------------


def _scenario_document(one: Searched) -> Document:
    broken = one.broken
    return {
        "name": one.scenario.name,
        "title": one.scenario.title,
        "searches": len(one.found),
        "states": one.states,
        "transitions": one.transitions,
        "seconds": round(one.seconds, 2),
        "broken": broken.broken if broken else None,
        "trace": list(in_plain_words(broken.trace)) if broken else [],
    }


def _weaker_document(weaker: Weaker, found: Found) -> Document:
    return {
        "name": weaker.name,
        "step": weaker.step,
        "without": weaker.without,
        "behind": weaker.behind or None,
        "states": found.states,
        "broken": found.broken,
        "trace": list(in_plain_words(found.trace)),
    }
