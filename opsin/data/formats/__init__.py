"""Each way in which images and targets are kept on disk or in memory, read into one Table."""

from .arrays import read_arrays as read_arrays
from .box_listing import box_listing_ways as box_listing_ways
from .listing import LISTING_ENDINGS as LISTING_ENDINGS
from .listing import read_listing as read_listing
from .npz import read_npz as read_npz
from .recognise import recognise as recognise
from .scan import IMAGE_ENDINGS as IMAGE_ENDINGS
from .scan import Found as Found
from .scan import scan as scan
