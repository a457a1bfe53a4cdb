"""Find the speech-act frames of an English or French sentence, by where its verbs stand.

A verb heads a frame when it stands at the beginning, behind its subject, or behind a comma or conjunction; behind `to`, a
modal or a relative pronoun it belongs to what governs it. The outermost act wins, as `acts.yaml` says.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from graph_builder.extraction.frames import Context, Frame, Subject, governs
from graph_builder.extraction.grammar import Cue, any_of, load_grammar
from graph_builder.lexicon.words import Word, words_of
from graph_builder.model import Mention, Span

Form = Literal["base", "finite", "participle", "past", "modal"]


@dataclass(frozen=True, slots=True)
class _Rules:
    cues: dict[str, tuple[tuple[tuple[str, ...], tuple[Cue, ...]], ...]]
    programme: frozenset[str]
    adverbs: frozenset[str]
    coordinators: frozenset[str]
    relative: frozenset[str]
    infinitive: frozenset[str]
    complementizers: frozenset[str]
    subjects: frozenset[str]
    other_pronouns: frozenset[str]
    issuers: re.Pattern[str]
    purpose: re.Pattern[str]
    past: re.Pattern[str]
    declarative: re.Pattern[str]
    modals: frozenset[str]


@cache
def _rules(language: str) -> _Rules:
    grammar = load_grammar(language)
    words = grammar.words
    cues: dict[str, list[tuple[tuple[str, ...], tuple[Cue, ...]]]] = {}
    for phrase in [*grammar.cues, *words["not_cues"]]:
        keys = tuple(w.key for w in words_of(phrase, language))
        if keys:
            cues.setdefault(keys[0], []).append((keys, grammar.cues.get(phrase, ())))
    return _Rules(
        cues={k: tuple(sorted(v, key=lambda e: -len(e[0]))) for k, v in cues.items()},
        programme=frozenset(w.key for verb in words["programme"] for w in words_of(verb, language)),
        adverbs=frozenset(words["adverbs"]),
        coordinators=frozenset(words["coordinators"]),
        relative=frozenset(words["relative"]),
        infinitive=frozenset(words["infinitive"]),
        complementizers=frozenset(words["complementizers"]),
        subjects=frozenset(words["subjects"]),
        other_pronouns=frozenset(words["other_pronouns"]),
        issuers=re.compile(rf"\b{any_of(words['issuer_pronouns'])}\b", re.IGNORECASE),
        purpose=re.compile(any_of(words["purpose"]), re.IGNORECASE),
        past=re.compile("|".join(words["past"]), re.IGNORECASE),
        declarative=re.compile("|".join(words["declarative"]), re.IGNORECASE),
        modals=frozenset(words["modals"]),
    )


@dataclass(frozen=True, slots=True)
class _Head:
    """A verb that may head a frame. `index` is its first word, `last` the word behind its last one."""

    index: int
    last: int
    span: Span
    cue: Cue | None
    form: Form
    coordinate: bool
    subject: Subject | None


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    words: tuple[Word, ...]
    mentions: Sequence[Mention]
    context: Context
    rules: _Rules

    def between(self, left: int, right: int) -> str:
        """Return the text between two neighbouring words (indexes; -1 and len(words) are the edges)."""
        start = self.words[left].span.end if left >= 0 else 0
        end = self.words[right].span.start if right < len(self.words) else len(self.text)
        return self.text[start:end]


def find_frames(text: str, mentions: Sequence[Mention], context: Context) -> list[Frame]:
    """Return the frames of a sentence, in order; spans in the sentence's own frame. Empty only for an empty text."""
    language = context.grammar.language
    sentence = _Sentence(text, tuple(words_of(text, language)), mentions, context, _rules(language))
    if not sentence.words:
        return []
    heads = _chain(sentence, list(_heads(sentence)))
    if not heads:
        return [_default_frame(sentence)]
    frames: list[Frame] = []
    starts: list[int] = []
    subject: Subject | None = None
    for head in heads:
        current = frames[-1] if frames else None
        new_subject = head.subject is not None and head.subject.actors != (subject.actors if subject else None)
        act, force = _act_of(sentence, head, current)
        if current and not new_subject and (current.act == act or _inside(head, current, act, context)):
            if head.cue and head.cue.mode != "weak":
                current.clausal = current.clausal or _is_clausal(sentence, head)
            continue
        subject = head.subject or subject
        frame = Frame(act, force, head.span if head.cue else None, subject=subject, certain=head.cue is not None)
        frame.clausal = _is_clausal(sentence, head)
        frame.reported = frame.clausal and _is_reported(sentence, head)
        frame.theme = _theme(sentence, head, act)
        frame.addressed = _is_addressed(sentence, head, act)
        start = head.subject.span.start if head.subject and head.subject.span else head.span.start
        if frame.theme:
            start = min(start, frame.theme[0].span.start)
        starts.append(start)
        frames.append(frame)
    starts[0] = 0
    for frame, begin, end in zip(frames, starts, [*starts[1:], len(text)], strict=True):
        if begin < end:
            frame.zones.append(Span(begin, end))
    first = heads[0].span.start
    lead = sentence.rules.purpose.match(text.lstrip())
    comma = text.rfind(",", 0, first)
    if lead and comma > 0:
        for frame in frames[1:]:
            frame.zones.append(Span(0, comma))
    return [frame for frame in frames if frame.zones]


