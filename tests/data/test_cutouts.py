"""Objects cut out by their boxes."""

import numpy as np

from opsin.data import cut_out


def boxes(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 7)


def test_each_object_is_what_lies_in_its_box():
    pixels = np.zeros((3, 20, 30, 3), np.uint8)
    pixels[0, 2:6, 10:20] = 50
    pixels[2, 15:20, 25:30] = 90
    found, classes = cut_out(
        pixels,
        np.array([0, 2]),
        [boxes([10, 2, 20, 6, 1, 0, 40]), boxes([25, 15, 34, 24, 4, 0, 81], [0, 0, 2, 2, 3, 0, 4])],
    )
    assert found.shape == (3, 32, 32, 3) and classes.tolist() == [1, 4, 3]
    assert [int(piece.min()) for piece in found] == [50, 90, 0] == [int(piece.max()) for piece in found]


def test_crowds_and_what_covers_no_pixel_are_left_out():
    pixels = np.zeros((1, 8, 8, 1), np.uint8)
    found, classes = cut_out(
        pixels, np.array([0]), [boxes([0, 0, 8, 8, 1, 1, 64], [3.1, 3.1, 3.2, 3.2, 2, 0, 0.01], [1, 1, 4, 4, 5, 0, 9])]
    )
    assert found.shape == (1, 32, 32, 1) and classes.tolist() == [5]
    assert cut_out(pixels, np.array([0]), [boxes()])[0].shape == (0, 32, 32, 1)


def test_of_many_some_of_all_rows_are_taken():
    pixels = np.zeros((100, 4, 4, 1), np.uint8)
    many = [boxes(*([0, 0, 3, 3, row, 0, 9] for _ in range(90))) for row in range(100)]
    classes = cut_out(pixels, np.arange(100), many)[1]
    assert len(classes) == 4000 and len(set(classes.tolist())) == 100
