"""How the screen looks and listens: what the settings say, applied; what changes, written."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any, Final, Protocol, runtime_checkable

from textual.app import App
from textual.screen import ModalScreen
from textual.widgets import Input

from console.domain import moments
from console.domain.language import _
from console.languages import LANGUAGES, language_of, speak
from console.store.places import Places
from console.store.profiles import SettingsError
from console.store.screen_settings import Read, ScreenFile, ScreenSettings, Vocabulary
from console.tui import keymap
from console.tui.ascii import Ascii, needs_ascii
from console.tui.themes import DEFAULT, NAMES, THEMES
from console.tui.widgets.drawn import Drawn

_OF_LANGUAGE: Final = ("language", "ascii")  # the settings that it depends on
Value = str | bool | tuple[str, ...] | None
_DEFAULTS: Final = ScreenSettings()
_NOT_IN_ASCII: Final = ("ja",)  # languages of which nothing would be left
VOCABULARY: Final = Vocabulary(tuple(LANGUAGES), NAMES, tuple(keymap.BOUND))


@runtime_checkable
class Labelled(Protocol):
    """A screen with texts that are not drawn anew by themselves."""

    def label(self) -> None:
        """Say them in the language that is spoken now."""


def read_settings(places: Places) -> Read:
    """What the file says and what is wrong with it; a key that can't be used is left out."""
    found = ScreenFile(places, VOCABULARY).read()
    keys, problems = keymap.usable(found.settings.keys)
    told = tuple(f"{places.settings}: {problem}" for problem in problems)
    return Read(found.settings._replace(keys=keys), (*found.problems, *told))


def speak_as_set(read: Read, environ: Mapping[str, str]) -> Read:
    """Speak the language of the settings, else that of the locale, before anything is drawn."""
    chosen = read.settings.ascii
    in_ascii = _is_ascii(environ) if chosen is None else chosen
    problem = _speak(read.settings.language, environ, in_ascii=in_ascii)
    return Read(read.settings, (*read.problems, problem)) if problem else read


def _speak(chosen: str | None, environ: Mapping[str, str], *, in_ascii: bool) -> str:
    """Speak the chosen language, else that of the locale; what is against it, and then English."""
    code = chosen or language_of(environ)
    if code in _NOT_IN_ASCII and in_ascii:
        speak("en")
        return _("Japanese can't be shown in ASCII alone: this is English") if chosen else ""
    try:
        speak(code)
    except OSError as error:  # the catalogue is not where it was installed
        speak("en")
        return _("{language} can't be spoken: {why}", language=LANGUAGES[code], why=error)
    return ""


def _is_ascii(environ: Mapping[str, str]) -> bool:
    return needs_ascii(getattr(sys.__stdout__, "encoding", None), environ)


class Appearance:
    """The settings of one running screen. Without any, all is as the tables have it, in UTC."""

    def __init__(
        self, app: App[Any], places: Places, read: Read | None, zone: tzinfo | None
    ) -> None:
        self._app = app
        self._file = ScreenFile(places, VOCABULARY)
        self._zone = zone  # the operator's; None is that of the machine
        self._ascii = Ascii()
        self._was_still = False  # by the settings; what the environment says stays
        self.settings = read.settings if read is not None else ScreenSettings(times="utc")
        self.problems = read.problems if read is not None else ()
        self._terminal_is_ascii = read is not None and _is_ascii(os.environ)
        for theme in THEMES:
            app.register_theme(theme)
        app._filters.append(self._ascii)
        self._begin(self.settings.theme or DEFAULT)
        self._apply()

    def _begin(self, theme: str) -> None:
        """The theme of the first paint, without its watcher: that parses every style sheet anew,
        twice, which is half of the time until the paint.
        """
        app = self._app
        app.set_reactive(App.theme, theme)
        dark = app.current_theme.dark
        for name, holds in (
            ("-dark-mode", dark),
            ("-light-mode", not dark),
            (f"-theme-{theme}", True),
        ):
            app.set_class(holds, name, update=False)
        app._refresh_truecolor_filter(app.ansi_theme)
        app.stylesheet.set_variables(app.get_css_variables())

    @property
    def is_ascii(self) -> bool:
        chosen = self.settings.ascii
        return self._terminal_is_ascii if chosen is None else chosen

    async def change(self, name: str, value: Value) -> str:
        """Write a setting and apply it; what is against it, else nothing.

        Raises SettingsError where it can't be written.
        """
        if name == "language" and any(
            isinstance(screen, ModalScreen) for screen in self._app.screen_stack[:-1]
        ):
            raise SettingsError(_("First leave what is open behind the settings."))
        await asyncio.to_thread(self._file.change, name, value)
        key, _dot, inner = name.partition(".")
        if inner:
            keys = {other: own for other, own in self.settings.keys.items() if other != inner}
            if isinstance(value, tuple):
                keys[inner] = value
            self.settings = self.settings._replace(keys=keys)
        else:
            default = getattr(_DEFAULTS, key)
            new: dict[str, Any] = {key: default if value is None else value}
            self.settings = self.settings._replace(**new)
        self._apply()
        problem = ""
        if key in _OF_LANGUAGE:
            chosen = self.settings.language
            problem = _speak(chosen, os.environ, in_ascii=self.is_ascii)
            for screen in self._app.screen_stack:
                if isinstance(screen, Labelled):
                    screen.label()
        self._draw_again()
        return problem

    def value_of(self, name: str) -> Value:
        """What a setting says now; None where that is what holds without it."""
        key, _dot, inner = name.partition(".")
        if inner:
            return self.settings.keys.get(inner)
        found: Value = getattr(self.settings, key)
        return None if found == getattr(_DEFAULTS, key) else found

    def preview(self, theme: str | None) -> None:
        """Show a theme, with None again that of the settings; nothing is written."""
        self._app.theme = theme or self.settings.theme or DEFAULT

    def _apply(self) -> None:
        settings = self.settings
        self.preview(None)
        self._ascii.enabled = self.is_ascii
        if not settings.motion:
            self._app.animation_level = "none"
        elif self._app.animation_level == "none" and self._was_still:
            self._app.animation_level = "full"
        self._was_still = not settings.motion
        moments.use(UTC if settings.times == "utc" else self._zone)
        keymap.use(settings.keys)
        self._app.set_keymap(keymap.textual_keymap(settings.keys))

    def _draw_again(self) -> None:
        for screen in self._app.screen_stack:
            for widget in screen.walk_children(with_self=True):
                widget.refresh()
                if isinstance(widget, Input):
                    widget.cursor_blink = self.settings.motion
                if isinstance(widget, Drawn):
                    widget.redraw()
