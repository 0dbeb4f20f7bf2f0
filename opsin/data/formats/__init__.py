"""Each way in which images and targets are kept on disk or in memory, read into one Table."""

from .labels.arrays import read_arrays as read_arrays
from .boxes.boxes_csv import box_listing_ways as box_listing_ways
from .labels.csv_table import LISTING_ENDINGS as LISTING_ENDINGS
from .labels.csv_table import read_listing as read_listing
from .labels.npz import read_npz as read_npz
from .registry import recognise as recognise
from .scan import IMAGE_ENDINGS as IMAGE_ENDINGS
from .scan import FolderListing as FolderListing
from .scan import scan as scan
