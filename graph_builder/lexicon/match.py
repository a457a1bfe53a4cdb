"""Find the mentions of a sentence: which words name which concept, actor, instrument or event."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

from graph_builder.lexicon.compile import Layer, Lexicon
from graph_builder.lexicon.words import Word, cut_words
from graph_builder.model import Mention, Span

MAX_GAP = {"zh": 12, "en": 6, "fr": 6}
"""Longest gap inside a discontinuous label: Han characters, or words."""

_Place = tuple[int, int, str]  # start and end in the encoded text, and what is named there
_STOPS = {"zh": frozenset("，。；：！？\n"), "en": frozenset(";:.!?"), "fr": frozenset(";:.!?")}


def find_mentions(text: str, lexicon: Lexicon, *, base: int = 0) -> tuple[Mention, ...]:
    """Return the mentions in one sentence, spans shifted by `base`, in text order; may be empty.

    Contiguous labels match leftmost-longest; a negative label or a longer name hides what stands inside it. A
    discontinuous label (parts joined by …) fires wherever its parts follow each other closely, unless all of them lie
    inside the name of one thing. The same words may name several ids.
    """
    words = () if lexicon.language == "zh" else cut_words(text, lexicon.language)
    encoded = lexicon.alphabet.encode_text(text, words)
    topics = _find(lexicon.topics, encoded)
    actors = _find(lexicon.actors, encoded)
    found = {*topics, *actors}
    named = [(start, end) for start, end, target in topics if target in lexicon.names]
    for place in _find_gapped(text, encoded, words, lexicon):
        if not any(start <= place[0] and place[1] <= end for start, end in named):
            found.add(place)
    return tuple(Mention(_text_span(start, end, words, base), target) for start, end, target in sorted(found))


def _find(layer: Layer, encoded: str) -> list[_Place]:
    places = layer.automaton.find_places(encoded)
    return [(start, end, target) for pattern, start, end in places for target in layer.targets[pattern]]


def _find_gapped(text: str, encoded: str, words: Sequence[Word], lexicon: Lexicon) -> list[_Place]:
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for pattern, start, end in lexicon.parts.find_places(encoded):
        places[pattern].append((start, end))
    found: list[_Place] = []
    for first in places.keys() & lexicon.gapped.keys():
        by_second = lexicon.gapped[first]
        for parts, target in chain.from_iterable(by_second[part] for part in by_second.keys() & places.keys()):
            if all(part in places for part in parts[2:]):
                rest = [places[part] for part in parts[1:]]
                heads = ((start, _follow(text, end, rest, words, lexicon)) for start, end in places[first])
                place = next(((start, end, target) for start, end in heads if end is not None), None)
                found += [place] if place is not None else []
    return found


def _follow(
    text: str, end: int, rest: Iterable[Sequence[tuple[int, int]]], words: Sequence[Word], lexicon: Lexicon
) -> int | None:
    """Return where a label ends whose first part ends at `end` and whose others follow; None where one does not."""
    for places in rest:
        near = (last for start, last in places if _near(text, end, start, words, lexicon))
        following = min(near, default=None)
        if following is None:
            return None
        end = following
    return end


def _near(text: str, left: int, right: int, words: Sequence[Word], lexicon: Lexicon) -> bool:
    """Tell whether a gap (encoded frame) is short enough and crosses no clause boundary."""
    if not left <= right <= left + MAX_GAP[lexicon.language]:
        return False
    if not words:
        between = text[left:right]
    else:
        between = text[words[left - 1].span.end : words[right].span.start] if left < len(words) else ""
    return not _STOPS[lexicon.language].intersection(between)


def _text_span(start: int, end: int, words: Sequence[Word], base: int) -> Span:
    if not words:
        return Span(base + start, base + end)
    return Span(base + words[start].span.start, base + words[end - 1].span.end)
