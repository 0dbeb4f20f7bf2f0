"""The verb that evaluates faces on labelled photos and writes a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from opsin import faces
from opsin.core import Progress, show_in_notebook, silent, write_text
from opsin.data import find_images
from opsin.drawing import Histogram, Lines
from opsin.drawing.charts import Curve
from opsin.faces.evaluating import VerificationResult
from opsin.faces.groups import GroupRate, rates_by_group, read_groups
from opsin.faces.pairs import Pairs
from opsin.faces.photos import read_photo
from opsin.report.faces_page import FacesContent, PairPicture, faces_page
from opsin.report.pictures import picture

from .run_folder import new_file

_BINS = 50
_SIDE = 200
"""Longer side of a picture in the report, in pixels."""


@dataclass(frozen=True)
class FacesEvaluation:
    """An evaluation of faces.

    Attributes:
        result: Error rates.
        pairs: The pairs.
        groups: False-match rate of each group of `people.csv`, the highest first.
        report: Path of the page.
    """

    result: VerificationResult
    pairs: Pairs
    groups: list[GroupRate]
    report: Path


@show_in_notebook
def evaluate_faces(
    data: str | Path,
    *,
    pairs: str | Path | None = None,
    far: float = faces.DEFAULT_FAR,
    calibration: faces.Calibration = faces.REFERENCE,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> FacesEvaluation:
    """Measures how well faces are verified on labelled photos, and writes a page.

    Args:
        data: Folder with a folder of photos a person; `people.csv` in it may give a `group` to each `name`.
        pairs: List of pairs in the format of Labeled Faces in the Wild. Default: all pairs of the photos.
        far: False-match rate that the threshold is chosen for.
        calibration: Distances that the threshold follows from. Default: the reference.
        out: HTML page to write. Default: a new file in `runs/faces`.
        progress: Callback for progress. Default: none.

    Raises:
        OpsinError: The photos or the pairs cannot be read, or the weights are not installed.
    """
    folder = Path(data)
    groups = read_groups(folder)
    listed = faces.all_pairs(find_images(folder)) if pairs is None else faces.read_pairs(Path(pairs), folder)
    vectors = faces.embed_photos(listed, faces.load_recognizer().find, progress)
    result = faces.verification(listed, vectors, calibration.threshold(far))
    page = new_file(Path("runs") / "faces", folder.absolute().name, ".html") if out is None else Path(out)
    rates = rates_by_group(listed, result, groups)
    threshold = f"Threshold {result.threshold:.3f} for a false-match rate of {far:g}, from {calibration.source}."
    content = FacesContent(
        folder.absolute().name,
        {
            "Photos": len(listed.photos),
            "Photos without a face": result.lost,
            "People": len(set(listed.people)),
            "Pairs of one person": int(result.same.sum()),
            "Pairs of different people": int((~result.same).sum()),
        },
        result.scores,
        threshold,
        _charts(result),
        tuple((rate.group, rate.people, rate.pairs, rate.fmr) for rate in rates),
        _pictures(listed, result, result.hardest[0]),
        _pictures(listed, result, result.hardest[1]),
    )
    write_text(page, faces_page(content))
    return FacesEvaluation(result, listed, rates, page)


def _charts(result: VerificationResult) -> tuple[Histogram | Lines, ...]:
    found = np.isfinite(result.distances)
    edges = np.linspace(0, max(1.0, float(result.distances[found].max(initial=0))), _BINS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    curves: list[Curve] = []
    for name, rows in (("one person", result.same), ("different people", ~result.same)):
        counts = np.histogram(result.distances[rows & found], edges)[0]
        curves.append(Curve(name, middle, counts / max(1, int(rows.sum()))))
    top = max(float(curve.y.max()) for curve in curves)
    curves.append(Curve("threshold", np.full(2, result.threshold), np.array([0.0, top])))
    histogram = Lines(
        "Distances of pairs", "Share of the pairs of each kind.", tuple(curves), "distance", "share of pairs"
    )
    genuine, impostor = (np.sort(result.distances[rows]) for rows in (result.same, ~result.same))
    missed = 1 - np.searchsorted(genuine, edges, side="right") / len(genuine)
    matched = np.searchsorted(impostor, edges, side="right") / len(impostor)
    errors = Lines(
        "Errors by threshold",
        "FNMR falls and FMR rises with the threshold.",
        (Curve("FNMR", edges, missed), Curve("FMR", edges, matched)),
        "threshold",
        "rate",
    )
    return histogram, errors


def _pictures(pairs: Pairs, result: VerificationResult, rows: Sequence[int]) -> tuple[PairPicture, ...]:
    shown: list[PairPicture] = []
    for row in rows:
        ends = int(pairs.first[row]), int(pairs.second[row])
        first, second = (picture(read_photo(pairs.photos[end]).pixels, _SIDE) for end in ends)
        names = dict.fromkeys(pairs.people[end] for end in ends)
        shown.append(PairPicture((first, second), f"{' and '.join(names)}, {result.distances[row]:.3f}"))
    return tuple(shown)
