"""A report on disk: the page, and its charts as pictures for slides and papers."""

from pathlib import Path

from opsin.core import write_text

from .content import ReportContent
from .page import page
from .plots import write_plots


def write_report(folder: Path, facts: ReportContent) -> Path:
    """Writes `report.html` and `plots/*.png` into `folder`; the page's path.

    The page needs no other file, no network and no script. Raises OpsinError when the folder cannot be written.
    """
    path = folder / "report.html"
    write_text(path, page(facts))
    write_plots(folder / "plots", facts)
    return path
