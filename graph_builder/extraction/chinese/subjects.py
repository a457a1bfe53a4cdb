"""Find who acts in a Chinese segment: an actor or a pronoun in front of the verb, behind no preposition."""

import re
from collections.abc import Sequence

from graph_builder.extraction.chinese.heads import Head
from graph_builder.extraction.chinese.patterns import load_patterns
from graph_builder.extraction.frames import Context, Subject
from graph_builder.model import Mention, Span

_LOOSE_PRONOUNS = frozenset({"各方", "成员国"})
"""Pronouns that mean the issuers only where several speak."""


def find_subject(text: str, zone: Span, mentions: Sequence[Mention], head: Head, context: Context) -> Subject | None:
    """Return the subject found in `zone` (the words before the verb), or None.

    A person named with an office is the subject, not the country of the office. Groups are subjects only where they may
    speak (see `Context.may_speak`).
    """
    act = head.cue.act if head.cue else "advance"
    chosen = _subject_mentions(text, zone, mentions)
    speakers = context.speakers(chosen)
    if speakers and all(context.may_speak(speaker, act) for speaker in speakers):
        return Subject(speakers, "explicit", Span(chosen[0].span.start, chosen[-1].span.end))
    return _pronoun(text, zone, context) or _third_person(text, zone, context)


def _subject_mentions(text: str, zone: Span, mentions: Sequence[Mention]) -> list[Mention]:
    rules = load_patterns()
    chosen: list[Mention] = []
    for mention in mentions:
        if not mention.target.startswith("actor/") or mention.span not in zone:
            continue
        if chosen:
            gap = text[chosen[-1].span.end : mention.span.start]
            if mention.span.overlaps(chosen[-1].span) or not gap or rules.titles.fullmatch(gap):
                chosen.append(mention)
            continue
        clause = _clause_before(text, zone.start, mention.span.start)
        behind = rules.adverbs.match(clause)
        free = behind is not None and behind.end() == len(clause)
        if rules.preposition.search(clause) or text.startswith("的", mention.span.end):
            continue
        if free or re.search(r"认为$|^作为[^，]*$", clause):
            chosen.append(mention)
    return chosen


def _pronoun(text: str, zone: Span, context: Context) -> Subject | None:
    rules = load_patterns()
    several = len(context.issuers) > 1 or "participating-countries" in context.issuers
    pronouns = rules.issuers if context.kind == "commentary" else rules.meetings
    for match in pronouns.finditer(text, zone.start, zone.end):
        clause = _clause_before(text, zone.start, match.start())
        if rules.preposition.search(clause) or text.startswith("的", match.end()) or not context.issuers:
            continue
        if several or match.group() not in _LOOSE_PRONOUNS:
            return Subject(context.issuers, "issuer", Span(match.start(), match.end()))
    return None


def _third_person(text: str, zone: Span, context: Context) -> Subject | None:
    """Return who was reported last, where 他 or 她 begins the clause."""
    match = load_patterns().third_person.match(text, zone.start, zone.end)
    return Subject(context.voice, "clause", Span(match.start(), match.end())) if match and context.voice else None


def _clause_before(text: str, start: int, end: int) -> str:
    return re.split("[，；：]", text[start:end])[-1]
