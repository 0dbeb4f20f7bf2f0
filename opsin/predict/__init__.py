"""Predictions for many image files, written to tables, annotation files and folders."""

from .inputs import content_of as content_of
from .inputs import find_inputs as find_inputs
from .predict_files import predict_files as predict_files
