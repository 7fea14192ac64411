"""Connecting an account in the screen: every way in, every way back, and no key to be seen."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import keyring.core
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from keyring.errors import KeyringLocked
from textual import events
from textual.widgets import Input

from console import checkup, clipboard, onboarding
from console.checkup import VERDICTS, Verdict
from console.keys import load_private_key, make_key, plain_key, public_half
from console.simulator.server import SimulatorServer, running
from console.simulator.stories import story_world
from console.store.credentials import store_key
from console.store.places import Places
from console.store.profiles import Profile, Profiles
from console.tui.app import PayConsole
from console.tui.screens.connect import _MENDED_AT, _ON_THE_WAY, ConnectScreen
from console.tui.screens.connect_pages import default_name, typed_path
from tests.settings.test_credentials import Memory
from tests.tui.stage import Driver, Stage, drawn, squeeze
from tests.tui.test_hostile import assert_harmless

pytestmark = pytest.mark.anyio

KEY_ID = "SANDBOX-AFNEWCOMER"
CLASSIC = "AFVX7ULWSGBZ5535PCUQOY7B"
PASSPHRASE = "correct horse battery"
PRIVATE, PUBLIC = make_key()
STRANGER, _ = make_key()


def sealed(pem: bytes) -> bytes:
    how = BestAvailableEncryption(PASSPHRASE.encode())
    return load_private_key(pem).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


@dataclass
class Home:
    """A fresh home folder, an empty keyring, and an Amazon Pay that knows one key id."""

    folder: Path
    server: SimulatorServer
    vault: Memory
    frames: list[str] = field(default_factory=list)

    @property
    def places(self) -> Places:
        return Places(self.folder / "config", self.folder / "data")

    @property
    def profiles(self) -> list[Profile]:
        return Profiles(self.places).all()

    def key_file(self, pem: bytes = PRIVATE, name: str = "key.pem") -> Path:
        path = self.folder / name
        path.write_bytes(pem)
        return path

    @asynccontextmanager
    async def newcomer(self, width: int = 80, height: int = 24) -> AsyncIterator[Newcomer]:
        """The first start, with `c` pressed."""
        app = PayConsole(None)
        app.animation_level = "none"
        async with app.run_test(size=(width, height)) as pilot:
            # The stage is nobody's: what a driver does needs the program alone.
            driver = Newcomer(cast(Stage, None), app, pilot, home=self)
            await driver.sees("c connect an account")
            await driver.press("c")
            await driver.sees("Where is your Amazon Pay account?")
            yield driver


@dataclass
class Newcomer(Driver):
    home: Home = field(kw_only=True)

    @property
    def connecting(self) -> ConnectScreen:
        assert isinstance(self.app.screen, ConnectScreen), self.screen
        return self.app.screen

    @property
    def dialog(self) -> str:
        """The dialog alone: the screen behind it is another's."""
        box = self.connecting.query_one("#dialog").region
        lines = self.screen.splitlines()[box.y : box.bottom]
        return "\n".join(line[box.x : box.right].rstrip() for line in lines)

    async def at(self, field: str) -> None:
        """Wait until a field has the focus."""
        await self.until(lambda: getattr(self.app.focused, "id", "") == field)

    async def refill(self, text: str) -> None:
        """Write something else into the field."""
        assert isinstance(self.app.focused, Input)
        self.app.focused.value = ""
        await self.type(text)

    async def to_the_key(self, region: str = "1", environment: str = "1") -> None:
        await self.press(region, environment)
        await self.sees("Where is your private key?")

    async def give_file(self, pem: bytes = PRIVATE) -> None:
        path = self.home.key_file(pem)
        await self.press("1")
        await self.sees("The key file")
        await self.type(str(path))
        await self.press("enter")

    async def to_the_name(self, key_id: str = KEY_ID) -> None:
        await self.sees("The public key id, as Seller Central shows it")
        await self.type(key_id)
        await self.press("enter")
        await self.sees("What to call it")

    async def name(self, endpoint: str | None = None) -> None:
        """The suggested name, and the simulator as endpoint; Enter after each."""
        await self.press("tab", "tab", "tab", "enter")
        await self.sees("instead of Amazon's host")
        await self.type(endpoint or self.home.server.url)
        await self.press("enter", "enter", "enter")

    async def to_the_proof(self, pem: bytes = PRIVATE, key_id: str = KEY_ID) -> None:
        await self.to_the_key()
        await self.give_file(pem)
        await self.to_the_name(key_id)
        await self.name()

    async def look_up_the_first_order(self) -> None:
        """From the console that was opened."""
        await self.until(lambda: self.app.session is not None, 15)
        await self.sees("journal ok")
        await self.look_up("S01-4966596-9591203-A079366")
        await self.sees("made with Checkout v1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    vault = Memory()
    monkeypatch.setattr(keyring.core, "_keyring_backend", vault)
    for name, value in {
        "HOME": tmp_path,
        "PAYCONSOLE_CONFIG_DIR": tmp_path / "config",
        "PAYCONSOLE_DATA_DIR": tmp_path / "data",
        "USERPROFILE": tmp_path,
        "SSH_CONNECTION": "a terminal far away",  # nothing of the desktop's is copied over
    }.items():
        monkeypatch.setenv(name, str(value))
    world = story_world()
    world.keys.register(PUBLIC, KEY_ID)
    world.keys.register(PUBLIC, CLASSIC)
    with running(world) as server:
        made = Home(tmp_path, server, vault)
        display = PayConsole._display

        def recorded(app: PayConsole, screen: Any, renderable: Any) -> None:
            display(app, screen, renderable)
            if app._running and app.is_running and app.screen.is_mounted:
                strips = drawn(app)
                made.frames.append("\n".join(strip.text for strip in strips))

        monkeypatch.setattr(PayConsole, "_display", recorded)
        yield made


def secrets(pem: bytes) -> list[str]:
    """Every line of a key that holds a piece of it, and half of each."""
    lines = [line for line in pem.decode().splitlines() if not line.startswith("-----")]
    return [half for line in lines for half in (line[:24], line[24:48]) if len(half) > 16]


def assert_unseen(home: Home, app: PayConsole, *texts: str) -> None:
    """None of `texts` stood in any frame, nor can be pasted from the program's clipboard."""
    assert len(home.frames) > 10
    everything = "\n".join(home.frames) + squeeze("".join(home.frames)) + app.clipboard
    for text in texts:
        assert text not in everything


class TestTheWholeWay:
    async def test_with_a_key_file(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.sees("2048 bits, SHA256:")
            await console.to_the_name()
            await console.name()
            await console.sees("Connected", "The key file ~/key.pem")
            assert_unseen(home, console.app, *secrets(PRIVATE))
            await console.press("enter")
            await console.look_up_the_first_order()
        assert [(p.name, p.region, p.environment) for p in home.profiles] == [
            ("sandbox", "na", "sandbox")
        ]
        assert (home.folder / "key.pem").exists()
        [kept] = home.vault.kept.values()
        assert PRIVATE.decode().split("\n")[1] in kept

    async def test_with_a_key_from_the_clipboard(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.press("2")
            await console.sees("It is taken at once, and not shown")
            await console.paste(PRIVATE.decode().replace("\n", "\r"))
            await console.to_the_name()
            await console.name()
            await console.sees("Connected")
            assert "key file" not in console.words
            assert_unseen(home, console.app, *secrets(PRIVATE))
            await console.press("1")
            await console.look_up_the_first_order()

    async def test_with_a_key_that_is_made_here(self, home: Home) -> None:
        async with home.newcomer(120, 40) as console:
            await console.to_the_key()
            await console.press("3")
            await console.sees("Paste this public half into Seller Central", "Sandbox view")
            await console.sees("BEGIN PUBLIC KEY")
            [waiting] = home.vault.kept.values()
            await console.press("y")
            await console.sees("through the terminal (OSC 52)")
            public = console.app.clipboard
            await console.press("s")
            await console.sees("Saved", "~/payconsole-public-key.pem")
            assert (home.folder / "payconsole-public-key.pem").read_text() == public
            await console.press("s")
            await console.sees("It is there already", "~/payconsole-public-key.pem")
            (home.folder / "payconsole-public-key.pem").write_text("another half")
            await console.press("s")
            await console.sees("Saved", "~/payconsole-public-key-2.pem")
            assert (home.folder / "payconsole-public-key-2.pem").read_text() == public
            await console.press("s")
            await console.sees("It is there already", "~/payconsole-public-key-2.pem")
            assert (home.folder / "payconsole-public-key.pem").read_text() == "another half"
            assert all(line in console.screen for line in public.splitlines())
            home.server.world.keys.register(public, "SANDBOX-MADE")
            await console.press("enter")
            await console.to_the_name("SANDBOX-MADE")
            await console.name()
            await console.sees("Connected")
            made = plain_key(waiting.partition("\n")[2].encode())
            assert public_half(made).decode() == public
            assert onboarding.made_key() is None  # it has a profile now
            assert_unseen(home, console.app, *secrets(made))
            await console.press("enter")
            await console.look_up_the_first_order()

    async def test_a_key_that_was_made_at_another_time_is_offered(self, home: Home) -> None:
        onboarding.keep_made_key(PRIVATE)
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.sees("A key was made here before", "4 made here before")
            await console.press("3")
            await console.sees("A key waits already")  # it isn't replaced by one wrong key
            await console.press("4")
            await console.sees("Paste this public half")
            await console.press("enter")
            await console.to_the_name()
            await console.name()
            await console.sees("Connected")
        assert onboarding.made_key() is None

    async def test_with_an_encrypted_key(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file(sealed(PRIVATE))
            await console.sees("The key is encrypted", "kept nowhere")
            await console.type("wrong")
            await console.press("enter")
            await console.sees("Not that passphrase")
            await console.type(PASSPHRASE)
            await console.sees("•" * len(PASSPHRASE))
            await console.press("ctrl+a", "ctrl+c", "ctrl+x")
            assert console.app.clipboard == ""
            await console.refill(PASSPHRASE)
            await console.press("enter")
            await console.to_the_name()
            await console.name()
            await console.sees("Connected")
            assert_unseen(home, console.app, PASSPHRASE, *secrets(PRIVATE))
        [kept] = home.vault.kept.values()
        assert "ENCRYPTED" not in kept
        assert PASSPHRASE not in kept

    async def test_the_frames_are_really_looked_through(self, home: Home) -> None:
        """Or the tests above could not fail."""
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.press("1")
            await console.type("/planted")
            await console.press("escape", "1")
            with pytest.raises(AssertionError):
                assert_unseen(home, console.app, "/planted")


class TestTheKey:
    async def test_a_paste_or_a_file_on_the_list_of_sources(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.paste(PRIVATE.decode())
            await console.sees("The public key id, as Seller")
            await console.press("escape")
            await console.sees("1 the key you gave")
            await console.paste(f"'{home.key_file(name='my key.pem')}'")
            await console.sees("The public key id, as Seller")
            assert console.connecting._given.file == home.folder / "my key.pem"
            assert_unseen(home, console.app, *secrets(PRIVATE))

    async def test_a_file_that_is_dropped_on_its_field_is_read_at_once(self, home: Home) -> None:
        path = home.key_file(name="my key.pem")
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.press("1")
            await console.paste(str(path).replace(" ", "\\ "))
            await console.sees("The public key id, as Seller")

    async def test_a_paste_that_comes_as_if_it_were_typed(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.press("2")
            for character in PRIVATE.decode().strip():
                console.app.post_message(events.Key(_NAMES.get(character, character), character))
            await console.settle()
            await console.sees("The public key id, as Seller")
            assert_unseen(home, console.app, *secrets(PRIVATE))

    @pytest.mark.parametrize(
        ("what", "said"),
        [
            (PUBLIC, "This is the public half"),
            (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA", "OpenSSH"),
            (b"hello", "no PEM file"),
            (b"x" * 200_000, "too large for a key file"),
            (b"", "nothing in it"),
        ],
    )
    async def test_what_is_no_key_is_told_apart_in_place(
        self, home: Home, what: bytes, said: str
    ) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file(what)
            await console.sees("Not that key", said, "The key file")
            await console.refill(str(home.key_file()))
            await console.press("enter")
            await console.sees("The public key id, as Seller")

    async def test_a_path_that_leads_nowhere(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.press("1")
            await console.type("~/nothing.pem")
            await console.press("enter")
            await console.sees("The file can't be used", "No such file")
            await console.refill("~")
            await console.press("enter")
            await console.sees("This is a folder")

    async def test_a_hostile_path_is_shown_and_obeyed_nowhere(self, home: Home) -> None:
        name = "a\u202egnp.[@click=app.quit]x\x1b[31m.pem"
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.paste(str(home.key_file(b"junk", name)))
            await console.sees("Not that key")
            assert_harmless(console)
            await console.paste(str(home.key_file(sealed(PRIVATE), name)))
            await console.sees("The key is encrypted", "‹U+202E›gnp.[@click=app.quit]x␛[31m")
            assert_harmless(console)
            await console.type(PASSPHRASE)
            await console.press("enter")
            await console.to_the_name()
            await console.name()
            await console.sees("Connected", "‹U+202E›gnp")
            assert_harmless(console)

    @pytest.mark.parametrize("field", ["key-id", "name", "store_name"])
    async def test_a_key_that_is_pasted_into_another_field_is_not_shown(
        self, home: Home, field: str
    ) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.sees("The public key id, as Seller")
            if field != "key-id":
                await console.to_the_name()
            console.connecting.query_one(f"#{field}").focus()
            await console.settle()
            await console.paste(PRIVATE.decode())
            await console.sees("Not taken", "belongs to step 2")
            await console.paste("".join(secrets(PRIVATE)))
            await console.sees("Not taken", "longer than any answer")
            assert_unseen(home, console.app, *secrets(PRIVATE))

    async def test_a_locked_keyring_is_told_before_anything_else_is_asked(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def locked(*_: object) -> str:
            raise KeyringLocked("locked")

        monkeypatch.setattr(home.vault, "get_password", locked)
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.sees("Keyring trouble", "It is locked")
            await console.press("3")
            await console.sees("It is locked")
            assert "Paste this public half" not in console.words


_NAMES = {"\n": "enter", "-": "minus", "+": "plus", "/": "slash", " ": "space"}


class TestTheKeyId:
    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            (KEY_ID, "✓ an id for sandbox, as you chose"),
            (CLASSIC, "✓ a classic id"),
            ("LIVE-AFX", "is for live"),
            ("AKIAIOSFODNN7EXAMPLE", "access key of MWS"),
            ("something-else", "It is no usual form"),
        ],
    )
    async def test_it_is_recognised_as_it_is_typed(self, home: Home, typed: str, said: str) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.sees("classic ones are 24 capital letters")
            await console.type(typed)
            await console.sees(said)

    async def test_a_mismatch_is_refused_and_leads_back(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.sees("The public key id, as Seller")
            await console.type("LIVE-AFX")
            await console.press("enter")
            await console.sees("is for live", "1 go back to region and environment")
            await console.press("2")
            await console.at("key-id")  # what is typed is the id's
            await console.sees("LIVE-AFX2")
            await console.press("enter", "down", "enter")
            await console.sees("Which orders")
            await console.press("2")
            await console.sees("LIVE: real money", "✓ an id for live, as you chose")
            await console.press("enter")
            await console.sees("What to call it", "North America, live")

    async def test_a_mismatch_is_corrected_by_typing_on(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.sees("The public key id, as Seller")
            await console.type("LIVE-12")
            await console.press("enter")
            await console.sees("is for live")
            await console.press(*["backspace"] * len("LIVE-12"), *KEY_ID.replace("-", ""))
            assert console.connecting.query_one("#key-id", Input).value == KEY_ID.replace("-", "")

    @pytest.mark.parametrize("typed", ["hello", "V"])
    async def test_an_unusual_one_is_taken_by_a_second_enter(self, home: Home, typed: str) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.sees("The public key id, as Seller")
            await console.type(typed)
            await console.press("enter")
            await console.sees("It is no usual form", "Enter again takes it as it is")
            await console.press("x", "enter")  # another id is another question
            await console.sees("Enter again takes it as it is")
            await console.press("enter")
            await console.sees("What to call it", f"{typed}x")


class TestGoingBack:
    async def test_keeps_every_answer(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key("2", "1")
            await console.give_file()
            await console.to_the_name(CLASSIC)
            await console.refill("mine")
            await console.press("enter")
            await console.type("Acme")
            await console.press("escape")
            await console.sees("Key id", CLASSIC, "✓ a classic id")
            await console.press("escape")
            await console.sees("1 the key you gave", "2048 bits")
            await console.press("escape", "escape")
            await console.sees("Where is your Amazon Pay account?")
            await console.press("enter", "enter")
            await console.sees("Europe, sandbox")
            await console.press("1")
            await console.sees(CLASSIC)
            await console.press("enter")
            await console.sees("mine", "Acme")

    async def test_leaves_in_the_end_and_nothing_is_left(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.to_the_name()
            await console.press("escape", "escape", "escape", "escape", "escape")
            await console.sees("Esc again leaves")
            await console.press("escape")
            await console.sees("c connect an account")
        assert home.profiles == []
        assert home.vault.kept == {}

    async def test_from_the_proof_stops_it(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with home.newcomer() as console:
            with home.server.world.lock:  # Amazon doesn't answer
                await console.to_the_proof()
                await console.sees("Asking Amazon")
                await console.press("escape")
                await console.sees("What to call it")
            await console.pilot.pause(0.2)
            await console.sees("What to call it")
        assert home.profiles == []


def verdict_of(code: str) -> Verdict:
    says, step = VERDICTS[code]
    return Verdict(code, says, step)


class TestTheProof:
    @pytest.mark.parametrize("code", sorted(_MENDED_AT))
    async def test_each_failure_leads_to_what_it_is_about(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, code: str
    ) -> None:
        async def failing(*_: object) -> Verdict:
            return verdict_of(code)

        monkeypatch.setattr(checkup, "prove_key", failing)
        _, field, offered = _MENDED_AT[code]
        async with home.newcomer() as console:
            await console.to_the_proof()
            await console.sees("Not proven", f"1 {offered}", "2 try again", "3 keep it anyway")
            await console.press("1")
            await console.at(field)
        assert home.profiles == []

    def test_every_failure_is_known(self) -> None:
        """Codes that lead nowhere are those that nobody can mend in this screen."""
        nowhere = {"clock", "suspended", "throttled", "amazon_failed", "unexpected"}
        assert _MENDED_AT.keys() | _ON_THE_WAY | nowhere | {"proven"} == VERDICTS.keys()

    @pytest.mark.parametrize("code", sorted(_ON_THE_WAY))
    @pytest.mark.parametrize("given", ["endpoint", "proxy", ""])
    async def test_what_leads_requests_elsewhere_is_offered_first_where_it_was_given(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, code: str, given: str
    ) -> None:
        async def failing(*_: object) -> Verdict:
            return verdict_of(code)

        monkeypatch.setattr(checkup, "prove_key", failing)
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.to_the_name()
            if given:
                console.connecting.query_one(f"#{given}", Input).value = "http://127.0.0.1:9"
            await console.press("enter", "enter", "enter")
            offered = "1 correct endpoint and proxy" if given else "3 set a proxy or an endpoint"
            await console.sees("Not proven", offered)
            await console.press(offered[0])
            await console.at(given or "proxy")
            await console.sees("▾ more")

    async def test_an_unknown_id_is_corrected_and_proven_at_once(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_proof(key_id="SANDBOX-TYPO")
            await console.sees("Not proven", "SANDBOX-TYPO", "1 correct the public key id")
            await console.press("1")
            await console.sees("The public key id, as Seller")
            await console.press("2", "backspace")
            assert console.connecting.query_one("#key-id", Input).value == "SANDBOX-TYPO"
            await console.refill(KEY_ID)
            await console.press("enter")
            await console.sees("Connected")

    async def test_another_key_is_given_and_proven_at_once(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_proof(pem=STRANGER)
            await console.sees("Not proven", "1 give another private key")
            await console.press("1")
            await console.paste(PRIVATE.decode())
            await console.sees("Connected")

    async def test_again_and_again(self, home: Home) -> None:
        home.server.world.add_fault("get_charge_permission:refuse:InvalidAccountStatus:x1")
        async with home.newcomer() as console:
            await console.to_the_proof()
            await console.sees(
                "Not proven", "InvalidAccountStatus", "1 try again", "2 keep it anyway"
            )
            await console.press("1")
            await console.sees("Connected")

    async def test_kept_anyway_it_says_so_and_offers_no_deleting(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_proof(key_id="SANDBOX-TYPO")
            await console.sees("keep it anyway, unproven")
            await console.press("3")
            await console.sees("Saved, unproven", "payconsole profile check sandbox")
            assert "delete" not in console.words
        assert [p.public_key_id for p in home.profiles] == ["SANDBOX-TYPO"]

    async def test_what_the_clock_says_is_passed_on(self, home: Home) -> None:
        home.server.world.clock.shift = -312
        async with home.newcomer() as console:
            await console.to_the_proof()
            await console.sees("This machine's clock is 31", "ahead", "Connected")


class TestSaving:
    async def test_a_taken_name_is_told_before_amazon_is_asked(self, home: Home) -> None:
        Profiles(home.places).add(Profile("sandbox", "na", "sandbox", KEY_ID))
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.to_the_name()
            await console.sees("sandbox-na")  # the suggestion is free
            await console.refill("sandbox")
            await console.press("enter")
            await console.sees("There is a profile 'sandbox' already", "Choose another name")
            await console.at("name")
            await console.name()  # past the field, by tab
            await console.sees("There is a profile 'sandbox' already", "What to call it")
            await console.at("name")
            await console.press("2")
            assert console.connecting.query_one("#name", Input).value == "sandbox2"
            assert not home.server.world.log.entries()

    @pytest.mark.parametrize("name", [KEY_ID, CLASSIC])
    async def test_a_name_that_looks_like_a_key_id_is_refused(self, home: Home, name: str) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.to_the_name()
            await console.refill(name)
            await console.press("enter")
            await console.sees("That looks like a public key id", "a name of your own")
            await console.at("name")

    @pytest.mark.parametrize("name", ["[/b][@click=app.quit]x", "a\u202eb", "", "x" * 150])
    async def test_a_name_that_cannot_be_used(self, home: Home, name: str) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.to_the_name()
            await console.refill(name)
            await console.name()
            await console.sees("A profile's name has letters")
            assert_harmless(console)
        assert home.profiles == []

    async def test_a_wrong_endpoint_and_proxy_are_told_at_their_field(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_key()
            await console.give_file()
            await console.to_the_name()
            await console.name("http://pay-api.amazon.com")
            await console.sees("Plain http is accepted for this machine's own addresses only")
            await console.at("endpoint")
            console.connecting.query_one("#endpoint", Input).value = ""
            console.connecting.query_one("#proxy", Input).value = "http://user:word@proxy"
            console.connecting.query_one("#ca_file").focus()
            await console.press("enter")
            await console.sees("without a user or a password")
            await console.at("proxy")

    async def test_a_keyring_that_refuses_leaves_nothing_half_saved(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = home.vault.set_password

        def locked(*_: object) -> None:
            raise KeyringLocked("locked")

        monkeypatch.setattr(home.vault, "set_password", locked)
        async with home.newcomer() as console:
            await console.to_the_proof()
            await console.sees("Not saved", "It is locked", "1 try to save it again")
            assert home.profiles == []
            assert home.vault.kept == {}
            monkeypatch.setattr(home.vault, "set_password", real)
            await console.press("1")
            await console.sees("Connected")

    async def test_settings_that_cannot_be_written_take_the_key_back(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Profiles, "add", full)
        async with home.newcomer() as console:
            await console.to_the_proof()
            await console.sees("Not saved", "No space left on device")
            assert home.vault.kept == {}

    async def test_a_key_of_another_installation_leads_back_to_the_name(self, home: Home) -> None:
        other = Profile("sandbox", "na", "sandbox", CLASSIC)
        store_key(other, PRIVATE)
        before = dict(home.vault.kept)
        async with home.newcomer() as console:
            await console.to_the_proof()
            await console.sees("Not saved", "The keyring holds a key", "Choose another name")
            await console.at("name")
            assert home.vault.kept == before
            await console.refill("mine")
            await console.press("tab", "tab", "tab", "tab", "tab", "tab", "enter")
            await console.sees("Connected")
        assert [p.name for p in home.profiles] == ["mine"]
        assert before.items() <= home.vault.kept.items()

    async def test_broken_settings_are_told_at_the_start(self, home: Home) -> None:
        home.places.config.mkdir()
        async with home.newcomer() as console:
            home.places.settings.write_text("profiles = [")
            await console.press("escape", "c")
            await console.sees("Not these settings", "Invalid value (at end of document)")

    async def test_it_waits_for_the_keyring_in_words_and_stays_alive(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = home.vault.set_password

        def slow(*words: str) -> None:
            time.sleep(0.6)
            real(*words)

        monkeypatch.setattr(home.vault, "set_password", slow)
        async with home.newcomer() as console:
            await console.to_the_proof()
            await console.sees("Waiting for the keyring; it may be asking for its password")
            await console.press("escape")
            await console.sees("It can't be stopped now")
            await console.sees("Connected")


class TestTheKeyFile:
    async def test_is_deleted_only_where_that_is_chosen(self, home: Home) -> None:
        async with home.newcomer() as console:
            await console.to_the_proof()
            await console.sees("1 keep the key file", "2 delete the key file", "backups")
            await console.press("2")
            await console.until(lambda: not (home.folder / "key.pem").exists())
            await console.look_up_the_first_order()

    async def test_that_cannot_be_deleted_is_told(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def denied(path: Path) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(onboarding, "delete_key_file", denied)
        async with home.newcomer() as console:
            await console.to_the_proof()
            await console.sees("2 delete the key file")
            await console.press("2")
            await console.sees("Permission denied")
            await console.press("1")
            await console.look_up_the_first_order()


class TestWords:
    def test_a_default_name_is_free(self) -> None:
        from console.tui.screens.connect_pages import Given

        given = Given("eu", "live")
        assert default_name(given, set()) == "live"
        assert default_name(given, {"live"}) == "live-eu"
        assert default_name(given, {"live", "live-eu", "live-eu-2"}) == "live-eu-3"

    @pytest.mark.parametrize(
        "text",
        ["~/key.pem", '"~/key.pem"', "'{home}/key.pem'", "file://{home}/key.pem", " ~/key.pem\n"],
    )
    def test_a_path_as_people_and_terminals_write_it(self, home: Home, text: str) -> None:
        path = home.key_file()
        assert typed_path(text.format(home=home.folder)) == path

    def test_copying_asks_no_desktop_over_ssh(self) -> None:
        assert clipboard.tool({"SSH_CONNECTION": "x", "DISPLAY": ":0"}) is None

    def test_copying_uses_the_desktops_own_program(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = tmp_path / "xclip"
        made.write_text(f"#!/bin/sh\n/bin/cat > {tmp_path}/copied\n")
        made.chmod(0o700)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("DISPLAY", ":0")
        for name in ("SSH_CONNECTION", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)
        assert clipboard.copy_with_tool("the public half") == "xclip"
        assert (tmp_path / "copied").read_text() == "the public half"
        made.write_text("#!/bin/sh\nexit 1\n")
        assert clipboard.copy_with_tool("x") is None


# --- whole screens -------------------------------------------------------------------------------

_SHADOWED = (
    (re.compile(r"SHA256:[A-Za-z0-9+/]+"), lambda m: "SHA256:" + "x" * (len(m[0]) - 7)),
    (re.compile(r"[A-Za-z0-9+/]{2}IDAQAB|[A-Za-z0-9+/=]{64}"), lambda m: "x" * len(m[0])),
)


def shadowed(screen: str) -> str:
    """The screen without what differs from key to key."""
    for pattern, stand_in in _SHADOWED:
        screen = pattern.sub(stand_in, screen)
    return screen


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
async def test_every_step(
    home: Home,
    golden: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    height: int,
) -> None:
    wrong = Verdict("wrong_key", "The private key does not belong to it.", "Give the other one.")
    verdicts = iter([wrong, Verdict("proven", "Amazon accepts this key.", None)])

    async def proving(*_: object) -> Verdict:
        return next(verdicts)

    monkeypatch.setattr(checkup, "prove_key", proving)
    size = f"{width}x{height}"
    async with home.newcomer(width, height) as console:

        async def compare(step: str) -> None:
            await console.pilot.pause(0.1)
            golden(f"connect-{step}-{size}", shadowed(console.dialog))

        await compare("where")
        await console.to_the_key("1", "2")
        await compare("source")
        await console.press("3")
        await console.sees("Paste this public half")
        await compare("made")
        await console.press("escape", "3")
        await console.sees("It is taken at once")
        await compare("paste")
        await console.press("escape", "2")
        await console.sees("The key file")
        await compare("file")
        await console.type(str(home.key_file(sealed(PRIVATE))))
        await console.press("enter")
        await console.sees("The key is encrypted")
        await compare("passphrase")
        await console.type(PASSPHRASE)
        await console.press("enter")
        await console.sees("The public key id, as")
        await console.type(KEY_ID)
        await console.press("enter")
        await console.sees("1 go back to region")
        await compare("id")
        await console.refill("LIVE-AFX")
        await console.press("enter")
        await console.sees("What to call it")
        await compare("names")
        await console.name("http://127.0.0.1:9")
        await console.sees("Not proven")
        await compare("proof")
        await console.press("2")
        await console.sees("Connected")
        await compare("done")
