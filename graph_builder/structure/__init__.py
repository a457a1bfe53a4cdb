"""Structure: which lines are the document, how it is divided, and where its sentences stand."""

from graph_builder.structure.segment import segment_document

__all__ = ["segment_document"]
