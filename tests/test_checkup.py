"""The test call that proves a key: every way in which it can fail is told apart, in words."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.checkup import VERDICTS, Verdict, no_such_permission, prove_key
from console.domain.ids import environment_of, parse
from console.domain.text import has_hidden
from console.keys import make_key
from console.simulator.errors import ApiError
from console.simulator.server import SimulatorServer, running
from console.simulator.signature import KeyRing, RawRequest, verify
from console.simulator.stories import story_world
from console.store.profiles import Profile
from tests.amazon.proxy import Passing, altering_proxy
from tests.amazon.raw import HANG_UP, NO_REPLY, Reply, raw_server, reply
from tests.support.tls import DAY, ca_file, certificate, tls_server

pytestmark = pytest.mark.anyio

KEY_ID = "SANDBOX-AFTESTKEY"
CLASSIC = "AFVX7ULWSGBZ5535PCUQOY7B"
REQUEST_ID = "x-amz-pay-request-id: 11111111-2222-3333-4444-555555555555"
PRIVATE, PUBLIC = make_key()
STRANGER, _ = make_key()


def profile(endpoint: str | None = None, **more: object) -> Profile:
    base = Profile("acme", "na", "sandbox", KEY_ID, endpoint=endpoint)
    return replace(base, **more)  # type: ignore[arg-type]


@contextmanager
def amazon(*key_ids: str) -> Iterator[SimulatorServer]:
    """A simulator that knows our key under these ids alone."""
    world = story_world()
    for key_id in key_ids:
        world.keys.register(PUBLIC, key_id)
    with running(world) as server:
        yield server


def refusal(status: int, code: str, message: str = "no", *headers: str) -> Reply:
    body = json.dumps({"reasonCode": code, "message": message}).encode()
    return reply(status, body, *(headers or (REQUEST_ID,)))


def closed_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


async def proved(endpoint: str | None, pem: bytes = PRIVATE, **more: object) -> Verdict:
    return await prove_key(profile(endpoint, **more), pem, seconds=5)


class TestProven:
    async def test_a_right_key_is_proven_by_one_read(self) -> None:
        with amazon(KEY_ID) as server:
            verdict = await proved(server.url)
            [entry] = server.world.log.entries()
        assert verdict == Verdict("proven", "Amazon accepts this key for NA sandbox.", None)
        assert verdict.ok
        assert (entry.method, entry.status) == ("GET", 404)

    @pytest.mark.parametrize("environment", ["sandbox", "live"])
    @pytest.mark.parametrize("region", ["na", "eu", "jp"])
    def test_what_is_read_belongs_to_region_and_environment(
        self, region: str, environment: str
    ) -> None:
        target = no_such_permission(region, environment)
        assert environment_of(target.id) == environment
        assert parse(target.id).region_hint == region

    async def test_a_classic_key_too(self) -> None:
        with amazon(CLASSIC) as server:
            assert (await proved(server.url, public_key_id=CLASSIC)).ok
            assert server.world.log.entries()[0].path.startswith("/sandbox/v2/")

    async def test_a_success_proves_as_well(self) -> None:
        with raw_server(reply(200, b'{"chargePermissionId":"x"}', REQUEST_ID)) as server:
            assert (await proved(server.url)).ok


class TestTheKey:
    async def test_an_id_that_amazon_does_not_know(self) -> None:
        with amazon("SANDBOX-OTHER") as server:
            verdict = await proved(server.url)
        assert verdict.code == "unknown_key_id"
        assert KEY_ID in verdict.says
        assert "Seller Central" in (verdict.next_step or "")

    async def test_the_other_word_for_it(self) -> None:
        with raw_server(refusal(403, "InvalidAuthentication")) as server:
            assert (await proved(server.url)).code == "unknown_key_id"

    async def test_another_key_than_the_ids(self) -> None:
        with amazon(KEY_ID) as server:
            verdict = await proved(server.url, STRANGER)
        assert verdict.code == "wrong_key"
        assert f"{KEY_ID}, but the private key does not belong to it" in verdict.says

    async def test_a_proxy_that_rewrites_is_not_called_a_wrong_key(self) -> None:
        def rewritten(request: Passing) -> Passing:
            return request.with_header("content-type", "application/json; charset=utf-8")

        with amazon(KEY_ID) as server, altering_proxy(server.url, rewritten) as between:
            verdict = await proved(between)
        assert verdict.code == "altered"
        assert "changed the request" in verdict.says

    async def test_without_an_echo_it_is_not_guessed(self) -> None:
        with raw_server(refusal(403, "InvalidRequestSignature", "Unable to verify")) as server:
            verdict = await proved(server.url)
        assert verdict.code == "signature_rejected"
        assert "can't be told" in verdict.says

    @pytest.mark.parametrize("pem", [b"", b"junk", b"-----BEGIN OPENSSH PRIVATE KEY-----", PUBLIC])
    async def test_what_is_no_key_is_told_without_asking(self, pem: bytes) -> None:
        with amazon(KEY_ID) as server:
            verdict = await proved(server.url, pem)
            assert not server.world.log.entries()
        assert verdict.code == "key_unusable"

    async def test_settings_that_cannot_be_used(self, tmp_path: Path) -> None:
        verdict = await proved("https://127.0.0.1:1", ca_file=str(tmp_path / "none.pem"))
        assert verdict.code == "settings"
        assert "ca_file" in verdict.says


class Router(BaseHTTPRequestHandler):
    """A host where each environment has keys of its own, named by the path."""

    rings: dict[str, KeyRing]

    def do_GET(self) -> None:
        headers = [(k.lower().encode(), v.encode()) for k, v in self.headers.items()]
        request = RawRequest("GET", self.path.encode(), b"", headers, b"")
        try:
            verify(request, self.rings[self.path.split("/")[1]], datetime.now(UTC), 300, 0)
            error = ApiError("ResourceNotFound", "There is none")
        except ApiError as refused:
            error = refused
        body = json.dumps({"reasonCode": error.code, "message": str(error)}).encode()
        self.send_response(error.status)
        self.send_header("x-amz-pay-request-id", "r-1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quietly."""


