"""Statements from sentences: speech-act frames by a grammar kept as data, and the roles around them."""

from graph_builder.extraction.extract import extract

__all__ = ["extract"]
