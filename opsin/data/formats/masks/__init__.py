"""Readers for masks: mask folders, nnU-Net, one mask file per object."""
