"""Find the speech-act frames of a Chinese sentence, comma-segment by comma-segment.

A segment (，；：) is governed by the first verb that heads it: a cue of the grammar, or a verb of a programme. The outermost
act wins: what follows stays inside it as long as `acts.yaml` says that it governs it and no new subject speaks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from graph_builder.extraction.frames import Context, Frame, Subject, governs
from graph_builder.extraction.grammar import Cue, any_of, load_grammar
from graph_builder.model import Mention, Span

_PHRASE = (
    r"在[^，]{1,25}?(?:框架下|基础上|基础之上|方面|领域|范围内?|过程中|进程中|背景下|问题上|层面|同时|下|中|上|内|里)"
    r"|(?:同|与|和)[^，]{1,30}?(?=共同|一道|携手|开展|加强|就|合作|深化|保持)"
    r"|(?:对|就|围绕|面向|向|为|给|以|通过|从|按照|根据|于|依托)[^，]{1,25}?(?=@VERB)"
)


@dataclass(frozen=True, slots=True)
class _Patterns:
    head: re.Pattern[str]
    adverb: re.Pattern[str]
    programme: re.Pattern[str]
    adverbial: re.Pattern[str]
    purpose: re.Pattern[str]
    uphold_adverbial: re.Pattern[str]
    past: re.Pattern[str]
    declarative: re.Pattern[str]
    issuers: re.Pattern[str]
    preposition: re.Pattern[str]
    closed: re.Pattern[str]
    segment: re.Pattern[str]
    hostile: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    words = load_grammar("zh").words
    verb = any_of(words["programme"])
    adverb = any_of(words["adverbs"])
    return _Patterns(
        head=re.compile(f"{adverb}|{_PHRASE.replace('@VERB', verb)}|[“‘《\\s]"),
        adverb=re.compile(f"(?:{adverb}|[“‘\\s])*"),
        programme=re.compile(verb),
        adverbial=re.compile(f"(?:{adverb})?{any_of(words['adverbial'])}"),
        purpose=re.compile(f"{any_of(words['purpose'])}(?!此)"),
        uphold_adverbial=re.compile("|".join(words["uphold_adverbials"])),
        past=re.compile("|".join(words["past"])),
        declarative=re.compile("|".join(words["declarative"])),
        issuers=re.compile(any_of(words["pronouns"]["issuers"])),
        preposition=re.compile(f"{any_of(words['prepositions'])}(?:[^，。、]{{0,4}})$"),
        closed=re.compile(f"{any_of(words['closers'])}[”’》]?$"),
        segment=re.compile(f"[^{words['segments']}]+"),
        hostile=re.compile(f"(?:{adverb})*{any_of(words['hostile'])}"),
    )


@dataclass(frozen=True, slots=True)
class _Head:
    """The verb that governs a segment: a cue, or None for a verb of a programme; `start` and `end` are its span."""

    span: Span
    cue: Cue | None


def find_frames(text: str, mentions: Sequence[Mention], context: Context) -> list[Frame]:
    """Return the frames of a sentence, in order; spans in the sentence's own frame. Empty only for an empty text."""
    rules = _patterns()
    segments = [Span(m.start(), m.end()) for m in rules.segment.finditer(text) if m.group().strip()]
    frames: list[Frame] = []
    pending: list[Span] = []
    shared: list[Span] = []
    subject: Subject | None = None
    current: Frame | None = None
    outer: Frame | None = None
    for segment in segments:
        words = text[segment.start : segment.end]
        head = _find_head(text, segment, mentions, context)
        begin = pending[0].start if pending else segment.start
        found = _find_subject(text, Span(begin, head.span.start), mentions, head, context) if head else None
        if head is None or (head.cue is None and found is None and _is_adverbial(words, frames)):
            if rules.uphold_adverbial.search(words) and not (current and governs(current, "uphold", context)):
                if current is None or current.act != "uphold":
                    current = Frame("uphold", "supports", None, subject=subject)
                    frames.append(current)
                current.zones += [*pending, segment]
                pending = []
            elif rules.adverbial.match(words.strip()) or current is None:
                pending.append(segment)
                if not frames and rules.purpose.match(words.strip()):
                    shared.append(segment)
            else:
                current.zones += [*pending, segment]
                pending = []
            continue
        act, force, mode = _act_of(text, segment, head, found, current, mentions, context)
        new_subject = found is not None and (subject is None or found.actors != subject.actors)
        subject = found or subject
        inside = current is not None and not new_subject
        if current and mode == "predicate" and current.cue is None and current.subject is None:
            current.act, current.force, current.cue = act, force, head.span
            current.zones += [*pending, segment]
        elif outer and inside and current and current.act == "uphold" and head.cue is None and governs(outer, act, context):
            current = outer
            current.zones += [*pending, segment]
        elif (
            current
            and inside
            and (current.act == act or governs(current, act, context) or (mode == "light" and current.clausal))
        ):
            current.zones += [*pending, segment]
        else:
            current = Frame(act, force, head.span if head.cue else None, [*pending, segment], subject)
            frames.append(current)
            current.certain = head.cue is not None
        current.clausal = current.clausal or mode == "clausal"
        outer = current if current.clausal else None if new_subject else outer
        _mark_addressed(text, segment, head, mentions, current, context)
        pending = []
    if pending and current:
        current.zones += pending
    elif pending:
        frames.append(_default_frame(text, pending, mentions, context))
    for frame in frames:
        frame.zones += [zone for zone in shared if zone not in frame.zones]
    return frames


