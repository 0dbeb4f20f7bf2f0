"""Shapes, errors, seeds, devices, files, memory and progress. Imports no other package of Opsin."""

from .card import card as card
from .devices import choose_device as choose_device
from .devices import choose_precision as choose_precision
from .errors import DataError as DataError
from .errors import ModelFileError as ModelFileError
from .errors import NetworkError as NetworkError
from .errors import OpsinError as OpsinError
from .files import home_folder as home_folder
from .files import printable_name as printable_name
from .files import replacing as replacing
from .files import stored_path as stored_path
from .files import write_bytes as write_bytes
from .files import write_text as write_text
from .memory import keep_large_buffers as keep_large_buffers
from .notebook import show_in_notebook as show_in_notebook
from .output import Layout as Layout
from .output import OutputSpec as OutputSpec
from .output import SpatialTargets as SpatialTargets
from .progress import Progress as Progress
from .progress import silent as silent
from .progress import silent_line as silent_line
from .seeds import derive as derive
from .seeds import numpy_generator as numpy_generator
from .seeds import torch_generator as torch_generator
from .shapes import Shape as Shape
from .suggestions import did_you_mean as did_you_mean
