"""Class folders in memory, as somebody without Opsin reads them."""

from pathlib import Path

import numpy as np
from PIL import Image


def read(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (n, height, width) and the classes' numbers."""
    images, labels = list[np.ndarray](), list[int]()
    for label, place in enumerate(sorted(path for path in folder.iterdir() if path.is_dir())):
        for path in sorted(place.iterdir()):
            images.append(np.asarray(Image.open(path).convert("L")))
            labels.append(label)
    return np.stack(images), np.array(labels)
