"""Titles that a text cites and the vocabulary has no id for: kept as candidates, never forced into a known id."""

import re
from collections.abc import Sequence
from functools import cache

from graph_builder.extraction.grammar import any_of, load_grammar
from graph_builder.model import Candidate, Mention, Span

_ZH_TITLE = re.compile(r"《(?P<title>[^《》\n]{2,60})》")
_NAME = r"(?:[dlDL]')?[A-ZÀ-Ý][\w'-]*"


@cache
def _opening(language: str) -> re.Pattern[str]:
    """Return what opens a sentence and is no part of a title: its verb ("Recalling Resolution …"), an article."""
    article = any_of(load_grammar(language).words["articles"])
    return re.compile(rf"(?:\w+(?:ing|ant)\s+|\w+\s+(?={article}))?(?:{article})?", re.IGNORECASE)


@cache
def _titles(language: str) -> re.Pattern[str]:
    """Return the pattern of titles: names around one of the nouns that instruments are called by."""
    if language == "zh":
        return _ZH_TITLE
    words = load_grammar(language).words
    nouns, link = any_of(words["titles"]["nouns"]), any_of(words["titles"]["links"])
    another = rf"(?!{any_of(words['coordinators'])}\s+{any_of(words['articles'])})"  # "X and the Y" are two
    before = rf"(?:{_NAME}\s+(?:{another}(?:{link}\s+)?{_NAME}\s+){{0,12}}?)?"
    behind = rf"(?:\s+{another}(?:{link}\s+){{0,3}}{_NAME})*"
    return re.compile(rf"(?<!\w)(?P<title>{before}{nouns}\b{behind})")


def find_candidates(
    text: str, language: str, mentions: Sequence[Mention], names: frozenset[str]
) -> tuple[Candidate, ...]:
    """Return the titles in a sentence (its own frame) that no known instrument or event covers, in text order."""
    known = [m.span for m in mentions if m.target in names and not m.target.startswith("actor/")]
    found = []
    for match in _titles(language).finditer(text):
        span = Span(match.start("title"), match.end("title"))
        if span.start == 0 and language != "zh" and (opening := _opening(language).match(text)):
            span = Span(opening.end(), span.end)
        title = text[span.start : span.end].strip()
        named = language == "zh" or sum(bool(re.search(r"(?:^|')[A-ZÀ-Ý]", word)) for word in title.split()) > 1
        if named and span.start < span.end and not any(span.overlaps(k) for k in known):
            found.append(Candidate(span, "instrument", title))
    return tuple(found)
