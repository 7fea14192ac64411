"""Texts of attackers: nothing reaches the terminal that it obeys, nothing runs from markup."""

from __future__ import annotations

import json
import random
import re
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyte
import pytest
from textual.geometry import Offset

from console.domain.rules import offers
from console.domain.text import clean, clean_json, clean_line, has_hidden
from console.simulator.server import Service
from console.simulator.stories import HOSTILE_NAME
from console.tui.screens.tools import _curl
from console.tui.words import literal
from tests.support import hostile
from tests.support.effort import budget
from tests.support.emulator import emulated
from tests.tui.stage import Driver, Stage, drawn

pytestmark = pytest.mark.anyio

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")


def assert_harmless(console: Driver) -> None:
    """No control character in what is drawn, and no action behind any cell of it."""
    for strip in drawn(console.app):
        for segment in strip:
            assert not CONTROL.search(segment.text), repr(segment.text)
            meta = segment.style.meta if segment.style else {}
            assert "@click" not in meta, meta


async def test_a_hostile_buyer_is_shown_and_obeyed_nowhere(stage: Stage) -> None:
    assert has_hidden(HOSTILE_NAME)
    async with stage.console(120, 60) as console:
        await console.look_up("S01-6666013-1313666")
        await console.sees("Acme-␛[5m120[/]")
        for tab in "12345":
            await console.press(tab)
            assert_harmless(console)
        await console.press("b")
        await console.sees("Buyer data is shown")
        await console.press("tab", "home")
        for _ in range(80):
            if "[@click" in console.words:
                break
            await console.press("down")
            await console.pilot.pause(0.01)
        await console.sees("[@click=app.quit]x[/]", "␛[31m", "Ann [/ Bob")
        assert_harmless(console)
        lines = console.screen.splitlines()
        row = next(n for n, line in enumerate(lines) if "[@click=app.quit]x[/]" in line)
        column = lines[row].index("@click") + 15
        await console.pilot.click(offset=Offset(column, row))
        await console.pilot.pause()
        assert console.app.is_running
        await console.press("l", "question_mark", "escape")
        assert_harmless(console)


async def test_buyer_data_is_masked_until_asked_for_and_each_look_is_written_down(
    stage: Stage,
) -> None:
    async with stage.console(120, 60) as console:
        await console.look_up("S02-6865442-5879427")
        await console.press("4")
        await console.sees("Buyer data is masked")
        await console.press("tab", "end")
        await console.sees('"buyer": "(hidden)"')
        assert "Jörg" not in console.screen
        await console.press("b")
        await console.sees("Buyer data is shown")
        await console.press("end")
        await console.sees("Jörg Weiß")
        session = console.app.session
        assert session is not None
        looks = [line for line in session.journal.entries() if line.kind == "reveal"]
        assert [(line.object, line.actor) for line in looks] == [("S02-6865442-5879427", "ann")]
        assert "Jörg" not in str(looks[0].data)
        await console.press("b", "home")
        await console.sees("Buyer data is masked")
        await console.press("end")
        await console.sees('"buyer": "(hidden)"')
        assert "Jörg" not in console.screen


@pytest.mark.parametrize("text", [HOSTILE_NAME, "a\x1b]0;owned\x07\nb", "\u202egnp.exe [/b]"])
async def test_what_is_typed_or_pasted_is_cleaned(stage: Stage, text: str) -> None:
    async with stage.console() as console:
        await console.paste(text)
        await console.sees("Not an Amazon Pay id")
        assert_harmless(console)
        await console.look_up("S01-4966596-9591203-C079366")
        await console.press("r")
        await console.paste(text)
        await console.sees("✗")
        assert_harmless(console)


# --- any text at all ------------------------------------------------------------------------------


def test_whatever_a_text_is_it_comes_out_of_the_cleaning_harmless() -> None:
    dice = random.Random(20260115)
    for _round in range(budget(20_000, 1_000_000)):
        text = hostile.text(dice)
        cleaned = clean(text)
        assert not CONTROL.search(cleaned), repr(text)
        assert not has_hidden(cleaned)
        cleaned.encode("utf-8")  # half a character can't be written anywhere
        line = clean_line(text)
        assert "\n" not in line
        assert not CONTROL.search(line), repr(text)
        (name, (inner,)) = next(iter(clean_json({text: [text]}).items()))
        assert (name, inner) == (line, cleaned)
        assert "@click" not in str([span.style for span in literal(text).spans])


