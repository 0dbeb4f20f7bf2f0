"""A run as one self-contained page: what was learned, from what, how well, and where it errs."""

from .curves import stopped_early as stopped_early
from .facts import AnswerFacts as AnswerFacts
from .facts import DataFacts as DataFacts
from .facts import ModelFacts as ModelFacts
from .facts import NetworkFacts as NetworkFacts
from .facts import ReportFacts as ReportFacts
from .facts import RunFacts as RunFacts
from .plots import MOST_PLOTS as MOST_PLOTS
from .plots import seconds_a_chart as seconds_a_chart
from .write import write_report as write_report
