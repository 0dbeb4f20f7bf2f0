"""Fonts that have the letters of class names; a name without any font is drawn by its number."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import ImageFont

_COLOUR_FONTS = "color"
"""Fonts of coloured pictures, which neither Pillow nor matplotlib draws as text."""


def quiet_matplotlib() -> None:
    """Keeps matplotlib from printing that it has no folder for its cache, or that it makes one."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)


def drawn_names(names: Sequence[str], also: str = "") -> list[str]:
    """Returns names that can be drawn: on one line, and "class 3" for the fourth name where no font has its letters.

    Args:
        names: Names of the classes, in the order of their numbers.
        also: Letters that the same font must have, where a label is drawn with one font.

    Examples:
        >>> drawn_names(["tab\\tname", "cat", "\\U000f0000"])
        ['tab name', 'cat', 'class 2']
    """
    lines = ["".join(" " if letter.isspace() else letter for letter in name if _is_drawn(letter)) for name in names]
    return [line if line and font_file(line + also) else f"class {number}" for number, line in enumerate(lines)]


def drawn_text(text: str) -> str:
    """Returns a text with a question mark for each letter that the font of matplotlib lacks."""
    known = _letters(_own_font())
    return "".join(letter if ord(letter) in known or letter.isspace() else "?" for letter in text)


@lru_cache(4096)
def font_file(text: str) -> Path | None:
    """Returns a font that has all letters of a text, that of matplotlib or one of the system; None without any."""
    wanted = {ord(letter) for letter in text if not letter.isspace()}
    if wanted <= _letters(_own_font()):
        return _own_font()
    return next((path for path in _system_fonts() if wanted <= _letters(path)), None)


@lru_cache(4096)
def font_families(text: str) -> list[str]:
    """Returns the names of the fonts for a text, as matplotlib takes them; the first is its own."""
    from matplotlib import font_manager

    path = font_file(text)
    families = ["DejaVu Sans"]
    if path is not None and path != _own_font():
        font_manager.fontManager.addfont(str(path))
        families.append(font_manager.FontProperties(fname=str(path)).get_name())
    return families


@lru_cache(64)
def pillow_font(size: int, path: Path | None = None) -> Any:
    """Returns a font for Pillow.

    Args:
        size: Height in pixels.
        path: File of the font. Default: Pillow's own.
    """
    return ImageFont.load_default(size) if path is None else ImageFont.truetype(path, size)


def _is_drawn(letter: str) -> bool:
    return letter.isprintable() or letter.isspace()


@lru_cache(1)
def _own_font() -> Path:
    quiet_matplotlib()
    import matplotlib

    return Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


@lru_cache(1)
def _system_fonts() -> tuple[Path, ...]:
    from matplotlib import font_manager

    found = sorted(Path(name) for name in font_manager.findSystemFonts())
    return tuple(path for path in found if _COLOUR_FONTS not in path.name.lower())


@lru_cache(256)
def _letters(path: Path) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(str(path)).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()
