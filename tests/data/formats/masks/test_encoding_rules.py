import numpy as np
import pytest

from opsin.core import DataError
from opsin.data.formats.masks.class_names import class_names_of
from opsin.data.formats.masks.encoding_rules import infer_encoding, looks_like_instances
from opsin.data.formats.masks.value_statistics import MaskStatistics

BOTH = ("background", "foreground")


def statistics(*values, mode="grey", **more):
    return MaskStatistics(10, dict.fromkeys(values, 100), mode, **more)


def classes(encoding):
    return encoding.names, encoding.classes


@pytest.mark.parametrize(
    ("values", "names", "found"),
    [
        ((0, 1), BOTH, {0: 0, 1: 1}),
        ((0, 255), BOTH, {0: 0, 255: 1}),
        ((0, 65535), BOTH, {0: 0, 65535: 1}),
        ((0, 1, 255), BOTH, {0: 0, 1: 1, 255: 255}),
        ((0, 1, 2), ("0", "1", "2"), {0: 0, 1: 1, 2: 2}),
        ((1, 2, 3), ("1", "2", "3"), {1: 0, 2: 1, 3: 2}),
        ((0, 4, 90), ("0", "4", "90"), {0: 0, 4: 1, 90: 2}),
        ((0, 4, 90, 255), ("0", "4", "90"), {0: 0, 4: 1, 90: 2, 255: 255}),
    ],
)
def test_without_names(values, names, found):
    assert classes(infer_encoding(statistics(*values), None)) == (names, found)
    assert classes(infer_encoding(statistics(*values, mode="index"), None)) == (names, found)


@pytest.mark.parametrize("values", [(0, 128, 255), (0, 127, 255), (0, 85, 170, 255)])
def test_grey_levels_up_to_255_are_ambiguous_without_names(values):
    with pytest.raises(DataError, match=r"255 may be a class or mark unlabelled pixels\. Fix: add a classes\.txt"):
        infer_encoding(statistics(*values), None)
    listed = class_names_of(list("abcd"[: len(values)]), "classes.txt")
    encoding = infer_encoding(statistics(*values), listed)
    assert encoding.classes == {value: place for place, value in enumerate(values)}
    assert encoding.notes[0].startswith("values assigned in the order of classes.txt: 0 a, ")


@pytest.mark.parametrize(
    ("values", "listed", "names", "found"),
    [
        ((0, 1, 255), ["a", "b"], ("a", "b"), {0: 0, 1: 1, 255: 255}),
        ((0, 255), ["a", "b"], ("a", "b"), {0: 0, 255: 1}),
        ((0, 255), {"0": "a", "1": "b"}, ("a", "b"), {0: 0, 255: 1}),
        ((0, 255), {"0": "a", "255": "b"}, ("a", "b"), {0: 0, 255: 1}),
        ((0, 2), ["a", "b", "c"], ("a", "b", "c"), {0: 0, 1: 1, 2: 2}),
        ((0, 7), {"0": "a", "7": "b", "9": "c"}, ("a", "b", "c"), {0: 0, 7: 1, 9: 2}),
        ((0, 1, 2), {"0": "a", "1": "b", "2": "ignore"}, ("a", "b"), {0: 0, 1: 1, 2: 255}),
        ((0, 1, 2), ["cat", "dog"], ("background", "cat", "dog"), {0: 0, 1: 1, 2: 2}),
        ((0, 10, 20), ["a", "b", "c"], ("a", "b", "c"), {0: 0, 10: 1, 20: 2}),
        ((1, 2), ["a", "b"], ("a", "b"), {1: 0, 2: 1}),
    ],
)
def test_with_names(values, listed, names, found):
    assert classes(infer_encoding(statistics(*values), class_names_of(listed, "classes.txt"))) == (names, found)


