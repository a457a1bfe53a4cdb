"""Collect over several documents what could be added to the vocabulary, and rank it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from graph_builder.model import Extraction, Span
from graph_builder.suggestions.phrases import Run, find_phrases
from graph_builder.suggestions.places import find_list_items, find_titles
from graph_builder.suggestions.tokens import keys_of, language_of, lines_of, runs_of
from graph_builder.suggestions.wording import Keys, load_wording

Kind = Literal["list item", "title", "phrase"]
KINDS: tuple[Kind, ...] = ("list item", "title", "phrase")

LENGTHS = {"zh": range(2, 9), "en": range(1, 5), "fr": range(1, 5)}
"""How many characters (Chinese) or words a phrase has."""

CONTEXT_CHARS = 24
"""Code points shown before and after an occurrence."""

Place = tuple[int, Span]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place: the file, raw offsets, the exact words there, and what stands before and after them."""

    file: str
    start: int
    end: int
    quote: str
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Words that the vocabulary may lack, as they stand most often (Chinese in simplified characters).

    `score` ranks phrases (frequency × length × cohesion); list items and titles are ranked by how often they occur.
    """

    kind: Kind
    language: str
    words: str
    score: float
    occurrences: tuple[Occurrence, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The files it occurs in, sorted."""
        return tuple(sorted({o.file for o in self.occurrences}))


def suggest(extractions: Sequence[Extraction]) -> list[Suggestion]:
    """Return what could be added, by language, kind and rank; may be empty. The order of the texts does not matter."""
    found: list[Suggestion] = []
    texts = sorted(extractions, key=lambda e: (language_of(e), e.document.name, e.document.sha256))
    for language, group in groupby(texts, key=language_of):
        found += _suggest_in(language, list(group))
    return found


def _suggest_in(language: str, texts: Sequence[Extraction]) -> list[Suggestion]:
    wording = load_wording(language)
    places: dict[Kind, defaultdict[Keys, list[Place]]] = {kind: defaultdict(list) for kind in KINDS}
    runs: list[Run] = []
    for index, text in enumerate(texts):
        candidates = {candidate for statement in text.statements for candidate in statement.candidates}
        for line in lines_of(text):
            titles = list(find_titles(line, wording, candidates))
            rest = replace(line, known=tuple(sorted({*line.known, *titles})))  # suggested whole, not in pieces
            runs += [Run(index, tokens) for tokens in runs_of(rest, language)]
            for span in titles:
                places["title"][keys_of(line.words(span), language)].append((index, span))
            for span in find_list_items(rest, wording):
                places["list item"][keys_of(line.words(span), language)].append((index, span))
    suggestions = [
        _make(kind, language, float(len(where)), where, texts)
        for kind in ("list item", "title")
        for where in places[kind].values()
    ]
    suggestions.sort(key=lambda s: (s.kind, -s.score, -len(s.files), s.words))
    phrases = find_phrases(runs, LENGTHS[language], wording)
    return suggestions + [_make("phrase", language, round(p.score, 2), p.places, texts) for p in phrases]


def _make(kind: Kind, language: str, score: float, places: Iterable[Place], texts: Sequence[Extraction]) -> Suggestion:
    occurrences, surfaces = [], Counter[str]()
    for index, span in places:
        text = texts[index].text
        raw = text.raw_span(span)
        before, after = max(0, raw.start - CONTEXT_CHARS), raw.end + CONTEXT_CHARS
        quote, prefix, suffix = text.raw[raw.start : raw.end], text.raw[before : raw.start], text.raw[raw.end : after]
        occurrences.append(Occurrence(texts[index].document.name, raw.start, raw.end, quote, prefix, suffix))
        surfaces[text.clean[span.start : span.end]] += 1
    words = min(surfaces, key=lambda surface: (-surfaces[surface], surface))
    return Suggestion(kind, language, words, score, tuple(occurrences))
