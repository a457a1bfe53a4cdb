"""The cues: page furniture, topical words, abbreviations, per language, as data."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from graph_builder.model import RegionKind
from graph_builder.structure.topical import TopicalWords

LANGUAGES = ("en", "fr", "zh")


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern that gives a line of at most `to` characters its kind; `passing` cues also occur inside documents.

    It is kept in two: the alternatives that stand at the beginning of a line, and those that stand anywhere.
    """

    kind: RegionKind
    opening: re.Pattern[str] | None
    anywhere: re.Pattern[str] | None
    reason: str
    to: int
    passing: bool

    def answers_to(self, line: str) -> bool:
        """Tell whether a line has this cue."""
        if len(line) > self.to:
            return False
        if self.opening is not None and self.opening.match(line):
            return True
        return self.anywhere is not None and self.anywhere.search(line) is not None


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of all languages together: a page in one language often has its furniture in another.

    `opening` matches where any cue does that stands at the beginning of a line; `anywhere` are the cues of the others.
    """

    furniture: tuple[Cue, ...]
    opening: re.Pattern[str]
    anywhere: tuple[Cue, ...]
    headings: frozenset[str]
    deck: re.Pattern[str]
    topical: TopicalWords
    starters: frozenset[str]
    abbreviations: frozenset[str]

    def find(self, line: str) -> Cue | None:
        """Return the first cue that a line answers to."""
        cues = self.furniture if self.opening.match(line) else self.anywhere
        return next((cue for cue in cues if cue.answers_to(line)), None)


@cache
def load_cues() -> Cues:
    """Read the cue files of all languages; adverts and notices are tried before metadata."""
    data = [yaml.safe_load((files(__name__) / f"{language}.yaml").read_text("utf-8")) for language in LANGUAGES]
    kinds: tuple[RegionKind, ...] = ("advert", "boilerplate", "metadata")
    furniture = tuple(
        Cue(
            kind,
            *_compile(row["pattern"]),
            row["reason"],
            row.get("to", 10_000),
            row.get("passing", False),
        )
        for kind in kinds
        for part in data
        for row in part[kind]
    )
    deck = "|".join(re.escape(word) for part in data for word in part["deck"])
    return Cues(
        furniture=furniture,
        opening=re.compile("|".join(cue.opening.pattern for cue in furniture if cue.opening), re.IGNORECASE),
        anywhere=tuple(cue for cue in furniture if cue.anywhere),
        headings=frozenset(str(word).casefold() for part in data for word in part["headings"]),
        deck=re.compile(rf"^(?:{deck})\s?[：:]\s*", re.IGNORECASE),
        topical=TopicalWords(str(word) for part in data for word in part["topical"]),
        starters=frozenset(word for part in data for word in part["starters"]),
        abbreviations=frozenset(str(word) for part in data for word in part["abbreviations"]),
    )


def _compile(pattern: str) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    """Return the alternatives of a pattern that begin with ^, and the others; None where there are none."""
    alternatives = _split(pattern)
    opening = "|".join(each for each in alternatives if each.startswith("^"))
    anywhere = "|".join(each for each in alternatives if not each.startswith("^"))
    return (
        re.compile(opening, re.IGNORECASE) if opening else None,
        re.compile(anywhere, re.IGNORECASE) if anywhere else None,
    )


def _split(pattern: str) -> list[str]:
    """Return the alternatives of a pattern.

    >>> _split("^a(?:b|c)|[|)]d|e")
    ['^a(?:b|c)', '[|)]d', 'e']
    """
    found, depth = [""], 0
    for token in re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", pattern, re.DOTALL):
        depth += (token == "(") - (token == ")")
        if token == "|" and not depth:
            found.append("")
        else:
            found[-1] += token
    return found
