"""Punctuation brought to the form that the grammars expect, one code point for one."""

import re

from graph_builder.text.offsets import Edit, Tracked
from graph_builder.text.spacing import CJK_MARKS, HAN

_FULL_WIDTH = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）"}
_BESIDE_HAN = re.compile(rf"[,;:!?](?:(?<=[{HAN}{CJK_MARKS}][,;:!?])|(?=[{HAN}{CJK_MARKS}]))")
_BRACKETS = re.compile(r"[()（）\n]")
_CHINESE = re.compile(rf"[{HAN}{CJK_MARKS}]")
_ASKING = re.compile(r"什么|怎|哪|如何|为何|何以|何时|何处|何在|何种|是否|能否|可否|吗|呢|谁|几|多少|孰")
_LOST_SPACES = re.compile(r"(?m)^([ \t]*)(\?{2,})(?=[^\s?])")
_APOSTROPHES = re.compile(r"[’ʼ`´](?<=\w[’ʼ`´])(?=\w|[\s,.;:)]|$)")
_HYPHENS = re.compile(r"[\u2010\u2011](?<=\w[\u2010\u2011])(?=\w)")
_WIDE_WORDS = re.compile("[０-９Ａ-Ｚａ-ｚ]+")
_NARROW = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B)}
_REACH = 40  # code points of a question that may stand between its asking word and its mark


def is_question(chars: str, at: int) -> bool:
    """Tell whether the `?` at `at` ends a question rather than standing for a lost character."""
    before = re.split(r"[。！？；\n]", chars[max(0, at - _REACH) : at])[-1]
    return bool(_ASKING.search(before)) or chars[at + 1 : at + 2] in ("", "\n")


def blank_lost_spaces(text: Tracked) -> Tracked:
    """Write `??` at the start of a line, where ideographic spaces were lost, as spaces again."""
    if "??" not in text.chars:
        return text
    return text.replaced(_LOST_SPACES, lambda match: match.group().replace("?", " "))


def widen_punctuation(text: Tracked) -> Tracked:
    """Write ASCII punctuation that touches Chinese in full width; a `?` only where a question is asked."""

    def widen(match: re.Match[str]) -> str | None:
        mark = match.group()
        before, after = text.chars[match.start() - 1 : match.start()], text.chars[match.end() : match.end() + 1]
        if mark in ",:" and before.isdigit() and after.isdigit():
            return None
        return None if mark == "?" and not is_question(text.chars, match.start()) else _FULL_WIDTH[mark]

    return _widen_brackets(text.replaced(_BESIDE_HAN, widen))


def _widen_brackets(text: Tracked) -> Tracked:
    """Widen pairs of brackets that touch Chinese on one side or hold it; an unpaired bracket stays."""
    edits: list[Edit] = []
    open_at: list[int] = []
    for match in _BRACKETS.finditer(text.chars):
        bracket, at = match.group(), match.start()
        if bracket == "\n":
            open_at.clear()
        elif bracket in "(（":
            open_at.append(at)
        elif open_at:
            start = open_at.pop()
            around = text.chars[max(0, start - 1) : start] + text.chars[start + 1 : at] + text.chars[at + 1 : at + 2]
            if _CHINESE.search(around):
                edits += [(start, start + 1, "（"), (at, at + 1, "）")]
    return text.edited(sorted(edits))


def narrow_words(text: Tracked) -> Tracked:
    """Write letters and digits of full width (ＡＩ, ２０３０) as ASCII."""
    return text.replaced(_WIDE_WORDS, lambda match: match.group().translate(_NARROW))


def straighten_apostrophes(text: Tracked) -> Tracked:
    """Write typographic apostrophes and hyphens of Latin text as ASCII."""
    return text.replaced(_APOSTROPHES, "'").replaced(_HYPHENS, "-")
