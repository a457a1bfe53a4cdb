"""Cleaning: from the raw text to the reading that every later stage works on, with offsets back."""

from graph_builder.text.clean import clean_text

__all__ = ["clean_text"]
