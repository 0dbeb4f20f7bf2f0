import re
import xml.etree.ElementTree as ET

import numpy as np

from opsin.drawing import Curve, Histogram, Lines, Points
from opsin.report.charts import draw_histogram, draw_lines, draw_points, legend

UNKNOWN = float("nan")


def test_lines_leave_out_what_is_not_known():
    curve = Curve("<a>", np.array([0.0, 0.5, 1.0]), np.array([0.2, UNKNOWN, 1.0]), np.array([1, 2, 3]))
    empty = Curve("b", np.array([0.0]), np.array([UNKNOWN]))
    chart = Lines("<title>", "", (curve, empty), "x", "y", diagonal=True)
    drawn = ET.fromstring(draw_lines(chart))
    assert drawn.get("aria-label") == "<title>"
    dots = [part for part in drawn.iter("circle")]
    assert len(dots) == 2 and float(dots[1].get("r")) > float(dots[0].get("r"))
    assert legend(chart).count("entry") == 2


def test_points_are_bounded_and_placed():
    x = np.linspace(0, 1, 50_000)
    drawn = draw_points(Points("t", "", x, x, "x", "y", diagonal=True))
    assert len(drawn) < 60_000
    places = np.array(re.findall(r"M([\d.]+) ([\d.]+)h0", drawn), float)
    assert len(places) == 2000
    assert (np.diff(places[:, 0]) >= 0).all() and (np.diff(places[:, 1]) <= 0).all()


def test_nothing_to_draw_is_drawn_as_nothing():
    nothing = np.zeros(0)
    ET.fromstring(draw_points(Points("t", "", nothing, nothing, "x", "y")))
    ET.fromstring(draw_histogram(Histogram("t", "", np.array([0.0, 1.0]), np.array([0]), "x", "y")))


def test_bars_are_as_high_as_their_counts():
    drawn = draw_histogram(Histogram("t", "", np.array([-1.0, 0.0, 1.0]), np.array([10, 5]), "x", "y"))
    floor, first = map(float, re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)H", drawn)[0])
    second = float(re.findall(r"M[\d.]+ [\d.]+V([\d.]+)H", drawn)[1])
    assert np.isclose((floor - first) / (floor - second), 2, atol=0.02)
