"""`.keras` files of Sequential networks, read and written; nothing in a file is ever run."""

from .read import read_keras as read_keras
from .write import write_keras as write_keras
