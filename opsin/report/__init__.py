"""A run as one self-contained page: what was learned, from what, how well, and where it errs."""

from .curves import stopped_early as stopped_early
from .content import AnswerFacts as AnswerFacts
from .content import DataFacts as DataFacts
from .content import ModelFacts as ModelFacts
from .content import NetworkFacts as NetworkFacts
from .content import ReportFacts as ReportFacts
from .content import RunFacts as RunFacts
from .plots import MOST_PLOTS as MOST_PLOTS
from .plots import seconds_a_chart as seconds_a_chart
from .write import write_report as write_report
