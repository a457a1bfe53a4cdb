"""Numbers and bullets at the beginnings of lines, read as series: a line joins the series that expects it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph_builder.structure.lines import HAN, Line

_HAN_NUMBER = "〇零一二三四五六七八九十百"
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_NAMED = r"\s+(?P<n>\d{1,3}|[IVXLC]{1,7}|premier|1er)\b\s*[.:–—-]?\s*"


@dataclass(frozen=True, slots=True)
class Format:
    """A way of numbering. `rank` orders formats from coarse to fine; `sure`: a single line shows it beyond doubt."""

    name: str
    rank: int
    pattern: re.Pattern[str]
    sure: bool = False


def _format(name: str, rank: int, pattern: str, *, sure: bool = False) -> Format:
    return Format(name, rank, re.compile(pattern), sure)


FORMATS: tuple[Format, ...] = (
    _format("chapter", 10, rf"(?i:chapter|chapitre|part|partie|titre|annexe?){_NAMED}", sure=True),
    _format("chapter-zh", 10, rf"第(?P<n>[{_HAN_NUMBER}]+|\d+)(?:章|部分|编)\s*[：、]?\s*", sure=True),
    _format("section", 20, rf"(?i:section){_NAMED}", sure=True),
    _format("section-zh", 20, rf"第(?P<n>[{_HAN_NUMBER}]+|\d+)节\s*[：、]?\s*", sure=True),
    _format("article", 30, rf"(?i:article){_NAMED}", sure=True),
    _format("article-zh", 30, rf"第(?P<n>[{_HAN_NUMBER}]+|\d+)条\s*[：、]?\s*", sure=True),
    _format("principle", 32, rf"(?i:principle|principe|recommendation|recommandation|goal|pillar|action){_NAMED}"),
    _format("roman", 40, r"(?P<n>[IVXLC]{1,7})\s?[.．、)]\s*(?=\S)"),
    _format("han", 40, rf"(?P<n>[{_HAN_NUMBER}]{{1,4}})\s*[、．]\s*", sure=True),
    _format("capital", 45, r"(?P<n>[A-Z])[.)]\s+"),
    _format("han-bracket", 50, rf"[（(](?P<n>[{_HAN_NUMBER}]{{1,4}})[)）]\s*", sure=True),
    _format("arabic", 60, rf"(?P<n>\d{{1,3}})\s?[.．、](?:\s+|(?=[{HAN}“《（A-Z]))"),
    _format("decimal", 61, rf"(?P<n>\d{{1,2}}(?:\.\d{{1,2}}){{1,3}})\.?(?:\s+|(?=[{HAN}]))"),
    _format("bare", 62, r"(?P<n>\d{1,3})(?:\t| (?=[A-ZÀ-Ý]))\s*"),
    _format("bracket", 65, r"[（(](?P<n>\d{1,2})[)）]\s*", sure=True),
    _format("half-bracket", 65, r"(?P<n>\d{1,2})[)）]\s*"),
    _format("letter", 80, r"[（(]?(?P<n>[a-z])[.)）]\s+"),
    _format("bare-letter", 82, r"(?P<n>[a-z])\t\s*"),
    _format("small-roman", 90, r"[（(]?(?P<n>[ivx]{1,5})[.)）]\s*(?=\S)"),
)
BULLET = Format("bullet", 100, re.compile(r"(?:[-*+o]\s+|[–—‒•·▪◦►●○■□]\s*)(?=\S)"), sure=True)
ENUMERATOR = re.compile(rf"[（(](?:\d{{1,2}}|[a-z]|[ivx]{{1,5}}|[{_HAN_NUMBER}]{{1,3}})[)）]\s*|[①-⑳]\s*")
"""An enumerator inside a line, before a part of a sentence."""


@dataclass(frozen=True, slots=True)
class Marker:
    """The number or bullet of a line: `length` characters of it, `series` tells restarts of one format apart."""

    format: Format
    value: int
    length: int
    series: int = 0

    @property
    def bullet(self) -> bool:
        """Whether it is a bullet, which counts nothing."""
        return self.format.name == "bullet"


def parse_number(words: str) -> int | None:
    """Return the value of an Arabic, Roman or Han number (of a decimal one its last part), None if it is none.

    >>> [parse_number(n) for n in ("12", "XIV", "二十三", "十", "2.3")]
    [12, 14, 23, 10, 3]
    """
    if "." in words:
        return int(words.rsplit(".", 1)[1])
    if words.isdecimal():
        return int(words)
    if words[0] in _HAN_NUMBER:
        return _han_value(words)
    if words in ("premier", "1er"):
        return 1
    if all(char in _ROMAN for char in words.lower()):
        return _roman_value(words.lower())
    return None


def _han_value(words: str) -> int:
    total, digit = 0, 0
    for char in words:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = "零一二三四五六七八九".find(char.replace("〇", "零"))
    return total + digit


def _roman_value(words: str) -> int:
    values = [_ROMAN[char] for char in words]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def find_candidates(line: Line) -> tuple[Marker, ...]:
    """Return every reading of a line's beginning as a marker, before the series decide."""
    found = []
    for form in FORMATS:
        match = form.pattern.match(line.text)
        if match and match.end() < len(line.text):
            number = match.group("n")
            value = ord(number) - ord("a") + 1 if form.name in ("letter", "bare-letter") else parse_number(number)
            if form.name == "capital":
                value = ord(number) - ord("A") + 1
            if form.name == "decimal":
                form = Format(f"decimal-{number.count('.')}", form.rank + number.count("."), form.pattern)
            if value:
                found.append(Marker(form, value, match.end()))
    bullet = BULLET.pattern.match(line.text)
    if bullet and not found:
        depth = line.indent // 2
        found.append(Marker(Format(f"bullet-{depth}", BULLET.rank + depth, BULLET.pattern, True), 0, bullet.end()))
    return tuple(found)


