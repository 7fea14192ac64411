"""A rejected signature: whether the key is wrong or something changed the request on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.amazon.client import AmazonPay
from console.amazon.endpoints import Account
from console.amazon.errors import NotAllowed
from console.amazon.signing import Signer, judge_signature, without_signature
from console.domain.ids import parse
from console.domain.intent import Reservation
from console.keys import make_key

from .conftest import Connect
from .proxy import Alter, Passing, altering_proxy
from .raw import raw_server, reply

HASH = "4b74024c202a8545e80cdf1e5bc4d602cb8f367dc6b48c2fb07bfc854a743a1a"
ALGORITHM = "AMZN-PAY-RSASSA-PSS-V2"
OURS = f"{ALGORITHM}\n{HASH}"
KEY_ID = "SANDBOX-AFTESTKEY"
SIGNATURE = "bmpfdVS7P2BTifpTTh8Gox2P" * 14 + "rBz+/w=="
CHARGE = "S01-4966596-9591203-C079366"
READ = parse(CHARGE).v2

SAME = "the private key does not belong to public key id SANDBOX-AFTESTKEY"
CHANGED = "something on the way changed the request"
NOTHING = "echoed no string to sign"


class TestTheEcho:
    @pytest.mark.parametrize(
        "between", ["\n", "\\n", "\\\\n", " ", " \n ", "\r\n", "\\r\\n", "␤", "\n\\n"]
    )
    @pytest.mark.parametrize(
        "wording",
        [
            "Unable to verify signature, signing String [{}], signature [x]",
            "Unable to verify signature, signing String [ {} ] , signature [x]",
            "Signature x does not match signedString {} for merchant A3OJ83WFYM72IY",
        ],
    )
    def test_is_found_in_every_wording(self, wording: str, between: str) -> None:
        echoed = wording.format(ALGORITHM + between + HASH)
        assert SAME in judge_signature(echoed, OURS, KEY_ID).says
        other = wording.format(ALGORITHM + between + "0" + HASH[1:])
        assert CHANGED in judge_signature(other, OURS, KEY_ID).says

    def test_in_capitals_is_the_same_hash(self) -> None:
        echoed = f"[{ALGORITHM}\n{HASH.upper()}]"
        assert SAME in judge_signature(echoed, OURS, KEY_ID).says

    def test_of_another_algorithm_means_that_the_header_was_changed(self) -> None:
        verdict = judge_signature(f"[AMZN-PAY-RSASSA-PSS\n{HASH}]", OURS, KEY_ID)
        assert "authorization header" in verdict.says

    @pytest.mark.parametrize(
        "message",
        ["", "Unable to verify signature", f"[{ALGORITHM}\\n541....]", f"[{ALGORITHM}\n{HASH}0]"],
    )
    def test_that_is_missing_or_cut_proves_nothing(self, message: str) -> None:
        verdict = judge_signature(message, OURS, KEY_ID)
        assert NOTHING in verdict.says
        assert verdict.next_step is None

    @given(st.text(max_size=300))
    def test_never_stumbles(self, message: str) -> None:
        assert judge_signature(message + ALGORITHM + message, OURS, KEY_ID).says

    def test_is_repeated_without_the_signature(self) -> None:
        message = f"signing String [{ALGORITHM}\n{HASH}], signature [{SIGNATURE}]"
        shown = without_signature(message)
        assert HASH in shown
        assert SIGNATURE[:20] not in shown
        assert "signature [(left out)]" in shown


def _rewritten(request: Passing) -> Passing:
    return request.with_header("content-type", "application/json; charset=utf-8")


def _another_path(request: Passing) -> Passing:
    return replace(request, path=request.path.replace("C079366", "C079367"))


def _another_body(request: Passing) -> Passing:
    if not request.body:
        return request
    changed = replace(request, body=request.body.replace(b"1.00", b"1.0 "))
    return changed.with_header("content-length", str(len(changed.body)))


def refund() -> Reservation:
    body = f'{{"chargeId":"{CHARGE}","refundAmount":{{"amount":"1.00","currencyCode":"USD"}}}}'
    return Reservation(1, 1, "create_refund", CHARGE, "POST", "/refunds", body.encode(), "k" * 32)


@pytest.mark.anyio
class TestAtAmazon:
    async def test_a_wrong_key_is_called_a_wrong_key(self, url: str) -> None:
        stranger = Signer(make_key()[0], KEY_ID)
        async with AmazonPay(Account("na", "sandbox", KEY_ID, url), stranger) as client:
            with pytest.raises(NotAllowed) as raised:
                await client.get(READ)
            [record] = client.records
        error = raised.value
        assert SAME in str(error)
        assert error.hint is not None
        assert "Integration Central" in error.hint
        assert record.string_to_sign in error.message
        assert "(left out)" in error.message

    @pytest.mark.parametrize("alter", [_rewritten, _another_path])
    async def test_a_changed_request_is_called_changed(
        self, connect: Connect, url: str, alter: Alter
    ) -> None:
        with altering_proxy(url, alter) as proxy:
            with pytest.raises(NotAllowed, match=CHANGED) as raised:
                await connect(proxy).get(READ)
            assert "proxy" in (raised.value.hint or "")

    async def test_of_a_write_too(self, connect: Connect, url: str) -> None:
        with altering_proxy(url, _another_body) as proxy:
            client = connect(proxy)
            assert (await client.get(READ)).ok
            answer = await client.send(refund())
        assert not answer.ok
        assert CHANGED in answer.error().sentence

    async def test_a_proxy_that_changes_nothing_does_no_harm(
        self, connect: Connect, url: str
    ) -> None:
        with altering_proxy(url, lambda request: request) as proxy:
            assert (await connect(proxy).get(READ)).ok

    @pytest.mark.parametrize("code", ["InvalidRequestSignature", "InvalidSignatureError"])
    async def test_without_an_echo_nothing_is_claimed(self, connect: Connect, code: str) -> None:
        body = f'{{"reasonCode":"{code}","message":"no"}}'.encode()
        with raw_server(reply(403, body)) as server, pytest.raises(NotAllowed, match=NOTHING):
            await connect(server.url).get(READ)

    async def test_other_refusals_have_no_verdict(self, connect: Connect) -> None:
        body = f'{{"reasonCode":"InvalidAccountStatus","message":"{SIGNATURE}"}}'.encode()
        with raw_server(reply(403, body)) as server, pytest.raises(NotAllowed) as raised:
            await connect(server.url).get(READ)
        assert raised.value.verdict is None
        assert raised.value.hint is None
        assert SIGNATURE in raised.value.message
