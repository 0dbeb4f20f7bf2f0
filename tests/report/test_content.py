from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

from opsin import report


def test_facts_are_frozen_and_small(classify):
    for kind in (
        report.PredictionSection,
        report.DataSection,
        report.NetworkSection,
        report.ReportContent,
        report.RunSection,
    ):
        assert is_dataclass(kind) and len(fields(kind)) <= 7
    with pytest.raises(FrozenInstanceError):
        classify().data = None
