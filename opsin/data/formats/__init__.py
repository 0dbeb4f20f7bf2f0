"""Each way in which images and targets are kept on disk or in memory, read into one Table."""

from .arrays import read_arrays as read_arrays
from .folders import class_folders_fit as class_folders_fit
from .folders import read_class_folders as read_class_folders
from .listing import LISTING_ENDINGS as LISTING_ENDINGS
from .listing import listing_fits as listing_fits
from .listing import read_listing as read_listing
from .names import split_name as split_name
from .npz import read_npz as read_npz
from .scan import IMAGE_ENDINGS as IMAGE_ENDINGS
from .scan import Found as Found
from .scan import scan as scan
