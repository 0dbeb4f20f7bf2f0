"""The verbs: check, train, resume, evaluate, load, predict_files. The only room that joins the others."""

from opsin.model.model import Model as Model
from opsin.model.load import load as load
from opsin.predict.predict_files import predict_files as predict_files

from .checking import check as check
from .evaluating import evaluate as evaluate
from .explaining import explain as explain
from .explaining import findings as findings
from .explaining import prediction_text as prediction_text
from .results import DataCheck as DataCheck
from .results import Evaluation as Evaluation
from .results import Run as Run
from .training import resume as resume
from .training import train as train
