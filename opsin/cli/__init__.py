"""The command line: one file per command, thin over the Python API."""

from .clock import STARTED as STARTED
from .app import main as main
