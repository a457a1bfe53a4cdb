"""Latin-script words as the lexicon sees them: tokens with offsets, and the key under which their inflections meet."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import simplemma

from graph_builder.model import Span

_TOKEN = re.compile(r"(?:[A-Z]\.){2,}|\b[Cc]o-(?:operat|ordinat)\w+|[^\W_]+(?:'[^\W\d_]+)?", re.UNICODE)
_ELISION = re.compile(r"(?:l|d|n|s|c|j|m|t|qu|jusqu|lorsqu)'", re.IGNORECASE)

IGNORED = {
    "en": frozenset({"the", "a", "an"}),
    "fr": frozenset({"le", "la", "les", "l'", "un", "une"}),
}
"""Determiners: neither labels nor texts are matched on them."""

_CONTRACTED = {"fr": {"du": "de", "des": "de", "d'": "de", "au": "à", "aux": "à"}}

_UNKNOWN_PLURAL = re.compile(r"(?<=[^\W\d_]{3})(?<![siu])s$")
"""The plural ending of a word that the lemma dictionary lacks (chatbots, algorithmiques)."""

_SPELLING = (
    (re.compile(r"is(ation|e|er|ing|ed)$"), r"iz\1"),
    (re.compile(r"^(lab|behavi|fav|col|hon|endeav|neighb|harb)our"), r"\1or"),
    (re.compile(r"^centre$"), "center"),
    (re.compile(r"^programme$"), "program"),
    (re.compile(r"^(def|off)ence$"), r"\1ense"),
    (re.compile(r"^fulfil$"), "fulfill"),
    (re.compile(r"^co(operat|ordinat)"), r"co\1"),
    (re.compile(r"^peoples?$"), "people"),
)
"""Spellings that are one word: British and American, hyphenated prefixes."""


class Word(NamedTuple):
    """A token: its span in the text it was cut from, the surface, and its key (lemma, spelling levelled)."""

    span: Span
    surface: str
    key: str


@lru_cache(maxsize=1 << 16)
def key_of(surface: str, language: str) -> str:
    """Return the key of one token: its lemma in lower case, or the token itself where it is an acronym or a number.

    >>> key_of("bridging", "en"), key_of("ITU", "en"), key_of("organisations", "en")
    ('bridge', 'ITU', 'organization')
    """
    bare = surface.replace(".", "").replace("-", "")
    if any(c.isdigit() for c in bare) or (sum(c.isupper() for c in bare) > 1 and len(bare) < 7):
        return bare
    lower = bare.lower().replace("œ", "oe")
    contracted = _CONTRACTED.get(language, {}).get(lower)
    if contracted:
        return contracted
    if not simplemma.is_known(lower, lang=language):
        lower = _UNKNOWN_PLURAL.sub("", lower)
    lemma = str(simplemma.lemmatize(lower, lang=language)).lower()
    return level_spelling(lemma) if language == "en" else lemma


def level_spelling(word: str) -> str:
    """Return an English word in the one spelling that stands for all.

    >>> level_spelling("organisation"), level_spelling("labour")
    ('organization', 'labor')
    """
    for pattern, replacement in _SPELLING:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=8)
def cut_words(text: str, language: str) -> tuple[Word, ...]:
    """Return the words of a sentence (see `words_of`); several stages ask for those of the same one."""
    return tuple(words_of(text, language))


def words_of(text: str, language: str, *, base: int = 0) -> Iterator[Word]:
    """Yield the words of `text` in order, spans shifted by `base`; determiners are left out.

    A possessive 's is no part of a word, an elided article or preposition (l', d') is a word of its own.
    """
    ignored = IGNORED.get(language, frozenset())
    for match in _TOKEN.finditer(text):
        start, end, surface = match.start(), match.end(), match.group()
        if "'" in surface:
            elision = _ELISION.match(surface) if language == "fr" else None
            if elision:
                head = elision.group().lower()
                if head not in ignored:
                    yield Word(Span(base + start, base + start + elision.end()), head, key_of(head, language))
                start += elision.end()
                surface = surface[elision.end() :]
            elif surface.endswith("'s"):
                surface, end = surface[:-2], end - 2
        if (key := _key_or_none(surface, language)) is not None:
            yield Word(Span(base + start, base + end), surface, key)


@lru_cache(maxsize=1 << 16)
def _key_or_none(surface: str, language: str) -> str | None:
    """Return the key of a token, None for a determiner; in capitals it may be an acronym (UN, LA)."""
    shouted = len(surface) > 1 and surface.isupper()
    return None if surface.lower() in IGNORED.get(language, ()) and not shouted else key_of(surface, language)
