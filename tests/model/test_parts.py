"""Named parts of a model file: kept as they are, known or not, and refused when a file is hostile."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from opsin.core import ModelFileError
from opsin.model import Model, Part, load
from opsin.model.file import PART_TYPES

ARRAYS = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
GALLERY = Part(
    {"names": ["Ann", "Zoë"], "threshold": 0.25, "nested": {"a": [1, None]}},
    {"embeddings": torch.arange(8.0).reshape(2, 4), "counts": torch.tensor([3, 4])},
)


def save(model: Model, path: Path, **parts: Part) -> Path:
    replace(model, parts=parts).save(path)
    return path


def same(found: Part, expected: Part) -> bool:
    return (
        found.json == expected.json
        and found.tensors.keys() == expected.tensors.keys()
        and all(
            torch.equal(found.tensors[name], value) and found.tensors[name].dtype == value.dtype
            for name, value in expected.tensors.items()
        )
    )


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    return save(model, tmp_path / "m.safetensors", gallery=GALLERY)


def test_a_part_survives_saving_loading_and_predicting(model: Model, saved: Path, tmp_path: Path):
    found = load(saved, "cpu")
    np.testing.assert_array_equal(found.predict_batch(ARRAYS), model.predict_batch(ARRAYS))
    found.save(tmp_path / "again.safetensors")
    saved.write_bytes(b"the file is not needed any more")
    again = load(tmp_path / "again.safetensors", "cpu")
    assert (
        list(again.parts) == ["gallery"]
        and same(again.parts["gallery"], GALLERY)
        and same(found.parts["gallery"], GALLERY)
    )
    assert again.fingerprint == model.fingerprint
    assert not model.parts


def test_parts_of_every_type_and_shape(model: Model, tmp_path: Path):
    tensors = {str(kind).removeprefix("torch."): torch.ones(2, 3).to(kind) for kind in PART_TYPES}
    tensors |= {"scalar": torch.tensor(1.5), "empty": torch.zeros(0, 4), "strided": torch.arange(6).reshape(2, 3).T}
    part = Part({}, tensors)
    found = load(save(model, tmp_path / "m.safetensors", limits=part, ood=Part({"kind": "energy"})), "cpu").parts
    assert same(found["limits"], part) and same(found["ood"], Part({"kind": "energy"}))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Gallery", Part()),
        ("../x", Part()),
        ("", Part()),
        ("gallery", Part({}, {"a/b": torch.zeros(1)})),
        ("gallery", Part({}, {"a": torch.zeros(1, dtype=torch.complex64)})),
        ("gallery", Part({"text": "x" * 2**24})),
    ],
)
def test_a_part_that_could_not_be_read_again_is_not_written(model: Model, tmp_path: Path, name: str, part: Part):
    with pytest.raises(ModelFileError, match="Expected"):
        save(model, tmp_path / "m.safetensors", **{name: part})
    assert not list(tmp_path.iterdir())


def hostile(path: Path, change) -> Path:
    """A copy whose safetensors header is changed: `change(tensors, description)`."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    description = json.loads(header["__metadata__"]["opsin"])
    change(header, description)
    header["__metadata__"]["opsin"] = json.dumps(description)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    return path


def rename(header, old, new):
    header[new] = header.pop(old)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h, d: d.update(parts=[]), "damaged parts"),
        (lambda h, d: d.update(parts=None), "damaged parts"),
        (lambda h, d: d["parts"].update(gallery=7), "damaged part 'gallery'"),
        (lambda h, d: d["parts"].update({"../../x": {}}), "damaged part '../../x'"),
        (lambda h, d: d["parts"].update({"x" * 10**5: {}}), "damaged part"),
        (lambda h, d: d["parts"].pop("gallery"), "of no part"),
        (lambda h, d: d.pop("parts"), "other keys"),
        (lambda h, d: rename(h, "parts/gallery/counts", "parts/gallery/a/b"), "of no part"),
        (lambda h, d: rename(h, "parts/gallery/counts", "parts/gallery"), "of no part"),
        (lambda h, d: rename(h, "parts/gallery/counts", "counts"), "other weights"),
        (lambda h, d: h["parts/gallery/counts"].update(dtype="U16", shape=[8]), "of type U16"),
        (lambda h, d: h["parts/gallery/counts"].update(shape=[2**40]), "not a whole model file"),
        (lambda h, d: h["parts/gallery/counts"]["data_offsets"].__setitem__(1, 2**40), "not a whole model file"),
        (lambda h, d: h.update({"parts/gallery/x": empty(h, [0, 2**50])}), "at most the bytes"),
    ],
)
def test_hostile_parts_are_one_clear_line(saved: Path, change, words: str):
    with pytest.raises(ModelFileError, match=words) as caught:
        load(hostile(saved, change), "cpu")
    line = str(caught.value)
    assert "\n" not in line and len(line) < 700 and line.count(str(saved)) == 1


def empty(header, shape):
    end = max(value["data_offsets"][1] for name, value in header.items() if name != "__metadata__")
    return {"dtype": "F32", "shape": shape, "data_offsets": [end, end]}
