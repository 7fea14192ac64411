"""The search itself, on models that are small enough to count by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from console.proof.search import search


@dataclass
class Walk:
    """Two counters below 5; `wall` is a pair that must not be, `trap` one without a way out."""

    wall: tuple[int, int] | None = None
    trap: tuple[int, int] | None = None
    visited: int = 0

    def start(self) -> tuple[int, int]:
        return 0, 0

    def steps(self, state: tuple[int, int]) -> Iterator[tuple[str, tuple[int, int]]]:
        self.visited += 1
        left, right = state
        if state == self.trap:
            return
        if left < 4:
            yield "left", (left + 1, right)
        if right < 4:
            yield "right", (left, right + 1)

    def broken(self, state: tuple[int, int]) -> str | None:
        return "the wall" if state == self.wall else None

    def at_rest(self, state: tuple[int, int]) -> bool:
        return state == (4, 4)


def test_every_state_and_every_transition_is_visited_once() -> None:
    model = Walk()
    found = search(model)
    assert (found.states, found.transitions, found.broken) == (25, 2 * 4 * 5, None)
    assert model.visited == 25


def test_the_trace_is_a_shortest_one() -> None:
    found = search(Walk(wall=(2, 1)))
    assert found.broken == "the wall"
    assert sorted(found.trace) == ["left", "left", "right"]


def test_a_state_that_is_broken_from_the_start_has_an_empty_trace() -> None:
    found = search(Walk(wall=(0, 0)))
    assert (found.broken, found.trace) == ("the wall", ())


def test_a_state_from_which_nothing_ends_is_found() -> None:
    found = search(Walk(trap=(4, 3)))
    assert found.broken == "from here nothing leads to an end"
    assert found.trace == ("left",) * 4  # from there only the trap is left


def test_going_in_circles_is_no_end_but_may_lead_to_one() -> None:
    class Circle(Walk):
        def steps(self, state: tuple[int, int]) -> Iterator[tuple[str, tuple[int, int]]]:
            yield "round", ((state[0] + 1) % 5, 0)

        def at_rest(self, state: tuple[int, int]) -> bool:
            return state[0] == self.wanted

        wanted = 3

    assert search(Circle()).broken is None
    never = Circle()
    never.wanted = 9
    assert search(never).broken == "from here nothing leads to an end"
