"""Reading and writing of `.keras` files of Sequential networks. No code from a file is executed."""

from .read import read_keras as read_keras
from .write import write_keras as write_keras
