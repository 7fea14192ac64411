"""Where requests go: by region and by kind of key; and which endpoints are refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.amazon.endpoints import (
    Account,
    AccountError,
    check_endpoint,
    is_loopback,
    key_environment,
)

RESOURCE = "/charges/S01-5797829-1888777-C043451"
CLASSIC = "AFVX7ULWSGBZ5535PCUQOY7B"


@pytest.mark.parametrize(
    ("region", "host"),
    [("na", "pay-api.amazon.com"), ("eu", "pay-api.amazon.eu"), ("jp", "pay-api.amazon.jp")],
)
def test_each_region_has_its_host(region: str, host: str) -> None:
    account = Account(region, "live", CLASSIC)
    assert (account.host, account.origin) == (host, f"https://{host}")


@pytest.mark.parametrize(
    ("key_id", "environment", "path"),
    [
        (CLASSIC, "live", f"/live/v2{RESOURCE}"),
        (CLASSIC, "sandbox", f"/sandbox/v2{RESOURCE}"),
        (f"LIVE-{CLASSIC}", "live", f"/v2{RESOURCE}"),
        (f"SANDBOX-{CLASSIC}", "sandbox", f"/v2{RESOURCE}"),
        (f"sandbox-{CLASSIC}", "sandbox", f"/v2{RESOURCE}"),
        ("SANDBOXED0ABCDEFGHIJKLMN", "live", f"/live/v2{RESOURCE}"),
    ],
)
def test_the_environment_is_in_the_key_or_in_the_path(
    key_id: str, environment: str, path: str
) -> None:
    assert Account("na", environment, key_id).path(RESOURCE) == path


@pytest.mark.parametrize(
    ("key_id", "environment"),
    [(f"LIVE-{CLASSIC}", "live"), (f"live-{CLASSIC}", "live"), (f"SANDBOX-{CLASSIC}", "sandbox"),
     (CLASSIC, None), ("LIVELY", None)],
)  # fmt: skip
def test_what_a_key_id_says_about_its_environment(key_id: str, environment: str | None) -> None:
    assert key_environment(key_id) == environment


@pytest.mark.parametrize(
    ("region", "environment", "key_id", "said"),
    [
        ("us", "live", CLASSIC, "na, eu or jp"),
        ("NA", "live", CLASSIC, "na, eu or jp"),
        ("na", "prod", CLASSIC, "sandbox or live"),
        ("na", "live", f"SANDBOX-{CLASSIC}", "is for sandbox"),
        ("na", "sandbox", f"LIVE-{CLASSIC}", "is for live"),
        ("na", "live", "", "public key id"),
        ("na", "live", "A B", "public key id"),
        ("na", "live", "A,Signature=x", "public key id"),
        ("na", "live", "A\nx-header: 1", "public key id"),
        ("na", "live", "ÄÖÜ", "public key id"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_a_sentence(
    region: str, environment: str, key_id: str, said: str
) -> None:
    with pytest.raises(AccountError, match=said) as caught:
        Account(region, environment, key_id)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://pay-api.example.com",
        "https://pay-api.example.com/",
        "https://pay-api.example.com:8443",
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080/",
        "http://127.8.9.1:1",
        "http://localhost:8080",
        "http://LOCALHOST:8080",
        "http://[::1]:8080",
        "HTTP://127.0.0.1:8080",
    ],
)
def test_https_and_this_machine_are_accepted(endpoint: str) -> None:
    check_endpoint(endpoint)
    account = Account("na", "sandbox", CLASSIC, endpoint)
    assert account.origin == endpoint.rstrip("/")
    assert "/" not in account.host


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://pay-api.amazon.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://0.0.0.0:80",
        "http://10.0.0.1",
        "http://2130706433",
        "http://127.1",
        "http://example.com#127.0.0.1",
        "http://127.0.0.1@example.com",
        "https://user@example.com",
        "https://:secret@example.com",
        "https://@example.com",
        "https://user:secret@example.com",
        "https://example.com/path",
        "https://example.com//",
        "https://example.com?x=1",
        "https://example.com?",
        "https://example.com#",
        "https://example.com#x",
        "https://example.com\\@127.0.0.1",
        "https://exa mple.com",
        "https://example.com\n",
        " https://example.com",
        "https://example.com\t.evil",
        "https://\u202eexample.com",
        "https://",
        "https://:8443",
        "https://example.com:port",
        "https://example.com:99999",
        "http://127.0.0.1:99999",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "127.0.0.1:8080",
        "//127.0.0.1",
        "",
        "https://[::1",
    ],
)
def test_everything_else_is_refused_with_a_sentence(endpoint: str) -> None:
    with pytest.raises(AccountError) as caught:
        Account("na", "sandbox", CLASSIC, endpoint)
    assert str(caught.value).endswith(".")
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text())
def test_any_text_is_an_endpoint_or_refused(text: str) -> None:
    with contextlib.suppress(AccountError):
        check_endpoint(text)
        assert text.lower().startswith(("https://", "http://"))


@pytest.mark.parametrize("netloc", ["127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:80", "localhost"])
def test_loopback(netloc: str) -> None:
    assert is_loopback(netloc)


@pytest.mark.parametrize("netloc", ["", "example.com", "128.0.0.1", "[::2]", "pay-api.amazon.com"])
def test_not_loopback(netloc: str) -> None:
    assert not is_loopback(netloc)
