"""Recognition of data sets of volumes: a file that lists them takes precedence over names of folders."""

from ..reader import FormatMatches
from ..scan import FolderListing
from .listed_volumes import match_datalists, match_nnunet_volumes
from .volume_folders import match_volume_folders


def match_volumes(listing: FolderListing) -> FormatMatches:
    """Matches NIfTI volumes with masks: lists in a .json, nnU-Net, or folders of images and labels.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    reasons: list[str] = []
    for match in (match_datalists, match_nnunet_volumes, match_volume_folders):
        found, reason = match(listing)
        if found:
            return found, ""
        reasons.append(reason)
    return [], reasons[-1]
