"""Where concepts stand: in lists beside known ones, and in quotation marks."""

import re
from collections.abc import Collection, Iterator, Sequence

from graph_builder.lexicon.words import Word, words_of
from graph_builder.model import Candidate, Span
from graph_builder.suggestions.tokens import Line, keys_of
from graph_builder.suggestions.wording import Wording

MAX_MEMBER = {"zh": 10, "en": 4, "fr": 4}
"""A member of a list that has more characters or words is a clause."""

MAX_OUTER_MEMBER = 6
"""The first and last member of a Chinese list have one open end: more characters than these hold a verb or a head."""

MAX_QUOTED = {"zh": 12, "en": 6, "fr": 6}
"""What stands in other marks than 《》 and has more characters or words is no term but a quotation."""

MIN_TITLE = 4
"""What stands in 《》, is shorter and made of ordinary words is the short name of something (《报告》)."""

_NAMES = ("instrument/", "event/")
_HAN_SEGMENT = re.compile(r"[^，。；：！？\n“”‘’（）()《》…—]+")
_LATIN_BREAK = re.compile(r"[^\w\s,'’-]")
_TITLE = re.compile(
    r"《(?P<title>[^《》\n]+)》|[“「](?P<a>[^“”「」\n]+)[”」]|«\s*(?P<b>[^«»\n]+?)\s*»|(?<!\w)\"(?P<c>[^\"\n]+)\""
)


def find_list_items(line: Line, wording: Wording) -> Iterator[Span]:
    """Yield the members of lists of which another member is known and this one is not, in order."""
    lists = _chinese_lists(line, wording) if wording.language == "zh" else _latin_lists(line, wording)
    for members in lists:
        known = [_is_known(span, line) for span in members]
        if any(known):
            for span, is_known in zip(members, known, strict=True):
                if not is_known and _is_term(line.words(span), wording):
                    yield span


def find_titles(line: Line, wording: Wording, candidates: Collection[Candidate] = ()) -> Iterator[Span]:
    """Yield what is cited by title or stands in quotation marks and no id covers, in order.

    `candidates` are the titles that the extraction found without quotation marks.
    """
    found = []
    for match in _TITLE.finditer(line.text):
        group = str(match.lastgroup)
        span = Span(line.span.start + match.start(group), line.span.start + match.end(group))
        named = any(m.span.overlaps(span) and m.target.startswith(_NAMES) for m in line.mentions)
        keys = keys_of(match.group(group), wording.language)
        is_title = group == "title" and len(keys) >= MIN_TITLE
        if group == "title":
            unknown = not any(2 * (k.end - k.start) > span.end - span.start for k in line.known if k.overlaps(span))
        else:
            unknown = len(keys) <= MAX_QUOTED[wording.language] and not _is_known(span, line)
        if unknown and not named and span.end - span.start > 1 and (is_title or not wording.is_ordinary(keys)):
            found.append(span)
    bare = (c.span for c in candidates if c.span in line.span and not any(c.span.overlaps(span) for span in found))
    found += [span for span in bare if not wording.is_ordinary(keys_of(line.words(span), wording.language))]
    yield from sorted(found)


def _is_term(words: str, wording: Wording) -> bool:
    keys = keys_of(words, wording.language)
    named = len(words) > 1 and not words[0].isdigit()
    return named and len(keys) <= MAX_MEMBER[wording.language] and wording.is_sound(keys)


def _is_known(span: Span, line: Line) -> bool:
    """Tell whether something known begins or ends in a span; what only reaches over it is a label with a gap."""
    return any(span.start <= k.start < span.end or span.start < k.end <= span.end for k in line.known)


def _chinese_lists(line: Line, wording: Wording) -> Iterator[list[Span]]:
    joint = re.compile(rf"、|{wording.conjunction.pattern}")
    for segment in _HAN_SEGMENT.finditer(line.text):
        base = line.span.start + segment.start()
        joints = [
            Span(base + m.start(), base + m.end())
            for m in joint.finditer(segment.group())
            if m.group() == "、" or not any(Span(base + m.start(), base + m.end()) in k for k in line.known)
        ]
        if not joints:
            continue
        starts = [base, *(j.end for j in joints)]
        ends = [*(j.start for j in joints), base + len(segment.group())]
        starts[0] += wording.skip_beginnings(segment.group())
        tail = wording.list_end.search(line.words(Span(starts[-1], ends[-1]))) if starts[-1] < ends[-1] else None
        ends[-1] = starts[-1] + tail.start() if tail else ends[-1]
        members = [Span(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
        yield [
            member
            for at, member in enumerate(members)
            if 0 < at < len(members) - 1 or member.end - member.start <= MAX_OUTER_MEMBER or _is_known(member, line)
        ]


def _latin_lists(line: Line, wording: Wording) -> Iterator[list[Span]]:
    """Yield runs of phrases joined by commas and conjunctions; a word that no phrase begins with ends a list."""
    members: list[list[Word]] = [[]]
    conjoined = False
    end = line.span.start
    for word in words_of(line.text, wording.language, base=line.span.start):
        gap = line.words(Span(end, word.span.start)) if end < word.span.start else ""
        conjunction, edge = wording.conjunction.fullmatch(word.surface), wording.begins((word.key,))
        if _LATIN_BREAK.search(gap) or (edge and not conjunction):
            yield from _closed(members, conjoined=conjoined)
            members, conjoined = [[]], False
        elif "," in gap or conjunction:
            members.append([])
            conjoined = conjoined or bool(conjunction)
        if not edge and not conjunction:
            members[-1].append(word)
        end = word.span.end
    yield from _closed(members, conjoined=conjoined)


def _closed(members: Sequence[Sequence[Word]], *, conjoined: bool) -> Iterator[list[Span]]:
    """Yield the members as a list, if they are one: two phrases with only a comma between them are not."""
    spans = [Span(words[0].span.start, words[-1].span.end) for words in members if words]
    if len(spans) > (1 if conjoined else 2):
        yield spans
