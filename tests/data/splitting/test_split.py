import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.core import DataError
from opsin.data import (
    CLASSES,
    IDENTITIES,
    NUMBERS,
    ArrayImages,
    ImagePreprocessing,
    Table,
    Target,
    linked_groups,
    open_store,
    read,
    split,
)
from opsin.data.table import make_rows


def table(targets, groups=None, splits=None, kind=CLASSES):
    ids = [f"folder/{row}.png" for row in range(len(targets))]
    rows = make_rows(ids, targets, kind=kind, groups=groups, splits=splits)
    names = tuple(str(name) for name in range(max(targets) + 1)) if kind.is_class else ("number",)
    return Table(rows, ArrayImages({}), Target(kind, names), "here")


def unique(count):
    return np.arange(1, count + 1, dtype=np.uint64)


rows = st.lists(
    st.tuples(
        st.integers(0, 3),  # class
        st.sampled_from([None, *"abcdefghijkl"]),  # group
        st.integers(0, 60),  # digest; 0 is none
        st.sampled_from([None, None, "train", "valid", "test"]),
    ),
    min_size=3,
    max_size=120,
)


@given(rows, st.integers(0, 5), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_what_must_always_hold(some_rows, seed, given_splits, numbers):
    classes, groups, digests, splits = (list(column) for column in zip(*some_rows, strict=True))
    splits = splits if given_splits else None
    targets, kind = ([[float(c)] for c in classes], NUMBERS) if numbers else (classes, CLASSES)
    one = table(targets, groups, splits, kind)
    digests = np.array(digests, np.uint64)
    try:
        done = split(one, digests, seed)
    except DataError as error:
        assert given_splits and "no image is left to train on" in str(error)
        return
    names = done.rows["split"].to_list()
    assert set(names) <= {"train", "valid", "test"} and "train" in names
    family = linked_groups(one, digests)
    for member in range(family.max() + 1):
        here = [names[row] for row in np.flatnonzero(family == member)]
        was = {splits[row] for row in np.flatnonzero(family == member)} - {None} if splits else set()
        assert len(set(here)) == 1 or len(was) > 1 or (was == {"train"} and len(set(here)) == 1)
    if splits:
        present = set(splits) - {None}
        for was, now in zip(splits, names, strict=True):
            assert was is None or was == now or (was == "train" and now not in present)
    elif not numbers:
        assert {c for c, name in zip(classes, names, strict=True) if name == "train"} == set(classes)
    # the order of the rows does not matter
    order = np.random.default_rng(seed).permutation(len(classes))
    again = split(one.select(order), digests[order], seed)
    assert again.rows["split"].to_list() == [names[row] for row in order]


@given(
    st.lists(st.integers(1, 8), min_size=30, max_size=120),
    st.integers(0, 3),
)
@settings(max_examples=30)
def test_groups_meet_the_shares_as_near_as_their_size_allows(sizes, seed):
    groups = [f"g{number}" for number, size in enumerate(sizes) for _ in range(size)]
    targets = [number % 2 for number, size in enumerate(sizes) for _ in range(size)]
    done = split(table(targets, groups), unique(len(groups)), seed)
    for name in ("valid", "test"):
        assert abs((done.rows["split"] == name).sum() - 0.1 * len(groups)) <= max(sizes)


def test_classes_keep_their_shares():
    targets = [0] * 500 + [1] * 100 + [2] * 37
    done = split(table(targets), unique(637), seed=1)
    counts = {name: np.bincount(done.split(name).targets()).tolist() for name in ("train", "valid", "test")}
    assert counts["valid"][:2] == counts["test"][:2] == [50, 10]
    assert sorted([counts["valid"][2], counts["test"][2]]) in ([3, 4], [4, 4])


def test_numbers_keep_their_quantiles():
    values = np.random.default_rng(0).exponential(size=1000)
    done = split(table([[value] for value in values], kind=NUMBERS), unique(1000), seed=0)
    for name in ("valid", "test"):
        here = done.split(name).targets()[:, 0]
        assert len(here) == 100
        np.testing.assert_allclose(
            np.quantile(here, [0.25, 0.5, 0.75]), np.quantile(values, [0.25, 0.5, 0.75]), rtol=0.15
        )


def test_another_seed_another_split_the_same_seed_the_same():
    one = table([0, 1] * 100)
    first, again, other = (split(one, unique(200), seed).rows["split"].to_list() for seed in (0, 0, 1))
    assert first == again != other


def test_a_row_more_moves_few_others():
    """Adding an image must not reshuffle who is in test."""
    few, more = table([0] * 400), table([0] * 401)
    before = split(few, unique(400), 0).rows["split"].to_list()
    after = split(more, unique(401), 0).rows["split"].to_list()
    assert sum(a != b for a, b in zip(before, after, strict=False)) <= 4


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["train"] * 100 + ["test"] * 20, {"train": 90, "valid": 10, "test": 20}),
        (["train"] * 100 + ["valid"] * 20, {"train": 90, "valid": 20, "test": 10}),
        ([None] * 100 + ["test"] * 20, {"train": 90, "valid": 10, "test": 20}),
        ([None] * 100 + ["valid"] * 20, {"train": 90, "valid": 20, "test": 10}),
        (["train"] * 120, {"train": 96, "valid": 12, "test": 12}),
        (["train"] * 80 + ["valid"] * 20 + ["test"] * 20, {"train": 80, "valid": 20, "test": 20}),
        (["train"] * 40 + ["valid"] * 20 + ["test"] * 20 + [None] * 40, {"train": 80, "valid": 20, "test": 20}),
    ],
)
def test_given_splits_are_respected(given, expected):
    done = split(table([0, 1] * 60, splits=given), unique(120), seed=0)
    assert dict(done.rows["split"].value_counts().rows()) == expected
    for was, now in zip(given, done.rows["split"], strict=True):
        assert was == now or was in (None, "train")


