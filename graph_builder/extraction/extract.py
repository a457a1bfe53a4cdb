"""From the sentences of one document to its statements: mentions, frames, speakers, roles, values."""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from graph_builder.extraction import chinese, latin
from graph_builder.extraction.anaphora import ShortNames, Speech
from graph_builder.extraction.candidates import find_candidates
from graph_builder.extraction.frames import Context, Frame, Subject
from graph_builder.extraction.grammar import load_grammar
from graph_builder.extraction.relevance import is_of_field
from graph_builder.extraction.roles import find_roles
from graph_builder.extraction.values import find_deadline, find_quantity
from graph_builder.lexicon import Lexicon, find_mentions
from graph_builder.model import (
    Candidate,
    CleanText,
    DocumentStructure,
    Extraction,
    Mention,
    Sentence,
    SourceDocument,
    Span,
    SpeakerSource,
    Statement,
)

TOPICS = frozenset({"principle", "mechanism", "domain", "issue", "instrument", "event"})

PRIORS = {
    **{"cue": 0.9, "programme": 0.85, "default": 0.6},
    **{"explicit": 1.0, "section": 0.97, "clause": 0.95, "item": 0.9, "issuer": 0.9, "unresolved": 0.5},
    "corrupted": 0.8,
}
"""Rule priors: a statement's confidence is the product of those of the rules that made it."""

_SAYING = frozenset({"agree", "emphasize", "recognize"})
"""Acts whose lead-in ("all agree:") reports the paragraphs behind it, until somebody else speaks."""

_FRAME_FINDERS: dict[str, Callable[[str, Sequence[Mention], Context], list[Frame]]] = {
    "zh": chinese.find_frames,
    "en": latin.find_frames,
    "fr": latin.find_frames,
}


def extract(
    document: SourceDocument, text: CleanText, structure: DocumentStructure, lexicons: Mapping[str, Lexicon]
) -> Extraction:
    """Return everything one document says; mentions and statements in text order, either may be empty."""
    began = time.perf_counter()
    registration = document.registration
    language = registration.language.split("-")[0].lower()
    context = Context(
        load_grammar(language), lexicons[language], registration.issuers, registration.kind, issued=registration.issued
    )
    mentions: list[Mention] = []
    statements: list[Statement] = []
    led: dict[int, Statement] = {}
    governing: set[int] = set()
    section: tuple[Statement, str] | None = None
    previous: Statement | None = None
    before = ""
    short_names = ShortNames(context.grammar)
    speech = Speech(context.grammar, context.lexicon)
    for sentence in structure.sentences:
        words = text.clean[sentence.span.start : sentence.span.end]
        local = short_names.resolve(words, find_mentions(words, context.lexicon))
        mentions += [Mention(_shift(m.span, sentence.span.start), m.target) for m in local]
        context = context if context.voice == speech.voice else replace(context, voice=speech.voice)
        frames = _FRAME_FINDERS[language](words, local, context)
        if context.kind == "commentary":
            speech.attribute(words, frames, sentence)
        lead = led.get(sentence.lead_in) if sentence.lead_in is not None else None
        if lead:
            particle = re.match(context.grammar.words["infinitive_item"], words, re.IGNORECASE) is not None
            frames = _inherit(frames, lead, words, governed=particle or sentence.lead_in in governing)
            section = None
        elif section and any(frame.subject for frame in frames):
            section = None if section[0].act in _SAYING else section
        elif section and (section[0].act in _SAYING or sentence.clause != section[1] or _is_enumerated(words, context)):
            frames = _inherit(frames, section[0], words, governed=section[0].act in _SAYING)
        goes_on = all(frame.cue is None for frame in frames) and _goes_on(words, before, context)
        if previous and goes_on:
            frames = _inherit(frames, previous, words, governed=True, source="clause")
        merged = _merge(_complete(frame, words, sentence, local, context, text) for frame in frames)
        asked = lead or previous
        if asked and (lead or goes_on or re.search(context.grammar.words["anaphoric_theme"], words, re.IGNORECASE)):
            merged = [_address(statement, asked) for statement in merged]
        if context.kind == "commentary":
            speech.listen(words, sentence, merged)
        previous, before = merged[-1] if merged else previous, words
        if merged and words.rstrip().endswith((":", "：")):
            opening = next((s for s in reversed(merged) if s.cue), merged[-1])
            led[sentence.index] = opening
            if opening.cue and re.search(context.grammar.words["governing_lead_in"], words, re.IGNORECASE):
                governing.add(sentence.index)
                section = opening, sentence.clause
        statements += [s for s in merged if s.topics or s.candidates]
    if not is_of_field(text, structure, mentions, statements, context.grammar):
        statements = []
    return Extraction(
        document, text, structure, tuple(mentions), tuple(statements), round(time.perf_counter() - began, 4)
    )


