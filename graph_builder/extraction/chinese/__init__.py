"""Speech-act frames of Chinese sentences."""

from graph_builder.extraction.chinese.segments import find_frames

__all__ = ["find_frames"]
