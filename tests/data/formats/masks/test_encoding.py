import numpy as np
import pytest

from opsin.core import DataError
from opsin.data.formats.masks.encoding import MaskEncoding, dense_encoding
from opsin.data.formats.masks.pixel_values import RawMask

IDS = np.array([[0, 7], [255, 9]])


def test_sparse_ids_become_dense():
    coding = dense_encoding({0: "sky", 7: "cat", 9: "dog"}, "grey", (255,))
    assert coding.names == ("sky", "cat", "dog")
    for kind in (np.uint8, np.int32):
        found = coding.apply(RawMask(IDS.astype(kind), "grey"))
        assert found.dtype == np.uint8 and found.tolist() == [[0, 1], [255, 2]]
    assert coding.notes == (
        "pixels of the value 255 are ignored: nobody says what is there",
        "3 classes with ids from 0 to 9, numbered anew without gaps",
    )


def test_classes_called_void_are_ignored():
    coding = dense_encoding({0: "sky", 1: "Void", 2: "cat"}, "grey")
    assert coding.names == ("sky", "cat") and coding.classes == {0: 0, 1: 255, 2: 1}


def test_a_value_without_a_class():
    coding = dense_encoding({0: "sky", 7: "cat"}, "grey", (255,))
    for kind in (np.uint8, np.int32):
        with pytest.raises(DataError, match=r"^holds 9 in 1 pixel; expected 0, 7, 255$"):
            coding.apply(RawMask(IDS.astype(kind), "grey"))
    with pytest.raises(DataError, match="holds 0/0/7 in 1 pixel; expected 0/0/0"):
        MaskEncoding(("a",), "colour", {0: 0}).apply(RawMask(np.array([[0, 7]], np.int32), "colour"))


def test_without():
    coding = dense_encoding({0: "sky", 7: "cat", 9: "dog"}, "grey").without({7, 300})
    assert coding.names == ("sky", "dog") and coding.classes == {0: 0, 7: 255, 9: 1}
    assert coding.notes[-1] == "ignored as asked: cat"


def test_halves():
    raw = RawMask(np.array([[0, 127, 128, 255]], np.uint8), "grey", lossy=True)
    assert MaskEncoding(("a", "b"), "grey", {}, halves=True).apply(raw).tolist() == [[0, 0, 1, 1]]