def _is_adverbial(words: str, frames: list[Frame]) -> bool:
    """Tell whether a segment without a cue only modifies its neighbours (通过…等形式, 为弥合…鸿沟)."""
    rules = _patterns()
    if rules.uphold_adverbial.search(words):
        return True
    if not rules.adverbial.match(words):
        return False
    return not re.match(r"(?:在|从|同时|与此同时|应|以优质|特别是|尤其是)", words) or not frames


def _find_head(text: str, segment: Span, mentions: Sequence[Mention], context: Context) -> _Head | None:
    rules, grammar = _patterns(), context.grammar
    words = text[segment.start : segment.end]
    blocked = [m.span for m in mentions if m.target in context.lexicon.names]
    blocked += [
        Span(segment.start + m.start(), segment.start + m.end())
        for m in re.finditer(r"应[^，应]{1,30}?邀请?(?=[，]|$)|“[^”]*”|《[^》]*》", words)
    ]
    hits = []
    for word, span in grammar.cue_finder.find(words):
        place = Span(segment.start + span.start, segment.start + span.end)
        if word in grammar.cues and not any(place in b for b in blocked):
            hits.append((place, grammar.cues[word]))
    heads = _head_positions(text, segment, mentions, rules)
    best: _Head | None = None
    for place, cues in hits:
        for cue in cues:
            if cue.at == "head" and place.start not in heads:
                continue
            if not _fits(text, segment, place, cue, rules):
                continue
            if best is None or (best.cue is not None and best.cue.mode == "weak" and cue.mode != "weak"):
                best = _Head(place, cue)
            if best.cue is not None and best.cue.mode == "weak":
                heads |= _head_positions(text, Span(place.end, segment.end), mentions, rules)
    if best and best.cue and best.cue.mode in ("final", "predicate"):
        return best
    programme = next((p for p in sorted(heads) if rules.programme.match(text, p, segment.end)), None)
    if programme is not None and (
        best is None or (programme < best.span.start and not _adverb_at(text, programme, best.span.start, rules))
    ):
        match = rules.programme.match(text, programme, segment.end)
        if match:
            return _Head(Span(match.start(), match.end()), None)
    return best


def _adverb_at(text: str, start: int, end: int, rules: _Patterns) -> bool:
    """Tell whether everything from `start` to `end` is adverbs, so that the verb at `start` is none."""
    match = rules.adverb.match(text, start, end)
    return match is not None and match.end() >= end


def _head_positions(text: str, segment: Span, mentions: Sequence[Mention], rules: _Patterns) -> set[int]:
    """Return the places where a verb would head the segment: behind nothing but subjects, adverbs and phrases."""
    starts = {m.span.start: m.span.end for m in mentions if m.target.startswith("actor/")}
    places, reachable = set(), [segment.start]
    while reachable:
        place = reachable.pop()
        if place in places or place >= segment.end:
            continue
        places.add(place)
        nexts = [
            m.end()
            for m in (rules.head.match(text, place, segment.end), rules.issuers.match(text, place, segment.end))
            if m
        ]
        if place in starts:
            nexts.append(starts[place])
            tail = re.compile(r"(?:主席|总统|总理|领导人|元首|政府|[、和与及])+").match(
                text, starts[place], segment.end
            )
            if tail:
                nexts.append(tail.end())
        reachable += nexts
    return places


def _fits(text: str, segment: Span, place: Span, cue: Cue, rules: _Patterns) -> bool:
    rest = text[place.end : segment.end]
    if cue.mode == "final":
        return True
    word = text[place.start : place.end]
    if cue.object and not any(o in rest[:40] for o in cue.object):
        return False
    if not rest.strip("”’的") and cue.act not in ("emphasize", "recognize", "agree"):
        return False
    if rest.startswith("的") or (rest[:1] == "性" and cue.act == "require"):
        return False
    if word == "将":
        verb = rules.programme.match(rest) or rules.adverb.match(rest).end() > 0  # type: ignore[union-attr]
        return bool(verb) or bool(re.match(r"[于在与同和面会为重成给对使]|继续|参加|出席|带来|影响|通过|依托", rest))
    return True


