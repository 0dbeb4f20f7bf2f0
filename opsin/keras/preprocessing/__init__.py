"""Inputs from files, where Keras has them."""

from . import image as image
