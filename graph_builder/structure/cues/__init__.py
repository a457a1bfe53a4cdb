"""The cues: page furniture, topical words, abbreviations, per language, as data."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from graph_builder.model import RegionKind

LANGUAGES = ("en", "fr", "zh")


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern that gives a line of at most `to` characters its kind; `passing` cues also occur inside documents."""

    kind: RegionKind
    pattern: re.Pattern[str]
    reason: str
    to: int
    passing: bool


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of all languages together: a page in one language often has its furniture in another."""

    furniture: tuple[Cue, ...]
    headings: frozenset[str]
    deck: re.Pattern[str]
    topical: re.Pattern[str]
    starters: frozenset[str]
    abbreviations: frozenset[str]

    def find(self, line: str) -> Cue | None:
        """Return the first cue that a line answers to."""
        return next((cue for cue in self.furniture if len(line) <= cue.to and cue.pattern.search(line)), None)

    def density(self, line: str) -> float:
        """Return the share (0 to 1) of a line's characters that stand in topical words."""
        return sum(len(match.group()) for match in self.topical.finditer(line)) / max(1, len(line))


@cache
def load_cues() -> Cues:
    """Read the cue files of all languages; adverts and notices are tried before metadata."""
    data = [yaml.safe_load((files(__name__) / f"{language}.yaml").read_text("utf-8")) for language in LANGUAGES]
    kinds: tuple[RegionKind, ...] = ("advert", "boilerplate", "metadata")
    furniture = tuple(
        Cue(
            kind,
            re.compile(row["pattern"], re.IGNORECASE),
            row["reason"],
            row.get("to", 10_000),
            row.get("passing", False),
        )
        for kind in kinds
        for part in data
        for row in part[kind]
    )
    words = sorted({str(word) for part in data for word in part["topical"]}, key=lambda word: (-len(word), word))
    latin = "|".join(re.escape(word) for word in words if word.isascii() or (word[0].isalpha() and word < "\u2000"))
    han = "|".join(re.escape(word) for word in words if word >= "\u2000")
    deck = "|".join(re.escape(word) for part in data for word in part["deck"])
    return Cues(
        furniture=furniture,
        headings=frozenset(str(word).casefold() for part in data for word in part["headings"]),
        deck=re.compile(rf"^(?:{deck})\s?[：:]\s*", re.IGNORECASE),
        topical=re.compile(rf"\b(?:{latin})\b|(?:{han})", re.IGNORECASE),
        starters=frozenset(word for part in data for word in part["starters"]),
        abbreviations=frozenset(str(word) for part in data for word in part["abbreviations"]),
    )
