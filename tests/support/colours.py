"""How colours differ: for reading (WCAG), and for eyes without the green of three colours."""

from __future__ import annotations

from textual.color import Color

# Deuteranopia in linear RGB: Machado, Oliveira and Fernandes (2009), severity 1.0.
_DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
_TO_XYZ = (
    (0.4124, 0.3576, 0.1805),
    (0.2126, 0.7152, 0.0722),
    (0.0193, 0.1192, 0.9505),
)
_WHITE = (0.9505, 1.0, 1.089)
_Three = tuple[float, float, float]


def contrast(one: Color, other: Color) -> float:
    """The ratio of WCAG 2.2: 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def distance_for_deuteranopes(one: Color, other: Color) -> float:
    """How far apart two colours look (CIE76); about 2 is just seen, 20 is another colour."""
    ours, theirs = (_lab(_times(_DEUTERANOPIA, _linear(colour))) for colour in (one, other))
    return float(sum((a - b) ** 2 for a, b in zip(ours, theirs, strict=True)) ** 0.5)


def _luminance(colour: Color) -> float:
    return _times(_TO_XYZ, _linear(colour))[1]


def _linear(colour: Color) -> _Three:
    def one(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    return one(colour.r), one(colour.g), one(colour.b)


def _times(matrix: tuple[_Three, _Three, _Three], vector: _Three) -> _Three:
    x, y, z = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def _lab(rgb: _Three) -> _Three:
    def curve(value: float) -> float:
        value = max(value, 0.0)
        return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116

    x, y, z = (curve(v / w) for v, w in zip(_times(_TO_XYZ, rgb), _WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)
