import base64
from io import BytesIO

import numpy as np
from PIL import Image

from opsin.data import BOXES, ArrayImages, Intensity, Table, Target
from opsin.data.table import make_rows
from opsin.report import DataSection
from opsin.report.samples import counts_of, pixels_by_id, samples_of, split_sizes
from opsin.tasks import Detect


def pixels_of(sample):
    return np.array(Image.open(BytesIO(base64.b64decode(sample.picture.partition(",")[2]))))


def test_pictures_are_training_images_of_their_class(classify):
    content = classify()
    data = content.data
    ids, splits = data.table.rows["id"].to_list(), data.table.rows["split"].to_list()
    found = samples_of(data, content.predictions.task)
    assert {sample.caption for sample in found} == {"cat", "dog", "owl"}
    for sample in found:
        row = ids.index(sample.id)
        assert splits[row] == "train"
        assert data.table.target.names[data.table.targets()[row]] == sample.caption
        assert (pixels_of(sample) == data.pixels[data.store_rows[row]]).all()


def test_deep_images_with_boxes_are_shown_on_the_scale_of_the_data_set():
    rows = make_rows(["image/0", "image/1"], [[], []], kind=BOXES)
    table = Table(rows, ArrayImages({"image": np.full((2, 4, 5), 500, np.uint16)}), Target(BOXES, ("a",)), "here")
    data = DataSection(table, np.zeros((2, 4, 4, 1), np.uint8), np.arange(2), "", table.targets(), Intensity(4095))
    assert (pixels_by_id(data, ["image/1"], Detect(("a",)))["image/1"] == 31).all()


def test_labels_count_once_for_each_image_that_has_them(multilabel):
    data = multilabel.data
    assert [count.total for count in counts_of(data, multilabel.predictions.task)] == data.table.targets().sum(
        0
    ).tolist()
    assert split_sizes(data.table) == {"train": 33, "valid": 2, "test": 25}


def test_numbers_go_from_low_to_high_in_ranges(regress):
    data, task = regress.data, regress.predictions.task
    found = samples_of(data, task)
    ids, targets = data.table.rows["id"].to_list(), data.table.targets()[:, 0]
    for sample in found:
        words = sample.caption.split()
        value = targets[ids.index(sample.id)]
        if words[1] == "to":
            assert float(words[0]) <= value < float(words[2])
    ranges = [count.name for count in counts_of(data, task) if count.counts[0]]
    assert list(dict.fromkeys(sample.caption for sample in found)) == ranges
    assert sum(count.total for count in counts_of(data, task)) == len(data.table)
