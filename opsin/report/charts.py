"""Charts as SVG; colours come from the page's style sheet, for light mode, dark mode and print."""

import numpy as np

from opsin.drawing import Histogram, Lines, Points

from .axes import Axes, span
from .markup import Markup, element, joined

MOST_POINTS = 2000
MOST_CURVES = 6
MOST_MARKED = 100
"""Maximum number of points of a curve with a marker at each point."""
UNIT = (0.0, 1.0)


def draw_lines(chart: Lines) -> Markup:
    """Draws curves with a marker at each point; markers grow with the number of images where a curve has counts."""
    curves = chart.curves[:MOST_CURVES]
    x = UNIT if chart.diagonal else span(*(curve.x for curve in curves))
    y = UNIT if chart.diagonal else span(*(curve.y for curve in curves))
    axes = Axes(x, y)
    parts = [_diagonal(axes)] if chart.diagonal else []
    for index, curve in enumerate(curves):
        known = np.isfinite(curve.x) & np.isfinite(curve.y)
        if not known.any():
            continue
        x_values, values = curve.x[known], curve.y[known]
        faint = "" if curve.counts is None else " faint"
        parts.append(element("path", d=axes.path(x_values, values), class_=f"line c{index}{faint}"))
        counts = np.ones(len(x_values)) if curve.counts is None else curve.counts[known]
        radii = 2 + (0 if curve.counts is None else 5.5) * np.sqrt(counts / max(1, counts.max()))
        if len(x_values) <= MOST_MARKED:
            across, up = axes.across(x_values).tolist(), axes.up(values).tolist()
            circles = zip(across, up, radii.tolist(), strict=True)
            parts.extend(
                element("circle", cx=round(a, 1), cy=round(b, 1), r=round(r, 1), class_=f"dot c{index}")
                for a, b, r in circles
            )
    return axes.picture(chart.title, chart.x_label, chart.y_label, *parts)


def legend(chart: Lines) -> Markup:
    """Returns the names of the curves with their colours; empty for a single curve."""
    shown = chart.curves[:MOST_CURVES]
    if len(shown) < 2:
        return Markup()
    items = [
        element("span", element("span", class_=f"key c{i}"), curve.name, class_="entry")
        for i, curve in enumerate(shown)
    ]
    left_out = len(chart.curves) - len(shown)
    rest = [element("span", f"and {left_out} more, not drawn", class_="entry")] if left_out else []
    return element("div", *items, *rest, class_="legend")


def draw_points(chart: Points) -> Markup:
    """Draws a scatter plot of at most 2,000 evenly sampled points."""
    known = np.isfinite(chart.x) & np.isfinite(chart.y)
    x, y = chart.x[known], chart.y[known]
    chosen = np.unique(np.linspace(0, max(0, len(x) - 1), MOST_POINTS).astype(int)) if len(x) else np.zeros(0, int)
    both = span(x, y)
    axes = Axes(both, both) if chart.diagonal else Axes(span(x), span(y))
    dots = element("path", d=axes.dots(x[chosen], y[chosen]), class_="points")
    return axes.picture(chart.title, chart.x_label, chart.y_label, *([_diagonal(axes)] if chart.diagonal else []), dots)


def draw_histogram(chart: Histogram) -> Markup:
    """Draws the bars of a histogram, with a line at zero when the range includes it."""
    low, high = span(chart.edges, margin=0.02)
    axes = Axes((low, high), (0.0, max(1.0, float(chart.counts.max(initial=0)) * 1.06)))
    across, tops = axes.across(chart.edges), axes.up(chart.counts)
    floor = float(axes.up(np.array(0.0)))
    bars = "".join(
        f"M{a + 0.6:.1f} {floor:.1f}V{top:.1f}H{b - 0.6:.1f}V{floor:.1f}Z"
        for a, b, top in zip(across[:-1].tolist(), across[1:].tolist(), tops.tolist(), strict=True)
        if top < floor
    )
    parts = [element("path", d=bars, class_="bars")]
    if low < 0 < high:
        parts.append(element("path", d=axes.path(np.zeros(2), np.array(axes.y)), class_="diagonal"))
    return axes.picture(chart.title, chart.x_label, chart.y_label, *parts)


def _diagonal(axes: Axes) -> Markup:
    ends = np.array([max(axes.x[0], axes.y[0]), min(axes.x[1], axes.y[1])])
    return joined(element("path", d=axes.path(ends, ends), class_="diagonal"))