@contextmanager
def two_environments(live: bool, sandbox: bool) -> Iterator[str]:
    """A host that knows the classic key in the environments that are asked for."""
    rings = {"live": KeyRing(), "sandbox": KeyRing()}
    for environment, known in (("live", live), ("sandbox", sandbox)):
        rings[environment].register(PUBLIC, CLASSIC if known else "SOMEBODYELSES")
    handler = type("Handler", (Router,), {"rings": rings})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(5)


class TestElsewhere:
    @pytest.mark.parametrize("home", ["eu", "jp"])
    async def test_a_key_of_another_region_says_which(self, home: str) -> None:
        others = {"na", "eu", "jp"} - {home}
        with amazon(KEY_ID) as right, amazon("SANDBOX-NO") as wrong:
            hosts = {home: right.url, **dict.fromkeys(others, wrong.url)}
            verdict = await prove_key(profile(), PRIVATE, hosts=hosts)
        assert verdict.code == "wrong_region"
        assert f"belongs to {home.upper()}, not to NA" in verdict.says
        assert home.upper() in (verdict.next_step or "")

    async def test_an_id_of_another_region_with_another_key(self) -> None:
        with amazon(KEY_ID) as right, amazon("SANDBOX-NO") as wrong:
            hosts = {"na": wrong.url, "eu": right.url, "jp": wrong.url}
            verdict = await prove_key(profile(), STRANGER, hosts=hosts)
        assert verdict.code == "wrong_region"
        assert "the private key does not belong to it" in verdict.says

    async def test_known_nowhere_says_where_it_was_asked(self) -> None:
        with amazon("SANDBOX-NO") as wrong:
            nobody = f"http://127.0.0.1:{closed_port()}"
            hosts = {"na": wrong.url, "eu": wrong.url, "jp": nobody}
            verdict = await prove_key(profile(), PRIVATE, hosts=hosts)
        assert verdict.code == "unknown_key_id"
        assert "nor in EU" in verdict.says
        assert "JP" not in verdict.says, "it could not be asked"

    async def test_a_wrong_key_stays_one_where_the_others_do_not_know_the_id(self) -> None:
        with amazon(KEY_ID) as here, amazon("SANDBOX-NO") as other:
            hosts = {"na": here.url, "eu": other.url, "jp": other.url}
            assert (await prove_key(profile(), STRANGER, hosts=hosts)).code == "wrong_key"

    async def test_with_an_endpoint_no_other_host_is_asked(self) -> None:
        with amazon("SANDBOX-NO") as here, amazon(KEY_ID) as other:
            hosts = dict.fromkeys(("na", "eu", "jp"), other.url)
            verdict = await prove_key(profile(here.url), PRIVATE, hosts=hosts)
            assert not other.world.log.entries()
        assert verdict.code == "unknown_key_id"

    async def test_a_prefix_of_the_other_environment_is_told_without_asking(self) -> None:
        with amazon(KEY_ID) as server:
            verdict = await proved(server.url, environment="live")
            assert not server.world.log.entries()
        assert verdict.code == "wrong_environment"
        assert "is for sandbox, not for live" in verdict.says

    async def test_a_classic_id_of_the_other_environment(self) -> None:
        with two_environments(live=True, sandbox=False) as url:
            verdict = await proved(url, public_key_id=CLASSIC)
        assert verdict.code == "wrong_environment"
        assert "is for live, not for sandbox" in verdict.says

    async def test_a_classic_id_of_neither(self) -> None:
        with two_environments(live=False, sandbox=False) as url:
            assert (await proved(url, public_key_id=CLASSIC)).code == "unknown_key_id"


