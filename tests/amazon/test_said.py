"""What Amazon or the network says no to: English for the journal, the reader's words for people."""

from __future__ import annotations

import shlex
import socket
from datetime import UTC, datetime
from gettext import NullTranslations

import pytest

from console.amazon.curl import curl_for
from console.amazon.endpoints import Account
from console.amazon.errors import AmazonError, NotSent, error_for
from console.amazon.signing import judge_signature
from console.domain import language
from console.domain.ids import parse
from tests.support.capitals import capitals

from .conftest import Connect

READ = parse("S01-4966596-9591203-C079366").v2


class TestAnError:
    @pytest.mark.anyio
    async def test_is_kept_in_english_and_said_to_people(self, connect: Connect) -> None:
        with socket.socket() as made:
            made.bind(("127.0.0.1", 0))
            host = f"127.0.0.1:{made.getsockname()[1]}"
            client = connect(f"http://{host}")
            with capitals(), pytest.raises(NotSent) as caught:
                await client.get(READ)
        kept = f"{host} could not be reached: connection refused"
        assert (str(caught.value), client.records[-1].failure) == (kept, kept)
        with capitals():
            said = f"{host} COULD NOT BE REACHED: CONNECTION REFUSED"
            assert client.records[-1].failure_said == caught.value.said == said

    @pytest.mark.parametrize(
        ("message", "request_id", "english", "said"),
        [
            ("", None, "Amazon answered 404 Gone", "AMAZON ANSWERED 404 Gone"),
            ("no", None, "Amazon answered 404 Gone: no", "AMAZON ANSWERED 404 Gone: no"),
            (
                "",
                "r1",
                "Amazon answered 404 Gone (request r1)",
                "AMAZON ANSWERED 404 Gone (REQUEST r1)",
            ),
            (
                "{no}",
                "r1",
                "Amazon answered 404 Gone: {no} (request r1)",
                "AMAZON ANSWERED 404 Gone: {no} (REQUEST r1)",
            ),
        ],
    )
    def test_of_amazon_leaves_its_own_words_alone(
        self, message: str, request_id: str | None, english: str, said: str
    ) -> None:
        error = error_for(404, "Gone", message, request_id)
        with capitals():
            assert (str(error), error.sentence, error.said) == (english, english, said)
            assert error.hint is None

    def test_of_the_signature_says_its_verdict_too(self) -> None:
        verdict = judge_signature("no echo", "AMZN-PAY-RSASSA-PSS-V2\n00", "SANDBOX-A")
        other = judge_signature(f"[AMZN-PAY-RSASSA-PSS-V2\n{'1' * 64}]", f"x\n{'2' * 64}", "KEY")
        with capitals():
            error = AmazonError(403, "InvalidRequestSignature", "no", None, verdict)
            assert "no. Amazon echoed no string to sign, so" in str(error)
            assert "no. AMAZON ECHOED NO STRING TO SIGN, SO" in error.said
            hint = AmazonError(403, "InvalidRequestSignature", "no", None, other).hint
        assert (hint or "").startswith("TRY IT FROM A NETWORK WITHOUT THAT PROXY")


class TestAReadAsACommand:
    class Lines(NullTranslations):
        def gettext(self, message: str) -> str:
            return "one\n{header}\n\r; rm -rf ~\x0bthree"

    def test_stays_a_comment_and_a_command_in_every_language(self) -> None:
        account = Account("na", "sandbox", "SANDBOX-A", "http://127.0.0.1:1")
        english = curl_for(account, READ, datetime(2026, 1, 2, tzinfo=UTC))
        language.use(self.Lines())
        try:
            made = curl_for(account, READ, datetime(2026, 1, 2, tzinfo=UTC))
        finally:
            language.use(language.ENGLISH)
        assert "# one" in made
        assert shlex.split(made, comments=True) == shlex.split(english, comments=True)