def test_copies_of_a_given_test_image_do_not_reach_train():
    digests = unique(30)
    digests[5] = digests[0]
    done = split(table([0, 1] * 15, splits=["test"] + [None] * 29), digests, seed=0)
    assert done.rows["split"][5] == "test" and not any("stand in both" in note for note in done.notes)


def test_leaks_of_a_given_split_are_noted():
    digests = unique(6)
    digests[3] = digests[0]
    given = ["train", "train", "train", "valid", "test", "test"]
    done = split(table([0, 1] * 3, ["p", None, None, None, "p", None], given), digests, seed=0)
    assert done.rows["split"].to_list() == given
    assert done.notes[:2] == (
        "1 image stands in both train and valid: folder/0.png = folder/3.png",
        "1 group stands in both train and test: p (folder/0.png, folder/4.png)",
    )


def test_small_data():
    single = split(table([0] * 20 + [1]), unique(21), seed=0)
    assert single.rows["split"][20] == "train"
    assert "1 class has a single image, which cannot be split: 1" in single.notes
    two = split(table([0, 1]), unique(2), seed=0)
    assert two.rows["split"].to_list() == ["train", "train"]
    assert "too few images for a test split: it is empty" in two.notes
    one = split(table([[1.0]], kind=NUMBERS), unique(1), seed=0)
    assert one.rows["split"].to_list() == ["train"]


def test_absent_classes_are_noted():
    done = split(table([0] * 50 + [1] * 2), unique(52), seed=0)
    assert any(note.startswith("no image of") and "1" in note for note in done.notes)


def test_bad_arguments():
    for valid, test in ((-0.1, 0.1), (0.5, 0.5), (float("nan"), 0.1)):
        with pytest.raises(DataError, match="shares"):
            split(table([0, 1]), unique(2), 0, valid=valid, test=test)
    with pytest.raises(DataError, match="3 digests for 2 rows"):
        split(table([0, 1]), unique(3), 0)
    with pytest.raises(DataError, match="no image is left to train on"):
        split(table([0, 1], splits=["test", "test"]), unique(2), 0)


@pytest.mark.slow
def test_the_copies_in_pneumoniamnist_are_all_named():
    path = Path(os.environ.get("OPSIN_DATA", "")) / "pneumoniamnist.npz"
    if not os.environ.get("OPSIN_DATA") or not path.exists():
        pytest.skip("OPSIN_DATA names no folder with pneumoniamnist.npz")
    found = read(path)
    done = split(found, open_store(found, ImagePreprocessing.of_size((28, 28, 1))).pixel_hashes, seed=0)
    (note,) = [note for note in done.notes if "stand in both" in note]
    assert note.startswith("8 images stand in both train and valid: ")
    with np.load(path) as file:  # the oracle: all pairs of images
        train, valid = file["train_images"], file["val_images"]
    expected = {
        (f"train/{left}", f"valid/{right}")
        for right in range(len(valid))
        for left in np.flatnonzero((train == valid[right]).all(axis=(1, 2)))
    }
    assert len({right for _, right in expected}) == 8
    assert all(left in note and right in note for left, right in expected)


people = st.lists(
    st.tuples(
        st.integers(0, 30),  # person
        st.sampled_from([None, None, None, *"abcdef"]),  # video
        st.integers(0, 200),  # digest; 0 is none
    ),
    min_size=3,
    max_size=150,
)


@given(people, st.integers(0, 5))
@settings(max_examples=60)
def test_nobody_is_in_two_splits(some_rows, seed):
    persons, groups, digests = (list(column) for column in zip(*some_rows, strict=True))
    one = table(persons, groups, kind=IDENTITIES)
    done = split(one, np.array(digests, np.uint64), seed)
    names = done.rows["split"].to_list()
    assert "train" in names and None not in names
    for key in (persons, groups, [digest or None for digest in digests]):
        for value in set(key) - {None}:
            assert len({name for name, here in zip(names, key, strict=True) if here == value}) == 1
    assert not any("stand" in note for note in done.notes if "different targets" not in note)
    linked = linked_groups(one, np.array(digests, np.uint64), by_class=True)
    largest = np.bincount(linked).max()
    for name in ("valid", "test"):
        assert names.count(name) <= round(0.1 * len(names)) + largest


def test_identities_meet_the_shares():
    done = split(table(sorted(list(range(100)) * 5), kind=IDENTITIES), unique(500), seed=0)
    assert dict(done.rows["split"].value_counts().rows()) == {"train": 400, "valid": 50, "test": 50}


def test_disjoint_classes_on_demand_only():
    one = table([0, 1, 2, 3] * 25)
    apart = split(one, unique(100), seed=0, test=0.25, disjoint_classes=True)
    assert all(len(set(apart.rows.filter(target=c)["split"])) == 1 for c in range(4))
    assert apart.rows["split"].value_counts().filter(split="test")["count"].to_list() == [25]
    assert len(set(split(one, unique(100), seed=0).rows.filter(target=0)["split"])) == 3
    with pytest.raises(DataError, match="disjoint classes are for classes and identities"):
        split(table([[0.5], [1.0]], kind=NUMBERS), unique(2), 0, disjoint_classes=True)


def test_a_given_split_that_shares_identities_is_said():
    splits = ["train", "test"] * 3 + ["valid"]
    done = split(table([0, 0, 1, 2, 3, 3, 4], splits=splits, kind=IDENTITIES), unique(7), seed=0)
    assert done.rows["split"].to_list() == splits
    (note,) = done.notes
    assert note == (
        "2 identities stand in both train and test: 0 (folder/0.png, folder/1.png), 3 (folder/4.png, folder/5.png)"
    )
