"""False-match rates by group of people, such as age or origin as they describe themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from opsin.core import DataError

from .evaluating import VerificationResult
from .pairs import Pairs

FILE = "people.csv"
MAX_GROUPS = 50


@dataclass(frozen=True)
class GroupRate:
    """Pairs of different people of one group.

    Attributes:
        group: Name of the group.
        people: Number of people.
        pairs: Number of pairs of different people, both of the group.
        fmr: Share of these pairs that match at the threshold.
    """

    group: str
    people: int
    pairs: int
    fmr: float


def read_groups(folder: Path) -> dict[str, str]:
    """Returns the group of each person, from the columns `name` and `group` of `people.csv`; empty without the file.

    Args:
        folder: Folder of the photos.

    Raises:
        DataError: The file cannot be read, lacks a column or has too many groups.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        table = pl.read_csv(path, infer_schema=False, columns=["name", "group"])
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path} cannot be read ({reason}). Expected the columns name and group.") from error
    groups = {str(name): str(group) for name, group in table.drop_nulls().iter_rows()}
    if len(set(groups.values())) > MAX_GROUPS:
        raise DataError(f"{path} has more than {MAX_GROUPS} groups. Expected a few, such as ranges of age.")
    return groups


def rates_by_group(pairs: Pairs, result: VerificationResult, groups: Mapping[str, str]) -> list[GroupRate]:
    """Returns the false-match rate within each group that has pairs, the highest first.

    Args:
        pairs: The pairs.
        result: Their distances and the threshold.
        groups: Group of each person; people without one are left out.
    """
    labels = np.array([groups.get(name, "") for name in pairs.people])
    first, second = labels[pairs.first], labels[pairs.second]
    people = np.array(pairs.people)
    rates: list[GroupRate] = []
    for group in sorted(set(groups.values())):
        rows = (first == group) & (second == group) & ~result.same
        if rows.any():
            count = len(np.unique(people[labels == group]))
            matched = float((result.distances[rows] <= result.threshold).mean())
            rates.append(GroupRate(group, count, int(rows.sum()), matched))
    return sorted(rates, key=lambda rate: -rate.fmr)
