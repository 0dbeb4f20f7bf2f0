"""Splits into train, validation and test."""
