import numpy as np

from opsin.drawing.caption import caption_picture


def test_the_image_is_whole_below_a_strip_with_text():
    pixels = np.random.default_rng(0).integers(0, 256, (200, 400, 3), np.uint8)
    plain, drawn = caption_picture(pixels, ""), caption_picture(pixels, "cat 97 %")
    np.testing.assert_array_equal(drawn[-200:], pixels)
    assert drawn.shape == plain.shape and drawn.shape[1] == 400
    assert (drawn != plain).any() and (drawn[-200:] == plain[-200:]).all()


def test_a_small_grey_image_is_enlarged():
    assert caption_picture(np.zeros((20, 10, 1), np.uint8), "x").shape[1:] == (320, 3)