def _act_of(
    text: str,
    segment: Span,
    head: _Head,
    found: Subject | None,
    current: Frame | None,
    mentions: Sequence[Mention],
    context: Context,
) -> tuple[str, str, str]:
    """Return act, force and mode of a segment's head."""
    rules = _patterns()
    words = text[segment.start : segment.end]
    past = bool(rules.past.search(text[segment.start : min(segment.end, head.span.end + 12)])) or bool(
        current is None and rules.past.search(text[: head.span.end])
    )
    if context.kind == "commentary" and found is not None:
        past = past or any(f"actor/{a}" in context.lexicon.persons for a in found.actors)
        past = past or any(m.target.startswith("event/") and m.span.end <= segment.end for m in mentions)
    told = context.kind == "commentary" or (found is not None and not set(found.actors) <= set(context.issuers))
    if past and told and (head.cue is None or head.cue.act in ("support", "uphold", "propose", "encourage", "report")):
        return "report", "reports", "clausal"
    if head.cue is None:
        return "advance", context.grammar.acts["advance"].force, "phrasal"
    act, force, mode = head.cue.act, head.cue.force, str(head.cue.mode)
    before = text[segment.start : head.span.start]
    if act == "commit" and force == "will" and found is None and current is None and _has_other_subject(before):
        return "recognize", "reports", "phrasal"
    if mode == "open":
        mode = "phrasal" if rules.closed.search(words) else "clausal"
    return act, force, mode


def _has_other_subject(before: str) -> bool:
    """Tell whether the words before 将 are a subject of their own (a thing, not a speaker)."""
    rules = _patterns()
    rest = before.strip()
    match = rules.adverb.match(rest)
    return bool(rest[match.end() :] if match else rest) and not rules.adverbial.match(rest)


def _find_subject(
    text: str, zone: Span, mentions: Sequence[Mention], head: _Head | None, context: Context
) -> Subject | None:
    """Return the actors that stand as subject in `zone` (before the verb), or None."""
    if head is None:
        return None
    rules = _patterns()
    act = head.cue.act if head.cue else "advance"
    inside = [m for m in mentions if m.target.startswith("actor/") and m.span in zone]
    chosen: list[Mention] = []
    for mention in inside:
        before = text[zone.start : mention.span.start]
        clause = re.split("[，；：]", before)[-1]
        after = text[mention.span.end : mention.span.end + 1]
        if chosen and re.fullmatch(
            r"(?:主席|总统|总理|国家主席|、|和|与|及|以及)*", text[chosen[-1].span.end : mention.span.start]
        ):
            chosen.append(mention)
            continue
        if rules.preposition.search(clause) or after == "的":
            continue
        stripped = rules.adverb.match(clause)
        if (
            clause
            and not (stripped and stripped.end() == len(clause))
            and not re.search(r"(?:，|认为|^作为[^，]*)$", clause)
        ):
            continue
        if not chosen:
            chosen.append(mention)
    persons = [m for m in chosen if m.target in context.lexicon.persons]
    speakers = tuple(dict.fromkeys(m.target.split("/", 1)[1] for m in (persons or chosen)))
    if speakers and all(context.may_speak(s, act) for s in speakers):
        return Subject(speakers, "explicit", Span(chosen[0].span.start, chosen[-1].span.end))
    for match in rules.issuers.finditer(text, zone.start, zone.end):
        clause = re.split("[，；：]", text[zone.start : match.start()])[-1]
        if not rules.preposition.search(clause) and text[match.end() : match.end() + 1] != "的" and context.issuers:
            if (
                match.group() in ("各方", "成员国")
                and len(context.issuers) < 2
                and "participating-countries" not in context.issuers
            ):
                continue
            return Subject(context.issuers, "section", Span(match.start(), match.end()))
    return None


def _mark_addressed(
    text: str, segment: Span, head: _Head, mentions: Sequence[Mention], frame: Frame, context: Context
) -> None:
    """Note whether a directive names whom it is aimed at, and the group a requirement is laid upon."""
    actors = [m for m in mentions if m.target.startswith("actor/") and m.span in segment]
    after = [m for m in actors if m.span.start >= head.span.end and m.span.start - head.span.end <= 6]
    if head.cue and head.cue.act in ("call", "encourage", "invite", "welcome") and after:
        frame.addressed = True
    if head.cue and head.cue.act == "require" and not frame.theme:
        clause = [m for m in actors if m.span.end <= head.span.start]
        frame.theme = tuple(m for m in clause if not context.may_speak(m.target.split("/", 1)[1], "require"))


def _default_frame(text: str, zones: list[Span], mentions: Sequence[Mention], context: Context) -> Frame:
    """Return the frame of a sentence without any verb that the grammar knows: it tells or holds something to be so."""
    rules = _patterns()
    head = _Head(Span(zones[-1].end - 1, zones[-1].end), None)
    subject = _find_subject(text, Span(zones[0].start, zones[-1].end), mentions, head, context)
    past = bool(rules.past.search(text))
    if not past and all(rules.adverbial.match(text, z.start, z.end) for z in zones) and rules.programme.search(text, 1):
        return Frame("advance", context.grammar.acts["advance"].force, None, list(zones), subject, certain=False)
    act = "report" if past or (context.kind == "commentary" and not rules.declarative.search(text)) else "recognize"
    return Frame(act, "reports", None, list(zones), subject if act == "report" else None, certain=False)
