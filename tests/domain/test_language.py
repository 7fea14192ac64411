"""What is shown is translated, what is kept is English, and both come from one text."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import NullTranslations

import pytest

from console.domain import language
from console.domain.language import _, english, joined, many, together


class _Shouted(NullTranslations):
    def gettext(self, message: str) -> str:
        return message.replace("refund", "ERSTATTUNG")

    def ngettext(self, one: str, several: str, count: int) -> str:
        return self.gettext(one if count == 1 else several)


@pytest.fixture(autouse=True)
def _another_language() -> Iterator[None]:
    language.use(_Shouted(), between="")
    yield
    language.use(language.ENGLISH)


def test_a_translation_knows_its_english() -> None:
    said = _("The refund of {amount} is {state}.", amount="1.00", state="Refunded")
    assert said == "The ERSTATTUNG of 1.00 is Refunded."
    assert english(said) == "The refund of 1.00 is Refunded."


def test_a_translated_value_is_english_in_the_english_text() -> None:
    said = _("why: {why}", why=_("no refund"))
    assert (said, english(said)) == ("why: no ERSTATTUNG", "why: no refund")


def test_a_plural_knows_its_english() -> None:
    assert many("{count} refund", "{count} refunds", 2000) == "2,000 ERSTATTUNGs"
    assert english(many("{count} refund", "{count} refunds", 1)) == "1 refund"


def test_texts_that_are_joined_know_it_together() -> None:
    both = together(_("A refund."), "", _("Wait."))
    assert (both, english(both)) == ("A ERSTATTUNG.Wait.", "A refund. Wait.")
    assert english(joined(["C1", _("refund")])) == "C1, refund"


def test_an_exception_is_kept_in_english() -> None:
    assert english(ValueError(_("no refund"))) == "no refund"


def test_what_nobody_translated_is_kept_as_it_is() -> None:
    assert english("Captured") == "Captured"
    assert english(ValueError("plain")) == "plain"
