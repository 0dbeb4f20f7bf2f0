import numpy as np

from opsin.tasks.segmentation.annotations import annotate_classes, annotate_objects

CODES = np.zeros((6, 8), np.int32)
CODES[1:3, 2:5] = 256 + 1
CODES[4, 7] = 512
CONFIDENCE = np.where(CODES == 257, 204, 51)


def test_objects_have_boxes_areas_scores_and_pixels():
    marked = annotate_objects("a.png", CODES, CONFIDENCE)
    assert (marked.id, marked.height, marked.width) == ("a.png", 6, 8)
    assert marked.boxes.tolist() == [[2, 1, 5, 3, 1, 0, 6], [7, 4, 8, 5, 0, 0, 1]]
    assert marked.scores is not None and marked.scores.tolist() == [0.8, 0.2]
    assert marked.masks is not None
    np.testing.assert_array_equal(marked.masks[0], CODES == 257)


def test_each_class_but_a_background_is_one_object():
    classes = (CODES % 256 + (CODES > 0)).astype(np.uint8)
    marked = annotate_classes("a.png", classes, np.full((6, 8), 255), range(1, 4))
    assert marked.boxes.tolist() == [[7, 4, 8, 5, 0, 0, 1], [2, 1, 5, 3, 1, 0, 6]]
    assert marked.scores is not None and marked.scores.tolist() == [1, 1]
    assert annotate_classes("a.png", classes, classes, range(0, 4)).boxes[0].tolist() == [0, 0, 8, 6, 0, 0, 41]


def test_nothing_is_marked_in_an_empty_image():
    marked = annotate_objects("a.png", CODES * 0, CONFIDENCE)
    assert marked.boxes.shape == (0, 7) and marked.masks == ()
