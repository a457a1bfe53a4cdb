"""Find the speech-act frames of an English or French sentence.

A verb heads a frame when it stands at the beginning, behind its subject, or behind a comma or conjunction; behind `to`,
a modal or a relative pronoun it belongs to what governs it. The outermost act wins, as `acts.yaml` says.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from graph_builder.extraction.frames import Context, Frame, Subject, continues, governs
from graph_builder.extraction.latin.heads import Head, find_heads
from graph_builder.extraction.latin.sentence import LatinSentence, read_sentence
from graph_builder.extraction.latin.subjects import find_theme
from graph_builder.model import Mention, Span

_ADDRESSING = frozenset({"call", "encourage", "invite", "welcome"})
_ADDRESSEE_REACH = 30
"""An actor this many characters behind a directive is whom it is aimed at."""
_OWN = frozenset({"call", "welcome", "emphasize", "recognize", "agree", "oppose", "invite", "propose"})
"""Acts that a speaker rarely promises to perform: behind `and` they are performed at once."""
_TOLD_AS_PAST = frozenset({"advance", "support", "propose", "uphold", "report"})


def find_frames(text: str, mentions: Sequence[Mention], context: Context) -> list[Frame]:
    """Return the frames of a sentence, in order; spans in the sentence's own frame. Empty only for an empty text.

    A frame governs the words from its subject to the next frame; the first one also what stands before. A purpose that
    opens the sentence ("To bridge the divide, …") is shared by all.
    """
    sentence = read_sentence(text, mentions, context)
    if not sentence.words:
        return []
    if closing := _postposed(sentence):
        return [closing]
    heads = find_heads(sentence)
    if not heads:
        return [_verbless(sentence)]
    frames: list[Frame] = []
    starts: list[int] = []
    subject: Subject | None = None
    speaking = heads[0]
    for head in heads:
        current = frames[-1] if frames else None
        if current and current.reported and head.cue is None:
            continue  # "recommends that all members implement …"
        changed = head.subject is not None and head.subject.actors != (subject.actors if subject else None)
        if current and not head.subject and not _agrees(sentence, speaking, head):
            continue
        act, force = _judge_act(sentence, head, current)
        same = current is not None and continues(current, act, force)
        if current and not changed and (same or _stays_inside(head, current, act, context)):
            current.clausal = current.clausal or _is_clausal(sentence, head)
            continue
        subject, speaking = head.subject or (subject and subject.inherited()), head
        frame = _open_frame(sentence, head, act, force, subject)
        begins = [head.span, *(m.span for m in frame.theme[:1])]
        begins += [head.subject.span] if head.subject and head.subject.span else []
        starts.append(min(span.start for span in begins) if frames else 0)
        frames.append(frame)
    for frame, begin, end in zip(frames, starts, [*starts[1:], len(text)], strict=True):
        if begin < end:
            frame.zones.append(Span(begin, end))
    for frame, following in reversed(list(pairwise(frames))):  # "we welcome and support X" says both of X
        if frame.cue and following.cue and _is_joined(text[frame.cue.end : following.cue.start], sentence):
            frame.zones += [zone for zone in following.zones if zone not in frame.zones]
    comma = text.rfind(",", 0, heads[0].span.start)
    if comma > 0 and sentence.rules.purpose.match(text.lstrip()):
        for frame in frames[1:]:
            frame.zones.append(Span(0, comma))
    return [frame for frame in frames if frame.zones]


def _postposed(sentence: LatinSentence) -> Frame | None:
    """Return the frame of a sentence that says at its end who said it (« …, a souligné le ministre »)."""
    text, context = sentence.text, sentence.context
    for act, pattern in sentence.rules.postposed:
        if match := pattern.search(text):
            named = next((m for m in sentence.actors if match.start() <= m.span.start), None)
            subject = Subject(context.speakers([named]), "explicit", named.span) if named else None
            cue = Span(match.start("verb"), match.end("verb"))
            return Frame(act, context.grammar.acts[act].force, cue, [Span(0, len(text))], subject)
    return None


def _is_joined(between: str, sentence: LatinSentence) -> bool:
    """Tell whether nothing but a conjunction (and adverbs) stands between two verbs."""
    words = re.findall(r"\w+", between.lower())
    joined = [w for w in words if w in sentence.rules.coordinators]
    return len(joined) == 1 and all(w in sentence.rules.coordinators | sentence.rules.adverbs for w in words)


def _agrees(sentence: LatinSentence, speaking: Head, head: Head) -> bool:
    """Tell whether a verb has the person of the speaker's: "we recognize that AI …, and poses risks" has not."""
    if speaking.subject is None or "finite" not in (head.form, speaking.form) or head.form not in ("base", "finite"):
        return True
    if sentence.rules.language == "fr":
        return sentence.is_we_form(speaking.index) == sentence.is_we_form(head.index) or head.form != "finite"
    return speaking.form not in ("base", "finite") or head.form == speaking.form or head.form == "base"


def _open_frame(sentence: LatinSentence, head: Head, act: str, force: str, subject: Subject | None) -> Frame:
    frame = Frame(
        act,
        force,
        head.span if head.cue else None,
        subject=subject,
        certain=head.cue is not None or head.form == "participle",
    )
    frame.clausal = _is_clausal(sentence, head)
    frame.reported = frame.clausal and _opens_that_clause(sentence, head)
    passive = head.cue is not None and head.cue.mode == "passive"
    frame.theme = find_theme(sentence, head.span) if act == "require" or passive else ()
    reach = range(_ADDRESSEE_REACH + 1)
    frame.addressed = act in _ADDRESSING and any(m.span.start - head.span.end in reach for m in sentence.actors)
    return frame


