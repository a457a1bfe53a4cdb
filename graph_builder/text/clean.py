"""The one place where texts are cleaned: named steps over an offset map, repeated until nothing changes."""

from array import array
from collections.abc import Callable, Sequence
from functools import partial

from graph_builder.model import CleanText
from graph_builder.text.corruption import find_corrupted
from graph_builder.text.glosses import remove_glosses
from graph_builder.text.markup import remove_emphasis, remove_link_targets, remove_tags
from graph_builder.text.offsets import Tracked
from graph_builder.text.punctuation import blank_lost_spaces, narrow_words, straighten_apostrophes, widen_punctuation
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

COMMON: tuple[Step, ...] = (
    compose,
    unify_newlines,
    unify_spaces,
    remove_invisible,
    remove_tags,
    remove_emphasis,
    remove_link_targets,
)
CHINESE: tuple[Step, ...] = (
    narrow_words,
    remove_glosses,
    blank_lost_spaces,
    join_wrapped_lines,
    collapse_spaces,
    close_up_chinese,
    widen_punctuation,
    simplify,
)


def list_steps(language: str) -> tuple[Step, ...]:
    """Return the steps for a language ("zh", "en"), in order."""
    if language == "zh":
        return COMMON + CHINESE
    hyphens = partial(join_hyphenated, language=language)
    return (*COMMON, straighten_apostrophes, join_pages, hyphens, join_wrapped_lines, collapse_spaces)


def clean_text(raw: str, language: str) -> CleanText:
    """Return the clean reading of a raw text, with its offsets; `language` is the text's BCP 47 tag.

    Never NFKC: it changes lengths and full-width marks. Numbers and words stay as they are, but for their width. A
    clean reading, cleaned again, is itself.

    >>> clean_text("數(shù)字 、智能(AI for good)", "zh-Hant").clean
    '数字、智能（AI for good）'
    """
    primary = language.split("-")[0]
    text, steps, at, idle = Tracked.of(raw), list_steps(primary), 0, 0
    while idle < len(steps):  # every step only shortens the text or moves it towards one form, so this ends
        before, text = text, steps[at](text)
        idle = idle + 1 if text.chars == before.chars else 0
        at = (at + 1) % len(steps)
    corrupted = find_corrupted(text, chinese=primary == "zh")
    return CleanText(raw, text.chars, _closed(text.offsets, len(raw)), corrupted)


def _closed(offsets: Sequence[int], end: int) -> Sequence[int]:
    """Return the offsets with one more for the end."""
    return offsets + array("I", [end]) if isinstance(offsets, array) else range(end + 1)
