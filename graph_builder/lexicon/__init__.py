"""The lexicon: labels of the vocabularies compiled into automata, and the mentions they find."""

from graph_builder.lexicon.compile import Lexicon, Lexicons, compile_lexicon
from graph_builder.lexicon.match import find_mentions

__all__ = ["Lexicon", "Lexicons", "compile_lexicon", "find_mentions"]
