"""`opsin faces`: the commands on faces, one file each."""

from .group import faces as faces
