"""Find many strings in one pass, by Aho–Corasick, over Chinese characters or over Latin words alike.

Chinese is matched character by character. For Latin script every word key becomes one private code point, so that one
string automaton serves both and a match can never begin or end inside a word.
"""

from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, MatchKind

from graph_builder.lexicon.words import Word, words_of
from graph_builder.model import Span

_FIRST = 0xF0000  # Supplementary Private Use Area-A and -B hold 131,068 code points
_UNKNOWN = "\uf8ff"


class Alphabet:
    """Turns texts of one language into strings to search, and matches in them back into spans of the text."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._codes: dict[str, str] = {}

    def encode_label(self, label: str) -> str:
        """Return the searchable form of a label, learning its words; empty when nothing of it is left."""
        if self.language == "zh":
            return label.strip()
        codes = []
        for word in words_of(label.replace("’", "'"), self.language):
            codes.append(self._codes.setdefault(word.key, chr(_FIRST + len(self._codes))))
        return "".join(codes)

    def encode_text(self, text: str, words: Iterable[Word]) -> str:
        """Return the searchable form of a text (Chinese: the text itself; else one code point a word)."""
        code_of = self._codes.get
        return text if self.language == "zh" else "".join([code_of(word.key, _UNKNOWN) for word in words])


class Automaton:
    """A set of patterns; the empty set finds nothing."""

    def __init__(self, patterns: Iterable[str], *, overlapping: bool) -> None:
        self.patterns = sorted({p for p in patterns if p})
        self._overlapping = overlapping
        kind = MatchKind.Standard if overlapping else MatchKind.LeftmostLongest
        self._engine = AhoCorasick(self.patterns, matchkind=kind) if self.patterns else None

    def find(self, encoded: str) -> list[tuple[str, Span]]:
        """Return (pattern, span in the encoded string): leftmost-longest, or every occurrence when overlapping."""
        return [(pattern, Span(start, end)) for pattern, start, end in self.find_places(encoded)]

    def find_places(self, encoded: str) -> list[tuple[str, int, int]]:
        """Return what `find` does with start and end instead of a span."""
        if self._engine is None or not encoded:
            return []
        found = self._engine.find_matches_as_indexes(encoded, overlapping=self._overlapping)
        return [(self.patterns[index], start, end) for index, start, end in found]