# --- every field that Amazon fills ----------------------------------------------------------------

# Textual's own: colours and places, nothing else, in what it draws.
DRAWING: Final = re.compile(r"\x1b\[[0-9;]*[mH]")
# And what it tells a terminal beside it: modes, questions about modes, kitty's keyboard, the
# shape of the pointer.
TELLING: Final = re.compile(r"\x1b\[[?>=<]?[0-9;]*\$?[a-zA-Z]|\x1b\]22;[a-z-]*(?:\x07|\x1b\\)")
_LINKS: Final = ("chargePermissionId", "chargeId", "refundId", "checkoutSessionId")
_FACTS: Final = (
    "state", "amount", "currencyCode", "presentmentCurrency", "chargePermissionType",
    "creationTimestamp", "expirationTimestamp", "lastUpdatedTimestamp", "reasonCode",
)  # fmt: skip
SPARED: Final[dict[str, tuple[str, ...]]] = {
    "words": (*_LINKS, *_FACTS),
    "facts": _LINKS,
    "everything": (),
}
ORDERS: Final = (
    "S01-4966596-9591203-C079366", "S02-6865442-5879427", "S01-5797829-1888777",
    "C01-3571128-4693572", "S01-6666013-1313666",
)  # fmt: skip
ROUNDS: Final = budget(1, 60)
MOST_ORDERS: Final = budget(1, len(ORDERS))  # of one round: a tour takes seconds


class Poison:
    """An Amazon whose every answer is full of hostile texts."""

    def __init__(self, seed: int, spared: tuple[str, ...]) -> None:
        self.dice = random.Random(seed)
        self.spared = dict.fromkeys(spared)
        self.made = 0

    def text(self) -> str:
        self.made += 1
        return hostile.text(self.dice)

    def put_into(self, monkeypatch: pytest.MonkeyPatch) -> None:
        page, poison = Service._page, self

        def spoiled(server: Service, status: int, body: bytes, *rest: Any) -> Any:
            found: Mapping[str, Any] = hostile.poisoned(
                json.loads(body), poison.text, poison.spared
            )
            answer = page(server, status, json.dumps(found).encode(), *rest)
            answer.headers["x-amz-pay-request-id"] = "id\x9b31m\x85[@click=app.quit]\xad"
            return answer

        monkeypatch.setattr(Service, "_page", spoiled)


def assert_terminal_unmoved(console: Driver) -> None:
    """What is written for the whole screen, byte by byte, and what a terminal makes of it."""
    app = console.app
    update = app.screen._compositor.render_full_update()
    written = update.render_segments(app.console)
    left = DRAWING.sub("", written).replace("\n", "")
    assert not CONTROL.search(left), repr(left)
    emulator = pyte.Screen(app.size.width, app.size.height)
    emulator.set_mode(pyte.modes.LNM)
    emulator.reset_mode(pyte.modes.DECAWM)
    pyte.Stream(emulator).feed(written)
    drawn = console.screen.splitlines()
    for row, line in enumerate(drawn):
        if line.isascii():  # of others an emulator may have its own idea how wide they are
            assert emulator.display[row].rstrip() == line.rstrip()


async def _tour(console: Driver, identifier: str) -> None:
    """Every place at which the texts of an order can stand."""

    async def check() -> None:
        await console.settle()
        assert_harmless(console)
        assert_terminal_unmoved(console)

    await console.press("slash")
    await console.paste(identifier)
    await console.press("enter")
    await console.idle()
    await check()
    for key in "12345":
        await console.press(key)
        await check()
        await console.press("tab", "end")
        await check()
    await console.press("4", "b")
    await console.idle()
    await check()
    for key in ("o", "q", "h", "v", "w", "i", "l", "y", "n", "J", "t", "question_mark"):
        await console.press(key)
        await console.idle()
        await check()
        await console.press("down", "enter")
        await check()
        await home(console)
    for action in "rcxazeumk":
        await console.press(action)
        await console.idle()
        await check()
        await home(console)
    await console.press("ctrl+p")
    await console.pilot.pause(0.1)
    await check()
    await home(console)


async def home(console: Driver) -> None:
    """Esc until the console stands."""
    for _round in range(12):
        if console.app.screen is console.app.console_screen:
            return
        await console.press("escape")
        await console.pilot.pause(0.01)
    raise AssertionError(f"{console.app.screen} stays\n{console.screen}")


