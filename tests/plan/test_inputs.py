"""From what was typed to pixels: which rows are left, where they stand, and what identifies them."""

import numpy as np
import pytest
import torch

from opsin.core import DataError, silent
from opsin.data import ImagePreprocessing, VolumeStatistics, read
from opsin.plan.inputs import _volumes, fit_preprocessing, open_dataset, read_dataset

CPU = torch.device("cpu")


def source_of(folder, task=None, size=None):
    return read_dataset(folder, task, size, CPU, None, silent)[0]


def test_rows_lead_to_their_own_pixels(colours):
    source = source_of(colours)
    source = source.as_split("train")
    source = type(source)(source.table.with_splits(["test", "train", "valid"] * 30), source.store, source.store_rows)
    for part in ("train", "valid", "test"):
        asked = source.split(part)
        assert len(asked.table) == len(asked.store_rows) == 30
        np.testing.assert_array_equal(asked.store_rows, source.rows(part))
        for id, place in list(zip(asked.table.rows["id"], asked.store_rows, strict=True))[::10]:
            expected = (
                open_dataset(read(colours), ImagePreprocessing.of_size((14, 14, 3)), silent)
                .table.rows["id"]
                .to_list()
                .index(id)
            )
            assert place == expected


def test_broken_images_are_left_out_and_the_first_ten_named(make_folder, tmp_path):
    make_folder(tmp_path, {"blue": 15, "red": 15})
    for number in range(12):
        (tmp_path / "blue" / f"{number:03}.png").write_bytes(b"no image")
    source = source_of(tmp_path)
    assert len(source.table) == len(source.store_rows) == 18
    assert "12 images left out: not readable" in source.table.notes
    assert sum("left out: blue/" in note for note in source.table.notes) == 10
    assert "... and 2 more" in source.table.notes
    np.testing.assert_array_equal(source.store.pixels[source.store_rows].reshape(18, -1).any(1), True)


def test_when_no_image_can_be_read_the_first_is_named(make_folder, tmp_path):
    make_folder(tmp_path, {"blue": 2, "red": 2})
    for path in tmp_path.rglob("*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"\.png is not an image"):
        source_of(tmp_path)
    with pytest.raises(DataError, match="none of 4 images can be read"):
        open_dataset(read(tmp_path), ImagePreprocessing.of_size((8, 8, 3)), silent)


def test_the_fingerprint_is_of_names_and_pixels_not_of_order(draw):
    images = np.stack([np.asarray(draw("blue", i)) for i in range(6)])
    names = ["a", "b"] * 3
    source = open_dataset(read((images, names)), ImagePreprocessing.of_size((14, 14, 3)), silent)
    turned = type(source)(source.table.select(np.arange(6)[::-1]), source.store, source.store_rows[::-1])
    assert source.fingerprint == turned.fingerprint
    other = images.copy()
    other[3, 5, 5, 0] ^= 1
    assert (
        open_dataset(read((other, names)), ImagePreprocessing.of_size((14, 14, 3)), silent).fingerprint
        != source.fingerprint
    )


def test_a_size_that_is_asked_for_is_taken(colours):
    assert source_of(colours, size=9).store.pixels.shape[1:] == (9, 9, 3)


def test_the_scale_is_that_of_the_training_pixels_alone(draw):
    images = np.stack([np.full((14, 14, 3), value, np.uint8) for value in (10, 20, 30, 250, 250, 250)])
    source = open_dataset(read((images, ["a", "b"] * 3)), ImagePreprocessing.of_size((14, 14, 3)), silent)
    source = type(source)(
        source.table.with_splits(["train"] * 3 + ["valid", "test", "test"]), source.store, source.store_rows
    )
    preprocessing = fit_preprocessing(source)
    assert preprocessing.size == (14, 14, 3)
    assert preprocessing.mean == pytest.approx((20 / 255,) * 3)
    assert preprocessing.std == pytest.approx((np.repeat([10, 20, 30], 196).std(ddof=1) / 255,) * 3)


def test_images_of_one_value_have_a_scale_too():
    source = open_dataset(
        read((np.zeros((4, 5, 5), np.uint8), ["a", "b"] * 2)), ImagePreprocessing.of_size((5, 5, 1)), silent
    ).as_split("train")
    assert min(fit_preprocessing(source).std) > 0


def test_a_class_without_a_readable_image_is_named(make_folder, tmp_path):
    make_folder(tmp_path, {"blue": 4, "green": 4, "red": 4})
    for path in (tmp_path / "red").iterdir():
        path.write_bytes(b"no image")
    assert "classes without a readable image: red" in source_of(tmp_path).table.notes
    for path in (tmp_path / "blue").iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"no readable image of blue, red \(blue/000\.png is not an image"):
        source_of(tmp_path)


def test_a_task_on_images_refuses_volumes():
    volumes = np.zeros((8, 4, 6, 6, 1), np.int16)
    with pytest.raises(DataError, match="holds volumes, which the task 'regress' does not support"):
        read_dataset((volumes, [0.5, 1.5] * 4), None, None, torch.device("cpu"), None, silent)


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [
        ((10, 50, 40), None, (50, 50, 40)),  # in millimetres: 50 x 50 x 40
        ((10, 50, 40), 25, (25, 25, 20)),
        ((100, 50, 40), 50, (50, 5, 4)),
    ],
)
def test_the_input_for_volumes_has_their_proportions_in_millimetres(size, longest, expected):
    prepared = _volumes(VolumeStatistics(size, 2, (5.0, 1.0, 1.0)), (224, 224), longest)
    assert prepared.size == (*expected, 2)
    assert _volumes(VolumeStatistics(size, 2, None), (3, 4, 5), None).size == (3, 4, 5, 2)


def test_the_first_lines_say_what_was_recognised(tmp_path):
    lines = []
    table = (np.zeros((6, 9, 9), np.uint8), ["cat", "dog", "dog"] * 2)
    read_dataset({"train": table, "test": table}, None, None, CPU, None, silent, say=lines.append)
    assert lines == [
        "arrays: arrays, 12 images, task classify",
        "2 classes: cat (4), dog (8)",
        "splits: train 6, test 6",
    ]
