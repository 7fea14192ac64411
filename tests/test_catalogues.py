"""The catalogues have exactly the sentences of the code, each whole and in every language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import pytest

from console import languages
from console.domain import language
from console.domain.language import N_, _, many, sentences, together
from console.domain.text import has_hidden
from console.languages import LANGUAGES, language_of, speak
from tests.catalogues import (
    ROOT,
    TRANSLATED,
    compiled,
    forms,
    is_translated,
    names_in,
    po,
    read,
    texts,
    texts_of,
)

in_each_language = pytest.mark.parametrize("code", TRANSLATED)


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    speak("en")


class TestCatalogues:
    @in_each_language
    def test_every_text_of_the_code_is_translated(self, code: str) -> None:
        catalogue = read(code)
        missing = [said.text for said in texts() if said.text not in catalogue]
        assert not missing, "take them over with python -m tests.catalogues"
        assert not [m.id for m in catalogue if m.id and not is_translated(m)]

    @in_each_language
    def test_nothing_is_kept_that_the_code_no_longer_says(self, code: str) -> None:
        said = {said.key for said in texts()}
        assert not [m.id for m in read(code) if m.id and _key(m.id) not in said]

    @in_each_language
    def test_a_translation_has_the_values_of_its_text(self, code: str) -> None:
        for message in read(code):
            if not message.id:
                continue
            named = names_in(forms(message.id)[-1])
            for translation in forms(message.string):
                assert names_in(translation) == named, message.id

    @in_each_language
    def test_a_translation_begins_and_ends_as_its_text(self, code: str) -> None:
        """A blank or a line break at an end is there for what stands beside it."""
        for message in read(code):
            if message.id:
                for translation in forms(message.string):
                    text = forms(message.id)[-1]
                    ends = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
                    assert translation.startswith(ends[0]), message.id
                    assert translation.endswith(ends[1]), message.id

    @in_each_language
    def test_nothing_invisible_is_in_a_translation(self, code: str) -> None:
        for message in read(code):
            assert not any(has_hidden(text) for text in forms(message.string)), message.id

    @in_each_language
    def test_what_the_program_reads_is_what_people_edit(self, code: str) -> None:
        message = "compile it with python -m tests.catalogues"
        assert po(code).with_suffix(".mo").read_bytes() == compiled(code), message


class TestTheCode:
    def test_a_text_that_is_marked_is_written_out(self) -> None:
        """`_(f"…")` would look up a text that no catalogue has."""
        wrong = [
            f"{path}:{call.lineno}"
            for path, call in _calls("_", "N_", "many")
            if any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in call.args[:2])
        ]
        assert not wrong

    def test_only_the_table_that_is_shown_is_translated_by_a_name(self) -> None:
        """`N_` marks: it stands on a literal."""
        wrong = [
            f"{path}:{call.lineno}"
            for path, call in _calls("N_")
            if not isinstance(call.args[0], ast.Constant)
        ]
        assert not wrong

    def test_the_name_of_the_translation_has_no_other_use(self) -> None:
        wrong = [
            f"{path}:{node.lineno}"
            for path in ROOT.rglob("*.py")
            if _imports_it(tree := ast.parse(path.read_text(encoding="utf-8")))
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store)
        ]
        assert not wrong

    def test_the_names_in_braces_are_given(self) -> None:
        """Every `{name}` of a text is an argument of its call, and every argument is used."""
        for path, call in _calls("_", "many"):
            several = getattr(call.func, "id", "") == "many"
            text = call.args[1 if several else 0]
            given = {keyword.arg for keyword in call.keywords} | ({"count"} if several else set())
            if isinstance(text, ast.Constant) and None not in given:
                named = names_in(str(text.value)) if given else set()
                assert named | ({"count"} if several else set()) == given, f"{path}:{call.lineno}"

    def test_the_texts_are_found_as_they_are_written(self) -> None:
        source = '_("a" " b", x=_("c"))\nmany("{count} d", "{count} e", n)\nN_("f")\n_(g)\n'
        found = [(said.text, said.plural) for said in texts_of(source, "here.py")]
        assert sorted(found) == [
            ("a b", None),
            ("c", None),
            ("f", None),
            ("{count} d", "{count} e"),
        ]


class TestSpeaking:
    @pytest.mark.parametrize(
        ("environ", "code"),
        [
            ({}, "en"),
            ({"LANG": "C"}, "en"),
            ({"LANG": "ja_JP.UTF-8"}, "ja"),
            ({"LANG": "de"}, "de"),
            ({"LANG": "de-AT.UTF-8"}, "de"),
            ({"LANG": "fr_FR.UTF-8"}, "en"),
            ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
            ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, "ja"),
            ({"LANG": "en_GB.UTF-8", "LANGUAGE": "fr:de"}, "de"),
            ({"LANG": "ja_JP.UTF-8", "LC_ALL": ""}, "ja"),
        ],
    )
    def test_the_locale_says_the_language(self, environ: dict[str, str], code: str) -> None:
        assert language_of(environ) == code

    def test_every_language_can_be_spoken(self) -> None:
        for code in LANGUAGES:
            speak(code)

    def test_a_language_that_is_not_here_changes_nothing(self) -> None:
        with pytest.raises(KeyError):
            speak("tlh")

    def test_english_needs_no_catalogue(self) -> None:
        assert _("{charge} is Captured.", charge="C1") == "C1 is Captured."
        assert many("{count} row", "{count} rows", 1) == "1 row"
        assert many("{count} row", "{count} rows", 2000) == "2,000 rows"

    def test_a_text_without_values_keeps_its_braces(self) -> None:
        assert _("{}") == "{}"

    def test_nothing_is_translated_by_the_head_of_a_catalogue(self) -> None:
        speak("ja")
        assert _("") == ""

    def test_sentences_are_translated_one_by_one_and_joined_as_the_language_does(self) -> None:
        said = sentences(N_("It is open."), N_("Wait."))
        assert said == "It is open. Wait."
        language.use(_Loud(), between="")
        assert _(said) == "IT IS OPEN.WAIT."
        assert together("A.", "", "B.") == "A.B."

    def test_what_a_catalogue_lacks_stands_in_english(self) -> None:
        speak("ja")
        assert _("No catalogue has this sentence.") == "No catalogue has this sentence."

    def test_the_catalogues_are_where_the_program_is(self) -> None:
        assert Path(languages.__file__).parent / "locales" == languages.FOLDER


class _Loud(GNUTranslations):
    def __init__(self) -> None:
        super().__init__()

    def gettext(self, message: str) -> str:
        return message.upper()


def _key(message: str | tuple[str, ...] | list[str]) -> str | tuple[str, ...]:
    return message if isinstance(message, str) else tuple(message)


def _calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in names
            ):
                yield str(path.relative_to(ROOT)), node


def _imports_it(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and any(alias.name == "_" for alias in node.names)
        for node in ast.walk(tree)
    )