class TestTheClock:
    @pytest.mark.parametrize(("shift", "side"), [(-400, "ahead"), (400, "behind")])
    async def test_one_that_is_wrong_is_corrected_and_noted(self, shift: int, side: str) -> None:
        with amazon(KEY_ID) as server:
            server.world.add_fault(f"*:clock_shift:{shift}")
            verdict = await proved(server.url)
        assert verdict.ok
        [note] = verdict.notes
        seconds = re.search(rf"(\d+) s {side}", note)
        assert seconds is not None
        assert abs(int(seconds[1]) - 400) <= 2

    async def test_a_few_seconds_are_worth_no_word(self) -> None:
        with amazon(KEY_ID) as server:
            server.world.add_fault("*:clock_shift:5")
            assert (await proved(server.url)).notes == ()

    async def test_a_date_that_is_refused_all_the_same(self) -> None:
        refused = refusal(
            400, "InvalidHeaderValue", "x-amz-pay-date should not be in future",
            "date: Tue, 01 Sep 2015 10:00:00 GMT", REQUEST_ID,
        )  # fmt: skip
        with raw_server(refused) as server:
            verdict = await proved(server.url)
            assert len(server.requests) == 2, "once more with the time that was learned"
        assert verdict.code == "clock"
        assert "s ahead" in verdict.says

    async def test_another_header_is_no_matter_of_the_clock(self) -> None:
        with raw_server(refusal(400, "InvalidHeaderValue", "x-amz-pay-region")) as server:
            verdict = await proved(server.url)
        assert verdict.code == "unexpected"
        assert "InvalidHeaderValue" in verdict.says


