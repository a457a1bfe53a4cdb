"""Find who acts: the actors or the pronoun right in front of a verb."""

import re

from graph_builder.extraction.frames import Subject
from graph_builder.extraction.latin.sentence import LatinSentence
from graph_builder.model import Mention, Span


def find_subject(sentence: LatinSentence, index: int, act: str) -> Subject | None:
    """Return the subject of the verb at word `index`, or None.

    Adverbs between are skipped, and an apposition in commas ("We, the leaders, …"). Actors joined by commas and `and`
    act together; a person named with an office is the subject, not the country of the office.
    """
    before = index - 1
    while before >= 0 and sentence.is_adverb(before) and not sentence.between(before, before + 1).strip():
        before -= 1
    if before < 0:
        return None
    end = sentence.words[before].span.end
    return _pronoun(sentence, end) or _actors(sentence, end, act)


def _pronoun(sentence: LatinSentence, end: int) -> Subject | None:
    issuers, rules = sentence.context.issuers, sentence.rules
    if not issuers:
        return None
    for match in reversed(list(rules.issuers.finditer(sentence.text, 0, end))):
        rest = sentence.text[match.end() : end]
        apposition = rest.lstrip().startswith(",") and not re.search(r"[;:]", rest)
        if not rest or (apposition and match.group().lower() in rules.speakers and not _has_clause(sentence, rest)):
            return Subject(issuers, "issuer", Span(match.start(), match.end()))
    return None


def _has_clause(sentence: LatinSentence, words: str) -> bool:
    return any(re.search(rf"\b{re.escape(word)}", words) for word in sentence.rules.complementizers)


def _actors(sentence: LatinSentence, end: int, act: str) -> Subject | None:
    context, rules = sentence.context, sentence.rules
    behind = [m for m in sentence.actors if end - 2 <= m.span.end <= end]
    if not behind or act == "require":
        return None
    chain = [behind[-1]]
    for mention in reversed(sentence.actors):
        if mention.span.end <= chain[0].span.start:
            gap = sentence.text[mention.span.end : chain[0].span.start]
            if rules.joined_subjects.fullmatch(gap):
                chain.insert(0, mention)
    if rules.behind_preposition.search(sentence.text[: chain[0].span.start]):
        return None
    speakers = context.speakers(chain)
    if not all(context.may_speak(speaker, act) for speaker in speakers):
        return None
    return Subject(speakers, "explicit", Span(chain[0].span.start, chain[-1].span.end))


def find_theme(sentence: LatinSentence, place: Span) -> tuple[Mention, ...]:
    """Return the actors a requirement is laid upon: those in the clause before the modal at `place`; may be empty."""
    before = [m for m in sentence.actors if m.span.start < place.start]
    comma = sentence.text.rfind(",", 0, place.start)
    near = [m for m in before if m.span.start > comma] or before
    if not near or sentence.rules.behind_preposition.search(sentence.text[: near[0].span.start]):
        return ()
    return tuple(near)
