"""Tell documents of the field from pages about something else, which bear words of the vocabulary but no statements."""

import re
from collections.abc import Sequence

from graph_builder.extraction.grammar import Grammar
from graph_builder.model import CleanText, DocumentStructure, Mention, Statement

_LEAST_MENTIONS = 4.0
_LEAST_ALONE = 6.0
_LEAST_FIELD = 0.5
_MOST_READER = 3.0
"""Per thousand characters of running text (a Chinese one counts as three): mentions of topics (more
of them where no actor is named), words of the field, words that address the reader."""
_LEAST_TEXT = 0.6
"""Thousands of characters below which a text is too short to tell."""
_FEW_ACTORS = 2
_SOME_ACTORS = 4
_MANY_STATEMENTS = 8


def is_of_field(
    text: CleanText,
    structure: DocumentStructure,
    mentions: Sequence[Mention],
    statements: Sequence[Statement],
    grammar: Grammar,
) -> bool:
    """Tell whether a document speaks of AI and digital governance.

    A text of a few lines always does. A longer one does not where it has few words of the vocabulary or none of the
    field, where it addresses its reader and names hardly an actor (product pages, privacy policies), or where it only
    tells and names nobody (announcements). Chosen on texts of both kinds in three languages; `aigov evaluate` reports
    what comes of unrelated pages.
    """
    words = " ".join(text.clean[s.span.start : s.span.end] for s in structure.sentences)
    thousands = len(words) * (3 if grammar.language == "zh" else 1) / 1000
    if thousands < _LEAST_TEXT or not statements:
        return True
    topics = sum(not m.target.startswith("actor/") for m in mentions)
    actors = len({m.target for m in mentions if m.target.startswith("actor/")})
    field, reader = (len(re.findall(grammar.words[key], words, re.IGNORECASE)) for key in ("field", "reader"))
    if topics < (_LEAST_MENTIONS if actors else _LEAST_ALONE) * thousands:
        return False
    if reader >= _MOST_READER * thousands and actors <= _FEW_ACTORS:
        return False
    if field < _LEAST_FIELD * thousands and actors <= _SOME_ACTORS:
        return False
    performed = sum(s.cue is not None for s in statements)
    return not (actors < _FEW_ACTORS and len(statements) >= _MANY_STATEMENTS and performed * 5 < len(statements))