class TestTheNetwork:
    async def test_nobody_listens(self) -> None:
        verdict = await proved(f"http://127.0.0.1:{closed_port()}")
        assert verdict.code == "no_network"
        assert "refused" in verdict.says

    async def test_a_name_that_nobody_knows(self) -> None:
        verdict = await proved("https://pay-api.nowhere.invalid")
        assert verdict.code == "no_network"
        assert "name can't be resolved" in verdict.says

    async def test_nothing_comes(self) -> None:
        started = time.monotonic()
        with raw_server(NO_REPLY) as server:
            verdict = await prove_key(profile(server.url), PRIVATE, seconds=0.5)
            assert len(server.requests) == 1
        assert time.monotonic() - started < 3
        assert verdict.code == "no_network"
        assert "nothing came" in verdict.says

    async def test_it_hangs_up(self) -> None:
        with raw_server(HANG_UP) as server:
            verdict = await proved(server.url)
            assert len(server.requests) == 1, "asked once"
        assert verdict.code == "no_network"
        assert "closed without an answer" in verdict.says

    @pytest.mark.parametrize("status", [403, 407, 502])
    async def test_a_proxy_that_refuses(self, status: int) -> None:
        with raw_server(reply(status)) as server:
            verdict = await proved(None, proxy=server.url)
        assert verdict.code == "proxy"
        assert server.url in verdict.says
        assert str(status) in verdict.says
        assert "proxy in the profile" in (verdict.next_step or "")

    async def test_the_environments_proxy_is_named_without_its_password(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        address = f"127.0.0.1:{closed_port()}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@{address}")
        verdict = await proved(None)
        assert verdict.code == "proxy"
        assert f"http://{address}" in verdict.says
        assert "refused" in verdict.says
        assert "HTTPS_PROXY" in (verdict.next_step or "")
        assert "hunter2" not in str(verdict)

    async def test_a_proxy_that_cannot_be_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "socks5://user:hunter2@127.0.0.1:1080")
        verdict = await proved(None)
        assert verdict.code == "settings"
        assert "socks5://127.0.0.1:1080" in verdict.says
        assert "hunter2" not in str(verdict)


class TestTls:
    async def test_a_certificate_that_is_not_trusted_names_its_issuer(self, tmp_path: Path) -> None:
        with tls_server(certificate(tmp_path)) as server:
            verdict = await proved(server.url)
            assert server.requests == []
        assert verdict.code == "tls_interception"
        assert "Acme Security, Inspection Root" in verdict.says
        assert "ca_file" in (verdict.next_step or "")
        assert "SSL_CERT_FILE" in (verdict.next_step or "")

    async def test_a_proxy_that_opens_tls_is_seen_through(self, tmp_path: Path) -> None:
        file = certificate(tmp_path, "pay-api.amazon.com")
        with tls_server(file, is_proxy=True) as server:
            verdict = await proved(None, proxy=f"http://{server.address}")
            assert server.requests == []
            assert all(b"CONNECT pay-api.amazon.com:443" in head for head in server.connects)
        assert verdict.code == "tls_interception"
        assert "Acme Security, Inspection Root" in verdict.says

    async def test_with_its_authority_as_ca_file_it_is_trusted(self, tmp_path: Path) -> None:
        answer = refusal(404, "ResourceNotFound").data
        file = certificate(tmp_path, "pay-api.amazon.com")
        with tls_server(file, answer, is_proxy=True) as server:
            verdict = await proved(
                None, proxy=f"http://{server.address}", ca_file=ca_file(tmp_path)
            )
        assert verdict.ok

    @pytest.mark.parametrize(
        ("begins", "ends", "says"),
        [(-9 * DAY, -2 * DAY, "has expired"), (2 * DAY, 9 * DAY, "not valid yet")],
    )
    async def test_one_out_of_its_time_may_be_the_clock(
        self, tmp_path: Path, begins: object, ends: object, says: str
    ) -> None:
        file = certificate(tmp_path, begins=begins, ends=ends)  # type: ignore[arg-type]
        with tls_server(file) as server:
            verdict = await proved(server.url, ca_file=ca_file(tmp_path))
        assert verdict.code == "tls"
        assert says in verdict.says
        assert "date and time" in (verdict.next_step or "")

    @pytest.mark.parametrize("host", ["portal.example", "127.0.0.9"])
    async def test_one_of_another_name(self, tmp_path: Path, host: str) -> None:
        with tls_server(certificate(tmp_path, host)) as server:
            verdict = await proved(server.url, ca_file=ca_file(tmp_path))
        assert verdict.code == "tls"
        assert "is for another" in verdict.says
        assert "issued by Acme Security, Inspection Root" in verdict.says

    async def test_a_handshake_that_is_cut_off(self) -> None:
        with raw_server(reply(200)) as server:
            verdict = await proved(server.url.replace("http:", "https:"))
        assert verdict.code == "tls"
        assert "closed in the handshake" in verdict.says

    async def test_the_other_side_speaks_no_tls(self) -> None:
        with amazon(KEY_ID) as server:
            verdict = await proved(server.url.replace("http:", "https:"))
        assert verdict.code == "tls"
        assert "speaks no TLS" in verdict.says


