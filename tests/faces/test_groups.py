"""False-match rates by group."""

from pathlib import Path

import numpy as np
import pytest

from opsin.core import DataError
from opsin.faces import all_pairs, verification
from opsin.faces.groups import rates_by_group, read_groups


def test_groups_that_look_alike_have_more_false_matches(tmp_path):
    generator = np.random.default_rng(0)
    names = [f"p{number}" for number in range(20)]
    centres = generator.normal(size=(20, 128))
    centres[:10] = 3 * generator.normal(size=128) + centres[:10]  # the first ten share a direction
    vectors = np.repeat(centres, 2, 0) + generator.normal(0, 0.1, (40, 128))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    pairs = all_pairs([Path(f"/x/{name}/{number}.jpg") for name in names for number in range(2)])
    (tmp_path / "people.csv").write_text(
        "name,group,age\n"
        + "".join(f"{name},{'alike' if row < 10 else 'apart'},30\n" for row, name in enumerate(names))
    )
    rates = rates_by_group(pairs, verification(pairs, vectors, 0.7), read_groups(tmp_path))
    assert [(rate.group, rate.people, rate.pairs) for rate in rates] == [("alike", 10, 180), ("apart", 10, 180)]
    assert rates[0].fmr > 0.5
    assert rates[1].fmr == 0


def test_without_a_file_there_are_no_groups(tmp_path):
    assert read_groups(tmp_path) == {}


@pytest.mark.parametrize("content", ["name\nada\n", "", "name,group\n" + "".join(f"p{n},g{n}\n" for n in range(60))])
def test_a_file_that_does_not_fit_is_one_error(content, tmp_path):
    (tmp_path / "people.csv").write_text(content)
    with pytest.raises(DataError, match=r"people\.csv"):
        read_groups(tmp_path)
