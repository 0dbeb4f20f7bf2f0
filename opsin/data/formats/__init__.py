"""Each way in which images and targets are kept on disk or in memory, read into one Table."""

from .arrays import read_arrays as read_arrays
from .arrays import read_npz as read_npz
from .folders import read_class_folders as read_class_folders
from .scan import Found as Found
from .scan import scan as scan
