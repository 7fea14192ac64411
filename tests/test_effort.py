"""What a short run leaves out, and that it leaves out no value of any parameter."""

from __future__ import annotations

from itertools import product

from tests.support.effort import covering

FAULTS, ACTS, ANSWERS = range(10), "abcdefg", (True, False)
ALL = [
    {"fault": fault, "act": act, "answers": answers}
    for fault, act, answers in product(FAULTS, ACTS, ANSWERS)
]


def test_every_value_is_kept_in_as_few_cases_as_the_longest_parameter_has() -> None:
    kept = [ALL[place] for place in covering(ALL)]
    assert len(kept) == len(FAULTS)
    assert {case["fault"] for case in kept} == set(FAULTS)
    assert {case["act"] for case in kept} == set(ACTS)
    assert {case["answers"] for case in kept} == set(ANSWERS)


def test_the_values_are_mixed() -> None:
    kept = [ALL[place] for place in covering(ALL)]
    assert max(sum(case["act"] == act for case in kept) for act in ACTS) == 2
    assert sum(bool(case["answers"]) for case in kept) in (4, 5, 6)


def test_a_table_is_kept_whole() -> None:
    assert covering([{"row": number} for number in range(7)]) == list(range(7))
    assert covering([]) == []


def test_it_is_the_same_choice_every_time() -> None:
    assert covering(ALL) == covering(list(ALL))
