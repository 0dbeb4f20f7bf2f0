"""The training history on disk."""

import polars as pl

from opsin.training.history import write_metrics


def test_rows_are_written_anew_whole_numbers_and_unknown_ones_alike(tmp_path):
    path = tmp_path / "metrics.csv"
    rows = [{"step": 1, "valid_auroc": 1}, {"step": 2, "valid_auroc": float("nan")}, {"step": 3, "valid_auroc": 0.5}]
    for _ in range(2):
        write_metrics(path, rows)
    assert pl.read_csv(path)["step"].to_list() == [1, 2, 3]
    assert path.read_text().splitlines()[0] == "step,valid_auroc"
