"""Writing of a report: the page, and its charts as PNG files for slides and papers."""

from pathlib import Path

from opsin.core import write_text

from .content import ReportContent
from .page import page
from .plots import write_plots


def write_report(folder: Path, content: ReportContent) -> Path:
    """Writes `report.html` and `plots/*.png`; the page needs no other file, no network and no script.

    Args:
        folder: Folder of the report.
        content: Content of the report.

    Returns:
        The path of `report.html`.

    Raises:
        OpsinError: The folder cannot be written.
    """
    path = folder / "report.html"
    write_text(path, page(content))
    write_plots(folder / "plots", content)
    return path
