"""What a model answered for a split, once: scores, calibration and pictures read this, never the model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from opsin.core import DataError, replacing


@dataclass(frozen=True, eq=False)
class Predictions:
    """Ids (n), groups (n; None when each image stands alone), raw outputs (n, units) and targets (n) or (n, k).

    Raises DataError when the parts have different lengths or an output is not a finite number.
    """

    ids: tuple[str, ...]
    groups: np.ndarray | None
    raw: np.ndarray
    targets: np.ndarray

    def __post_init__(self) -> None:
        parts = [len(self.raw), len(self.targets)] + ([] if self.groups is None else [len(self.groups)])
        if set(parts) != {len(self.ids)} or self.raw.ndim != 2:
            raise DataError(
                f"{len(self.ids)} ids came with parts of lengths {parts}; expected one row an image in each"
            )
        bad = np.flatnonzero(~np.isfinite(self.raw).all(1))
        if len(bad):
            raise DataError(
                f"the network answered no finite number for {len(bad)} of {len(self.ids)} images, "
                f"{self.ids[bad[0]]!r} the first; expected finite ones: train again at a lower learning rate"
            )

    def to_parquet(self, path: Path) -> None:
        """Writes id, group, target and raw, whole or not at all."""
        group = [None] * len(self.ids) if self.groups is None else [str(name) for name in self.groups]
        frame = pl.DataFrame(
            [
                pl.Series("id", self.ids, dtype=pl.Utf8),
                pl.Series("group", group, dtype=pl.Utf8),
                _column("target", self.targets),
                _column("raw", self.raw.astype(np.float32)),
            ]
        )
        with replacing(path) as temporary:
            frame.write_parquet(temporary)

    @classmethod
    def from_parquet(cls, path: Path) -> "Predictions":
        """What `to_parquet` wrote; raises DataError when it cannot be read."""
        try:
            frame = pl.read_parquet(path)
            groups = None if frame["group"].null_count() == len(frame) else frame["group"].to_numpy()
            return cls(tuple(frame["id"].to_list()), groups, frame["raw"].to_numpy(), frame["target"].to_numpy())
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataError(f"{path} holds no predictions ({error}); expected what a run wrote") from error


def _column(name: str, values: np.ndarray) -> pl.Series:
    return pl.Series(
        name, values, dtype=pl.Array(_kind(values), values.shape[1]) if values.ndim == 2 else _kind(values)
    )


def _kind(values: np.ndarray) -> type[pl.DataType]:
    return pl.Int64 if values.dtype.kind in "iu" else pl.Float32
