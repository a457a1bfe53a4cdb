"""Deadlines and quantities: closed grammars over the words of a frame."""

import calendar
import re
from datetime import date

from graph_builder.extraction.grammar import Grammar
from graph_builder.model import Precision, Span

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_DIGIT = re.compile(r"\d")
_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}
_WORDS = {
    w: n
    for n, ws in enumerate(
        ("zero", "one un une", "two deux", "three trois", "four quatre", "five cinq", "six", "seven sept", "eight huit",
         "nine neuf", "ten dix", "eleven onze", "twelve douze")
    )
    for w in ws.split()
}  # fmt: skip


def parse_number(words: str) -> int | None:
    """Return the number that Chinese numerals, digits or a small number word say; None for anything else.

    >>> parse_number("十"), parse_number("二十五"), parse_number("10"), parse_number("ten")
    (10, 25, 10, 10)
    """
    bare = words.replace(",", "").strip().lower()
    if bare.isascii() and bare.isdigit():
        return int(bare)
    if bare in _WORDS:
        return _WORDS[bare]
    total, digit = 0, 0
    for character in bare:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            return None
    return total + digit if bare else None


def find_deadline(text: str, zones: list[Span], names: list[Span], grammar: Grammar) -> tuple[date, Precision] | None:
    """Return the first deadline in the zones that is no part of a name ("2030 Agenda"), with its precision.

    A year or month means its last day.
    """
    if not _DIGIT.search(text):
        return None
    for rule in grammar.deadlines:
        for zone in zones:
            for match in rule.pattern.finditer(text, zone.start, zone.end):
                year = Span(match.start("y"), match.end("y"))
                if any(year.overlaps(name) for name in names):
                    continue
                parts = match.groupdict()
                month = _month(parts.get("m")) or 12
                last = calendar.monthrange(int(parts["y"]), month)[1]
                try:
                    return date(int(parts["y"]), month, int(parts.get("d") or last)), rule.precision
                except ValueError:
                    continue
    return None


def _month(words: str | None) -> int | None:
    if not words:
        return None
    if words.isdigit():
        return int(words) if 1 <= int(words) <= 12 else None
    names = (
        "jan",
        "feb fév",
        "mar",
        "apr avr",
        "may mai",
        "jun juin",
        "jul juil",
        "aug aoû",
        "sep",
        "oct",
        "nov",
        "dec déc",
    )
    return next((i for i, n in enumerate(names, 1) if any(words.lower().startswith(p) for p in n.split())), None)


def find_quantity(text: str, zones: list[Span], names: list[Span], grammar: Grammar) -> int | None:
    """Return the first counted number in the zones that is no part of a name."""
    for pattern in grammar.quantities:
        for zone in zones:
            for match in pattern.finditer(text, zone.start, zone.end):
                if any(Span(match.start("n"), match.end("n")).overlaps(name) for name in names):
                    continue
                if re.fullmatch(r"[12]\d{3}", match["n"]):
                    continue
                number = parse_number(match["n"])
                if number:
                    return number
    return None
