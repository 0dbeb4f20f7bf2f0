"""The trained thing: network, task and preparation in one file; predicting from files."""

from .model import Model as Model
from .model import load as load
from .predict_files import predict_files as predict_files
