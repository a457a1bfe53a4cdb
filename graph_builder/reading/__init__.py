"""Reading: from files to texts with what is known of them."""

from graph_builder.reading.sources import find_sources, read_document

__all__ = ["find_sources", "read_document"]
