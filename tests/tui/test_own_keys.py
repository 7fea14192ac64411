"""A sentence that names a key names the one that does it: the operator's own, if there is one."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC
from string import ascii_lowercase
from typing import Final

import pytest

from console.domain import language, moments
from console.store.places import Places
from console.tui import keymap
from console.tui.app import PayConsole
from console.tui.appearance import read_settings
from console.tui.keys import TABS
from console.tui.mouse import keys_in
from console.tui.screens.action import ActionDialog
from console.tui.screens.choose import ChooseScreen
from console.tui.screens.help import help_lines
from tests.catalogues import ROOT, Said, texts
from tests.tui.stage import Driver, Stage, squeeze

pytestmark = pytest.mark.anyio

ORDER: Final = "S01-4966596-9591203"
CHARGE: Final = "S01-4966596-9591203-C079366"
OWN: Final = dict(
    zip(
        keymap.BOUND,
        [*(f"alt+{letter}" for letter in ascii_lowercase), *(f"f{n}" for n in range(2, 25))],
        strict=False,
    )
)
# What a sentence of the tables would be: a key as a word of its own, before what it does.
_A_KEY: Final = r"(?:[b-zB-HJ-Z]|ctrl\+\w|\^\w)"
NAMES_A_KEY: Final = re.compile(
    rf"[Pp]ress {_A_KEY}\b|\(key {_A_KEY}\)|\({_A_KEY}\b[:) ]"
    rf"|(?:^|[.;:] ){_A_KEY} (?:asks|closes|goes|keeps|leaves|lists|masks|opens|reads|shows)\b"
)


_SENTENCE: Final = re.compile(rf"(?:[Pp]ress|[Kk]ey) {_A_KEY}(?![\w'’])")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    language.use(language.ENGLISH)
    moments.use(UTC)
    keymap.use({})


def own(identifier: str) -> str:
    """The key of it in these tests, as a sentence has it."""
    return OWN[identifier]


@asynccontextmanager
async def remapped(stage: Stage, width: int = 100, height: int = 30) -> AsyncIterator[Driver]:
    """A console in which nothing has the key of the tables."""
    places = Places(stage.folder, stage.folder)
    keys = "".join(f'"{identifier}" = "{key}"\n' for identifier, key in OWN.items())
    places.settings.write_text(f'[screen]\ntimes = "utc"\n[screen.keys]\n{keys}', encoding="utf-8")
    read = read_settings(places)
    assert not read.problems
    app = PayConsole(stage, places, settings=read)
    app.animation_level = "none"
    async with app.run_test(size=(width, height)) as pilot:
        console = Driver(stage, app, pilot)
        await console.until(lambda: app.session is not None)
        yield console


async def sees(console: Driver, *texts: str) -> None:
    """They are on the screen, and beside them no sentence with another key."""
    await console.sees(*texts)
    named = NAMES_A_KEY.search(console.words)
    assert named is None, named


async def an_order(console: Driver) -> None:
    await console.sees("journal")
    await console.paste(CHARGE)
    await console.sees("checked just now")


def test_every_key_can_be_another_at_once() -> None:
    assert set(OWN) == set(keymap.BOUND)
    found, problems = keymap.usable({identifier: (key,) for identifier, key in OWN.items()})
    assert set(found) == set(keymap.BOUND)
    assert not problems


class TestWithOwnKeys:
    async def test_where_no_order_is_shown(self, stage: Stage) -> None:
        async with remapped(stage) as console:
            await sees(console, f"then {own('general.accounts')} shows your accounts")
            key = "-----BEGIN PRIVATE " + "KEY-----\nMIIEvQIBADANBgkq\n"
            await console.paste(key)
            await sees(console, f"Esc, then {own('general.accounts')}, then c.")

    async def test_the_other_ids_of_a_text(self, stage: Stage) -> None:
        async with remapped(stage) as console:
            await console.sees("journal")
            await console.paste(f"{CHARGE} was meant, not S01-4966596-9591203-C000000, thanks")
            await sees(console, "1 more id in the text", f"Press {own('general.others')} to open")
            await console.press(own("general.others"))
            await sees(console, "Also in the text")

    async def test_the_tabs_of_an_order(self, stage: Stage) -> None:
        async with remapped(stage) as console:
            await an_order(console)
            await console.press(own("tab.4"))
            buyer = own("general.buyer")
            await sees(console, f"masked. {buyer} shows it", f"{own('general.objects')} opens all")
            await console.press(own("general.objects"))
            await sees(console, f"Buyer data is masked; {buyer}, in the order")
            await console.press("escape", buyer)
            await sees(console, f"Buyer data is shown. {buyer} masks it again")
            await console.press(own("tab.5"))
            await sees(console, f"{own('general.requests')} opens them")

    async def test_behind_an_order(self, stage: Stage) -> None:
        async with remapped(stage) as console:
            await an_order(console)
            await console.press(own("general.looks"))
            await sees(console, f"{own('general.again')} reads it again")
            await console.press("escape", own("general.tab_after"))
            await sees(console, "No other tab", f"{own('general.keep')} keeps an order in a tab")
            await console.press(own("general.keep"))
            before, after = own("general.tab_before"), own("general.tab_after")
            await sees(console, f"{before} and {after} go from tab to tab")

    async def test_a_list_that_is_empty(self, stage: Stage) -> None:
        async with remapped(stage) as console:
            await console.sees("journal")
            console.app.push_screen(ChooseScreen("Recent orders", []))
            await sees(console, f"Esc, then {own('general.search')} looks an order up")

    async def test_what_did_not_work(self, stage: Stage) -> None:
        async with remapped(stage) as console:
            await an_order(console)
            stage.fault("get_charge_permission:delay:1")
            await console.paste(CHARGE)
            await console.sees("seen just now …")
            await console.press(own("action.refund"))
            await sees(console, "not yet", f"{own('general.again')} asks again")
            await console.sees("checked just now")
            stage.fault("*:hang_up_before:xalways")
            await console.press(own("general.again"))
            await sees(console, "No answer", f"Press {own('general.again')} to ask again")

    async def test_an_unknown_outcome(self, stage: Stage) -> None:
        intents = own("general.intents")
        async with remapped(stage) as console:
            await an_order(console)
            stage.fault("create_refund:hang_up_before:x3")
            await console.press(own("action.refund"))
            await console.until(lambda: isinstance(console.app.screen, ActionDialog))
            await console.type("10")
            await console.press("enter")
            await console.type("damaged")
            await console.press("enter", "enter")
            await console.sees("The exact request")
            await console.confirm("10.00 USD")
            await sees(console, "OUTCOME UNKNOWN", f"open intents (key {intents})")
            await console.press("escape")
            await sees(console, "! Intent 1: outcome unknown", f"Press {intents} to resolve it")
            await console.press(intents)
            await sees(console, "Open intents")

    async def test_leaving_and_locking(self, stage: Stage) -> None:
        leave = own("general.leave")
        async with remapped(stage) as console:
            await an_order(console)
            await console.press(own("general.lock"))
            await sees(console, "payconsole is locked", f"{leave} leave payconsole")
            await console.press(leave)
            await console.until(lambda: not console.app.is_running)

    async def test_where_there_is_no_room(self, stage: Stage) -> None:
        async with remapped(stage, 60, 20) as console:
            await sees(console, f"{own('general.leave')} leaves.")

    @pytest.mark.parametrize("key", ["f10", "ctrl+x", "alt+x", "alt+é"])
    def test_the_words_of_leaving_can_be_clicked(self, key: str) -> None:
        line = f"enter  unlock     {key}  leave payconsole"
        assert [found for *_cells, found in keys_in(line)][-1] == keymap.name_of(key)

    async def test_the_help(self, stage: Stage) -> None:
        async with remapped(stage):
            text = "\n".join(line.plain for line in help_lines(120))
            for identifier, key in OWN.items():
                if not identifier.startswith("tab."):
                    assert re.search(rf"^{re.escape(_short(key))} ", text, re.MULTILINE), identifier
            assert " ".join(own(f"tab.{number}") for number in range(1, len(TABS) + 1)) in text
            assert "(also" not in text  # a key of one's own takes the place of all of them


def _short(key: str) -> str:
    return keymap.show_key(key)


class TestByDefault:
    def test_the_help_has_each_key_of_what_has_several(self) -> None:
        text = squeeze(" ".join(line.plain for line in help_lines(120)))
        assert "^w Close tab: Put this order away; the others stay open (also W)" in text
        assert "[ Before: Back to the order that was shown before (also alt+←)" in text
        assert "1 … 5 timeline, explain" in text
        assert "^z Suspend: Back to the shell" in text

    def test_a_sentence_has_a_key_in_full(self) -> None:
        assert keymap.written("general.leave") == "ctrl+q"
        assert keymap.written("general.tab_close") == "ctrl+w"
        assert keymap.written("general.others") == "t"
        keymap.use({"general.leave": ("ctrl+x",), "general.others": ("circumflex_accent",)})
        assert keymap.written("general.leave") == "ctrl+x"
        assert keymap.written("general.others") == "^"


# --- no text of the catalogues names a key that can be another ------------------------------------

# One letter, or a key with ctrl, that is named in a text. "a" is an article, if no sign follows.
_NAMED: Final = re.compile(
    r"(?<![\w'’.\-+{])(?:[b-zB-HJ-Z]|a(?=[:,)]| {2}))(?![\w'’])|ctrl\+\S+|\^\S|(?<=\s)[/,?*](?=\s)"
)
_UNIT: Final = re.compile(r"\{\w+\} (?:h|s|min)\b|`[^`]*`")
# What is no key, or one of a dialog that the sentence leads to: such keys are always the same.
ELSEWHERE: Final = {
    ("screens/console.py", "t"),  # tests a key, in the accounts
    ("screens/console.py", "c"),  # connects an account, in the accounts
    ("keys.py", "y"),  # the id, in the menu of what can be copied
    ("work.py", "a"),  # asks again, in the open intents
    ("screens/welcome.py", "^p"),  # the palette has always this key
    ("screens/connect_pages.py", "y"),  # these two are bound in connect.py
    ("screens/connect_pages.py", "s"),
    ("screens/connect_key.py", "s"),
    ("screens/connect_pages.py", "ctrl+shift+v"),  # the terminal's own
    *(("screens/connect_pages.py", letter) for letter in "SCPB"),  # how an id begins
}
IN_EVERY_LIST: Final = frozenset("f")


def _own_keys_of(file: str) -> set[str]:
    """The keys that a file binds for its own screens, which stay what they are: without an id."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / "tui" / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Binding":
            named = any(keyword.arg == "id" for keyword in node.keywords)
            first = node.args[0]
            if not named and isinstance(first, ast.Constant):
                found |= {keymap.show_key(key) for key in str(first.value).split(",")}
    return found


