"""Find the speech-act frames of a Chinese sentence, comma-segment by comma-segment.

A segment (，；：) is governed by the first verb that heads it: a cue of the grammar, or a verb of a programme. The
outermost act wins: what follows stays inside it as long as `acts.yaml` says that it governs it and nobody else speaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from graph_builder.extraction.chinese.heads import Act, Head, find_head, judge_act
from graph_builder.extraction.chinese.patterns import load_patterns
from graph_builder.extraction.chinese.subjects import find_subject
from graph_builder.extraction.frames import Context, Frame, Subject, continues, governs
from graph_builder.model import Mention, Span

_ADDRESSING = frozenset({"call", "encourage", "invite", "welcome", "support"})
_SAYING = frozenset({"emphasize", "recognize", "agree", "call"})
"""Acts whose verb, at the end of a segment, reports what the rest of the sentence says, whoever its subject."""
_ADDRESSEE_REACH = 6
"""An actor this many characters behind a directive is whom it is aimed at."""


def find_frames(text: str, mentions: Sequence[Mention], context: Context) -> list[Frame]:
    """Return the frames of a sentence, in order; spans in the sentence's own frame. Empty only for an empty text."""
    reading = _Reading(text, mentions, context)
    for match in load_patterns().segment.finditer(text):
        if match.group().strip():
            reading.read(Span(match.start(), match.end()))
    return reading.close()


