import numpy as np
import pytest

from opsin.core import DataError
from opsin.data.formats.masks.encoding import MaskEncoding, dense_encoding
from opsin.data.formats.masks.pixel_values import IndexedMask

IDS = np.array([[0, 7], [255, 9]])


def test_sparse_ids_become_dense():
    encoding = dense_encoding({0: "sky", 7: "cat", 9: "dog"}, "grey", (255,))
    assert encoding.names == ("sky", "cat", "dog")
    for kind in (np.uint8, np.int32):
        found = encoding.apply(IndexedMask(IDS.astype(kind), "grey"))
        assert found.dtype == np.uint8 and found.tolist() == [[0, 1], [255, 2]]
    assert encoding.notes == (
        "pixels of the value 255 are ignored: they are unlabelled",
        "3 classes with ids from 0 to 9, renumbered without gaps",
    )


def test_classes_called_void_are_ignored():
    encoding = dense_encoding({0: "sky", 1: "Void", 2: "cat"}, "grey")
    assert encoding.names == ("sky", "cat") and encoding.classes == {0: 0, 1: 255, 2: 1}


def test_a_value_without_a_class():
    encoding = dense_encoding({0: "sky", 7: "cat"}, "grey", (255,))
    for kind in (np.uint8, np.int32):
        with pytest.raises(DataError, match=r"^has the value 9 in 1 pixel. Expected 0, 7, 255\.$"):
            encoding.apply(IndexedMask(IDS.astype(kind), "grey"))
    with pytest.raises(DataError, match=r"has the value 0/0/7 in 1 pixel\. Expected 0/0/0"):
        MaskEncoding(("a",), "colour", {0: 0}).apply(IndexedMask(np.array([[0, 7]], np.int32), "colour"))


def test_without():
    encoding = dense_encoding({0: "sky", 7: "cat", 9: "dog"}, "grey").without({7, 300})
    assert encoding.names == ("sky", "dog") and encoding.classes == {0: 0, 7: 255, 9: 1}
    assert encoding.notes[-1] == "ignored as configured: cat"


def test_halves():
    raw = IndexedMask(np.array([[0, 127, 128, 255]], np.uint8), "grey", lossy=True)
    assert MaskEncoding(("a", "b"), "grey", {}, halves=True).apply(raw).tolist() == [[0, 0, 1, 1]]
