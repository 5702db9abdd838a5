"""Themes: the colour tokens of the console, read from TOML files and checked when they load.

The tokens are the only colours in the console. A theme file names each of them once; a mistake in
a file is one clear message, never a crash in the middle of a frame.
"""

import tomllib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from rich.style import Style
from textual.color import Color, ColorParseError
from textual.theme import Theme

TOKENS = (
    *("bg0", "bg1", "bg2", "bg3", "bg5", "line"),
    *("text", "soft", "mute", "accent", "p1", "p2", "p3"),
    *("s2", "s3", "s4", "s5", "ok", "warn", "breach", "pend", "off", "vol"),
)
"""Background layers, then text by rank, then meaning; see docs/themes.md."""

FILLS = ("accent", "p1", "p2", "p3", "s5", "ok", "warn", "breach", "pend")
"""Tokens that may be a filled badge; the text on it is the token `on<name>`."""

ON_TOKENS = tuple(f"on{name}" for name in FILLS)


class ThemeError(Exception):
    """A theme file cannot be used; the message says which file, which token and why."""


@dataclass(frozen=True, slots=True)
class Palette:
    """A theme's colours by token."""

    name: str
    dark: bool
    colours: dict[str, str]
    _made: dict[tuple[str, str, bool, bool], Style] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Styles made so far: building one costs more than drawing with it."""

    def style(self, token: str, *, on: str = "", bold: bool = False, fill: bool = False) -> Style:
        """Return the style of a token: as text, on the background token `on`, or as a fill."""
        key = (token, on, bold, fill)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(token, on, bold=bold, fill=fill)
        return made

    def _make(self, token: str, on: str, *, bold: bool, fill: bool) -> Style:
        if fill:
            return Style(color=self.colours[f"on{token}"], bgcolor=self.colours[token], bold=True)
        background = self.colours[on] if on else None
        return Style(color=self.colours[token], bgcolor=background, bold=bold or None)

    def to_textual(self) -> Theme:
        """Return the framework's form of this theme, every token as a variable `$wr-<token>`."""
        c = self.colours
        return Theme(
            name=self.name,
            primary=c["accent"],
            secondary=c["p3"],
            warning=c["warn"],
            error=c["s5"],
            success=c["ok"],
            accent=c["accent"],
            foreground=c["text"],
            background=c["bg0"],
            surface=c["bg1"],
            panel=c["bg3"],
            dark=self.dark,
            variables={
                **{f"wr-{token}": colour for token, colour in c.items()},
                "footer-background": c["bg1"],
                "border": c["accent"],
                "border-blurred": c["line"],
                "scrollbar": c["line"],
                "scrollbar-background": c["bg0"],
                "input-cursor-background": c["accent"],
                "input-selection-background": c["bg2"],
            },
        )


def load_palette(path: Path) -> Palette:
    """Read one theme file.

    Raises:
        ThemeError: Unreadable, not TOML, an unknown or missing token, or a colour that is none.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(f"theme {path}: cannot be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise ThemeError(f"theme {path}: not valid TOML: {error}") from None
    name = data.get("name", path.stem)
    colours = data.get("colours", {})
    if not isinstance(name, str) or not isinstance(colours, dict):
        raise ThemeError(f"theme {path}: `name` is text and `[colours]` a table")
    known = {*TOKENS, *ON_TOKENS}
    unknown = sorted(set(colours) - known)
    if unknown:
        raise ThemeError(f"theme {path}: unknown token {unknown[0]!r}; known: {' '.join(TOKENS)}")
    absent = [token for token in (*TOKENS, *ON_TOKENS) if token not in colours]
    if absent:
        raise ThemeError(f"theme {path}: no colour for {', '.join(absent)}")
    for token, colour in colours.items():
        try:
            Color.parse(colour)
        except (ColorParseError, TypeError, AttributeError):
            raise ThemeError(f"theme {path}: {token} = {colour!r} is not a colour") from None
    return Palette(name=name, dark=bool(data.get("dark", True)), colours=dict(colours))


def theme_folder() -> Path:
    """Return the folder of the shipped themes, in a wheel or in a checkout."""
    packed = Path(str(resources.files("warroom") / "data" / "themes"))
    return packed if packed.is_dir() else Path(__file__).parents[3] / "themes"


def load_palettes(extra: Path | None = None) -> tuple[dict[str, Palette], list[str]]:
    """Return every usable theme by name, `extra` over the shipped ones, and the complaints."""
    found: dict[str, Palette] = {}
    complaints: list[str] = []
    for folder in (theme_folder(), extra):
        if folder is None or not folder.is_dir():
            continue
        for path in sorted(folder.glob("*.toml")):
            try:
                palette = load_palette(path)
            except ThemeError as error:
                complaints.append(str(error))
            else:
                found[palette.name] = palette
    return found, complaints
