"""Speech-act frames of sentences in Latin script: English and French."""

from graph_builder.extraction.latin.clauses import find_frames

__all__ = ["find_frames"]