def _form(word: Word, language: str) -> Form:
    surface = word.surface.lower()
    if language == "fr":
        if surface.endswith("ant"):
            return "participle"
        if surface == word.key and re.search(r"(?:er|ir|re|oir)$", surface):
            return "base"
        return "past" if re.search(r"(?:ée?s?|[iu]e?s?)$", surface) and not surface.endswith("ons") else "finite"
    if surface.endswith("ing") and word.key != surface:
        return "participle"
    if surface.endswith("ed") and word.key != surface:
        return "past"
    return "base" if not surface.endswith("s") or surface == word.key else "finite"


def _heads(sentence: _Sentence) -> list[_Head]:
    rules, language = sentence.rules, sentence.context.grammar.language
    names = [m.span for m in sentence.mentions if m.target.split("/", 1)[0] in ("instrument", "event")]
    heads: list[_Head] = []
    skip = 0
    for index, word in enumerate(sentence.words):
        if index < skip or any(word.span in name for name in names):
            continue
        cue, length = _cue_at(sentence, index)
        if cue == ():
            skip = index + length
            continue
        is_programme = word.key in rules.programme
        if cue is None and not is_programme:
            continue
        chosen = cue[0] if cue else None
        form = _form(word, language)
        span = Span(word.span.start, sentence.words[index + length - 1].span.end)
        if chosen and chosen.at == "any":
            subject = _subject(sentence, index)
            heads.append(_Head(index, index + length, span, chosen, "modal", False, subject))
            skip = index + length
            continue
        place = _place(sentence, index, form, programme=chosen is None)
        if place is None:
            continue
        subject = _subject(sentence, index) if place == "subject" else None
        if chosen is None and place == "subject" and subject is None:
            continue
        heads.append(_Head(index, index + length, span, chosen, form, place == "coordinate", subject))
        skip = index + length
    return heads


def _cue_at(sentence: _Sentence, index: int) -> tuple[tuple[Cue, ...] | None, int]:
    """Return the cues whose words begin at `index` and how many words they take; () for words that only block."""
    words, rules = sentence.words, sentence.rules
    for keys, cues in rules.cues.get(words[index].key, ()):
        if len(keys) == 1:
            return cues, 1
        taken, at = 1, index + 1
        while taken < len(keys) and at < len(words) and at - index <= len(keys) + 2:
            if words[at].key == keys[taken]:
                taken += 1
            elif not _is_adverb(words[at], rules, sentence.context.grammar.language):
                break
            at += 1
        if taken == len(keys):
            return cues, at - index
    return None, 0


