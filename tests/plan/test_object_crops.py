"""Objects cut out by their boxes."""

import numpy as np

from opsin.plan import FlipSamples, boxes_from_masks, crop_objects, flip_keeps_target


def boxes(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 7)


def test_each_object_is_what_lies_in_its_box():
    pixels = np.zeros((3, 20, 30, 3), np.uint8)
    pixels[0, 2:6, 10:20] = 50
    pixels[2, 15:20, 25:30] = 90
    found, classes = crop_objects(
        pixels,
        np.array([0, 2]),
        [boxes([10, 2, 20, 6, 1, 0, 40]), boxes([25, 15, 34, 24, 4, 0, 81], [0, 0, 2, 2, 3, 0, 4])],
    )
    objects = found[classes >= 0]
    assert objects.shape == (3, 96, 96, 3) and classes[classes >= 0].tolist() == [1, 4, 3]
    assert [int(piece.min()) for piece in objects] == [50, 90, 0] == [int(piece.max()) for piece in objects]
    assert not found[classes < 0].any()  # the background is black


def test_crowds_and_what_covers_no_pixel_are_left_out():
    pixels = np.zeros((1, 8, 8, 1), np.uint8)
    found, classes = crop_objects(
        pixels, np.array([0]), [boxes([0, 0, 8, 8, 1, 1, 64], [3.1, 3.1, 3.2, 3.2, 2, 0, 0.01], [1, 1, 4, 4, 5, 0, 9])]
    )
    assert found.shape[1:] == (96, 96, 1) and classes.tolist() == [5]
    assert crop_objects(pixels, np.array([0]), [boxes()])[0].shape == (0, 96, 96, 1)


def test_of_many_some_of_all_rows_are_taken():
    pixels = np.zeros((100, 4, 4, 1), np.uint8)
    many = [boxes(*([0, 0, 3, 3, row, 0, 9] for _ in range(90))) for row in range(100)]
    classes = crop_objects(pixels, np.arange(100), many)[1]
    assert len(classes) == 500 and len(set(classes.tolist())) > 90


def test_crops_of_the_background_have_the_size_of_an_object_and_overlap_none():
    pixels = np.zeros((1, 60, 60, 1), np.uint8)
    pixels[0, 20:40, 20:40] = 200
    classes = [crop_objects(pixels, np.array([0]), [boxes([20, 20, 40, 40, 0, 0, 400])])[1].tolist()]
    assert classes == [[0, -1]]
    shown = crop_objects(pixels, np.array([0]), [boxes([20, 20, 40, 40, 0, 0, 400])])[0]
    assert shown[0].min() == 200 and (shown[1] > 100).mean() < 0.12


def test_boxes_go_around_classes_but_not_around_a_background_or_what_nobody_knows():
    masks = np.zeros((2, 20, 20), np.uint8)
    masks[0, 2:8, 3:9] = 4
    masks[0, 15:18, 15:18] = 7  # smaller than 16 pixels
    masks[0, 19] = 255
    found = boxes_from_masks(masks)
    assert found[0].tolist() == [[3, 2, 9, 8, 4, 0, 36]]
    assert found[1].shape == (0, 7)


def test_boxes_go_around_each_instance():
    masks = np.zeros((1, 20, 20), np.int32)
    masks[0, :5, :5] = 256 * 1 + 2
    masks[0, 10:14, 4:12] = 256 * 2 + 2
    assert boxes_from_masks(masks)[0].tolist() == [[0, 0, 5, 5, 2, 0, 25], [4, 10, 12, 14, 2, 0, 32]]


def test_classes_that_are_each_others_mirror_image_are_seen_in_masks():
    random, masks = np.random.default_rng(0), np.zeros((60, 32, 32), np.uint8)
    for number, mask in enumerate(masks):
        top, left = random.integers(0, 20, 2)
        mask[top : top + 12, left + (8 if number % 2 else 0) :][:, :4] = 1 + number % 2
        mask[top + 8 : top + 12, left : left + 12] = 1 + number % 2
    pixels = np.where(masks > 0, 200, 20).astype(np.uint8)[..., None]
    crops, classes = crop_objects(pixels, np.arange(60), boxes_from_masks(masks))
    rows = classes >= 0
    keeps, why = flip_keeps_target(FlipSamples(crops[rows], classes[rows]), ("background", "L", "J"))
    assert not keeps and "looks like" in why
