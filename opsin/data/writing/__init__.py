"""Answers and annotations as the files that other tools read, and that are read back here."""

from .masks import object_rows as object_rows
from .masks import palette as palette
from .masks import write_mask as write_mask
from .masks import write_objects as write_objects
