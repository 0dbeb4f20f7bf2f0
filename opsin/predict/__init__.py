"""Predictions for many image files, written to tables, annotation files and folders."""

from .predict_files import predict_files as predict_files