def _named_in(text: str) -> set[str]:
    return set(_NAMED.findall(_UNIT.sub("", text)))


def test_no_text_of_the_screen_names_a_key_that_can_be_another() -> None:
    by_file: dict[str, list[Said]] = {}
    for said in texts():
        by_file.setdefault(said.file.removeprefix("console/"), []).append(said)
    wrong = []
    for path, all_said in by_file.items():
        inside = path.startswith("tui/")
        file = path.removeprefix("tui/")
        fixed = (_own_keys_of(file) if inside else set()) | IN_EVERY_LIST
        for said in all_said:
            named = _named_in(said.text) if inside else set()
            named -= {key for key in named if key in fixed or (file, key) in ELSEWHERE}
            sentence = None if inside else _SENTENCE.search(said.text)
            if named or sentence:
                wrong.append((path, said.text, named))
    assert not wrong, "name it by keymap.written()"


def test_what_stands_elsewhere_is_still_said() -> None:
    said = {
        (said.file.removeprefix("console/tui/"), key)
        for said in texts()
        for key in _named_in(said.text)
    }
    assert said >= ELSEWHERE


@pytest.mark.parametrize(
    "text",
    ["Press t to open another one.", "Wait; g asks again.", "(d: seen)", "Open intents (i) shows",
     "ctrl+w closes a tab.", "^q  leave", "the others stay open (also W)", "Press i, then a: go",
     "Esc, then / looks an order up."],
)  # fmt: skip
def test_a_key_in_a_text_is_found(text: str) -> None:
    assert _named_in(text)


def test_what_is_no_key_is_none() -> None:
    for text in ("A lock and a key", "I can't", "{count} h ago", "{key} asks again", "the buyer's"):
        assert not _named_in(text)
