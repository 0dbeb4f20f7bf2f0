"""The report of a training run or an evaluation: one self-contained page with data, network, metrics and errors."""

from .curves import stopped_early as stopped_early
from .content import PredictionSection as PredictionSection
from .content import DataSection as DataSection
from .content import ModelSection as ModelSection
from .content import NetworkSection as NetworkSection
from .content import ReportContent as ReportContent
from .content import RunSection as RunSection
from .content import TrainingInput as TrainingInput
from .plots import MOST_PLOTS as MOST_PLOTS
from .plots import seconds_a_chart as seconds_a_chart
from .verdict import Verdict as Verdict
from .verdict import verdict_of as verdict_of
from .write import write_report as write_report
