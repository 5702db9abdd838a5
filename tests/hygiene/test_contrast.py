"""The themes can be read: contrast by WCAG 2, computed from the theme files."""

import math

import pytest

from warroom.tui.theme import FILLS, load_palette, theme_folder

FILES = sorted(theme_folder().glob("*.toml"))
TEXT = (
    *("text", "soft", "mute", "accent", "p1", "p2", "p3"),
    *("s2", "s3", "s4", "s5", "ok", "warn", "breach", "pend", "off"),
)
LAYERS = ("bg0", "bg1", "bg2", "bg3", "bg5")
READABLE = 4.5
"""WCAG 2 AA for text."""


def luminance(colour: str) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
@pytest.mark.parametrize("layer", LAYERS)
def test_every_text_can_be_read_on_every_layer(path, layer) -> None:
    colours = load_palette(path).colours
    weak = {
        token: round(contrast(colours[token], colours[layer]), 2)
        for token in TEXT
        if contrast(colours[token], colours[layer]) < READABLE
    }
    assert weak == {}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_badge_can_be_read(path) -> None:
    colours = load_palette(path).colours
    weak = [t for t in FILLS if contrast(colours[f"on{t}"], colours[t]) < READABLE]
    assert weak == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_bars_can_be_seen(path) -> None:
    colours = load_palette(path).colours
    assert contrast(colours["vol"], colours["bg0"]) >= 3  # a shape, with its number beside it


def test_high_contrast_is_high() -> None:
    colours = load_palette(theme_folder() / "high-contrast.toml").colours
    assert min(contrast(colours[token], colours["bg0"]) for token in TEXT) >= 9.4
    assert min(contrast(colours[token], colours["bg2"]) for token in TEXT) >= 6.5


def lab(colour: str) -> tuple[float, float, float]:
    """CIE L*a*b* of an sRGB colour under D65."""

    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    def root(part: float) -> float:
        return part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    x = root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047)
    y = root(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


APART = 20
"""Distance in L*a*b* (CIE76) below which two words of a scan down the screen look alike; from
about 10 on two patches side by side can be told apart."""


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
@pytest.mark.parametrize(
    ("one", "other"),
    [("p1", "p2"), ("p2", "p3"), ("s5", "ok"), ("s5", "warn"), ("s5", "s4"), ("ok", "warn")],
)
def test_what_is_scanned_for_is_not_alike(path, one, other) -> None:
    colours = load_palette(path).colours
    assert math.dist(lab(colours[one]), lab(colours[other])) >= APART
