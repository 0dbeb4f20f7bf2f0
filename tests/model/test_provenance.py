"""The record of a model's origin: the same after JSON, and safe to read from any file."""

import json
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.core import ModelFileError
from opsin.model import Provenance

SCORE = {"value": 0.5, "low": 0.25, "high": None}
WHOLE = Provenance(
    data="photos/cats",
    image_size=(480.0, 640.5),
    fingerprint="0123abcd",
    images={"train": 100, "valid": 20, "test": 30},
    seed=7,
    recipe={"epochs": 3, "augmentation": {"hflip": True}},
    initial_weights="ImageNet",
    baseline=(-1.5, 0.0),
    scores={"accuracy": SCORE},
    baseline_scores={"accuracy": SCORE},
    notes=("two files cannot be read",),
    versions={"python": "3.11"},
    machine="x86_64, 2 processors, cpu",
    created="2026-11-28T12:00:00+00:00",
)
NAMES = [field.name for field in fields(Provenance)]
TEXT = st.text("aZ9\n\udce9猫", max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


def test_it_is_the_same_after_json():
    assert all(getattr(WHOLE, name) != getattr(Provenance(), name) for name in NAMES)
    assert Provenance.from_json(json.loads(json.dumps(WHOLE.to_json()))) == WHOLE
    assert Provenance.from_json(Provenance().to_json()) == Provenance() == Provenance.from_json({})


@pytest.mark.parametrize("data", [None, [], 3, "text", True])
def test_what_is_no_object_is_refused(data):
    with pytest.raises(ModelFileError, match="Expected a JSON object"):
        Provenance.from_json(data)


@settings(deadline=None)
@given(data=st.dictionaries(st.sampled_from([*NAMES, "other"]), JSON))
def test_any_object_gives_a_record_of_the_declared_types(data):
    found = Provenance.from_json(data)
    for text in (found.data, found.fingerprint, found.initial_weights, found.machine, found.created, *found.notes):
        assert text.encode() is not None
    assert all(type(count) is int and f"{count:,}" for count in found.images.values())
    assert found.seed is None or type(found.seed) is int
    assert found.image_size is None or all(1 <= side < 1e9 for side in found.image_size)
    assert all(
        set(score) == {"value", "low", "high"} for score in (*found.scores.values(), *found.baseline_scores.values())
    )
    assert all(isinstance(version, str) for version in found.versions.values())


@pytest.mark.parametrize(
    "size", [None, 3, [64], "64", [64, 0], [float("nan"), 2], [True, True], [1, 2, 3, 4], [1e300, 2]]
)
def test_a_size_that_no_image_has_is_not_kept(size):
    assert Provenance.from_json({"image_size": size}).image_size is None


def test_numbers_too_large_and_unpaired_surrogates_are_not_kept():
    found = Provenance.from_json({"seed": 10**5000, "images": {"train": 10**400, "test": True}, "data": "a\udce9"})
    assert (found.seed, found.images, found.data) == (None, {}, "a?")


def test_one_wrong_score_leaves_the_others():
    wrong = {"a": 3, "b": {"value": 1.0}, "c": {"value": "x", "low": 0, "high": 1}, "accuracy": SCORE}
    assert Provenance.from_json({"scores": wrong}).scores == {"accuracy": SCORE}
