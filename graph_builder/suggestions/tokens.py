"""A document as suggestions see it: sentence by sentence, what of it is known, and its tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graph_builder.lexicon.words import words_of
from graph_builder.model import Extraction, Mention, Span
from graph_builder.suggestions.wording import Keys, Wording, load_wording

_HAN_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_WITHIN_RUN = re.compile(r"[\s-]*(?:(?:(?:the|an?|les?|la|une?)(?![^\W_])|l')[\s-]*)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence with its mentions, and the spans of what is known in it (mentions and the subject of all texts)."""

    text: str
    span: Span
    mentions: tuple[Mention, ...]
    known: tuple[Span, ...]

    def words(self, span: Span) -> str:
        """Return the clean words of a span inside."""
        return self.text[span.start - self.span.start : span.end - self.span.start]


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a Chinese character. Clean frame.

    `known`: something known covers it. `joined`: it and the token before it belong to one known thing, or one word.
    """

    key: str
    span: Span
    known: bool = False
    joined: bool = False


def language_of(extraction: Extraction) -> str:
    """Return "zh", "en" or "fr"."""
    return extraction.document.registration.language.split("-")[0].lower()


def keys_of(words: str, language: str) -> Keys:
    """Return words as they are compared."""
    return tuple(words) if language == "zh" else tuple(word.key for word in words_of(words, language))


def lines_of(extraction: Extraction) -> Iterator[Line]:
    """Yield the sentences of a document, in order."""
    wording, clean = load_wording(language_of(extraction)), extraction.text.clean
    mentions, first = extraction.mentions, 0
    for sentence in extraction.structure.sentences:
        span = sentence.span
        while first < len(mentions) and mentions[first].span.start < span.start:
            first += 1
        end = first
        while end < len(mentions) and mentions[end].span.start < span.end:
            end += 1
        words = clean[span.start : span.end]
        subject = (Span(span.start + m.start(), span.start + m.end()) for m in wording.subject.finditer(words))
        inside = mentions[first:end]
        yield Line(words, span, inside, tuple(sorted({*(m.span for m in inside), *subject})))
        first = end


def runs_of(line: Line, language: str) -> Iterator[tuple[Token, ...]]:
    """Yield the tokens of a sentence, those without punctuation between them together."""
    covered, joined = _cover(line, load_wording(language))
    base = line.span.start

    def token(key: str, span: Span) -> Token:
        return Token(key, span, bool(covered[span.start - base]), bool(joined[span.start - base]))

    if language == "zh":
        for match in _HAN_RUN.finditer(line.text):
            places = range(base + match.start(), base + match.end())
            yield tuple(token(line.text[i - base], Span(i, i + 1)) for i in places)
        return
    run: list[Token] = []
    for word in words_of(line.text, language, base=base):
        if run and not _WITHIN_RUN.fullmatch(line.text[run[-1].span.end - base : word.span.start - base]):
            yield tuple(run)
            run = []
        run.append(token(word.key, word.span))
    if run:
        yield tuple(run)


def _cover(line: Line, wording: Wording) -> tuple[bytearray, bytearray]:
    """Return for each code point of the sentence whether it is known, and whether it is one with that before it."""
    covered, joined = bytearray(len(line.text)), bytearray(len(line.text))
    for span in line.known:
        start, end = span.start - line.span.start, min(span.end, line.span.end) - line.span.start
        covered[start:end] = b"\1" * (end - start)
        joined[start + 1 : end] = b"\1" * (end - start - 1)
    for match in wording.words.finditer(line.text):
        joined[match.start() + 1 : match.end()] = b"\1" * (len(match.group()) - 1)
    return covered, joined
