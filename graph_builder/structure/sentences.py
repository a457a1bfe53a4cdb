"""Sentences inside one paragraph: where they begin and end."""

import re
from collections.abc import Iterator

from graph_builder.structure.cues import Cues
from graph_builder.structure.numbering import ENUMERATOR

_HAN_STOP = re.compile(r"[。！？；]+[”’」』）)》】\"]*")
_LATIN_STOP = re.compile(
    r"(?:[.!?…]+|\s?;)[\"'”’»)\]]*(?:\s?»)?(?:\[\d+\]|\d{1,2}(?=\s+[A-ZÀ-Ý]))?(?=\s|$)"  # with closers, notes
    r"|;(?=\s)"
    r"|(?<=[a-z]{3})[.!?](?=[A-Z][a-z]+(?:\s|$))"  # the next sentence glued to this one
)
_CONNECTIVE = re.compile(r"(?:and|or|et|ou|及|和|以及)[,;:，；]?", re.IGNORECASE)
_ACRONYM = re.compile(r"(?:^|[\s(“\"'«])(?:[A-Za-zÀ-ÿ]\.){1,}$")
_WORD = re.compile(r"[\w.'’-]+$")
_SPACES = re.compile(r"\s*")
_OPENERS = re.compile(r"[\"'“‘«(\[ ]*")
_FIRST_WORD = re.compile(r"[\"“‘«( ]*([\w']+)")
_LETTER = re.compile(r"[^\W\d_]")
_BRACKETS = {"（": "）", "(": ")", "《": "》"}
_GOES_ON = re.compile(r"[，、的之等和与及或”’）》]")


def split_sentences(text: str, *, chinese: bool, cues: Cues) -> Iterator[tuple[int, int]]:
    """Yield start and end (offsets into `text`) of its sentences, in order, without outer spaces and enumerators.

    Chinese up to 。！？； or the end, English and French up to `.` `!` `?` `;` or the end; closing quotes and brackets
    belong to the sentence, abbreviations and decimals do not end one.

    >>> from graph_builder.structure.cues import load_cues
    >>> words = "The U.N. General Assembly met, e.g. in New York. It adopted 2.5 pages."
    >>> [words[a:b] for a, b in split_sentences(words, chinese=False, cues=load_cues())]
    ['The U.N. General Assembly met, e.g. in New York.', 'It adopted 2.5 pages.']
    """
    stops = _han_stops(text) if chinese else _latin_stops(text, cues)
    start = 0
    for end in (*stops, len(text)):
        part = text[start:end]
        lead = len(part) - len(part.lstrip())
        if enumerator := ENUMERATOR.match(part, lead):
            lead = enumerator.end()
        body = part[lead:].rstrip()
        if _LETTER.search(body) and not _CONNECTIVE.fullmatch(body):
            yield start + lead, start + lead + len(body)
        start = end


def _han_stops(text: str) -> Iterator[int]:
    last = {right: text.rfind(right) for right in _BRACKETS.values()}
    opened = dict.fromkeys(_BRACKETS, 0)  # brackets opened and not closed, up to `done`
    done = 0
    for match in _HAN_STOP.finditer(text):
        start, end = match.span()
        for left, right in _BRACKETS.items():
            opened[left] += text.count(left, done, start) - text.count(right, done, start)
        done = start
        closed = text[end - 1] in '”’」』）)》】"'
        inside = any(opened[left] > 0 and last[right] >= end for left, right in _BRACKETS.items())
        if not inside and "》" not in match.group() and not (closed and _GOES_ON.match(text, end)):
            yield end


def _latin_stops(text: str, cues: Cues) -> Iterator[int]:
    for match in _LATIN_STOP.finditer(text):
        begin = _skip(_SPACES, text, match.end())
        first = _skip(_OPENERS, text, begin)
        small = text[first : first + 1].islower()
        ended = ";" in match.group() or begin == len(text)
        if ended or not (small or _abbreviates(text, match.start(), begin, cues)):
            yield match.end()


def _skip(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _abbreviates(text: str, stop: int, begin: int, cues: Cues) -> bool:
    """Tell whether the mark at `stop` is a full stop of an abbreviation; the text goes on at `begin`."""
    if text[stop] != ".":
        return False
    before = text[max(0, text.rfind(" ", 0, stop)) : stop + 1]
    if _ACRONYM.search(before):
        first = _FIRST_WORD.match(text, begin)
        return not (first and first[1] in cues.starters and len(_tail(before)) > 2)
    return _tail(before).rstrip(".") in cues.abbreviations


def _tail(before: str) -> str:
    match = _WORD.search(before)
    return match.group() if match else ""
