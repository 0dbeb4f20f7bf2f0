"""Models: Sequential, and models to files and back."""

from .loading import load_model as load_model
from .saving import save_model as save_model
from .sequential import Sequential as Sequential
