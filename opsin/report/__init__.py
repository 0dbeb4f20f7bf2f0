"""A run as one self-contained page: what was learned, from what, how well, and where it errs."""

from .facts import AnswerFacts as AnswerFacts
from .facts import DataFacts as DataFacts
from .facts import ModelFacts as ModelFacts
from .facts import NetworkFacts as NetworkFacts
from .facts import ReportFacts as ReportFacts
from .facts import RunFacts as RunFacts
from .write import write_report as write_report
