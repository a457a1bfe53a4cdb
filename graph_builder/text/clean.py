"""The one place where texts are cleaned: named steps over an offset map, repeated until nothing changes."""

from collections.abc import Callable

from graph_builder.model import CleanText
from graph_builder.text.corruption import find_corrupted
from graph_builder.text.glosses import remove_glosses
from graph_builder.text.markup import remove_emphasis, remove_link_targets, remove_tags
from graph_builder.text.offsets import Tracked
from graph_builder.text.punctuation import blank_lost_spaces, straighten_apostrophes, widen_punctuation
from graph_builder.text.script import simplify
from graph_builder.text.spacing import (
    close_up_chinese,
    collapse_spaces,
    compose,
    remove_invisible,
    unify_newlines,
    unify_spaces,
)
from graph_builder.text.wrapping import join_hyphenated, join_pages, join_wrapped_lines

Step = Callable[[Tracked], Tracked]

COMMON: tuple[Step, ...] = (compose, unify_newlines, unify_spaces, remove_invisible, remove_tags, remove_emphasis, remove_link_targets)
CHINESE: tuple[Step, ...] = (
    remove_glosses,
    blank_lost_spaces,
    join_wrapped_lines,
    collapse_spaces,
    close_up_chinese,
    widen_punctuation,
    simplify,
)
LATIN: tuple[Step, ...] = (straighten_apostrophes,)


def clean_text(raw: str, language: str) -> CleanText:
    """Return the clean reading of a raw text, with its offsets; `language` is the text's BCP 47 tag.

    Never NFKC: it changes lengths and full-width forms. Numbers and words stay as they are. A clean reading, cleaned
    again, is itself.

    >>> clean_text("數(shù)字 、智能(AI for good)", "zh-Hant").clean
    '数字、智能（AI for good）'
    """
    chinese = language.split("-")[0] == "zh"
    text = Tracked.of(raw)
    before = ""
    while text.chars != before:  # every step only shortens the text or moves it towards one form, so this ends
        before = text.chars
        for step in COMMON + (CHINESE if chinese else LATIN):
            text = step(text)
        if not chinese:
            text = join_hyphenated(join_pages(text), language.split("-")[0])
            text = collapse_spaces(join_wrapped_lines(text))
    corrupted = find_corrupted(text, chinese=chinese)
    return CleanText(raw, text.chars, (*text.offsets, len(raw)), corrupted)
