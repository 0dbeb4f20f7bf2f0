import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from opsin.data import CLASSES, NUMBERS, ArrayImages, Table, Target, label_conflicts, linked_groups, split_leaks
from opsin.data.splitting.groups import conflict_notes, leak_notes
from opsin.data.table import make_rows


def table(groups, splits=None):
    ids = [f"i{row}" for row in range(len(groups))]
    rows = make_rows(ids, [0] * len(ids), kind=CLASSES, groups=groups, splits=splits)
    return Table(rows, ArrayImages({}), Target(CLASSES, ("a",)), "here")


keys = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=40)


@given(keys)
def test_families_are_the_connected_rows(pairs):
    from scipy.sparse.csgraph import connected_components

    groups = [None if group == 0 else f"g{group}" for group, _ in pairs]
    digests = np.array([digest for _, digest in pairs], np.uint64)
    linked = np.array(
        [[(a == c and a != 0) or (b == d and b != 0) for a, b in pairs] for c, d in pairs], bool
    )  # the oracle: every pair of rows
    expected = connected_components(linked, directed=False)[1]
    got = linked_groups(table(groups), digests)
    assert ((got[:, None] == got[None]) == (expected[:, None] == expected[None])).all()


def test_leaks_are_named_with_their_ids():
    splits = ["train", "valid", "train", "test", "test", None]
    torn = table(["p", None, "p", "p", None, "p"], splits)
    found = split_leaks(torn, np.array([7, 7, 7, 1, 0, 7], np.uint64))
    assert [(leak.kind, leak.splits, leak.ids) for leak in found] == [
        ("copies", ("train", "valid"), ("i0", "i1", "i2")),
        ("group", ("train", "test"), ("i0", "i2", "i3")),
    ]
    assert leak_notes(found) == (
        "1 image stands in both train and valid: i0 = i1 = i2",
        "1 group stands in both train and test: p (i0, i2, i3)",
    )


def test_no_leaks_within_a_split_nor_among_unreadable_images():
    assert split_leaks(table([None] * 4, ["train", "train", "test", "test"]), np.array([5, 5, 0, 0], np.uint64)) == ()
    assert split_leaks(table([None] * 2, ["train", "test"]), np.array([0, 0], np.uint64)) == ()


def test_many_leaks_make_one_line_that_ends():
    count = 300
    splits = ["train", "test"] * count
    found = split_leaks(table([None] * 2 * count, splits), np.repeat(np.arange(1, count + 1), 2).astype(np.uint64))
    (note,) = leak_notes(found)
    assert note.startswith("300 images stand in both train and test: i0 = i1, ") and note.endswith(", and 280 more")


def test_copies_with_different_targets_are_named():
    for kind, targets in ((CLASSES, [0, 1, 0, 0, 1]), (NUMBERS, [[0.0], [1.0], [0.0], [0.0], [1.0]])):
        rows = make_rows("abcde", targets, kind=kind)
        one = Table(rows, ArrayImages({}), Target(kind, ("x", "y")[: 2 if kind is CLASSES else 1]), "here")
        found = label_conflicts(one, np.array([7, 7, 8, 8, 0], np.uint64))
        assert found == (("a", "b"),)
        assert conflict_notes(found) == ("1 image stands there several times with different targets: a = b",)
    assert conflict_notes(()) == ()