def _is_adverb(word: Word, rules: _Rules, language: str) -> bool:
    surface = word.surface.lower()
    return surface in rules.adverbs or (len(surface) > 4 and surface.endswith("ly" if language == "en" else "ment"))


def _place(sentence: _Sentence, index: int, form: Form, *, programme: bool) -> str | None:
    """Tell where a verb stands: "start", "coordinate" or "subject"; None where it cannot head a frame."""
    rules, language = sentence.rules, sentence.context.grammar.language
    before = index - 1
    gap = sentence.between(before, index)
    while before >= 0 and not re.search("[,;:(–—]", gap) and _is_adverb(sentence.words[before], rules, language):
        if sentence.words[before].surface.lower() in rules.infinitive:
            break
        before -= 1
        gap = sentence.between(before, before + 1)
    if before < 0:
        return "start" if form != "past" else None
    previous = sentence.words[before]
    surface = previous.surface.lower()
    follower = sentence.words[index + 1].surface.lower() if index + 1 < len(sentence.words) else ""
    noun_like = follower in ("of", "for", "in", "and", "or", "to", "are", "is", "from", "by", "with") or not follower
    if re.search("[,;:(–—]", gap) or surface in rules.coordinators:
        if form == "past" or (
            language == "en" and noun_like and form != "participle" and _ambiguous(sentence, index, follower)
        ):
            return None
        return "coordinate"
    if surface in rules.infinitive and previous.surface.lower() in rules.infinitive:
        at_start = before == 0 or (before > 0 and not sentence.text[: previous.span.start].strip())
        return "start" if at_start and programme and language == "en" and index <= 2 else None
    if surface in rules.relative or surface in rules.modals or previous.key in rules.modals:
        return None
    if surface in rules.subjects or surface in rules.other_pronouns:
        return "subject"
    actors = [m for m in sentence.mentions if m.target.startswith("actor/")]
    if any(m.span.start <= previous.span.start < m.span.end for m in actors) and form in ("base", "finite", "past"):
        return "subject"
    if sentence.text[: sentence.words[index].span.start].rstrip().endswith(")") and form == "finite":
        return "subject"
    if not programme and form == "finite" and language == "en" and index < 14 and not noun_like:
        return "subject"
    if not programme and form == "finite" and language == "fr" and index < 14 and previous.surface[:1].isupper():
        return "subject"
    return None


def _ambiguous(sentence: _Sentence, index: int, follower: str) -> bool:
    """Tell whether an English verb form followed by a preposition is rather a noun ("support for", "access to")."""
    key = sentence.words[index].key
    return not (
        key in ("call", "commit", "adhere", "agree", "believe", "abide", "advocate")
        or (follower == "to"
        and key
        in (
            "pledge",
            "agree",
            "undertake",
            "resolve",
            "strive",
            "intend",
            "decide",
            "continue",
            "aim",
            "seek",
            "contribute",
        ))
    )


def _chain(sentence: _Sentence, heads: list[_Head]) -> list[_Head]:
    """Drop what cannot head a frame here: base forms in a list governed by an infinitive, participles of a programme, weak cues.

    Programme verbs count where the sentence is a programme: it begins with one, or a governing act is still to come.
    """
    kept: list[_Head] = []
    weak = False
    for position, head in enumerate(heads):
        if head.cue and head.cue.mode == "weak":
            later = heads[position + 1 :]
            if any(h.cue or h.form == "base" for h in later) or _infinitive_after(sentence, head):
                weak = True
                if head.subject and later:
                    heads[position + 1] = _with_subject(heads[position + 1], head.subject)
                continue
        if head.cue is None:
            if head.form == "participle":
                if not (position == 0 and head.index <= 2 and len(heads) == 1):
                    continue
            elif not (head.subject or kept or weak or head.index <= 3) or (kept and head.coordinate and _infinitive_between(sentence, kept[-1], head)):
                continue
        elif head.form == "participle" and head.cue.act not in (
            "recognize",
            "emphasize",
            "welcome",
            "uphold",
            "support",
            "oppose",
            "agree",
            "call",
            "encourage",
            "commit",
        ):
            continue
        kept.append(head)
    return kept


