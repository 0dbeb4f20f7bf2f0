"""Every input format as one Table; its split; its images decoded once; prepared as the network takes them."""

from .augment import Augmentation as Augmentation
from .batches import Batch as Batch
from .batches import Batches as Batches
from .cache import cache_folder as cache_folder
from .decode import as_pixels as as_pixels
from .decode import decode as decode
from .families import Leak as Leak
from .families import conflicts as conflicts
from .families import families as families
from .families import leaks as leaks
from .find import find_images as find_images
from .mirror import mirror_keeps_class as mirror_keeps_class
from .preparation import Preparation as Preparation
from .preparation import fit_image as fit_image
from .read import read as read
from .sources import ArrayImages as ArrayImages
from .sources import FileImages as FileImages
from .split import split as split
from .store import Store as Store
from .store import open_store as open_store
from .store import read_pixels as read_pixels
from .survey import Survey as Survey
from .survey import survey as survey
from .table import Images as Images
from .table import Table as Table
from .table import Target as Target