@pytest.mark.parametrize("spared", SPARED)
async def test_every_field_of_every_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, spared: str
) -> None:
    for number in range(ROUNDS):
        poison = Poison(number, SPARED[spared])
        with monkeypatch.context() as spoiled:
            poison.put_into(spoiled)
            async with stage.console(*((120, 40), (80, 24))[number % 2]) as console:
                for identifier in poison.dice.sample(ORDERS, MOST_ORDERS):
                    await _tour(console, identifier)
                assert console.app.is_running  # nothing that was clicked or drawn has left it
        assert poison.made > 100


async def test_what_an_answer_gave_as_an_id_is_opened_acted_on_and_copied_in_vain(
    stage: Stage,
) -> None:
    none = "none\x1b[31m[@click=app.quit]x[/]"
    async with stage.console(120, 40) as console:
        await console.look_up("S01-4966596-9591203-C079366")
        screen = console.app.console_screen
        assert screen is not None
        order = screen.order
        assert order is not None
        offer = next(can for can in offers(order) if can.allowed)
        for attempt in (
            partial(screen.open, none),
            partial(screen.begin, order, replace(offer, target=none)),
        ):
            attempt()
            await console.sees("is not an Amazon Pay id")
            assert console.app.screen is screen
            assert_harmless(console)
            await console.press("escape", "d")
            await console.sees_no("is not an Amazon Pay id")
        assert console.app.session is not None
        assert _curl(console.app.session.client, none) is None


async def test_every_field_of_an_import(stage: Stage, tmp_path: Path) -> None:
    dice = random.Random(1)
    rows = ["order number,charge,name,note"]
    for identifier in ORDERS[:3] * budget(20, 2_000):
        cells = [hostile.text(dice) for _cell in range(3)]
        quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
        rows.append(f"{quoted[0]},{identifier},{quoted[1]},{quoted[2]}")
    file = tmp_path / "orders\x1b[31m\u202e[@click=app.quit]x[].csv"
    file.write_text("\n".join(rows), encoding="utf-8", errors="surrogatepass")
    async with stage.console(120, 40) as console:
        await console.paste(str(file).replace("\x1b", "\\\x1b"))
        await console.settle()
        assert_harmless(console)
        assert_terminal_unmoved(console)
        await home(console)
        plain = tmp_path / "orders.csv"
        file.rename(plain)
        await console.paste(str(plain))
        await console.sees("Import 1 file")
        await console.press("enter")
        await console.sees("imported")
        assert_harmless(console)
        assert_terminal_unmoved(console)
        await home(console)
        for identifier in ORDERS[:3]:
            await console.look_up(identifier)
            assert_harmless(console)
            assert_terminal_unmoved(console)


_POISONED: Final = """
    import json, random
    from console.simulator.server import Service
    from tests.support import hostile
    dice, page = random.Random(7), Service._page
    def spoiled(server, status, body, *rest):
        make, spared = lambda: hostile.text(dice), dict.fromkeys({spared!r})
        found = hostile.poisoned(json.loads(body), make, spared)
        return page(server, status, json.dumps(found).encode(), *rest)
    Service._page = spoiled
    from console.tui.app import run_demo
    raise SystemExit(run_demo())
"""


@pytest.mark.parametrize("spared", ["words", "facts"])
def test_at_a_real_terminal_no_byte_of_it_is_obeyed(tmp_path: Path, spared: str) -> None:
    script = tmp_path / "poisoned.py"
    script.write_text(textwrap.dedent(_POISONED).format(spared=SPARED[spared]), encoding="utf-8")
    with emulated([str(script)], tmp_path, size=(120, 40)) as terminal:
        terminal.sees("Demo store", "journal ok")
        terminal.send(b"S01-6666013-1313666\r")
        terminal.sees("checked")
        for key in (b"1", b"2", b"3", b"4", b"5", b"o", b"\x1b[B", b"\x1b[27u", b"q", b"\x1b[27u"):
            terminal.send(key)
            terminal.rests()
        terminal.send(b"\x11")
        assert terminal.ends() == 0
        assert terminal.titles == []
        left = TELLING.sub("", terminal.written.decode("utf-8"))
        assert not CONTROL.search(left.replace("\r", "").replace("\n", "")), repr(left)
