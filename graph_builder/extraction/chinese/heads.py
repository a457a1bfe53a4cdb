"""Find the verb that governs a comma-segment, and the act that it performs."""

from collections.abc import Sequence
from dataclasses import dataclass

from graph_builder.extraction.chinese.patterns import Patterns, load_patterns
from graph_builder.extraction.frames import Context, Frame, Subject
from graph_builder.extraction.grammar import Cue, Mode
from graph_builder.model import Mention, Span

_LATE_PREDICATES = ("final", "predicate")
_CLOSING = frozenset({"emphasize", "recognize", "agree", "call", "report", "uphold"})
"""Acts whose verb may end a segment: what is said follows the comma, or stands before."""
_TOLD_AS_PAST = frozenset({"support", "uphold", "propose", "encourage", "invite", "report"})


@dataclass(frozen=True, slots=True)
class Head:
    """The governing verb: `cue` is None for a verb of a programme; `span` are its words, in the sentence's frame."""

    span: Span
    cue: Cue | None


@dataclass(frozen=True, slots=True)
class Act:
    """What a segment does, and whether it governs what follows."""

    act: str
    force: str
    mode: Mode


def find_head(text: str, segment: Span, mentions: Sequence[Mention], context: Context) -> Head | None:
    """Return the verb that governs a segment, or None: the first one that can head it, a weak cue yielding to the next.

    Words inside names, quotation marks and 应…邀请 are no verbs of the segment.
    """
    rules = load_patterns()
    places = _head_places(text, segment, mentions, context)
    best: Head | None = None
    for span, cues in _cues(text, segment, mentions, context, rules):
        for cue in cues:
            if (cue.at == "head" and span.start not in places) or not _fits(text, segment, span, cue, rules, places):
                continue
            if best is None or (best.cue and best.cue.mode == "weak" and cue.mode != "weak"):
                best = Head(span, cue)
            if cue.mode == "weak":
                places |= _head_places(text, Span(span.end, segment.end), mentions, context)
    if best and best.cue and best.cue.mode in _LATE_PREDICATES:
        return best
    start = next((p for p in sorted(places) if rules.programme.match(text, p, segment.end)), None)
    match = rules.programme.match(text, start, segment.end) if start is not None else None
    if match and (best is None or (match.start() < best.span.start and not _adverbs_fill(text, match.start(), best))):
        return Head(Span(match.start(), match.end()), None)
    return best


def _cues(
    text: str, segment: Span, mentions: Sequence[Mention], context: Context, rules: Patterns
) -> list[tuple[Span, tuple[Cue, ...]]]:
    words = text[segment.start : segment.end]
    blocked = [m.span for m in mentions if m.target in context.lexicon.names]
    blocked += [Span(segment.start + m.start(), segment.start + m.end()) for m in rules.quoted.finditer(words)]
    found = []
    for word, span in context.grammar.cue_finder.find(words):
        place = Span(segment.start + span.start, segment.start + span.end)
        cues = context.grammar.cues.get(word, ())
        if cues and (cues[0].act == "report" or not any(place in b for b in blocked)):  # visits are named by their verb
            found.append((place, cues))
    return found


def _adverbs_fill(text: str, start: int, head: Head) -> bool:
    """Tell whether everything from `start` to a cue is adverbs, so that the verb found at `start` is none."""
    match = load_patterns().adverbs.match(text, start, head.span.start)
    return match is not None and match.end() >= head.span.start


def _head_places(text: str, segment: Span, mentions: Sequence[Mention], context: Context) -> set[int]:
    """Return the places where a verb would head the segment: behind nothing but subjects, adverbs and phrases."""
    rules = load_patterns()
    actors = {m.span.start: m.span.end for m in mentions if m.target.startswith("actor/")}
    pronouns = rules.issuers if context.kind == "commentary" else rules.meetings
    persons = rules.third_person if context.voice else pronouns
    places: set[int] = set()
    reachable = [segment.start]
    while reachable:
        place = reachable.pop()
        if place in places or place >= segment.end:
            continue
        places.add(place)
        for pattern in (rules.before_verb, pronouns, rules.meetings, rules.documents, persons):
            match = pattern.match(text, place, segment.end)
            if match:
                reachable.append(match.end())
        if place in actors:
            reachable.append(actors[place])
            match = rules.titles.match(text, actors[place], segment.end)
            if match:
                reachable.append(match.end())
    return places


