"""A kept text is English wherever it is kept, and the reader's where it is shown."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from gettext import NullTranslations
from typing import Final

import pytest

from console.domain import language
from console.domain.checkout_v1 import TOPICS, search
from console.domain.kept import kept, kept_capital, kept_list, kept_together, kept_words, shown
from console.domain.language import sentences
from console.domain.listed import all_of, listed, one_of

_SAID: Final = {
    "{action} of {amount}": "{amount} {action}",
    "{first}, {next}": "{first}、{next}",
    "{several} and {last}": "{several}と{last}",
    "It is open.": "開いています。",
    "Wait.": "お待ちください。",
    "none": "なし",
    "Deduced, not published.": "推定です。",
}


class _Backwards(NullTranslations):
    """A language in which lists and `A of B` are said the other way round."""

    def gettext(self, message: str) -> str:
        return _SAID.get(message, message)


@pytest.fixture(autouse=True)
def _another_language() -> Iterator[None]:
    language.use(_Backwards(), between="")
    yield
    language.use(language.ENGLISH)


class TestKept:
    def test_it_is_english_where_it_is_kept_and_translated_where_it_is_shown(self) -> None:
        text = kept("{action} of {amount}", action="refund", amount="10.00 USD")
        assert text == "refund of 10.00 USD"
        assert json.dumps([text]) == '["refund of 10.00 USD"]'
        assert shown(text) == "10.00 USD refund"

    def test_a_text_within_a_text_is_translated_with_it(self) -> None:
        text = kept("seen {what}", what=kept_list(["Captured", kept("none")]))
        assert text == "seen Captured, none"
        assert shown(text) == "seen Captured、なし"

    def test_sentences_stand_one_after_the_other_as_the_language_has_it(self) -> None:
        text = kept_together(kept("It is open."), kept("Wait."))
        assert text == "It is open. Wait."
        assert shown(text) == "開いています。お待ちください。"
        assert shown(kept(sentences("It is open.", "Wait."))) == shown(text)

    def test_words_of_amazon_are_never_translated_within_a_text(self) -> None:
        assert shown(kept_words("none", kept("none"))) == "none なし"

    def test_a_sentence_begins_with_a_capital(self) -> None:
        text = kept_capital("v1 has no word for it.")
        assert text == shown(text) == "V1 has no word for it."
        assert kept_capital("") == ""

    def test_a_static_text_is_translated_and_an_unknown_one_stands(self) -> None:
        assert shown("Wait.") == "お待ちください。"
        assert shown("{braces} of somebody") == "{braces} of somebody"

    def test_a_copy_is_the_same(self) -> None:
        assert shown(copy.deepcopy(kept("Wait."))) == "お待ちください。"


class TestListed:
    def test_every_part_is_joined_as_the_language_has_it(self) -> None:
        assert listed(["a"]) == "a"
        assert listed(["a", "b", "c"]) == "a、b、c"
        assert all_of(["a", "b", "c"]) == "a、bとc"
        assert one_of(["a", "b"]) == "a or b"

    def test_none_and_one_need_no_joining(self) -> None:
        assert (all_of([]), one_of([]), all_of(["a"]), one_of(["a"])) == ("", "", "a", "a")


class TestVocabulary:
    def test_it_is_shown_in_the_language_of_the_reader_and_found_in_it(self) -> None:
        found = search("推定です")
        assert found
        for row in found:
            assert row.note.endswith("Deduced, not published.")
            assert shown(row.note).endswith("推定です。")

    def test_it_is_found_in_english_as_well(self) -> None:
        assert search("deduced, not published") == search("推定です")

    def test_every_topic_is_known(self) -> None:
        assert list(dict.fromkeys(row.topic for row in search())) == list(TOPICS)