@pytest.mark.parametrize(
    ("values", "listed", "words"),
    [
        ((0, 1, 5), ["a", "b"], "names 2 classes and none for 5"),
        ((0, 255), ["a", "b", "c"], "names 3 classes and none for 255"),
        ((0, 3), {"0": "a", "1": "b"}, "none for 3"),
        ((0,), None, "only the class .'0'.*Expected at least two"),
        ((255,), None, "only the class"),
        (tuple(range(252)), None, "252 classes, 10 masks with 252 values.*at most 250"),
        ((0, 1000, 3000), None, "too large for class ids"),
    ],
)
def test_ambiguous_values_are_described_in_the_error(values, listed, words):
    names = None if listed is None else class_names_of(listed, "classes.txt")
    with pytest.raises(DataError, match=words) as error:
        infer_encoding(statistics(*values), names)
    assert "10 masks with" in str(error.value) and "\n" not in str(error.value)


def test_colours():
    road = 0x804080
    encoding = infer_encoding(statistics(0, road, mode="colour"), None)
    assert classes(encoding) == (BOTH, {0: 0, road: 1}) and "128/64/128" in encoding.notes[0]
    three = statistics(0, road, 0xFF, mode="colour")
    with pytest.raises(DataError, match=r"10 masks with 3 colours: 0/0/0 \(33.3 %\).*'road 128 64 128'"):
        infer_encoding(three, None)
    names = class_names_of({"sky": [0, 0, 0], "car": [0, 0, 255], "road": [128, 64, 128]}, "classes.json")
    assert classes(infer_encoding(three, names)) == (("sky", "car", "road"), {0: 0, 0xFF: 1, road: 2})
    with pytest.raises(DataError, match=r"classes.json has no class for 1/2/3"):
        infer_encoding(statistics(0, road, 0x010203, mode="colour"), names)


def fringed(share, **more):
    pixels = {value: 1 for value in range(256)}
    pixels |= {0: 5000, 255: 5000, 100: round(10_000 * share)}
    return MaskStatistics(10, pixels, "grey", **more)


def test_values_between_black_and_white_are_thresholded():
    for found in (fringed(0), fringed(0, lossy=10), MaskStatistics(2, {0: 9, 2: 3, 255: 9}, "grey", lossy=1)):
        encoding = infer_encoding(found, None)
        assert encoding.halves and encoding.names == BOTH and "thresholded at 128" in encoding.notes[0]
    assert infer_encoding(fringed(0), class_names_of(["sky", "cat"], "x")).names == ("sky", "cat")


def test_jpeg_of_class_ids_is_refused():
    for found in (fringed(0.3, lossy=10), statistics(0, 1, 2, lossy=1)):
        with pytest.raises(DataError, match=r"masks are JPEG files, 10 masks with .* save them as PNG"):
            infer_encoding(found, None)
    assert not infer_encoding(statistics(0, 255, lossy=10), None).halves


def test_voc_palettes_are_not_thresholded():
    pixels = dict.fromkeys(range(21), 10) | {0: 100_000, 255: 5000}
    assert len(infer_encoding(MaskStatistics(10, pixels, "index"), None).names) == 21
    assert len(infer_encoding(MaskStatistics(10, pixels, "grey"), None).names) == 21


def test_ignored_values():
    assert infer_encoding(statistics(0, 1, 2), None, [0]).names == ("1", "2")


def test_object_ids_are_recognised():
    many = tuple(range(40))
    assert looks_like_instances(statistics(*many, numbered_share=0.9, largest_count=39, distinct_counts=8))
    assert looks_like_instances(statistics(0, 300, 400))
    assert not looks_like_instances(statistics(*many, numbered_share=0.5, largest_count=39, distinct_counts=8))
    assert not looks_like_instances(statistics(0, 1, 2, numbered_share=1.0, largest_count=2, distinct_counts=2))
    assert not looks_like_instances(statistics(*range(12), numbered_share=1.0, largest_count=11, distinct_counts=1))
    assert not looks_like_instances(statistics(0, 65535))
    assert not looks_like_instances(statistics(0, 1, numbered_share=1.0, largest_count=1, distinct_counts=1))
    assert not looks_like_instances(
        statistics(*np.arange(9).tolist(), mode="colour", numbered_share=1.0, largest_count=9, distinct_counts=9)
    )
