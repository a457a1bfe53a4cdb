"""Find the phrases that recur in texts and hold together, without a tokenizer and whatever the script.

Cohesion is the fair symmetric conditional probability of Silva & Lopes (MOL 6, 1999), here as its root: how well the
parts of a phrase foretell each other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from graph_builder.model import Span
from graph_builder.suggestions.tokens import Token
from graph_builder.suggestions.wording import Keys, Wording

MIN_TIMES, MIN_TEXTS = 3, 2
"""A phrase is frequent if it occurs so often, or in so many texts."""

_DOMINANT = 0.8
"""Where one neighbour stands beside so many of the occurrences, the phrase is a fragment of a longer one."""

_REACH = 4
"""Edge words are looked for in so many tokens beside a phrase."""


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens without punctuation between them, of the text with the index `text`."""

    text: int
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A frequent phrase: where it stands (index of the text, clean span), how well it holds together (0..1)."""

    keys: Keys
    places: tuple[tuple[int, Span], ...]
    cohesion: float

    @property
    def score(self) -> float:
        """Frequency × length × cohesion."""
        return len(self.places) * len(self.keys) * self.cohesion


def find_phrases(runs: Sequence[Run], lengths: range, wording: Wording) -> list[Phrase]:
    """Return the frequent phrases of so many tokens that no mention covers by half, best first; may be empty.

    A phrase that stands inside a longer one of the same frequency is left out.
    """
    counts: Counter[Keys] = Counter()
    found: list[Phrase] = []
    for length, level in _count_levels(runs, lengths.stop - 1):
        counts.update({keys: len(places) for keys, places in level.items()})
        if length not in lengths:
            continue
        for keys, places in level.items():
            if not wording.is_sound(keys):
                continue
            free = [(r, i) for r, i in places if _is_free(runs[r].tokens, i, i + length)]
            texts = {runs[r].text for r, _ in free}
            if len(free) < MIN_TIMES and len(texts) < MIN_TEXTS:
                continue
            if _is_fragment(runs, free, length, wording):
                continue
            cohesion = _cohesion(keys, counts) if length > 1 else _independence(runs, places, wording)
            spans = tuple((runs[r].text, _span(runs[r].tokens[i : i + length])) for r, i in free)
            found.append(Phrase(keys, spans, round(cohesion, 4)))
    return sorted(_leave_out_parts(found), key=lambda p: (-p.score, p.keys))


def _count_levels(runs: Sequence[Run], longest: int) -> Iterator[tuple[int, dict[Keys, list[tuple[int, int]]]]]:
    """Yield length by length the places (run, first token) of what occurs twice; its parts do so too (Apriori)."""
    known: set[Keys] = set()
    for length in range(1, longest + 1):
        level: defaultdict[Keys, list[tuple[int, int]]] = defaultdict(list)
        for r, run in enumerate(runs):
            keys = tuple(token.key for token in run.tokens)
            for i in range(len(keys) - length + 1):
                part = keys[i : i + length]
                if length == 1 or (part[:-1] in known and part[1:] in known):
                    level[part].append((r, i))
        kept = {part: places for part, places in level.items() if len(places) > 1}
        known = set(kept)
        yield length, kept


def _is_free(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Tell whether less than half of the tokens is known, and no mention reaches over an edge."""
    if tokens[start].joined or (end < len(tokens) and tokens[end].joined):
        return False
    return 2 * sum(token.known for token in tokens[start:end]) < end - start


def _is_fragment(runs: Sequence[Run], places: Sequence[tuple[int, int]], length: int, wording: Wording) -> bool:
    """Tell whether nearly always the same word stands before or behind, so that the phrase goes on there."""

    def dominates(neighbours: Counter[str]) -> bool:
        return max(neighbours.values(), default=0) >= _DOMINANT * len(places)

    before: Counter[str] = Counter()
    behind: Counter[str] = Counter()
    for r, i in places:
        keys = tuple(token.key for token in runs[r].tokens)
        left, right = keys[max(0, i - _REACH) : i], keys[i + length : i + length + _REACH]
        if left and not wording.ends(left):
            before[left[-1]] += 1
        if right and not wording.begins(right):
            behind[right[0]] += 1
    return dominates(before) or dominates(behind)


def _cohesion(keys: Keys, counts: Counter[Keys]) -> float:
    products = [counts[keys[:k]] * counts[keys[k:]] for k in range(1, len(keys))]
    return sqrt(counts[keys] ** 2 / (sum(products) / len(products)))


def _independence(runs: Sequence[Run], places: Sequence[tuple[int, int]], wording: Wording) -> float:
    """Return in how many of its places a single word stands alone, not beside words it makes a phrase with."""

    def is_alone(r: int, i: int) -> bool:
        tokens = runs[r].tokens
        left, right = tokens[max(0, i - 1) : i], tokens[i + 1 : i + 2]
        return all(wording.begins((token.key,)) for token in (*left, *right))

    return sum(is_alone(r, i) for r, i in places) / len(places)


def _span(tokens: Sequence[Token]) -> Span:
    return Span(tokens[0].span.start, tokens[-1].span.end)


def _leave_out_parts(phrases: Sequence[Phrase]) -> list[Phrase]:
    times = {phrase.keys: len(phrase.places) for phrase in phrases}
    parts = {
        phrase.keys[i:j]
        for phrase in phrases
        for i in range(len(phrase.keys))
        for j in range(i + 1, len(phrase.keys) + 1)
        if j - i < len(phrase.keys) and times.get(phrase.keys[i:j]) == len(phrase.places)
    }
    return [phrase for phrase in phrases if phrase.keys not in parts]