def _shift(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def _goes_on(words: str, before: str, context: Context) -> bool:
    """Tell whether a sentence goes on with the one before: "These include …", or part of a list cut at semicolons."""
    if re.search(context.grammar.words["continuation"], words, re.IGNORECASE):
        return True
    return before.rstrip().endswith(";") and words[:1].islower()


def _is_enumerated(words: str, context: Context) -> bool:
    return re.search(context.grammar.words["enumerated"], words) is not None


def _address(statement: Statement, before: Statement) -> Statement:
    """Let a statement be addressed to whom the one it hangs on is addressed, where it names nobody itself."""
    if statement.addressees or statement.act != before.act:
        return statement
    return replace(statement, addressees=before.addressees)


def _inherit(
    frames: list[Frame], lead: Statement, words: str, *, governed: bool, source: SpeakerSource = "item"
) -> list[Frame]:
    """Let a list item take act and speakers of its lead-in where it has no verb of its own.

    A lead-in that governs an infinitive ("We call on governments to:") gives them to the whole item.
    """
    if governed:
        whole = Span(0, len(words))
        return [Frame(lead.act, lead.force, None, [whole], Subject(lead.speakers, source), addressed=True)]
    for frame in frames:
        if not frame.certain:
            frame.act, frame.force = lead.act, lead.force
            frame.subject = frame.subject or Subject(lead.speakers, source)
    return frames


def _complete(
    frame: Frame, words: str, sentence: Sentence, mentions: Sequence[Mention], context: Context, text: CleanText
) -> Statement:
    inside = [m for m in mentions if any(m.span in zone for zone in frame.zones)]
    names = [m.span for m in mentions if m.target in context.lexicon.names]
    topics = {m.target for m in inside if m.target.split("/", 1)[0] in TOPICS}
    subject = frame.subject or Subject(context.issuers, "issuer" if context.issuers else "unresolved")
    roles = find_roles(words, frame, mentions, context)
    deadline = find_deadline(words, frame.zones, names, context) if frame.act != "report" else None
    counted = frame.act in context.grammar.quantity_acts
    others = [s for s in subject.actors if s not in context.issuers]
    candidates = find_candidates(words, context.grammar.language, mentions, context.lexicon.names)
    rule = "cue" if frame.cue else "programme" if frame.act == "advance" else "default"
    confidence = PRIORS[rule] * PRIORS[subject.source]
    if text.is_corrupted(sentence.span):
        confidence *= PRIORS["corrupted"]
    base = sentence.span.start
    return Statement(
        sentence=sentence.index,
        act=frame.act,
        force=frame.force,
        cue=_shift(frame.cue, base) if frame.cue else None,
        speakers=subject.actors,
        speaker_source=subject.source,
        evidence=(sentence.span,),
        confidence=round(confidence, 3),
        topics=tuple(sorted(topics)),
        reported_by=context.issuers[0] if context.kind == "commentary" and others and context.issuers else None,
        addressees=roles.addressees,
        beneficiaries=roles.beneficiaries,
        partners=roles.partners,
        deadline=deadline[0] if deadline else None,
        deadline_precision=deadline[1] if deadline else None,
        quantity=find_quantity(words, frame.zones, names, context.grammar) if counted else None,
        candidates=tuple(
            Candidate(_shift(c.span, base), c.kind, c.title)
            for c in candidates
            if any(c.span in z for z in frame.zones)
        ),
    )


def _merge(statements: Iterable[Statement]) -> list[Statement]:
    """Join statements of one sentence that have act, speakers and force in common; order kept."""
    merged: dict[tuple[object, ...], Statement] = {}
    for new in statements:
        key = (new.act, new.speakers, new.force)
        old = merged.get(key)
        merged[key] = new if old is None else _join(old, new)
    return list(merged.values())


def _join(old: Statement, new: Statement) -> Statement:
    def union(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(left + right))

    dated = old if old.deadline else new
    return replace(
        old,
        cue=old.cue or new.cue,
        confidence=max(old.confidence, new.confidence),
        topics=tuple(sorted({*old.topics, *new.topics})),
        addressees=union(old.addressees, new.addressees),
        beneficiaries=union(old.beneficiaries, new.beneficiaries),
        partners=union(old.partners, new.partners),
        deadline=dated.deadline,
        deadline_precision=dated.deadline_precision,
        quantity=old.quantity if old.quantity is not None else new.quantity,
        candidates=tuple(dict.fromkeys(old.candidates + new.candidates)),
    )
