"""What an expert could add to the vocabulary: words that stand where concepts stand, and that no label matches.

Three kinds: members of a list of which another member is known; titles that no id covers; phrases that recur. They are
shown with their places, never forced into a concept that exists.
"""

from graph_builder.suggestions.collect import KINDS, Occurrence, Suggestion, suggest
from graph_builder.suggestions.report import render_suggestions, to_json

__all__ = ["KINDS", "Occurrence", "Suggestion", "render_suggestions", "suggest", "to_json"]
