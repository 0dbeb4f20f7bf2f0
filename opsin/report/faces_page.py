"""The page of an evaluation of faces: distances, error rates with intervals, hardest pairs, limits."""

from collections.abc import Mapping
from dataclasses import dataclass

from opsin.drawing import Histogram, Lines
from opsin.evaluation import Score

from . import wording
from .charts import legend
from .page import draw
from .templates import style, template

TITLES = {
    "accuracy": "Pairs judged right",
    "fmr": "False-match rate (FMR)",
    "fnmr": "False-non-match rate (FNMR)",
    "tar_at_far": "True matches at a false-match rate of 0.001",
    "eer": "Equal error rate",
}


@dataclass(frozen=True)
class PairPicture:
    """A pair of photos.

    Attributes:
        pictures: Data URIs of both.
        caption: Names of the people, and the distance.
    """

    pictures: tuple[str, str]
    caption: str


@dataclass(frozen=True)
class FacesContent:
    """Content of the page.

    Attributes:
        origin: Name of the data.
        facts: Numbers by name, such as photos, people and pairs.
        scores: Scores with intervals.
        threshold: Threshold, and how it was found.
        charts: Histograms and curves.
        groups: Name, people, pairs and false-match rate of each group of people.
        misses: Pairs of one person that are farthest apart.
        matches: Pairs of different people that are nearest.
    """

    origin: str
    facts: Mapping[str, int]
    scores: Mapping[str, Score]
    threshold: str
    charts: tuple[Histogram | Lines, ...]
    groups: tuple[tuple[str, int, int, float], ...]
    misses: tuple[PairPicture, ...]
    matches: tuple[PairPicture, ...]


def faces_page(content: FacesContent) -> str:
    """Returns the page as HTML; the template escapes all names.

    Args:
        content: Content of the page.
    """
    return template("faces.html.j2").render(
        content=content, style=style(), words=wording, titles=TITLES, draw=draw, legend=legend
    )
