"""Images are read into the numbers that Keras reads."""

import numpy as np
import pytest
from PIL import Image

from opsin import keras as ours
from opsin.core import DataError

MODES = ("RGB", "L", "RGBA", "P", "LA", "1", "I;16")


def picture(folder, mode, size=(13, 9)):
    values = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    image = Image.fromarray(values)
    image = Image.fromarray(values[..., 0].astype(np.uint16) * 200) if mode == "I;16" else image.convert(mode)
    image.save(folder / "one.png")
    return folder / "one.png"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", [
    {}, {"color_mode": "grayscale"}, {"color_mode": "rgba"}, {"target_size": (5, 6)},
    {"target_size": (8, 20), "interpolation": "bilinear", "keep_aspect_ratio": True},
    {"target_size": (20, 8), "interpolation": "lanczos", "keep_aspect_ratio": True},
], ids=str)  # fmt: skip
def test_numbers_match_keras(oracle, tmp_path, mode, options):
    path = picture(tmp_path, mode)
    mine, theirs = (k.preprocessing.image.img_to_array(k.utils.load_img(path, **options)) for k in (ours, oracle))
    assert mine.dtype == theirs.dtype
    np.testing.assert_array_equal(mine, theirs)


def test_what_is_no_image_says_which_file(tmp_path):
    (tmp_path / "notes.png").write_text("no image")
    with pytest.raises(DataError, match=r"notes.png is not a readable image"):
        ours.utils.load_img(tmp_path / "notes.png")
    with pytest.raises(DataError, match=r"Reading .*none.png failed: No such file"):
        ours.utils.load_img(tmp_path / "none.png")
    with pytest.raises(DataError, match="Expected one of rgb, rgba, grayscale"):
        ours.utils.load_img(tmp_path / "none.png", color_mode="bgr")
    with pytest.raises(DataError, match=r"shape \(2, 2, 2, 2\)"):
        ours.utils.img_to_array(np.zeros((2, 2, 2, 2)))
