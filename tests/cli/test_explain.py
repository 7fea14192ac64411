"""`explain`, and what `lookup` and `mapping` say of meanings, clocks and v1 calls."""

from __future__ import annotations

from console.domain.meanings import everything
from tests.cli.conftest import CHARGE, OPEN_AUTHORIZATION, V1_ID, Shell

NONCHARGEABLE = "C01-8824045-7416542"
DECLINED = "S01-9417730-3358126-C027744"  # its charge


def test_a_word_is_explained_for_every_kind_that_has_it(bare_shell: Shell) -> None:
    answer = bare_shell.run("explain", "amazonrejected", "--json")
    assert answer.code == 0
    assert {row["term"] for row in answer.json} == {"AmazonRejected"}
    assert {row["kind"] for row in answer.json} >= {"charge", "refund", "capture", None}
    assert set(answer.json[0]) == {
        "term", "topic", "kind", "state", "operations", "http_statuses", "meaning", "who",
        "next_step", "say_to_buyer", "tone", "known", "mend_urls",
    }  # fmt: skip
    text = bare_shell.run("explain", "amazonrejected").out
    assert "the permission is gone" in text
    assert "reason code of refund that is Declined" in text


def test_words_may_be_typed_apart(bare_shell: Shell) -> None:
    answer = bare_shell.run("explain", "payment", "method", "invalid")
    assert answer.code == 0
    assert "https://payments.amazon.com/jr/your-account/ba/" in answer.out
    assert "https://pay.amazon.com/jp/jr/your-account/ba/" in answer.out


def test_an_unknown_word_is_given_back_with_the_nearest(bare_shell: Shell) -> None:
    answer = bare_shell.run("explain", "SoftDecline\x1b[31m", "--json")
    assert answer.code == 7
    assert "\x1b" not in answer.out + answer.err
    assert "SoftDecline␛" in answer.json["error"]["message"]
    assert "SoftDeclined" in answer.json["error"]["hint"]


def test_without_a_word_all_are_listed(bare_shell: Shell) -> None:
    answer = bare_shell.run("explain", "--json")
    assert len(answer.json) == len(everything())
    text = bare_shell.run("explain").out.split()
    assert {one.term for one in everything()} <= set(text)


def test_a_used_up_month_says_the_day_as_of_today(bare_shell: Shell) -> None:
    assert (
        "A charge can work again from 20" in bare_shell.run("explain", "PeriodicAmountExceeded").out
    )


def test_a_mapping_without_a_hit_says_the_nearest_words(bare_shell: Shell) -> None:
    answer = bare_shell.run("mapping", "CloseAuthorisation")
    assert answer.code == 7
    assert answer.out == ""
    assert "CloseAuthorization" in answer.err
    assert bare_shell.run("mapping", "CloseAuthorisation", "--json").json == []


def test_a_lookup_counts_down(shell: Shell) -> None:
    found = shell.run("lookup", OPEN_AUTHORIZATION, "--json").json
    clocks = {clock["what"]: clock for clock in found["clocks"]}
    assert {"capture_without_delay", "authorization", "permission", "buyer_details"} <= set(clocks)
    authorization = clocks["authorization"]
    assert set(authorization) == {
        "what", "object", "from", "until", "days_left", "passed", "source", "tone", "text"
    }  # fmt: skip
    assert authorization["source"] == "amazon"
    assert authorization["until"] == found["charges"][0]["expires"]
    assert clocks["buyer_details"]["source"] == "computed"
    assert "What runs out" in shell.run("lookup", OPEN_AUTHORIZATION).out


def test_a_lookup_names_the_v1_calls(shell: Shell) -> None:
    found = shell.run("lookup", OPEN_AUTHORIZATION, "--json").json
    (capture,) = [row for row in found["v1_calls"] if row["action"] == "capture"]
    assert capture["v1"] == [
        {
            "call": "Capture",
            "id_field": "AmazonAuthorizationId",
            "id": OPEN_AUTHORIZATION,
            "needs": ["Open"],
            "now": ["Open"],
            "flag": None,
            "note": "One capture per authorization, in v1 as in v2.",
        }
    ]
    assert capture["seller_central"][0]["shown"].startswith("Collect payment")
    text = shell.run("lookup", V1_ID).out
    assert f"v1  Refund: AmazonCaptureId {CHARGE}, must be Completed (is Completed)" in text


def test_a_lookup_explains_and_gives_the_buyer_s_own_link(shell: Shell) -> None:
    link = f"https://payments.amazon.com/jr/your-account/ba/{NONCHARGEABLE}"
    found = shell.run("lookup", DECLINED, "--json").json
    assert [(one["kind"], one["mend_url"]) for one in found["explanations"]] == [
        ("charge_permission", link),
        ("charge", link),
    ]
    assert found["explanations"][0]["who"] == "buyer"
    assert link in shell.run("lookup", DECLINED).out
