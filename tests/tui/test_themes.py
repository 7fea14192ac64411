"""Every word can be read in every theme of ours, also by eyes that tell red from green badly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from console.domain.colours import COLOURS
from console.tui import words
from console.tui.themes import DEFAULT, NAMES, THEMES, TITLES
from console.tui.widgets.header import Header
from tests.support.colours import contrast, distance_for_deuteranopes
from tests.tui.stage import Driver, Stage, drawn

PAPERS = ("background", "surface", "panel", "surface-lighten-1", "error-muted")
_INK = re.compile(r"\$[a-z0-9-]+")


def inks() -> set[str]:
    """The names of all colours that words are written in."""
    styles = (*words.TONES.values(), words.QUIET, words.LOUD, words.HEADING)
    found = {name.removeprefix("$") for style in styles for name in _INK.findall(style)}
    return found | {"text", "text-muted", "text-disabled", "text-accent", "foreground"}


def colours(theme: Theme) -> dict[str, str]:
    return {**theme.to_color_system().generate(), **theme.variables}


def ink_on(name: str, paper: Color, theme: Theme) -> Color:
    value = colours(theme)[name]
    if value.startswith("auto"):
        alpha = float(value.removeprefix("auto").strip(" %")) / 100
        return paper + paper.get_contrast_text(alpha)
    return paper + Color.parse(value)


def wanted(theme: Theme) -> float:
    return 7.0 if theme.name.startswith("contrast") else 4.5


def test_the_inks_are_those_of_the_words() -> None:
    assert {"foreground-muted", "text-success", "text-error", "text-warning"} <= inks()


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
class TestContrast:
    def test_every_ink_on_every_paper(self, theme: Theme) -> None:
        for paper_name in PAPERS:
            paper = Color.parse(colours(theme)[paper_name])
            for ink in inks():
                seen = contrast(ink_on(ink, paper, theme), paper)
                assert seen >= wanted(theme), (ink, paper_name, round(seen, 2))

    def test_the_cursor_and_the_word_live(self, theme: Theme) -> None:
        for ink, paper_name in (("block-cursor-foreground", "block-cursor-background"),
                                ("text", "error")):  # fmt: skip
            paper = Color.parse(colours(theme)[paper_name])
            assert contrast(ink_on(ink, paper, theme), paper) >= wanted(theme)

    def test_the_frame_of_live_stands_out(self, theme: Theme) -> None:
        """What is no word needs 3:1 (WCAG 2.2, 1.4.11); in high contrast the fields' frames too."""
        found = colours(theme)
        if theme.name.startswith("contrast"):
            frame = Color.parse(found["panel-lighten-2"])
            assert contrast(frame, Color.parse(found["background"])) >= 3
        seen = contrast(Color.parse(found["error"]), Color.parse(found["background"]))
        assert seen >= 3

    def test_without_colour_the_same(self, theme: Theme) -> None:
        """NO_COLOR: Textual makes greys of them."""
        for paper_name in PAPERS:
            paper = Color.parse(colours(theme)[paper_name])
            for ink in inks():
                grey, ground = ink_on(ink, paper, theme).monochrome, paper.monochrome
                assert contrast(grey, ground) >= 4.5, (ink, paper_name)


@pytest.mark.parametrize("theme", [t for t in THEMES if t.name.startswith("blue-orange")],
                         ids=lambda theme: theme.name)  # fmt: skip
def test_tones_differ_for_eyes_without_green(theme: Theme) -> None:
    paper = Color.parse(colours(theme)["background"])
    told = [ink_on(name, paper, theme)
            for name in ("text-success", "text-primary", "text-warning", "text-error")]  # fmt: skip
    for one, other in combinations(told, 2):
        assert distance_for_deuteranopes(one, other) >= 20, (one.hex, other.hex)


def test_the_measure_tells_what_such_eyes_cannot() -> None:
    red, green = Color.parse("#c62828"), Color.parse("#5a7d00")
    blue = Color.parse("#1e66d0")
    assert distance_for_deuteranopes(red, green) < 20 < distance_for_deuteranopes(red, blue)


def test_the_names_are_known_and_the_default_looks_as_before() -> None:
    assert [theme.name for theme in THEMES] == list(TITLES)
    assert set(NAMES) <= set(TITLES) | set(BUILTIN_THEMES)
    assert DEFAULT in NAMES
    now = colours(next(theme for theme in THEMES if theme.name == DEFAULT))
    before = colours(BUILTIN_THEMES["textual-dark"])
    same = ("background", "surface", "panel", "primary", "foreground-muted", "text-success")
    assert [now[name] for name in same] == [before[name] for name in same]


@pytest.mark.anyio
@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_the_title_bar_of_each_account_can_be_read(stage: Stage, theme: str) -> None:
    async with stage.console(100, 30) as console:
        console.app.theme = theme
        header = console.app.screen.query_one(Header)
        for colour in COLOURS:
            header.set_classes(f"-colour-{colour}")
            await console.pilot.pause()
            for segment in header.render_lines(header.region.reset_offset)[0]:
                if any(map(str.isalnum, segment.text)) and segment.style is not None:
                    ink, paper = segment.style.color, segment.style.bgcolor
                    assert ink is not None
                    assert paper is not None
                    seen = contrast(Color.from_rich_color(ink), Color.from_rich_color(paper))
                    assert seen >= 3, (colour, segment.text, round(seen, 2))


@pytest.mark.anyio
@pytest.mark.parametrize("environment", ["sandbox", "live"])
async def test_every_word_that_is_drawn_can_be_read(tmp_path: Path, environment: str) -> None:
    """What is not allowed is dimmed on purpose, and still has 3:1."""
    stage = Stage(tmp_path, environment=environment)
    order = {"sandbox": "S01-4966596-9591203-A079366", "live": "P01-1840276-5529301"}
    faint = []
    try:
        async with stage.console(120, 40) as console:
            await console.look_up(order[environment])
            for theme, keys in product(THEMES, ("1", "2", "3", "4", "5", "comma", "r")):
                console.app.theme = theme.name
                await console.press(keys)
                await console.pilot.pause()
                for text, ink, paper, dim in words_on(console):
                    least = 3 if dim else wanted(theme)
                    if contrast(ink, paper) < least:
                        faint.append((theme.name, keys, text, round(contrast(ink, paper), 2)))
                if not keys.isdigit():
                    await console.press("escape")
    finally:
        stage.stop()
    assert not faint, "\n".join(map(str, faint))


def words_on(console: Driver) -> Iterator[tuple[str, Color, Color, bool]]:
    """The words of the screen, of a dialog those in it; `dim` are keys of what is not allowed."""
    region = console.app.screen.region
    for dialog in console.app.screen.query("#dialog"):
        region = dialog.region
    strips = drawn(console.app)
    for y in range(region.y, region.bottom):
        for segment in strips[y].crop(region.x, region.right):
            style = segment.style
            if style is None or not any(map(str.isalnum, segment.text)):
                continue
            if style.color is None or style.bgcolor is None:
                continue
            dim = re.fullmatch(r"\s*[a-z] [A-Z][a-z]+\s*", segment.text) is not None
            ink, paper = map(Color.from_rich_color, (style.color, style.bgcolor))
            yield segment.text.strip(), ink, paper, dim