def _is_clausal(sentence: LatinSentence, head: Head) -> bool:
    """Tell whether an infinitive or a that-clause follows the verb, which it then governs."""
    if head.cue is None:
        return False
    openers = sentence.rules.infinitive | sentence.rules.complementizers
    return head.cue.mode in ("clausal", "passive") or any(
        sentence.surface(i) in openers for i in (head.last - 1, head.last)
    )


def _opens_that_clause(sentence: LatinSentence, head: Head) -> bool:
    """Tell whether a that-clause follows: finite verbs inside it are not the speaker's own."""
    return any(sentence.surface(i) in sentence.rules.complementizers for i in (head.last - 1, head.last))


def _stays_inside(head: Head, current: Frame, act: str, context: Context) -> bool:
    """Tell whether a further verb stays inside the frame: infinitives of a governing act, or what that act governs."""
    if act == current.act:
        return False
    if head.cue and head.form == "participle" and act in ("recognize", "emphasize", "welcome"):
        return False
    if current.clausal and head.cue and (head.cue.mode == "light" or (act == "emphasize" and head.form == "modal")):
        return True
    if current.clausal and head.form == "base" and head.subject is None:
        return current.act == "require" or act not in _OWN or governs(current, act, context)
    if head.cue and head.form == "finite" and head.coordinate and not current.reported:
        return False
    return governs(current, act, context, head.cue.force if head.cue else None)


def _judge_act(sentence: LatinSentence, head: Head, current: Frame | None) -> tuple[str, str]:
    """Return act and force of a verb; what a commentator or an outsider did in the past is a report."""
    context, rules = sentence.context, sentence.rules
    act = head.cue.act if head.cue else "advance"
    force = head.cue.force if head.cue else context.grammar.acts[act].force
    told = ("report",) if rules.language == "en" else ("report", "commit")
    if act in told and head.form == "base" and head.subject is None and head.place == "start":
        act, force = "advance", context.grammar.acts["advance"].force  # "Hold regular meetings"
    if head.form == "future":
        act, force = "commit", "will"
    if rules.past_time.match(text := sentence.text.lstrip()) and act in (_TOLD_AS_PAST | {"commit"}):
        done = head.form == "past" or sentence.form(head.last - 1) == "past"
        if done or sentence.surface(head.index) in rules.invariant or rules.past.search(text):
            return "report", "reports"
    if act in (_TOLD_AS_PAST | {"commit"}) and _is_perfect(sentence, head):
        return "report", "reports"
    others = head.subject is not None and not set(head.subject.actors) <= set(context.issuers)
    if (context.kind == "commentary" or others) and act in _TOLD_AS_PAST and current is None:
        around = sentence.text[max(0, head.span.start - 40) : head.span.end + 4]
        if rules.past.search(around) or head.form == "past":
            return "report", "reports"
    thing = head.index > 0 and sentence.surface(head.index - 1) not in rules.subjects
    if force == "will" and head.subject is None and current is None and thing:
        planned = rules.planned.match(sentence.text, head.span.start)
        if context.kind == "commentary" or not planned or rules.technology.search(sentence.text[: head.span.start]):
            return "recognize", "reports"
    return act, force


def _is_gerund(sentence: LatinSentence) -> bool:
    """Tell whether an item of a list says how: "Publishing assessments;", « En formant les agents »."""
    if sentence.text.rstrip().endswith((".", "?", "!")):
        return False
    if sentence.rules.language == "fr":
        return sentence.surface(0) == "en" and sentence.form(1) == "participle"
    return sentence.form(0) == "participle"


def _is_perfect(sentence: LatinSentence, head: Head) -> bool:
    """Tell whether a French verb is in the perfect (« a lancé », « nous nous sommes engagés à »)."""
    index = head.index
    if sentence.rules.language != "fr":
        return False
    before = [sentence.surface(i) for i in (index - 2, index - 1)]
    if sentence.form(index) == "past":
        auxiliary = any(word in sentence.rules.auxiliaries for word in before)
        return auxiliary or (before[0] in ("se", "s'", "nous") and sentence.words[index - 1].key == "être")
    return sentence.words[index].key == "être" and (before[1] in ("se", "s'") or before == ["nous", "nous"])


def _verbless(sentence: LatinSentence) -> Frame:
    """Return the frame of a sentence without any verb that the grammar knows: it tells, or holds something to be so."""
    rules, context, text = sentence.rules, sentence.context, sentence.text
    past, declares = bool(rules.past.search(text)), bool(rules.declarative.search(text))
    ours = bool(rules.issuers.match(text.lstrip()) or (sentence.actors and sentence.actors[0].span.start <= 4))
    if past and not ours and rules.perfect.search(text) and context.kind != "commentary":
        past, declares = False, True  # "the Council has played a vital role" is a judgement
    act = "report" if past else "recognize"
    if _is_gerund(sentence):
        return Frame("advance", context.grammar.acts["advance"].force, None, [Span(0, len(text))])
    first = next((m for m in sentence.actors if m.span.start <= 4), None)
    subject = None
    if first and act == "report" and context.may_speak(first.target.split("/", 1)[1], act):
        subject = Subject((first.target.split("/", 1)[1],), "explicit", first.span)
    return Frame(act, "reports", None, [Span(0, len(text))], subject, certain=past or declares)
