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
        if re.search(r"[^\W\d_]", body) and not _CONNECTIVE.fullmatch(body):
            yield start + lead, start + lead + len(body)
        start = end


def _han_stops(text: str) -> Iterator[int]:
    for match in _HAN_STOP.finditer(text):
        before, rest = text[: match.start()], text[match.end() :]
        closed = match.group()[-1] in '”’」』）)》】"'
        inside = any(before.count(left) > before.count(right) and right in rest for left, right in _BRACKETS.items())
        if not inside and "》" not in match.group() and not (closed and _GOES_ON.match(rest)):
            yield match.end()


def _latin_stops(text: str, cues: Cues) -> Iterator[int]:
    for match in _LATIN_STOP.finditer(text):
        rest = text[match.end() :].lstrip()
        small = rest.lstrip("\"'“‘«([ ")[:1].islower()
        if ";" in match.group() or not rest or not (small or _abbreviates(text[: match.start() + 1], rest, cues)):
            yield match.end()


def _abbreviates(before: str, rest: str, cues: Cues) -> bool:
    """Tell whether the full stop that `before` ends with belongs to an abbreviation."""
    if not before.endswith("."):
        return False
    if _ACRONYM.search(before):
        first = re.match(r"[\w']+", rest.lstrip('"“‘«( '))
        return not (first and first.group() in cues.starters and len(_tail(before)) > 2)
    return _tail(before).rstrip(".") in cues.abbreviations


def _tail(before: str) -> str:
    match = _WORD.search(before)
    return match.group() if match else ""
