"""Find the mentions of a sentence: which words name which concept, actor, instrument or event."""

from collections import defaultdict
from collections.abc import Sequence

from graph_builder.lexicon.compile import Layer, Lexicon
from graph_builder.lexicon.words import Word, words_of
from graph_builder.model import Mention, Span

MAX_GAP = {"zh": 12, "en": 6, "fr": 6}
"""Longest gap inside a discontinuous label: Han characters, or words."""

_STOPS = {"zh": frozenset("，。；：！？\n"), "en": frozenset(";:.!?"), "fr": frozenset(";:.!?")}


def find_mentions(text: str, lexicon: Lexicon, *, base: int = 0) -> tuple[Mention, ...]:
    """Return the mentions in one sentence, spans shifted by `base`, in text order; may be empty.

    Contiguous labels match leftmost-longest; a negative label or a longer name hides what stands inside it. A
    discontinuous label (parts joined by …) fires wherever its parts follow each other closely, unless all of them lie
    inside the name of one thing. The same words may name several ids.
    """
    words = [] if lexicon.language == "zh" else list(words_of(text, lexicon.language))
    encoded = lexicon.alphabet.encode_text(text, words)
    topics = _find(lexicon.topics, encoded)
    actors = _find(lexicon.actors, encoded)
    found = {(span, target) for span, target in topics + actors}
    named = [span for span, target in topics if target in lexicon.names]
    for span, target in _find_gapped(text, encoded, words, lexicon):
        if not any(span in name for name in named):
            found.add((span, target))
    mentions = [Mention(_text_span(span, words, base), target) for span, target in found]
    return tuple(sorted(mentions, key=lambda m: (m.span, m.target)))


def _find(layer: Layer, encoded: str) -> list[tuple[Span, str]]:
    return [(span, target) for pattern, span in layer.automaton.find(encoded) for target in layer.targets[pattern]]


def _find_gapped(text: str, encoded: str, words: Sequence[Word], lexicon: Lexicon) -> list[tuple[Span, str]]:
    places: dict[str, list[Span]] = defaultdict(list)
    for pattern, span in lexicon.parts.find(encoded):
        places[pattern].append(span)
    found = []
    for first in sorted(places.keys() & lexicon.gapped.keys()):
        for parts, target in lexicon.gapped[first]:
            for head in places[first]:
                end: int | None = head.end
                for part in parts[1:]:
                    following = (s.end for s in places.get(part, ()) if _near(text, end, s.start, words, lexicon))
                    end = min(following, default=None)
                    if end is None:
                        break
                if end is not None:
                    found.append((Span(head.start, end), target))
                    break
    return found


def _near(text: str, left: int | None, right: int, words: Sequence[Word], lexicon: Lexicon) -> bool:
    """Tell whether a gap (encoded frame) is short enough and crosses no clause boundary."""
    if left is None or not left <= right <= left + MAX_GAP[lexicon.language]:
        return False
    if not words:
        between = text[left:right]
    else:
        between = text[words[left - 1].span.end : words[right].span.start] if left < len(words) else ""
    return not _STOPS[lexicon.language].intersection(between)


def _text_span(span: Span, words: Sequence[Word], base: int) -> Span:
    if not words:
        return Span(base + span.start, base + span.end)
    return Span(base + words[span.start].span.start, base + words[span.end - 1].span.end)
