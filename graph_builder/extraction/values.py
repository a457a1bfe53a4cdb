"""Deadlines and quantities: closed grammars over the words of a frame."""

import calendar
import re
from datetime import date

from graph_builder.extraction.frames import Context
from graph_builder.extraction.grammar import DeadlineRule, Grammar
from graph_builder.model import Precision, Span

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_TIME = re.compile(r"\d|年|year|année", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d)[ ,.\u00a0\u202f](?=\d{3}\b)")
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
    bare = _THOUSANDS.sub("", words).strip().lower()
    if bare.isascii() and bare.isdigit():
        return int(bare)
    if bare in _WORDS:
        return _WORDS[bare]
    if bare and all(character in _DIGITS for character in bare):
        return int("".join(str(_DIGITS[character]) for character in bare))  # 二〇二七
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


def find_deadline(text: str, zones: list[Span], names: list[Span], context: Context) -> tuple[date, Precision] | None:
    """Return the first deadline in the zones that is no part of a name ("2030 Agenda"), with its precision.

    A year or month means its last day; "next year" counts from the document's date, and is none where that is unknown.
    """
    if not _TIME.search(text):
        return None
    for rule in context.grammar.deadlines:
        if context.issued is None and (rule.ahead or rule.years_on is not None):
            continue
        for zone in zones:
            for match in rule.pattern.finditer(text, zone.start, zone.end):
                if any(Span(match.start(), match.end()).overlaps(name) for name in names):
                    continue
                found = _date_of(match.groupdict(), rule, context.issued)
                if found:
                    return found, rule.precision
    return None


def _date_of(parts: dict[str, str | None], rule: DeadlineRule, issued: date | None) -> date | None:
    """Return the day that the groups of a pattern name; None for a day that does not exist or lies behind."""
    if rule.years_on is not None and issued is not None:
        year: int | None = issued.year + rule.years_on
    else:
        year = parse_number(parts.get("y") or "")
    month = _month(parts.get("m")) or 12
    if year is None or not date.min.year <= year <= date.max.year:
        return None
    if rule.ahead and issued is not None and year < issued.year:
        return None
    last = calendar.monthrange(year, month)[1]
    day = int(parts.get("d") or last)
    return date(year, month, day) if 1 <= day <= last else None


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
