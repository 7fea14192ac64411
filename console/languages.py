"""The languages of the screen: which there are, which one is meant, and how it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations
from pathlib import Path
from typing import Final

from console.domain import language

FOLDER: Final = Path(__file__).parent / "locales"
# The languages, each by its own name, and where they don't write as English does: what stands
# between two sentences, and between thousands (a point would be read as one of an amount).
LANGUAGES: Final = {"en": "English", "de": "Deutsch", "ja": "日本語"}
_BETWEEN: Final = {"ja": ""}
_THOUSANDS: Final = {"de": "\u00a0"}
_VARIABLES: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # as gettext asks them


def language_of(environ: Mapping[str, str]) -> str:
    """The first language of the locale that there is here: `ja` for `ja_JP.UTF-8`; else `en`.

    The variables are read as gettext does: the first one that says something decides, and
    `C` or `POSIX` is English.
    """
    named = next((environ[name] for name in _VARIABLES if environ.get(name)), "")
    for locale in named.split(":"):
        code = locale.replace("-", "_").partition(".")[0].partition("_")[0].lower()
        if code in LANGUAGES:
            return code
    return "en"


def speak(code: str) -> None:
    """Say everything in this language from now on. Raises KeyError for one that isn't here."""
    if code == "en":
        language.use(language.ENGLISH)
        return
    if code not in LANGUAGES:
        raise KeyError(code)
    with (FOLDER / f"{code}.mo").open("rb") as file:
        catalogue = GNUTranslations(file)
    language.use(catalogue, _BETWEEN.get(code, " "), _THOUSANDS.get(code, ","))
