"""Readers of data set formats, on disk and in memory, into a Table."""

from .labels.arrays import read_arrays as read_arrays
from .boxes.boxes_csv import match_boxes_csv as match_boxes_csv
from .labels.cells import TABLE_EXTENSIONS as TABLE_EXTENSIONS
from .labels.csv_table import read_csv_table as read_csv_table
from .labels.npz import read_npz as read_npz
from .registry import match_formats as match_formats
from .scan import IMAGE_EXTENSIONS as IMAGE_EXTENSIONS
from .scan import FolderListing as FolderListing
from .scan import scan as scan
