"""Class folders in memory, read without Opsin."""

from pathlib import Path

import numpy as np
from PIL import Image


def read(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Returns uint8 (n, height, width, 1 or 3), grey or colour as the first image, and class indices."""
    files = [
        (path, label)
        for label, inner in enumerate(sorted(path for path in folder.iterdir() if path.is_dir()))
        for path in sorted(inner.iterdir())
    ]
    mode = "L" if Image.open(files[0][0]).mode == "L" else "RGB"
    images = np.stack([np.asarray(Image.open(path).convert(mode)) for path, _ in files])
    return images.reshape(*images.shape[:3], -1), np.array([label for _, label in files])
