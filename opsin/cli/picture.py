"""An image and its answer as text: half blocks in 24-bit colour, and a bar for each probability."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opsin.data import Intensity

MOST_COLUMNS = 64
MOST_LINES = 24
BAR = 24
MOST_BARS = 10


def on_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout.isatty()


def shows_pictures() -> bool:
    """Whether stdout is a terminal that can show colours and block characters."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") == "dumb"
    return on_terminal() and not plain and (sys.stdout.encoding or "").lower().startswith("utf")


def picture(path: Path, intensity: "Intensity | None" = None) -> str:
    """The image as lines of half blocks, no wider or higher than the terminal, with its proportions kept.

    `intensity` is the scale of more than 8 bits, that of the model's training images.
    """
    import numpy as np
    from PIL import Image

    from opsin.data import decode

    pixels = decode(path.read_bytes(), intensity=intensity)
    columns, lines = shutil.get_terminal_size()
    height, width = pixels.shape[:2]
    scale = min(min(columns, MOST_COLUMNS) / width, 2 * min(lines - 4, MOST_LINES) / height)
    across, down = max(1, round(width * scale)), max(1, round(height * scale / 2))
    colour = Image.fromarray(np.broadcast_to(pixels, (height, width, 3)).copy())
    small = np.asarray(colour.resize((across, 2 * down), Image.Resampling.BOX))
    return "\n".join(_line(small[row], small[row + 1]) for row in range(0, 2 * down, 2))


def _line(upper: Any, lower: Any) -> str:
    cells = (
        f"\x1b[38;2;{';'.join(map(str, top))};48;2;{';'.join(map(str, bottom))}m▀"
        for top, bottom in zip(upper.tolist(), lower.tolist(), strict=True)
    )
    return "".join(cells) + "\x1b[0m"


def bars(names: Sequence[str], row: dict[str, Any]) -> list[str]:
    """A line a class, most probable or largest first, from an answer; the numbers themselves for a regression."""
    start = next((start for start in ("p_", "share_") if all(f"{start}{name}" in row for name in names)), None)
    if start is not None:
        known = sorted(((row[f"{start}{name}"], name) for name in names), reverse=True)
        wide = max(len(name) for _, name in known[:MOST_BARS])
        full, empty = ("█", "·") if (sys.stdout.encoding or "").lower().startswith("utf") else ("#", ".")
        return [f"{name:<{wide}}  {_bar(p, full, empty)} {p:6.1%}" for p, name in known[:MOST_BARS]]
    return [f"{name}  {row[name]:.4g}" for name in names]


def _bar(share: float, full: str, empty: str) -> str:
    filled = round(share * BAR)
    return full * filled + empty * (BAR - filled)
