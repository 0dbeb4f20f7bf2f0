"""Primitive values against the definition of dlib's serialization."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsin.core import ModelFileError
from opsin.faces.dlib_files.values import ValueReader, all_integers, reals

WHOLE = st.integers(-(2**62), 2**62)


@given(st.lists(WHOLE, min_size=1))
def test_integers_are_read_as_they_were_written(writer, values):
    content = b"".join(map(writer.integer, values))
    reader = ValueReader(content, "file")
    assert [reader.integer() for _ in values] == values
    assert all_integers(content, "file").tolist() == values


@given(st.floats(-1e6, 1e6, width=32))
def test_floats_are_read_as_they_were_written(writer, value):
    content = writer.real(value)
    assert np.float32(ValueReader(content, "file").real()) == np.float32(value)
    assert reals(all_integers(content, "file").reshape(1, 2))[0] == np.float32(value)


@given(st.binary(max_size=40))
def test_any_bytes_give_integers_or_one_error(content):
    try:
        found = all_integers(content, "file")
    except ModelFileError:
        return
    assert len(found) <= len(content)


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"", "integer"),
        (b"\x02\x01", "integer"),
        (b"\x09" + bytes(9), "integer"),
        (b"\x01\x02", "boolean"),
        (b"\x08" + b"\xff" * 8, "text"),
        (b"\x01\x02\x04\xff\xff\xff\x7f" * 5, "tensor"),
    ],
)
def test_what_is_too_long_or_cut_short_is_one_error(content, read):
    with pytest.raises(ModelFileError, match="damaged at byte"):
        getattr(ValueReader(content, "file"), read)()


def test_a_tensor_keeps_its_shape(writer):
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4, 1)
    assert (ValueReader(writer.tensor(values), "file").tensor() == values).all()
