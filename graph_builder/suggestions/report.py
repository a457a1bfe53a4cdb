"""Show suggestions to people and to programs: over all texts of a language, and text by text."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from unicodedata import east_asian_width

from graph_builder.suggestions.collect import KINDS, Kind, Occurrence, Suggestion

_TITLES: dict[Kind, str] = {
    "list item": "members of lists beside known ones",
    "title": "titles and quoted terms without an id",
    "phrase": "frequent phrases",
}
_HEADER = ("times", "texts", "words", "as in")


def render_suggestions(suggestions: Sequence[Suggestion], *, limit: int) -> str:
    """Return tables, a language at a time: over all texts, then each text; at most `limit` rows a table."""
    blocks = []
    for language, group in groupby(suggestions, key=lambda s: s.language):
        found = list(group)
        names = sorted({name for s in found for name in s.files})
        blocks += list(_tables(found, f"{language}, {len(names)} texts", limit))
        if len(names) > 1:
            for name in names:
                blocks += list(_tables(found, name, limit, file=name))
    return "\n".join(blocks) or "nothing to suggest\n"


def to_json(suggestions: Sequence[Suggestion]) -> dict[str, object]:
    """Return all suggestions with all their places, and for each text which of them (by index) it holds."""
    by_file: dict[str, list[int]] = {}
    for index, suggestion in enumerate(suggestions):
        for name in suggestion.files:
            by_file.setdefault(name, []).append(index)
    return {"suggestions": [asdict(s) for s in suggestions], "documents": dict(sorted(by_file.items()))}


def _tables(suggestions: Sequence[Suggestion], title: str, limit: int, *, file: str | None = None) -> Iterator[str]:
    """Yield a table of each kind, in the order given; with a file, only what stands there, most of it first."""
    for kind in KINDS:
        chosen = []
        for suggestion in suggestions:
            here = [o for o in suggestion.occurrences if file in (None, o.file)]
            if suggestion.kind == kind and here:
                chosen.append((suggestion.score * len(here) / len(suggestion.occurrences), suggestion, here))
        if file:
            chosen.sort(key=lambda row: -row[0])
        if chosen:
            count = str(len(chosen)) if len(chosen) <= limit else f"{limit} of {len(chosen)}"
            yield f"{title}: {_TITLES[kind]} ({count})\n{_table([row[1:] for row in chosen[:limit]])}"


def _table(chosen: Sequence[tuple[Suggestion, Sequence[Occurrence]]]) -> str:
    rows = [_HEADER]
    rows += [(str(len(here)), str(len(s.files)), s.words, _example(here[0])) for s, here in chosen]
    width = max(_columns(row[2]) for row in rows)
    return "".join(
        f"{times:>5}  {texts:>5}  {words}{' ' * (width - _columns(words))}  {example}\n"
        for times, texts, words, example in rows
    )


def _example(occurrence: Occurrence) -> str:
    words = f"…{occurrence.prefix}[{occurrence.quote}]{occurrence.suffix}…"
    return f"{' '.join(words.split())}  {occurrence.file}:{occurrence.start}-{occurrence.end}"


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
