"""How much of a line speaks of the domain: the share of its characters that stand in topical words."""

import re
from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, MatchKind

_CASELESS = re.compile("[İıſ]")  # letters that small letters do not tell from others, or that change length


class TopicalWords:
    """A list of words: of Latin script, which match whole and in any case, and of Han characters, which match anywhere.

    Both match leftmost-longest and without overlaps.
    """

    def __init__(self, words: Iterable[str]) -> None:
        known = sorted(set(words))
        han = [word for word in known if word >= "\u2000"]
        self._han = AhoCorasick(han, matchkind=MatchKind.LeftmostLongest)
        self._latin = AhoCorasick(sorted({word.lower() for word in known if word < "\u2000"}))

    def density(self, line: str) -> float:
        """Return the share (0 to 1) of a line's characters that stand in topical words.

        >>> TopicalWords(["AI", "i", "安全"]).density("ai is 安全")
        0.5
        """
        covered = sum(end - start for _, start, end in self._han.find_matches_as_indexes(line))
        small = _CASELESS.sub(".", line).lower()
        found = self._latin.find_matches_as_indexes(small, overlapping=True)
        done = 0
        for start, negative_end in sorted((start, -end) for _, start, end in found):
            end = -negative_end
            if start >= done and _is_edge(line, start) and _is_edge(line, end):
                covered += end - start
                done = end
        return covered / max(1, len(line))


def _is_edge(line: str, at: int) -> bool:
    """Tell whether a word begins or ends at `at`."""
    return _is_word(line[at - 1 : at]) != _is_word(line[at : at + 1])


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"
