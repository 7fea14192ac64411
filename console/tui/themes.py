"""Our own themes: light, dark, high contrast, and for eyes that tell red from green badly.

A test computes the contrast of every ink on every paper (WCAG 2.2, 1.4.3 and 1.4.6: 4.5:1, and
7:1 in high contrast). States are told by a symbol and a word in each of them; in `blue-orange`
their hues differ for deuteranopia, too (Okabe and Ito, 2008).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

from console.domain.language import N_

DEFAULT: Final = "dark"


def _inks(
    muted: str, success: str, primary: str, warning: str, error: str, accent: str
) -> dict[str, str]:
    """The colours of words."""
    return {
        "foreground-muted": muted,
        "text-success": success,
        "text-primary": primary,
        "text-warning": warning,
        "text-error": error,
        "text-accent": accent,
    }


def _cursor(ink: str, paper: str) -> dict[str, str]:
    return {"block-cursor-foreground": ink, "block-cursor-background": paper}


def _unlit(share: str) -> dict[str, str]:
    """Labels, and what stands in an empty field: Textual's own is too faint to be read."""
    return {"text-muted": f"auto {share}", "text-disabled": f"auto {share}"}


_DARK: Final = replace(
    BUILTIN_THEMES["textual-dark"],
    name="dark",
    error="#b63a59",
    variables={"text-error": "#d9879b", **_cursor("#ffffff", "#0162ae"), **_unlit("62%")},
)
_LIGHT: Final = replace(
    BUILTIN_THEMES["textual-light"],
    name="light",
    error="#ad1c40",
    surface="#e8e8e8",
    panel="#dcdcdc",
    background="#f2f2f2",
    variables=_inks("#4d4d4d", "#0a5428", "#00406e", "#633d00", "#8a1538", "#6b3200")
    | _cursor("#ffffff", "#004578")
    | _unlit("62%")
    | {"error-muted": "#f3d3db", "panel-lighten-2": "#a0a0a0", "footer-key-foreground": "#0178D4"},
)

THEMES: Final = (
    _DARK,
    _LIGHT,
    Theme(
        name="contrast-dark",
        primary="#8ecbff",
        warning="#ffd75f",
        error="#ff7a7a",
        success="#7cfc9a",
        accent="#ffd75f",
        foreground="#ffffff",
        background="#000000",
        surface="#0a0a0a",
        panel="#161a20",
        variables=_inks("#d6d6d6", "#8dfca8", "#a5d5ff", "#ffdf80", "#ffb0b0", "#ffdf80")
        | _cursor("#000000", "#ffd75f")
        | {"text": "auto 100%", **_unlit("85%"), "error-muted": "#4d0000",
           "foreground-disabled": "#8c8c8c", "surface-lighten-1": "#1d1d1d",
           "panel-lighten-2": "#77808c"},
    ),
    Theme(
        name="contrast-light",
        primary="#00307a",
        warning="#5c3300",
        error="#9b0018",
        success="#00471b",
        accent="#5c2a00",
        foreground="#000000",
        background="#ffffff",
        surface="#f7f7f7",
        panel="#ededed",
        dark=False,
        variables=_inks("#333333", "#00421a", "#00307a", "#4f2c00", "#7d0010", "#542700")
        | _cursor("#ffffff", "#00307a")
        | {"text": "auto 100%", **_unlit("85%"), "error-muted": "#ffe3e3",
           "foreground-disabled": "#6b6b6b", "surface-lighten-1": "#e6e6e6",
           "panel-lighten-2": "#767676"},
    ),
    Theme(
        name="blue-orange-dark",
        primary="#cc79a7",
        warning="#f0e442",
        error="#ad4600",
        success="#56b4e9",
        accent="#f0e442",
        foreground="#e0e0e0",
        panel="#242f38",
        variables=_inks("#a3a3a3", "#6cc0f0", "#e2a6c6", "#f0e442", "#ff9a4d", "#f0e442")
        | _cursor("#ffffff", "#0162ae")
        | _unlit("62%")
        | {"error-muted": "#4a2309"},
    ),
    Theme(
        name="blue-orange-light",
        primary="#7a2e5c",
        warning="#8a7a00",
        error="#a84300",
        success="#0072b2",
        accent="#7a2e5c",
        foreground="#1f1f1f",
        background="#f2f2f2",
        surface="#e8e8e8",
        panel="#dcdcdc",
        dark=False,
        variables=_inks("#4d4d4d", "#005a94", "#6b2550", "#333000", "#a34000", "#6b2550")
        | _cursor("#ffffff", "#00507d")
        | _unlit("62%")
        | {"error-muted": "#f6dccb", "panel-lighten-2": "#a0a0a0"},
    ),
)  # fmt: skip

# Our themes by what they are called; the other ones that may be chosen are Textual's own.
TITLES: Final = {
    "dark": N_("dark"),
    "light": N_("light"),
    "contrast-dark": N_("high contrast, dark"),
    "contrast-light": N_("high contrast, light"),
    "blue-orange-dark": N_("without red and green, dark"),
    "blue-orange-light": N_("without red and green, light"),
}
_NOT_OFFERED: Final = ("textual-dark", "textual-light")  # ours are these, easier to read
NAMES: Final = (
    *TITLES,
    *(
        name
        for name, theme in BUILTIN_THEMES.items()
        if name not in _NOT_OFFERED and not theme.ansi
    ),
)