def find_markers(lines: Sequence[Line]) -> tuple[Marker | None, ...]:
    """Return the marker of every line, None where it has none.

    A candidate counts if its format is beyond doubt, or if it begins a series, goes on with one (the same number again
    is a lost counter) or is gone on with.
    """
    candidates = [find_candidates(line) for line in lines]
    markers: list[Marker | None] = []
    last: dict[str, int] = {}
    series: dict[str, int] = {}
    latest = {(m.format.name, m.value): at for at, found in enumerate(candidates) for m in found}
    ranks = {m.format.name: m.format.rank for found in candidates for m in found}
    for at, found in enumerate(candidates):
        accepted = [
            m
            for m in found
            if _accepts(m, last.get(m.format.name), followed=latest.get((m.format.name, m.value + 1), -1) > at)
        ]
        best = min(accepted, key=lambda m: _misfit(m, last.get(m.format.name)), default=None)
        if best is not None and best.value:
            name = best.format.name
            if best.value <= last.get(name, best.value) and not _repeats(best, last.get(name)):
                series[name] = series.get(name, 0) + 1
            for finer in [other for other in last if other != name and ranks[other] > best.format.rank]:
                del last[finer]
            last[name] = best.value
            best = Marker(best.format, best.value, best.length, series.get(name, 0))
        markers.append(best)
    return tuple(markers)


def _repeats(marker: Marker, previous: int | None) -> bool:
    return marker.format.name == "arabic" and marker.value == previous


def _accepts(marker: Marker, previous: int | None, *, followed: bool) -> bool:
    name, value = marker.format.name, marker.value
    if name.startswith("bullet") or marker.format.sure:
        return True
    if previous is not None and (0 < value - previous <= 3 or _repeats(marker, previous)):
        return True
    if name in ("bare", "bare-letter", "capital", "roman", "letter", "small-roman"):
        return (followed and (value == 1 or name == "roman")) or (
            name == "roman" and value > 1 and value != 5 and value < 50
        )
    return value == 1 or followed


def _misfit(marker: Marker, previous: int | None) -> tuple[int, int]:
    """Order rival readings: the next expected value, then a beginning; then the coarser format."""
    if previous is not None and marker.value == previous + 1:
        return (0, marker.format.rank)
    return (1 if marker.value == 1 else 2, marker.format.rank)