def _infinitive_between(sentence: _Sentence, left: _Head, right: _Head) -> bool:
    """Tell whether an infinitive stands between two verbs, with which the second is then coordinate."""
    rules, language = sentence.rules, sentence.context.grammar.language
    words = sentence.words[left.last : right.index]
    markers = [i for i, w in enumerate(words[:-1]) if w.surface.lower() in rules.infinitive]
    return any(_form(words[i + 1], language) == "base" and words[i + 1].key in rules.programme for i in markers)


def _infinitive_after(sentence: _Sentence, head: _Head) -> bool:
    return head.last < len(sentence.words) and sentence.words[head.last].surface.lower() in sentence.rules.infinitive


def _with_subject(head: _Head, subject: Subject) -> _Head:
    return _Head(head.index, head.last, head.span, head.cue, head.form, head.coordinate, head.subject or subject)


def _is_clausal(sentence: _Sentence, head: _Head) -> bool:
    """Tell whether an infinitive or a that-clause follows the verb, which it then governs."""
    if head.cue is None:
        return False
    openers = sentence.rules.infinitive | sentence.rules.complementizers
    if head.cue.mode == "clausal" or sentence.words[head.last - 1].surface.lower() in openers:
        return True
    window = sentence.words[head.last : head.last + 1]
    return any(w.surface.lower() in openers for w in window)


def _is_reported(sentence: _Sentence, head: _Head) -> bool:
    """Tell whether a that-clause follows: finite verbs inside it are not the speaker's own."""
    words = sentence.words[head.last - 1 : head.last + 1]
    return any(w.surface.lower() in sentence.rules.complementizers for w in words)


def _inside(head: _Head, current: Frame, act: str, context: Context) -> bool:
    """Tell whether a further verb stays inside the frame: coordinate infinitives of a governing act, or what it governs."""
    if head.cue and head.form == "participle" and head.cue.act in ("recognize", "emphasize", "welcome"):
        return False
    if current.clausal and head.cue and head.cue.mode == "light":
        return True
    if current.clausal and head.form == "base" and head.subject is None:
        own = act in ("call", "welcome", "emphasize", "recognize", "agree", "oppose", "invite", "propose")
        return current.act == "require" or not own or governs(current, act, context)
    if head.cue and head.form == "finite" and head.coordinate and not current.reported:
        return False
    return governs(current, act, context, head.cue.force if head.cue else None)


def _act_of(sentence: _Sentence, head: _Head, current: Frame | None) -> tuple[str, str]:
    context, rules = sentence.context, sentence.rules
    if head.cue is None:
        act, force = "advance", context.grammar.acts["advance"].force
    else:
        act, force = head.cue.act, head.cue.force
    other = head.subject is not None and not set(head.subject.actors) <= set(context.issuers)
    told = context.kind == "commentary" or other
    if told and act in ("advance", "support", "propose", "uphold", "report") and current is None:
        around = sentence.text[max(0, head.span.start - 40) : head.span.end + 4]
        if rules.past.search(around) or head.form == "past":
            return "report", "reports"
    if act == "commit" and force == "will" and head.subject is None and _thing_before(sentence, head):
        return ("recognize", "reports") if current is None else (act, force)
    return act, force


def _thing_before(sentence: _Sentence, head: _Head) -> bool:
    """Tell whether the subject of a modal is a thing, not a speaker ("AI will change…")."""
    previous = sentence.words[head.index - 1] if head.index else None
    return previous is not None and previous.surface.lower() not in sentence.rules.subjects


