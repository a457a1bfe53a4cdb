"""What a line can be, and the measures by which it is told."""

import re
from dataclasses import dataclass

from graph_builder.model import RegionKind
from graph_builder.structure.lines import Line

PROSE = 90  # size from which a line without final punctuation is prose
LABEL = 150  # greatest size of a title, byline or heading


@dataclass(frozen=True, slots=True)
class Role:
    """What a line is, and why. A `passing` one says nothing about its neighbours (an image inside an article)."""

    kind: RegionKind
    reason: str
    passing: bool = False


BODY = Role("body", "running text")


def is_prose(line: Line) -> bool:
    """Tell whether a line reads like running text: it ends a sentence, or is long."""
    return (line.ended and not line.level) or line.size >= 2 * PROSE


def words_of(line: str) -> str:
    """Return the letters and digits of a line in small letters, to compare it with others."""
    return re.sub(r"[\W_]+", "", line).casefold()
