"""Find the verbs that may head a frame, by where they stand in the sentence."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from graph_builder.extraction.frames import Subject
from graph_builder.extraction.grammar import Cue
from graph_builder.extraction.latin.sentence import Form, LatinSentence
from graph_builder.extraction.latin.subjects import find_subject
from graph_builder.model import Span

Place = Literal["start", "coordinate", "subject"]

_BREAK = re.compile("[,;:(–—]")
_MAIN_CLAUSE_WORDS = 14
"""A third-person verb this early may have any noun as its subject ("The Conference stresses…")."""
_SUBJECT_WORDS = 24
"""So many words, with appositions, may stand before the verb that says what somebody said."""
_OPENING_WORDS = 3
_DEED_ENDINGS = ("tion", "ment", "tions", "ments", "sion", "ance")
_SPEAKING = frozenset(
    {"recognize", "emphasize", "welcome", "uphold", "support", "oppose", "agree", "call", "encourage", "commit"}
)
"""Acts that a participle performs by itself ("Recognizing…", "noting…")."""


@dataclass(frozen=True, slots=True)
class Head:
    """A verb that may head a frame: words `index` up to `last` (excluded); `cue` is None for a verb of a programme."""

    index: int
    last: int
    span: Span
    cue: Cue | None
    form: Form
    coordinate: bool
    subject: Subject | None
    place: Place | None = None


def find_heads(sentence: LatinSentence) -> list[Head]:
    """Return the verbs that head frames, in order; may be empty."""
    return _select(sentence, _candidates(sentence))


def _candidates(sentence: LatinSentence) -> list[Head]:
    names = [m.span for m in sentence.mentions if m.target.split("/", 1)[0] in ("instrument", "event")]
    heads: list[Head] = []
    skip = 0
    for index, word in enumerate(sentence.words):
        if index < skip or (names and any(word.span in name for name in names)):
            continue
        cues, length = _cues_at(sentence, index)
        if cues == ():
            skip = index + length
        cue = cues[0] if cues else None
        programme = not sentence.rules.programme.isdisjoint(sentence.verb_keys(index))
        if cue is None and (cues == () or not (programme or _is_french_verb(sentence, index))):
            continue
        if _is_name(sentence, index):
            continue
        head = _head(sentence, index, length, cue)
        if head:
            heads.append(head)
            skip = head.last
    return heads


def _head(sentence: LatinSentence, index: int, length: int, cue: Cue | None) -> Head | None:
    span = Span(sentence.words[index].span.start, sentence.words[max(index, index + length - 1)].span.end)
    last = index + max(1, length)
    act = cue.act if cue else "advance"
    if cue and cue.mode == "predicate" and not _opens_with_deed(sentence):
        return None
    if cue and cue.at == "any":
        if _in_relative_clause(sentence, index) or (act == "require" and _behind_determiner(sentence, index)):
            return None
        return Head(index, last, span, cue, "modal", False, find_subject(sentence, index, act))
    verb = next((i for i in range(index, last - 1) if sentence.surface(i) not in sentence.rules.clitics), index)
    form = sentence.form(verb)
    if _is_progressive(sentence, verb, form) and (cue is None or cue.act != "report"):
        subject, ours = _subject_before(sentence, index, act), sentence.rules.speakers
        we = any(sentence.surface(i) in ours for i in range(max(0, index - 3), index))
        return Head(index, last, span, cue, "base", False, subject, "subject") if subject or we else None
    place = _place(sentence, index, form, programme=cue is None)
    nounlike = cue is None and sentence.words[index].key in sentence.rules.nounlike
    if nounlike and not _has_determined_object(sentence, index):
        return None
    subject = find_subject(sentence, index, act) if place == "subject" else None
    if place is None or (cue is None and place == "subject" and subject is None and form != "future"):
        return None
    if place == "start" and form == "base" and _is_subject_itself(sentence, index):
        return None
    return Head(index, last, span, cue, form, place == "coordinate", subject, place)


def _is_subject_itself(sentence: LatinSentence, index: int) -> bool:
    """Tell whether an infinitive is the subject of the sentence (« Préserver … est une priorité »)."""
    if sentence.rules.language != "fr" or sentence.text.rstrip().endswith(";"):
        return False
    match = sentence.rules.predicates.search(sentence.text, sentence.words[index].span.end)
    if match is None or re.search(r"[:;]", sentence.text[: match.start()]):
        return False
    before = re.findall(r"\w+'?", sentence.text[: match.start()])[-4:]
    return not any(word.lower() in sentence.rules.relative for word in before)


def _opens_with_deed(sentence: LatinSentence) -> bool:
    """Tell whether the subject is something to do: "Bridging the gap is essential", « Réduire … est primordial »."""
    if sentence.form(0) in (("participle",) if sentence.rules.language == "en" else ("base",)):
        return True
    return any(surface.endswith(_DEED_ENDINGS) for surface in sentence.surfaces[:_OPENING_WORDS])


def _is_progressive(sentence: LatinSentence, index: int, form: Form) -> bool:
    """Tell whether an -ing form stands behind a form of `be` ("we are also working to …")."""
    before = index - 1
    while before > 0 and sentence.is_adverb(before):
        before -= 1
    return form == "participle" and sentence.surface(before) in sentence.rules.progressive


def _subject_before(sentence: LatinSentence, index: int, act: str) -> Subject | None:
    """Return the subject of a verb behind its auxiliary."""
    before = index - 1
    while before > 0 and sentence.is_adverb(before):
        before -= 1
    return find_subject(sentence, before, act)


def _has_determined_object(sentence: LatinSentence, index: int) -> bool:
    """Tell whether an article or a possessive follows, so that a word that may be an adjective is a verb."""
    if sentence.surface(index + 1) in sentence.rules.determiners:
        return True
    return bool(re.search(r"\b(?:the|an?|la|le|les|une?|l')\s*$", sentence.between(index, index + 1), re.IGNORECASE))


def _cues_at(sentence: LatinSentence, index: int) -> tuple[tuple[Cue, ...] | None, int]:
    """Return the cues whose words begin at `index`, adverbs skipped, and how many words they take.

    None: no cue begins here; (): words that only block.
    """
    words = sentence.words
    begun = [entry for key in sentence.verb_keys(index) for entry in sentence.rules.cues.get(key, ())]
    if not begun:
        return None, 0
    reach = index + max(len(keys) for keys, _, _ in begun) + 3
    ahead = {key for verbs in sentence.verbs[index + 1 : reach] for key in verbs}
    for keys, cues, participle in begun:
        if not ahead.issuperset(keys[1:]) or (participle and not sentence.surface(index).endswith("ant")):
            continue
        taken, at = 1, index + 1
        while taken < len(keys) and at < len(words) and at - index <= len(keys) + 2:
            if keys[taken] == words[at].key or keys[taken] in sentence.verb_keys(at):
                taken += 1
            elif not sentence.is_adverb(at) and sentence.surface(at) not in sentence.rules.inside_cues:
                break
            at += 1
        if taken == len(keys):
            return cues, at - index
    return None, 0


def _is_french_verb(sentence: LatinSentence, index: int) -> bool:
    """Tell whether any French verb stands where its form says enough: « Instaurer … », « nous mesurerons … »."""
    rules = sentence.rules
    if rules.language != "fr":
        return False
    form = sentence.form(index)
    if form == "future":
        before = [sentence.surface(i) for i in range(max(0, index - 3), index)]
        return sentence.words[index].key.endswith(("er", "ir", "re", "oir")) and rules.relative.isdisjoint(before)
    if form == "finite" and sentence.surface(index).endswith("ons") and sentence.surface(index - 1) in rules.speakers:
        return sentence.words[index].key not in rules.modals | {"être", "avoir", "aller", "faire"}
    opens = index == 0 or (index == 1 and sentence.surface(0) in sentence.rules.infinitive)
    return form == "base" and opens and sentence.words[index].surface[:1].isupper() == (index == 0)


def _is_name(sentence: LatinSentence, index: int) -> bool:
    """Tell whether a word is part of a name: a capital inside a sentence ("Member States", « les États »)."""
    surface, gap = sentence.words[index].surface, sentence.between(index - 1, index)
    return index > 0 and surface[:1].isupper() and not surface.isupper() and not re.search(r"[:.–—\n\"“«(]", gap)


def _behind_determiner(sentence: LatinSentence, index: int) -> bool:
    """Tell whether a word that could be a modal is a noun behind its determiner ("the need to")."""
    if sentence.surface(index - 1) in sentence.rules.determiners:
        return True
    return bool(re.search(r"\b(?:the|an?|la|le|les|une?|l')\s*$", sentence.between(index - 1, index), re.IGNORECASE))


def _place(sentence: LatinSentence, index: int, form: Form, *, programme: bool) -> Place | None:
    """Tell where a verb stands; None where it heads nothing (behind `to`, a modal, a relative pronoun, a noun)."""
    rules = sentence.rules
    before, gap = index - 1, sentence.between(index - 1, index)
    while before >= 0 and not _BREAK.search(gap) and sentence.is_adverb(before):
        if sentence.surface(before) in rules.infinitive:
            break
        before -= 1
        gap = sentence.between(before, before + 1)
    if form == "participle" and rules.language == "fr" and sentence.surface(index - 1) == "en":
        if programme or sentence.surface(index - 2) != "tout":
            return None  # « en tenant compte de … » says how; « tout en soulignant … » says more
        return "coordinate"
    if form == "past" and not programme and _is_auxiliary(sentence, before):
        form, before = "finite", before - (1 if sentence.surface(before) in rules.auxiliaries else 2)
        gap = sentence.between(before, before + 1)
    if gap.endswith("-") or re.search(r"\b(?:the|an?|la|le|les|l')\s*$", gap, re.IGNORECASE):
        return None  # part of a compound, or a noun behind its article
    if before < 0:
        return "start" if form != "past" or not programme else None
    surface = sentence.surface(before)
    if _BREAK.search(gap) or surface in rules.coordinators:
        return None if form == "past" or _is_noun(sentence, index, form) else "coordinate"
    if surface in rules.infinitive:
        return "start" if programme and rules.language == "en" and before == 0 else None
    if surface in rules.relative or surface in rules.modals or sentence.words[before].key in rules.modals:
        return None
    if form == "participle":
        return None  # "members adhering to …"
    if form == "past" and not programme and _is_said(sentence, before, index):
        return "subject"
    return "subject" if _has_subject(sentence, before, index, form, programme=programme) else None


def _is_spoken(sentence: LatinSentence, before: int, index: int, form: Form) -> bool:
    """Tell whether a French verb says what a subject of several words says (« La commission … se félicite de »)."""
    rules = sentence.rules
    word = sentence.words[index]
    reflexive = word.key == "se"
    verb = reflexive or form == "future" or word.key not in (word.surface.lower(), word.surface.lower().rstrip("s"))
    around = {sentence.surface(i) for i in range(max(0, before - 2), before + 1)}
    if around & rules.relative:
        return False
    return verb and sentence.surface(before) not in rules.determiners | rules.prepositions


def _is_said(sentence: LatinSentence, before: int, index: int) -> bool:
    """Tell whether a report says in the past what somebody without a name in the vocabulary said."""
    rules = sentence.rules
    if rules.language != "en" or sentence.context.kind != "commentary" or index > _SUBJECT_WORDS:
        return False
    passive = sentence.words[before].key in ("be", "get") or sentence.surface(index + 1) in ("by", "in", "under")
    return not passive and sentence.surface(before) not in (*rules.determiners, *rules.prepositions, *rules.relative)


def _is_auxiliary(sentence: LatinSentence, index: int) -> bool:
    """Tell whether a word makes a past tense with the participle behind it (has adopted, « se sont réunis »)."""
    if sentence.surface(index) in sentence.rules.auxiliaries:
        return True
    being = sentence.words[index].key == "être"
    return being and sentence.surface(index - 1) in ("se", "s'", "nous")


def _has_subject(sentence: LatinSentence, before: int, index: int, form: Form, *, programme: bool) -> bool:
    rules, previous = sentence.rules, sentence.words[before]
    if rules.language == "fr" and form == "base":
        return False  # « pour nous aider »: an infinitive has no subject
    if sentence.surface(before) in rules.subjects | rules.pronouns:
        return sentence.surface(before - 1) not in rules.complementizers
    named = any(m.span.start <= previous.span.start < m.span.end for m in sentence.actors)
    if named and form in ("base", "finite", "past", "future"):
        return True
    if form not in ("finite", "future"):
        return False
    if sentence.text[: sentence.words[index].span.start].rstrip().endswith(")"):
        return True
    early = (not programme or form == "future") and index < _MAIN_CLAUSE_WORDS
    if rules.language == "fr":
        return early and (previous.surface[:1].isupper() or _is_spoken(sentence, before, index, form))
    return early and sentence.surface(index + 1) not in (*rules.prepositions, *rules.coordinators, "")


def _is_noun(sentence: LatinSentence, index: int, form: Form) -> bool:
    """Tell whether an English verb form behind a comma or `and` is rather a noun ("support for", "access to")."""
    rules, follower = sentence.rules, sentence.surface(index + 1)
    if rules.language != "en" or form == "participle":
        return False
    if follower not in (*rules.prepositions, *rules.coordinators, "are", "is", ""):
        return False
    return sentence.words[index].key not in rules.verbs_before_preposition


def _select(sentence: LatinSentence, heads: list[Head]) -> list[Head]:
    """Drop what heads nothing here: weak cues that yield, participles of a programme, infinitives in a list.

    Programme verbs count where the sentence is a programme: it opens with one, or an act or a weak cue came before.
    """
    kept: list[Head] = []
    weak: Head | None = None
    for position, head in enumerate(heads):
        later = heads[position + 1 :]
        if head.cue and head.cue.mode == "weak" and _yields(sentence, head, later):
            weak = head
            continue
        if weak and not kept:
            head = replace(head, subject=head.subject or weak.subject)
        if head.cue is None and head.form == "participle":
            if position > 0 or head.index >= _OPENING_WORDS or any(_is_main(sentence, head, h) for h in later):
                continue
        elif head.cue is None:
            opens = head.subject or kept or weak or head.index <= _OPENING_WORDS or head.form == "future"
            if not opens or (kept and head.coordinate and _infinitive_between(sentence, kept[-1], head)):
                continue
        elif head.form == "participle" and head.cue.act not in _SPEAKING:
            continue
        kept.append(head)
    return kept


def _is_main(sentence: LatinSentence, participle: Head, later: Head) -> bool:
    """Tell whether a later verb belongs to the main clause that an opening participle modifies."""
    if later.cue and later.cue.mode == "predicate":
        return True
    if later.form == "modal":
        return "," in sentence.text[participle.span.end : later.span.start]
    return later.subject is not None


def _in_relative_clause(sentence: LatinSentence, index: int) -> bool:
    """Tell whether a modal stands in a relative clause or an indirect question ("which stakeholders will be …")."""
    words = [sentence.surface(i) for i in range(max(0, index - 3), index)]
    asked = any(word in sentence.rules.relative - sentence.rules.complementizers for word in words)
    return asked or (bool(words) and words[-1] in sentence.rules.relative)


def _yields(sentence: LatinSentence, head: Head, later: list[Head]) -> bool:
    return any(h.cue or h.form == "base" for h in later) or sentence.surface(head.last) in sentence.rules.infinitive


def _infinitive_between(sentence: LatinSentence, left: Head, right: Head) -> bool:
    """Tell whether an infinitive stands between two verbs, with which the second is then coordinate."""
    for index in range(left.last, right.index - 1):
        verb = sentence.words[index + 1].key
        if sentence.surface(index) in sentence.rules.infinitive and verb in sentence.rules.programme:
            return True
    return False
