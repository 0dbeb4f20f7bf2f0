"""Models: Sequential, and loading one from a file."""

from .loading import load_model as load_model
from .sequential import Sequential as Sequential