def _subject(sentence: _Sentence, index: int) -> Subject | None:
    """Return the actors or the pronoun right before a verb, adverbs and brackets skipped."""
    rules, context, language = sentence.rules, sentence.context, sentence.context.grammar.language
    before = index - 1
    while (
        before >= 0
        and _is_adverb(sentence.words[before], rules, language)
        and not sentence.between(before, before + 1).strip(" ")
    ):
        before -= 1
    if before < 0:
        return None
    end = sentence.words[before].span.end
    for match in reversed(list(rules.issuers.finditer(sentence.text, 0, end))):
        if match.end() == end and context.issuers:
            return Subject(context.issuers, "section", Span(match.start(), match.end()))
        between = sentence.text[match.end() : end]
        if (
            match.group().lower() in ("we", "nous")
            and context.issuers
            and not re.search(r"[;:]|\bthat\b", between)
            and (re.match(r"\s*,", between))
        ):
            return Subject(context.issuers, "section", Span(match.start(), match.end()))
    actors = [m for m in sentence.mentions if m.target.startswith("actor/") and m.span.end <= end]
    chosen = [m for m in actors if m.span.end >= end - 2 or m.span.end == end]
    if not chosen:
        return None
    chain = [chosen[-1]]
    for mention in reversed(actors):
        gap = sentence.text[mention.span.end : chain[0].span.start] if mention.span.end <= chain[0].span.start else ""
        if mention.span.end <= chain[0].span.start and re.fullmatch(
            r"\s*(?:,|and|et|,\s*and)?\s*(?:the |la |le |l')?\s*(?:president|président|premier|prime minister|minister)?\s*",
            gap,
            re.IGNORECASE,
        ):
            chain.insert(0, mention)
    lead = sentence.text[: chain[0].span.start].rstrip()
    if re.search(
        r"\b(?:of|with|by|for|to|in|from|between|among|de|du|des|avec|par|pour|à|dans)(?: the| la| le| l')?$",
        lead,
        re.IGNORECASE,
    ):
        return None
    persons = [m for m in chain if m.target in context.lexicon.persons]
    speakers = tuple(dict.fromkeys(m.target.split("/", 1)[1] for m in (persons or chain)))
    cue, _ = _cue_at(sentence, index)
    act = cue[0].act if cue else "advance"
    if act == "require" or not all(context.may_speak(s, act) for s in speakers):
        return None
    return Subject(speakers, "explicit", Span(chain[0].span.start, chain[-1].span.end))


def _theme(sentence: _Sentence, head: _Head, act: str) -> tuple[Mention, ...]:
    """Return the actors a requirement is laid upon: those in the clause before the modal."""
    if act != "require":
        return ()
    clause = sentence.text.rfind(",", 0, head.span.start)
    actors = [m for m in sentence.mentions if m.target.startswith("actor/") and m.span.start < head.span.start]
    near = [m for m in actors if m.span.start > clause] or actors
    lead = sentence.text[: near[0].span.start] if near else ""
    if near and re.search(r"\b(?:of|for|to|in|by|with|de|des|pour|à)\s*(?:the\s|les\s)?$", lead):
        return ()
    return tuple(near)


def _is_addressed(sentence: _Sentence, head: _Head, act: str) -> bool:
    if act not in ("call", "encourage", "invite", "welcome"):
        return False
    actors = [m for m in sentence.mentions if m.target.startswith("actor/")]
    return any(0 <= m.span.start - head.span.end <= 30 for m in actors)


def _default_frame(sentence: _Sentence) -> Frame:
    """Return the frame of a sentence without any verb that the grammar knows: it tells or holds something to be so."""
    rules, context, text = sentence.rules, sentence.context, sentence.text
    past = bool(rules.past.search(text))
    declares = bool(rules.declarative.search(text))
    act = "report" if context.kind == "commentary" and (past or not declares) else "recognize"
    actors = [m for m in sentence.mentions if m.target.startswith("actor/") and m.span.start <= 4]
    subject = None
    if actors and act == "report" and all(context.may_speak(m.target.split("/", 1)[1], act) for m in actors[:1]):
        subject = Subject((actors[0].target.split("/", 1)[1],), "explicit", actors[0].span)
    return Frame(act, "reports", None, [Span(0, len(text))], subject, certain=past or declares)
