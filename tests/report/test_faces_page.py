"""The page of an evaluation of faces."""

import numpy as np

from opsin.drawing.charts import Curve, Lines
from opsin.evaluation import Score
from opsin.report.faces_page import FacesContent, PairPicture, faces_page


def test_the_page_escapes_names_and_shows_the_scores():
    chart = Lines("Distances", "All.", (Curve("a", np.array([0.0, 1]), np.array([0.2, 0.4])),), "x", "y")
    pair = PairPicture(("data:image/png;base64,AA==",) * 2, "<b>Eve</b>, 0.300")
    scores = {"fmr": Score(0.00125, 0.001, 0.002)}
    groups = (("<u>old</u>", 9, 36, 0.25),)
    facts = {"Photos": 1234}
    content = FacesContent("<i>club</i>", facts, scores, "Threshold 0.378.", (chart,), groups, (pair,), ())
    page = faces_page(content)
    assert "<b>Eve" not in page
    assert "<i>club" not in page
    assert "1,234" in page
    assert "<u>old" not in page
    assert "0.2500" in page
    assert "0.0013" in page or "0.0012" in page
    assert "One person, farthest apart" in page
    assert "Different people, nearest" not in page
