"""Damaged places: flagged where they stand, never repaired inside a quote."""

import re

from graph_builder.model import Span
from graph_builder.text.offsets import Tracked
from graph_builder.text.punctuation import is_question
from graph_builder.text.spacing import HAN

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"
_PRIVATE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010fffd\ufffd]+[A-Za-z]?")
_STRAY_GLOSS = re.compile(rf"(?<=[{HAN}])\??[a-z]*[(（]?[a-z]*[{_TONED}][a-z{_TONED}]*[)）]?(?=[{HAN}]|$)")
_TONE = re.compile(f"[{_TONED}]")
_MARK = re.compile(rf"(?<=[{HAN}])\?+(?=[{HAN}\d])|(?<=\d)\?+(?=[{HAN}])")
_NEAR = 2  # damaged places this near each other are one


def find_corrupted(text: Tracked, *, chinese: bool) -> tuple[Span, ...]:
    """Return the raw spans of damaged places, in text order.

    Damaged are private-use and replacement characters, stray tone letters, and `?` standing for a lost character.
    """
    found = [match.span() for match in _PRIVATE.finditer(text.chars)]
    if chinese and _TONE.search(text.chars):
        found += [match.span() for match in _STRAY_GLOSS.finditer(text.chars)]
    if chinese and "?" in text.chars:
        found += [m.span() for m in _MARK.finditer(text.chars) if not is_question(text.chars, m.start())]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start - merged[-1][1] <= _NEAR:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(Span(text.offsets[start], text.offsets[end - 1] + 1) for start, end in merged)
