"""What a model answered for a split, once: scores, calibration and pictures read this, never the model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from opsin.core import DataError, replacing


@dataclass(frozen=True, eq=False)
class Predictions:
    """Ids (n), groups (n; None when each image stands alone), raw outputs (n, units) and targets (n) or (n, k)."""

    ids: tuple[str, ...]
    groups: np.ndarray | None
    raw: np.ndarray
    targets: np.ndarray

    def __post_init__(self) -> None:
        lengths = {len(self.ids), len(self.raw), len(self.targets)} | (
            {len(self.groups)} if self.groups is not None else set()
        )
        if len(lengths) != 1 or self.raw.ndim != 2:
            raise DataError(f"predictions have parts of lengths {sorted(lengths)}; expected one row an image in each")

    def to_parquet(self, path: Path) -> None:
        """Writes id, group, target and raw, whole or not at all."""
        group = [None] * len(self.ids) if self.groups is None else [str(name) for name in self.groups]
        frame = pl.DataFrame(
            {
                "id": pl.Series(self.ids, dtype=pl.Utf8),
                "group": pl.Series(group, dtype=pl.Utf8),
                "target": pl.Series(self.targets.tolist()),
                "raw": pl.Series(self.raw.tolist(), dtype=pl.List(pl.Float32)),
            }
        )
        with replacing(path) as temporary:
            frame.write_parquet(temporary)

    @classmethod
    def from_parquet(cls, path: Path) -> "Predictions":
        """What `to_parquet` wrote."""
        frame = pl.read_parquet(path)
        groups = None if frame["group"].null_count() == len(frame) else frame["group"].to_numpy()
        raw = np.array(frame["raw"].to_list(), np.float32).reshape(len(frame), -1)
        return cls(tuple(frame["id"].to_list()), groups, raw, np.array(frame["target"].to_list()))
