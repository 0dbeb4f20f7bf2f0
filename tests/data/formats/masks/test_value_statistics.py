import io
import time

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data.formats.masks import value_statistics
from opsin.data.formats.masks.value_statistics import mask_statistics


def png(values, palette=None):
    image = Image.fromarray(values)
    if palette is not None:
        image.putpalette(np.asarray(palette, np.uint8).tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def statistics(*contents):
    masks = {str(place): content for place, content in enumerate(contents)}
    return mask_statistics(list(masks), masks.__getitem__)


ID = np.array([[0, 1], [5, 5]], np.uint8)


def test_pixels_by_value():
    found = statistics(png(ID), png(ID * 0))
    assert (found.masks, found.mode, found.pixels) == (2, "grey", {0: 5, 1: 1, 5: 2})
    assert found.values() == [0, 1, 5]
    assert found.summary(2) == "2 masks with 3 values: 0 (62.5 %), 5 (25 %) and 1 more"


def test_palettes_together():
    red = [(0, 0, 0), (255, 0, 0)]
    assert statistics(png(ID % 2, red), png(ID % 2, red)).mode == "index"
    mixed = statistics(png(ID % 2, red), png(ID))
    assert mixed.mode == "index" and mixed.pixels == {0: 2, 1: 4, 5: 2}
    per_file = statistics(png(ID % 2, red), png(ID % 2, red[::-1]))
    assert per_file.mode == "colour" and per_file.pixels == {0: 4, 0xFF0000: 4}
    white_first = statistics(png(ID % 2, [(255, 255, 255), (0, 0, 0)]))
    assert white_first.mode == "grey" and white_first.pixels == {0: 3, 255: 1}


def test_statistics_of_object_ids():
    masks = [png((np.arange(64).reshape(8, 8) % (most + 1)).astype(np.uint8)) for most in (9, 12, 30)]
    found = statistics(*masks)
    assert (found.numbered_share, found.largest_count, found.distinct_counts) == (1.0, 30, 3)
    assert statistics(png(ID)).numbered_share == 0


def test_broken_masks_are_listed_and_all_broken_is_an_error():
    assert statistics(png(ID), b"", b"junk").broken[0] == "1 is empty (0 bytes). Expected a mask"
    with pytest.raises(DataError, match="none of 2 masks can be read: 0 is empty"):
        statistics(b"", b"")


def test_photographs_are_refused(monkeypatch):
    monkeypatch.setattr(value_statistics, "MOST_VALUES", 100)
    with pytest.raises(DataError, match="more than 100 values, as photographs have"):
        statistics(png(np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)))


def test_only_a_sample_of_many_masks_is_inspected(monkeypatch):
    monkeypatch.setattr(value_statistics, "MOST_INSPECTED", 3)
    assert statistics(*[png(ID)] * 10).masks == 3


def test_fast_enough():
    rows = np.arange(512)[:, None] // 40
    content = png(((rows + np.arange(512) // 60) % 7).astype(np.uint8))
    start = time.process_time()
    statistics(*[content] * 100)
    assert time.process_time() - start < 2  # 2,000 masks of 512 x 512 take 10 s or less, with room to spare here
