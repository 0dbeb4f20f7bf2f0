"""Charts as PNG files, drawn by matplotlib without a display."""

import re
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import write_bytes
from opsin.drawing import Chart, Curve, Histogram, Lines, Matrix, Points
from opsin.drawing.fonts import drawn_names, drawn_text, font_families, quiet_matplotlib

from .charts import MOST_CURVES, MOST_MARKED
from .content import ReportContent
from .curves import training_of

MOST_PLOTS = 8
MOST_NAMES = 30
MOST_LETTERS = 16


def write_plots(folder: Path, content: ReportContent) -> tuple[Path, ...]:
    """Writes the training curves and the charts of the task as PNG files.

    Args:
        folder: Folder of the files.
        content: Content of the report.

    Returns:
        The paths of the files.
    """
    section = content.predictions
    training = training_of(content.run.metrics, section.task.monitor)
    charts: list[tuple[str, Chart]] = []
    if training is not None and training.charts:
        charts += zip(("training-loss", "training-score"), training.charts, strict=True)
    if section.predictions.ids:
        drawn = section.task.charts(section.predictions.predictions, section.predictions.targets)
        charts += [(_file_name(chart.title), chart) for chart in drawn[:MOST_PLOTS]]
    files: list[Path] = []
    for name, chart in charts:
        path = folder / f"{name}.png"
        if path in files:
            path = folder / f"{name}-{len(files)}.png"
        write_bytes(path, draw_png(chart))
        files.append(path)
    return tuple(files)


def seconds_a_chart() -> float:
    """Measures the seconds of drawing one chart; the first drawing, which loads matplotlib, is not counted."""
    values = np.arange(2.0)
    chart = Lines("time", "", (Curve("", values, values),), "", "")
    draw_png(chart)
    begun = time.monotonic()
    draw_png(chart)
    return time.monotonic() - begun


def _file_name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "chart"


def draw_png(chart: Chart) -> bytes:
    """Draws a chart and returns the bytes of its PNG file."""
    quiet_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(6, 4.6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(drawn_text(chart.title), parse_math=False)
    if isinstance(chart, Matrix):
        _matrix(figure, axes, chart)
    else:
        axes.set_xlabel(drawn_text(chart.x_label), parse_math=False)
        axes.set_ylabel(drawn_text(chart.y_label), parse_math=False)
        _on_axes(axes, chart)
    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _matrix(figure: Any, axes: Any, chart: Matrix) -> None:
    shares = chart.values / np.maximum(chart.values.sum(1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, label=f"share of the {chart.row_label}")
    axes.set_xlabel(chart.column_label)
    axes.set_ylabel(chart.row_label)
    if len(chart.names) <= MOST_NAMES:
        names = [_short(name) for name in drawn_names(chart.names)]
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8, parse_math=False)
        axes.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
        for label, name in zip((*axes.get_xticklabels(), *axes.get_yticklabels()), (*names, *names), strict=True):
            _set_font(label, name)
    if len(chart.names) <= 12:
        for (row, column), count in np.ndenumerate(chart.values):
            colour = "white" if shares[row, column] > 0.6 else "black"
            axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=7, color=colour)


def _on_axes(axes: Any, chart: Lines | Points | Histogram) -> None:
    axes.grid(alpha=0.3)
    if isinstance(chart, Histogram):
        axes.stairs(chart.counts, chart.edges, fill=True, color="#0b6b73")
        return
    if chart.diagonal:
        axes.axline((0, 0), slope=1, color="grey", linestyle="--", linewidth=1)
    if isinstance(chart, Points):
        axes.plot(chart.x, chart.y, ".", markersize=3, alpha=0.5, color="#0b6b73", rasterized=True)
        return
    drawn = drawn_names([curve.name for curve in chart.curves])
    for curve, drawn_name in zip(chart.curves[:MOST_CURVES], drawn, strict=False):
        marker, name = (
            "o" if len(curve.x) <= MOST_MARKED else "",
            _short(drawn_name if curve.name else "").replace("$", r"\$").lstrip("_"),
        )
        axes.plot(curve.x, curve.y, marker=marker, markersize=3, label=name)
    if chart.diagonal:
        axes.set(xlim=(0, 1), ylim=(0, 1))
    if len(chart.curves) > 1:
        left_out = len(chart.curves) - MOST_CURVES
        legend = axes.legend(title=f"and {left_out} more, not drawn" if left_out > 0 else None)
        for label in legend.get_texts():
            _set_font(label, label.get_text())


def _set_font(label: Any, text: str) -> None:
    """Chooses fonts that have the letters of a label: matplotlib's own, and another for the letters that it lacks."""
    if not text.isascii():
        label.set_fontfamily(font_families(text))


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"
