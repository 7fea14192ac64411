"""`[screen]` of the settings: what people may write, and what is said of a slip."""

from __future__ import annotations

import pytest

from console.languages import LANGUAGES
from console.store.places import Places
from console.store.profiles import Profiles, SettingsError
from console.store.screen_settings import ScreenFile, ScreenSettings, Vocabulary

from .conftest import profile
from .test_profiles import write

WORDS = Vocabulary(
    languages=tuple(LANGUAGES),
    themes=("dark", "light"),
    keys=("action.refund", "general.search"),
)


def read(places: Places, text: str) -> ScreenSettings:
    write(places, text)
    found = ScreenFile(places, WORDS).read()
    assert found.problems == ()
    return found.settings


def test_without_a_file_the_machine_decides(places: Places) -> None:
    found = ScreenFile(places, WORDS).read()
    assert found.problems == ()
    assert found.settings == ScreenSettings(None, None, None, True, "local", {})


def test_all_that_may_stand_there(places: Places) -> None:
    found = read(
        places,
        """
        [screen]
        language = "ja"
        theme = "light"
        ascii = true
        motion = false
        times = "utc"
        [screen.keys]
        "action.refund" = "R"
        general.search = ["s", "f5"]
        """,
    )
    keys = {"action.refund": ("R",), "general.search": ("s", "f5")}
    assert found == ScreenSettings("ja", "light", True, False, "utc", keys)


SLIPS = {
    'langage = "ja"': "screen has no setting 'langage'; did you mean 'language'?",
    "xyz = 1": "There are: language, theme, ascii, motion, times, keys.",
    'language = "fr"': "screen.language can't be 'fr'. There are: en, de, ja.",
    'theme = "drak"': "screen.theme can't be 'drak'; did you mean 'dark'?",
    "theme = 3": "screen.theme must be a text in quotes.",
    'ascii = "yes"': "screen.ascii must be true or false, without quotes, not 'yes'.",
    "motion = 0": "screen.motion must be true or false, without quotes, not 0.",
    'times = "tokyo"': "screen.times can't be 'tokyo'. There are: local, utc.",
    'keys = "r"': "screen.keys must be a table, like \"action.refund\" = \"R\".",
    'keys = {"action.refnd" = "R"}': "called 'action.refnd'; did you mean 'action.refund'?",
    'keys = {"zz" = "R"}': "called 'zz'. There are: action.refund, general.search.",
    'keys = {"action.refund" = 3}': "screen.keys.action.refund must be a key in quotes, or a list",
    'keys = {"action.refund" = []}': "screen.keys.action.refund must be a key in quotes, or a list",
    'keys = {"action.refund" = "\\u001b"}': "screen.keys.action.refund must be a key in quotes",
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named_with_file_and_key_and_the_rest_stands(places: Places, slip: str) -> None:
    name = slip.partition(" ")[0]
    other = "motion = false\n" if name == "times" else 'times = "utc"\n'
    write(places, f"[screen]\n{other}{slip}\n")
    found = ScreenFile(places, WORDS).read()
    [problem] = found.problems
    assert problem.startswith(f"{places.settings}: screen")
    assert SLIPS[slip] in problem
    expected = ScreenSettings(motion=False) if name == "times" else ScreenSettings(times="utc")
    assert found.settings == expected


def test_a_wrong_value_is_shown_clean_and_short(places: Places) -> None:
    write(places, f'[screen]\ntheme = "\\u001b[31m{"x" * 500}"\n')
    [problem] = ScreenFile(places, WORDS).read().problems
    assert "\x1b" not in problem
    assert len(problem) < 200 + len(str(places.settings))


@pytest.mark.parametrize("text", ["screen = 3", "[screen", 'unknown = "x"'])
def test_a_file_that_cannot_be_used_is_told_and_the_screen_starts(
    places: Places, text: str
) -> None:
    write(places, text)
    found = ScreenFile(places, WORDS).read()
    assert found.settings == ScreenSettings()
    [problem] = found.problems
    assert str(places.settings) in problem


class TestChanging:
    def test_it_is_written_at_once_and_comments_survive(self, places: Places) -> None:
        Profiles(places).add(profile("shop"))
        text = places.settings.read_text(encoding="utf-8")
        write(places, text + '\n[screen]\n# eyes\ntheme = "dark"  # at night\n')
        changed = ScreenFile(places, WORDS).change("theme", "light")
        assert changed.theme == "light"
        now = places.settings.read_text(encoding="utf-8")
        assert '# eyes\ntheme = "light"  # at night\n' in now
        assert Profiles(places).get("shop").name == "shop"

    def test_into_a_file_that_is_not_there_yet(self, places: Places) -> None:
        file = ScreenFile(places, WORDS)
        assert file.change("ascii", True) == ScreenSettings(ascii=True)
        keys = {"action.refund": ("R", "f5")}
        changed = file.change("keys.action.refund", ("R", "f5"))
        assert changed == ScreenSettings(ascii=True, keys=keys)

    def test_none_takes_it_out(self, places: Places) -> None:
        file = ScreenFile(places, WORDS)
        file.change("language", "ja")
        file.change("keys.action.refund", ("R",))
        assert file.change("keys.action.refund", None) == ScreenSettings(language="ja")
        assert file.change("language", None) == ScreenSettings()
        assert file.change("language", None) == ScreenSettings()

    def test_a_key_is_changed_where_it_was_written(self, places: Places) -> None:
        write(places, '[screen.keys]\naction.refund = "R"\n')
        changed = ScreenFile(places, WORDS).change("keys.action.refund", ("f5",))
        assert changed.keys == {"action.refund": ("f5",)}
        assert ScreenFile(places, WORDS).read().problems == ()

    @pytest.mark.parametrize(
        ("name", "value"), [("theme", "pink"), ("keys.action.x", ("R",)), ("colour", True)]
    )
    def test_what_could_not_be_read_again_is_not_written(
        self, places: Places, name: str, value: str | bool | tuple[str, ...]
    ) -> None:
        with pytest.raises(SettingsError):
            ScreenFile(places, WORDS).change(name, value)
        assert not places.settings.exists()
