"""Newlines, spaces and invisible characters, brought to one form."""

import re
from unicodedata import normalize

from graph_builder.text.offsets import Tracked

HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
CJK_MARKS = r"\u3001\u3002\u3008-\u3011\u2014\u2018\u2019\u201c\u201d\u2026\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"

# A pattern that begins with what is rare is found ten times faster: what stands before is looked at behind it.
_MARKS = re.compile(r"[\u0300-\u036f]")
_DECOMPOSED = re.compile(r"\w[\u0300-\u036f]+")
_ODD_NEWLINE = re.compile(r"[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_NEWLINES = re.compile(r"(?:\r\n|\r|\n)\f|\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_TABS = re.compile(r"(?m)\t(?<=[^\W_]\t)(?<!^\d\t)(?<!^\d\d\t)(?=\w)")
_INVISIBLE = re.compile(r"[\ufeff\u200b-\u200f\u00ad\u2060\u202a-\u202e\u2066-\u2069]")
_RUNS = re.compile(r"  (?<=\S  ) *(?=\S)")
_BEFORE_MARKS = re.compile(rf" (?:(?<=\S ) *(?=[，。、；：？！）》」』】”])|(?<=[{HAN}{CJK_MARKS}] ) *(?=[,;:!?)]))")
_BETWEEN_HAN = re.compile(rf" (?<=[{HAN}，、；：（《“] ) *(?=[{HAN}《“])")


def compose(text: Tracked) -> Tracked:
    """Write a letter and the marks behind it as one code point, where there is one (NFC).

    >>> compose(Tracked.of("re\u0301solution")).chars
    'résolution'
    """
    if text.chars.isascii() or not _MARKS.search(text.chars):
        return text
    return text.replaced(_DECOMPOSED, lambda match: normalize("NFC", match.group()))


def unify_newlines(text: Tracked) -> Tracked:
    r"""Write every form of line end as \n; a page break after a line end is no blank line."""
    return text.replaced(_NEWLINES, "\n") if _ODD_NEWLINE.search(text.chars) else text


def unify_spaces(text: Tracked) -> Tracked:
    """Write every width of space as U+0020, and a tab between two words, where it is not behind a number."""
    if "\t" in text.chars:
        text = text.replaced(_TABS, " ")
    return text if text.chars.isascii() else text.replaced(_SPACES, " ")


def remove_invisible(text: Tracked) -> Tracked:
    """Take out byte order marks, zero-width characters, soft hyphens and direction marks."""
    return text if text.chars.isascii() else text.replaced(_INVISIBLE, "")


def collapse_spaces(text: Tracked) -> Tracked:
    """Shorten runs of spaces inside a line to one; indents stay, they carry the level of lists."""
    return text.replaced(_RUNS, " ")


def close_up_chinese(text: Tracked) -> Tracked:
    """Take out spaces before Chinese punctuation and between Han characters; only for Chinese texts."""
    return text.replaced(_BEFORE_MARKS, "").replaced(_BETWEEN_HAN, "")