class TestOtherAnswers:
    @pytest.mark.parametrize("status", [200, 302, 404, 403, 511, 503])
    async def test_a_web_page_is_not_amazon(self, status: int) -> None:
        page = b"<html><title>Sign in to the WLAN</title></html>"
        with raw_server(reply(status, page, "location: https://portal.example/")) as server:
            verdict = await proved(server.url)
            assert len(server.requests) == 1
        assert verdict.code == "not_amazon"
        assert "browser" in (verdict.next_step or "")

    async def test_somebody_elses_json_is_not_amazon(self) -> None:
        with raw_server(reply(404, b'{"message":"no Route matched"}')) as server:
            assert (await proved(server.url)).code == "not_amazon"
        with raw_server(reply(200, b'{"ok":true}')) as server:
            assert (await proved(server.url)).code == "not_amazon"

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            ("refuse:InvalidAccountStatus", "suspended"),
            ("throttle", "throttled"),
            ("error_before", "amazon_failed"),
            ("error_before:503", "amazon_failed"),
            ("html_502:before", "amazon_failed"),
            ("hang_up_before", "no_network"),
        ],
    )
    async def test_what_amazon_may_say(self, fault: str, code: str) -> None:
        with amazon(KEY_ID) as server:
            server.world.add_fault(f"get_charge_permission:{fault}")
            verdict = await proved(server.url)
            assert len(server.world.log.entries()) == 1, "asked once"
        assert verdict.code == code
        assert verdict.next_step

    async def test_an_unknown_code_stands_verbatim_with_its_request_id(self) -> None:
        with raw_server(refusal(418, "TeapotNotAllowed")) as server:
            verdict = await proved(server.url)
        assert verdict.code == "unexpected"
        assert "418 TeapotNotAllowed" in verdict.says
        assert "11111111-2222" in verdict.says


class TestWords:
    @pytest.mark.parametrize("code", VERDICTS)
    def test_every_failure_has_a_next_step(self, code: str) -> None:
        says, next_step = VERDICTS[code]
        assert says
        assert (next_step is None) == (code == "proven")

    async def test_hostile_answers_are_shown_clean(self) -> None:
        hostile = refusal(418, "Bad\x1b[31m{key_id}\u202e", "a\x07", "x-amz-pay-request-id: r\xad")
        with raw_server(hostile) as server:
            verdict = await proved(server.url)
        assert verdict.code == "unexpected"
        assert "{key_id}" in verdict.says, "taken as it is"
        assert not has_hidden(verdict.says + (verdict.next_step or ""))

    @given(st.binary(max_size=200))
    def test_no_bytes_of_a_server_raise(self, data: bytes) -> None:
        import asyncio

        with raw_server(Reply(data, cut=True)) as server:
            verdict = asyncio.run(prove_key(profile(server.url), PRIVATE, seconds=5))
        assert verdict.code in VERDICTS
        assert not verdict.ok
