"""Lines that say again what stands elsewhere: titles, decks, repeated paragraphs, a reprint's introduction."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate

from ahocorasick_rs import AhoCorasick, Implementation

from graph_builder.model import Registration
from graph_builder.structure.cues import Cues
from graph_builder.structure.lines import Line
from graph_builder.structure.roles import LABEL, Role, is_prose, words_of

_DUPLICATE = 50  # least size of a line that can be a duplicate
_LEAST_WORDS = 8  # letters of the shortest line that can be a part of a title
_CONTROLS = 2  # bars in a row of page controls
_FEW = 100  # so many lines are sooner looked for one by one
_HEAD = 256  # letters by which lines are looked for, all at once; hardly two lines have more in common and differ
_GLOSS = re.compile(r"[(（][a-zà-ɏ]+[)）]")
_TITLE = Role("title", "the title")
_REPEATED = Role("duplicate", "repeats an earlier paragraph")


def find_duplicates(lines: Sequence[Line], roles: Sequence[Role | None], cues: Cues) -> dict[int, Role]:
    """Return the lines that say what another says: a deck taken from the text, a paragraph set twice."""
    keys = [words_of(_without_deck(line.text, cues)) for line in lines]
    parts = [f"{key}\n" if role is None else "\n" for key, role in zip(keys, roles, strict=True)]
    joined = "".join(parts)  # the words of the open lines
    places = list(accumulate(map(len, parts), initial=0))  # where each line's words begin in it
    able = [at for at, line in enumerate(lines) if roles[at] is None and not line.level and line.size >= _DUPLICATE]
    laters = _find_later(joined, [(keys[at], places[at] + len(keys[at])) for at in able])
    first: dict[str, int] = {}
    found: dict[int, Role] = {}
    for at, later in zip(able, laters, strict=True):
        line = lines[at]
        whole = later >= 0 and joined[later - 1 : later + len(keys[at]) + 1] == f"\n{keys[at]}\n"
        if later >= 0 and (not whole or cues.deck.match(line.text)):
            found[at] = Role("duplicate", "deck: says in advance what the text says")
        elif line.ended and first.setdefault(keys[at], at) != at:
            found[at] = _REPEATED
    return found


def _find_later(joined: str, wanted: Sequence[tuple[str, int]]) -> list[int]:
    """Return where each key occurs first from a place on in `joined`, -1 where it does not."""
    if len(wanted) <= _FEW:
        return [joined.find(key, behind) for key, behind in wanted]
    heads = sorted({key[:_HEAD] for key, _ in wanted if key})
    starts: defaultdict[str, list[int]] = defaultdict(list)
    finder = AhoCorasick(heads, implementation=Implementation.ContiguousNFA)  # the default takes longer to build
    for index, start, _ in finder.find_matches_as_indexes(joined, overlapping=True):
        starts[heads[index]].append(start)
    found = []
    for key, behind in wanted:
        places = starts[key[:_HEAD]] if key else [behind]
        later = (places[at] for at in range(bisect_left(places, behind), len(places)))
        found.append(next((start for start in later if joined.startswith(key, start)), -1))
    return found


def _without_deck(line: str, cues: Cues) -> str:
    deck = cues.deck.match(line)
    return line[deck.end() :] if deck else line


def find_titles(
    lines: Sequence[Line],
    roles: Sequence[Role | None],
    registration: Registration,
    duplicates: Mapping[int, Role],
    *,
    front: int,
    numbered: frozenset[int],
) -> dict[int, Role]:
    """Return the title lines above the text, and what a reprint says before the document's own title.

    Without a line that gives the registered title, the likeliest line is taken, unless the title stands in the front
    matter (the first `front` lines) or was found there before. Lines with a number are no titles.
    """
    titles = [key for _, words in registration.titles if (key := words_of(words))]
    opened = [at for at, role in enumerate(roles) if role is None]
    text_from = next((at for at in opened if is_prose(lines[at]) and at not in duplicates), len(lines))
    above = [at for at in opened if at < text_from]
    found: dict[int, Role] = {}
    for at in above:
        keys = _keys(lines[at])
        if any(title in key and len(key) <= 3 * len(title) + 20 for title in titles for key in keys):
            found[at] = _TITLE
        elif any(key in title for title in titles for key in keys if len(key) >= _LEAST_WORDS):
            found[at] = Role("title", "part of the title")
    found |= _introduction(lines, roles, registration)
    known = any(role is not None and role.kind == "title" for role in roles)
    if not found and not known and not any(title in words_of(line.text) for title in titles for line in lines[:front]):
        likely = [at for at in above if lines[at].size <= 2 * LABEL and at not in numbered and at not in duplicates]
        likely = [at for at in likely if lines[at].text.count("|") < _CONTROLS] or likely
        if likely:
            found[min(likely, key=lambda at: (lines[at].level or 7, at))] = Role("title", "looks like the title")
    return found


def _keys(line: Line) -> set[str]:
    """Return the words of a line, clean and as they stand: a title may be registered in either script."""
    return {words_of(line.text), words_of(_GLOSS.sub("", line.raw))}


def _introduction(lines: Sequence[Line], roles: Sequence[Role | None], registration: Registration) -> dict[int, Role]:
    """Find a reprint's own prose above the document: what stands before a line that is exactly the title.

    A name in 《》 inside the registered title counts as the title too. The line stands in the first half of the text.
    """
    names = [name for _, words in registration.titles for name in (words, *re.findall("《(.+?)》", words))]
    exact = {words_of(name) for name in names}
    whole, behind = sum(line.size for line in lines), 0
    found: dict[int, Role] = {}
    for at, line in enumerate(lines):
        if 2 * behind < whole and roles[at] is None and not line.ended and exact & _keys(line):
            found[at] = _TITLE
        behind += line.size
    last = max(found, default=0)
    for at in range(last):
        if roles[at] is None and at not in found and is_prose(lines[at]):
            found[at] = Role("metadata", "introduces the document, before its title")
    return found