def _fits(text: str, segment: Span, place: Span, cue: Cue, rules: Patterns, places: set[int]) -> bool:
    """Tell whether a cue is a verb here: it has an object of the right kind, is no attribute, and 将 means 'will'."""
    rest = text[place.end : segment.end]
    if text.startswith("的", place.start - 1) and place.start > segment.start and cue.mode not in _LATE_PREDICATES:
        return False
    if cue.act == "report" and cue.mode == "final":
        return not rest
    if cue.mode in _LATE_PREDICATES:
        return not rest.startswith("的")
    if cue.object and not any(o in rest[:40] for o in cue.object):
        return False
    if text.startswith("：", segment.end) and not rest:
        return cue.mode == "clausal"
    if not rest.strip("”’的") and cue.act not in _CLOSING:
        return False
    if rest.startswith("的") or (cue.act == "require" and rest.startswith("性")):
        return False
    if text[place.start : place.end] != "将":
        return True
    promised = rules.will_verb.match(rest) or place.start in places
    return bool(promised) and not (rules.object_verb.match(rest) and not rules.will_verb.match(rest))


def judge_act(
    text: str,
    segment: Span,
    head: Head,
    subject: Subject | None,
    current: Frame | None,
    mentions: Sequence[Mention],
    context: Context,
    *,
    opening: int,
) -> Act:
    """Return the act of a segment by its head; what a commentator or an outsider did in the past is a report.

    `opening` is where the clause begins: with the segments before that wait for their verb.
    """
    rules = load_patterns()
    listed = head.cue is not None and head.cue.act == "propose" and text.startswith("：", segment.end)
    if (
        (head.cue is None or head.cue.act in _TOLD_AS_PAST)
        and not listed
        and _is_told(text, segment, head, subject, current, mentions, context)
    ):
        return Act("report", "reports", "clausal")
    if head.cue is None:
        return Act("advance", context.grammar.acts["advance"].force, "phrasal")
    cue = head.cue
    ongoing = subject is None and rules.progressive.fullmatch(text, head.span.start, head.span.end)
    if ongoing and rules.technology.search(text, segment.start, head.span.start):
        return Act("recognize", "reports", "clausal")
    before = text[opening : head.span.start].strip()
    if cue.force == "will" and subject is None and current is None and _has_thing(before, rules):
        return Act("recognize", "reports", "clausal")
    if cue.mode == "open":
        verb = rules.programme.match(text, head.span.end) or rules.holding.match(text, head.span.end)
        closed = not verb and rules.closed.search(text[segment.start : segment.end])
        return Act(cue.act, cue.force, "phrasal" if closed else "clausal")
    if cue.mode == "weak" and rules.weighty.search(text):
        return Act("emphasize", context.grammar.acts["emphasize"].force, "clausal")
    return Act(cue.act, cue.force, "clausal" if cue.mode == "weak" or listed else cue.mode)


def _is_told(
    text: str,
    segment: Span,
    head: Head,
    subject: Subject | None,
    current: Frame | None,
    mentions: Sequence[Mention],
    context: Context,
) -> bool:
    rules = load_patterns()
    others = subject is not None and not set(subject.actors) <= set(context.issuers)
    if others and head.cue is not None and rules.told.search(text, 0, head.span.start):
        return True
    if context.kind != "commentary" and not others:
        return False
    if rules.past.search(text, segment.start, min(segment.end, head.span.end + 12)):
        return True
    commentary = context.kind == "commentary"
    if commentary and head.cue is None and current is None and rules.told.search(text, 0, head.span.end):
        return True
    if current is None and rules.past.search(text, 0, head.span.end):
        return True
    if not commentary or subject is None:
        return False
    person = any(f"actor/{actor}" in context.lexicon.persons for actor in subject.actors)
    return person or any(m.target.startswith("event/") and m.span.end <= segment.end for m in mentions)


def _has_thing(before: str, rules: Patterns) -> bool:
    """Tell whether the words before 将 are a subject of their own that is no speaker (人工智能的应用将…)."""
    match = rules.adverbs.match(before)
    rest = before[match.end() :] if match else before
    return bool(rest) and not (rules.adverbial.match(before) and rules.closed_adverbial.search(rest))
