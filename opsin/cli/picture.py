"""An image and its prediction as terminal text: half blocks in 24-bit colour, and a bar per class."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opsin.data import Intensity

MAX_COLUMNS = 64
MAX_LINES = 24
BAR_WIDTH = 24
MAX_BARS = 10


def on_terminal() -> bool:
    """Returns True if stdout is a terminal."""
    return sys.stdout.isatty()


def supports_images() -> bool:
    """Returns True if stdout is a terminal that supports colours and block characters."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") == "dumb"
    return on_terminal() and not plain and (sys.stdout.encoding or "").lower().startswith("utf")


def render_image(image: Path | bytes, intensity: "Intensity | None" = None) -> str:
    """Returns an image file as lines of half blocks that fit the terminal. The aspect ratio is kept.

    Args:
        image: Image file, or its content.
        intensity: Scale of the pixel values of images with more than 8 bits, from the model's training images.
    """
    import numpy as np
    from PIL import Image

    from opsin.data import decode

    pixels = decode(image.read_bytes() if isinstance(image, Path) else image, intensity=intensity)
    columns, lines = shutil.get_terminal_size()
    height, width = pixels.shape[:2]
    scale = min(min(columns, MAX_COLUMNS) / width, 2 * min(lines - 4, MAX_LINES) / height)
    across, down = max(1, round(width * scale)), max(1, round(height * scale / 2))
    picture = Image.fromarray(np.broadcast_to(pixels, (height, width, 3)).copy())
    small = np.asarray(picture.resize((across, 2 * down), Image.Resampling.BOX))
    return "\n".join(_line(small[row], small[row + 1]) for row in range(0, 2 * down, 2))


def _line(upper: Any, lower: Any) -> str:
    cells = (
        f"\x1b[38;2;{';'.join(map(str, top))};48;2;{';'.join(map(str, bottom))}m▀"
        for top, bottom in zip(upper.tolist(), lower.tolist(), strict=True)
    )
    return "".join(cells) + "\x1b[0m"


def probability_bars(names: Sequence[str], row: dict[str, Any]) -> list[str]:
    """Returns one line per class, most probable (or largest) class first, or one line per value of a regression.

    Args:
        names: Names of the classes or values.
        row: The prediction of one image, with `p_<class>`, `share_<class>` or the values by name.
    """
    prefix = next((prefix for prefix in ("p_", "share_") if all(f"{prefix}{name}" in row for name in names)), None)
    if prefix is not None:
        ranked = sorted(((row[f"{prefix}{name}"], name) for name in names), reverse=True)
        width = max(len(name) for _, name in ranked[:MAX_BARS])
        full, empty = ("█", "·") if (sys.stdout.encoding or "").lower().startswith("utf") else ("#", ".")
        return [f"{name:<{width}}  {_bar(p, full, empty)} {p:6.1%}" for p, name in ranked[:MAX_BARS]]
    return [f"{name}  {row[name]:.4g}" for name in names]


def _bar(share: float, full: str, empty: str) -> str:
    filled = round(share * BAR_WIDTH)
    return full * filled + empty * (BAR_WIDTH - filled)
