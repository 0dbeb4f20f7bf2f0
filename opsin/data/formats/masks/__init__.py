"""Readers of masks: mask folders, nnU-Net, one mask file per object."""