@dataclass(slots=True)
class _Reading:
    """A sentence read from left to right.

    `transparent` tells whether a mere "said" came before; `current` is the frame the last segment belongs to, `outer`
    the last frame that governs clauses, `pending` are adverbial segments that wait for their verb, `shared` the
    purposes that every frame of the sentence serves.
    """

    text: str
    mentions: Sequence[Mention]
    context: Context
    frames: list[Frame] = field(default_factory=list)
    pending: list[Span] = field(default_factory=list)
    shared: list[Span] = field(default_factory=list)
    subject: Subject | None = None
    current: Frame | None = None
    outer: Frame | None = None
    transparent: bool = False

    def read(self, segment: Span) -> None:
        """Add one segment to the frame it belongs to, or open a new one."""
        head = find_head(self.text, segment, self.mentions, self.context)
        subject = self._subject_of(segment, head) if head else None
        if head is None or (head.cue is None and subject is None and self._is_adverbial(segment)):
            self._read_modifier(segment)
            return
        if head.cue and head.cue.mode == "weak" and not self.text[head.span.end : segment.end].strip("”’"):
            self.subject, self.transparent = subject or self.subject, True
            return
        if head.cue and subject is None and self.current and load_patterns().aims.match(self.text, head.span.start):
            self.current.zones += [*self.pending, segment]
            self.pending = []
            return
        if head.cue is None and subject is None and self._goes_on_with_purpose(segment):
            self.pending.append(segment)
            self.shared.append(segment)
            return
        waiting = [zone for zone in self.pending if not self._is_adverbial(zone)]
        opening = waiting[0].start if waiting else segment.start
        act = judge_act(self.text, segment, head, subject, self.current, self.mentions, self.context, opening=opening)
        changed = subject is not None and (self.subject is None or subject.actors != self.subject.actors)
        if changed and self.current and self.current.reported:
            self.current.zones += [*self.pending, segment]
            self.pending = []
            return
        self.subject = subject or (self.subject and self.subject.inherited())
        frame = self._frame_for(segment, head, act, changed=changed)
        frame.zones += [*self.pending, segment]
        frame.clausal = frame.clausal or act.mode == "clausal"
        if frame.clausal or changed:
            self.outer = frame if frame.clausal else None
        self.current, self.pending = frame, []
        said = head.cue is not None and head.cue.act in _SAYING and head.cue.mode == "clausal"
        frame.reported |= said and not self.text[head.span.end : segment.end].strip("”’：")
        self._mark_addressed(segment, head, frame)

    def close(self) -> list[Frame]:
        """Return the frames; what still waits joins the last one, or is a statement of its own."""
        if self.pending and self.current:
            self.current.zones += self.pending
        elif self.pending:
            self.frames.append(self._verbless())
        for frame in self.frames:
            frame.zones += [zone for zone in self.shared if zone not in frame.zones]
        return self.frames

    def _subject_of(self, segment: Span, head: Head) -> Subject | None:
        begin = self.pending[0].start if self.pending else segment.start
        return find_subject(self.text, Span(begin, head.span.start), self.mentions, head, self.context)

    def _is_adverbial(self, segment: Span) -> bool:
        """Tell whether a segment without a cue only modifies its neighbours (通过…等形式, 为弥合…鸿沟)."""
        rules = load_patterns()
        words = self.text[segment.start : segment.end]
        if rules.uphold_adverbial.search(words):
            return True
        return bool(rules.adverbial.match(words)) and not (self.frames and rules.attached.match(words))

    def _goes_on_with_purpose(self, segment: Span) -> bool:
        """Tell whether a purpose that opened the sentence goes on (为支持…，实现…，我们同意…)."""
        rules = load_patterns()
        if self.frames or not self.pending or not rules.purpose.match(self.text, self.pending[0].start):
            return False
        later = (Span(m.start(), m.end()) for m in rules.segment.finditer(self.text, segment.end))
        heads = (find_head(self.text, zone, self.mentions, self.context) for zone in later)
        return any(head is not None and head.cue is not None for head in heads)

    def _read_modifier(self, segment: Span) -> None:
        rules = load_patterns()
        words = self.text[segment.start : segment.end]
        governed = self.current is not None and governs(self.current, "uphold", self.context)
        if rules.uphold_adverbial.search(words) and not governed:
            if self.current is None or self.current.act != "uphold":
                self.current = Frame("uphold", "supports", None, subject=self.subject)
                self.frames.append(self.current)
            self.current.zones += [*self.pending, segment]
            self.pending = []
        elif self.current is None or rules.adverbial.match(words):
            self.pending.append(segment)
            if rules.purpose.match(words) and (not self.frames or words.lstrip().startswith("以")):
                self.shared.append(segment)
        else:
            self.current.zones += [*self.pending, segment]
            self.pending = []

    def _frame_for(self, segment: Span, head: Head, act: Act, *, changed: bool) -> Frame:
        """Return the frame a segment belongs to: the current one, the outer one it returns to, or a new one."""
        current = self.current
        topic = act.mode == "predicate" or (act.act == "require" and head.cue is not None and not self.frames[1:])
        if current and topic and current.cue is None and current.subject is None and current.act == "advance":
            current.act, current.force, current.cue = act.act, act.force, head.span
            return current
        if current and not changed:
            if (
                head.cue is None
                and current.act == "uphold"
                and self.outer
                and governs(self.outer, act.act, self.context)
            ):
                return self.outer
            hostile = current.act == "oppose" and load_patterns().hostile.match(self.text, segment.start, segment.end)
            light = act.mode in ("light", "predicate") and current.clausal
            if continues(current, act.act, act.force) or light or hostile:
                return current
            if act.act != current.act and governs(current, act.act, self.context, act.force):
                return current
            if head.cue is None and current.act == "support" and self.outer and current is not self.outer:
                return current
        frame = Frame(act.act, act.force, head.span if head.cue else None, [], self.subject)
        frame.certain = head.cue is not None
        self.frames.append(frame)
        return frame

    def _mark_addressed(self, segment: Span, head: Head, frame: Frame) -> None:
        """Note whether a directive names whom it is aimed at, and the group a requirement is laid upon (各国应…)."""
        if head.cue is None:
            return
        actors = [m for m in self.mentions if m.target.startswith("actor/") and m.span in segment]
        if head.cue.act in _ADDRESSING:
            frame.addressed |= any(0 <= m.span.start - head.span.end <= _ADDRESSEE_REACH for m in actors)
        if head.cue.act == "require" and not frame.theme:
            before = [m for m in actors if m.span.end <= head.span.start]
            frame.theme = tuple(m for m in before if not self.context.may_speak(m.target.split("/", 1)[1], "require"))

    def _verbless(self) -> Frame:
        """Return the frame of a sentence without a governing verb: it tells, or holds something to be so."""
        rules, zones, acts = load_patterns(), list(self.pending), self.context.grammar.acts
        end = Head(Span(zones[-1].end - 1, zones[-1].end), None)
        subject = find_subject(self.text, Span(zones[0].start, zones[-1].end), self.mentions, end, self.context)
        past = bool(rules.past.search(self.text))
        past = past or (self.context.kind == "commentary" and bool(rules.told.search(self.text)))
        adverbial = all(rules.adverbial.match(self.text, zone.start, zone.end) for zone in zones)
        if adverbial and not past and rules.programme.search(self.text, zones[0].start + 1):
            return Frame("advance", acts["advance"].force, None, zones, subject, certain=False)
        if past and subject is None and rules.become.search(self.text):
            past = False
        act = "report" if past and not self.transparent else "recognize"
        said_by = self.subject if self.transparent else subject if act == "report" else None
        return Frame(act, acts[act].force, None, zones, said_by, certain=False)
