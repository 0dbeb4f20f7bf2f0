"""The trained thing: network, task and preparation in one file; predicting from files."""

from .load import load as load
from .model import Model as Model
from .model import check_ends as check_ends
from .predict_files import predict_files as predict_files
from .views import VIEWS as VIEWS
