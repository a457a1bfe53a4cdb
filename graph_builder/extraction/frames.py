"""The frame: one speech act found in a sentence, before its roles are filled."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from graph_builder.extraction.grammar import Grammar
from graph_builder.lexicon import Lexicon
from graph_builder.model import Mention, Span, SpeakerSource, WorkKind


@dataclass(frozen=True, slots=True)
class Subject:
    """Who acts: actor ids without scheme, how found, and the span of the words (None when inherited)."""

    actors: tuple[str, ...]
    source: SpeakerSource
    span: Span | None = None

    def inherited(self) -> "Subject":
        """Return the same subject as a later verb of the sentence has it: named in another clause."""
        return Subject(self.actors, "clause" if self.source == "explicit" else self.source)


@dataclass(slots=True)
class Frame:
    """An act under construction. `zones` are the stretches of the sentence it governs; spans in the sentence's frame.

    `subject` is who performs it, `theme` the group a requirement is laid upon (各国应…), `clausal` whether it governs
    the clauses that follow, `addressed` whether it names whom it is aimed at, `reported` whether a that-clause follows.
    """

    act: str
    force: str
    cue: Span | None
    zones: list[Span] = field(default_factory=list)
    subject: Subject | None = None
    theme: tuple[Mention, ...] = ()
    clausal: bool = False
    addressed: bool = False
    reported: bool = False
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Context:
    """What the grammar of a sentence needs to know of its document.

    `voice` is who was reported last ("he said"); `issued` the document's own date, from which "next year" counts.
    """

    grammar: Grammar
    lexicon: Lexicon
    issuers: tuple[str, ...]
    kind: WorkKind
    voice: tuple[str, ...] = ()
    issued: date | None = None

    def speakers(self, mentions: Iterable[Mention]) -> tuple[str, ...]:
        """Return who speaks where these actors are named as subject: people alone, or those for whom they speak."""
        named = [m.target for m in mentions]
        people = [target for target in named if target in self.lexicon.persons]
        voices = (self.lexicon.speaks_for.get(target, target) for target in people or named)
        return tuple(dict.fromkeys(voice.split("/", 1)[1] for voice in voices))

    def may_speak(self, actor: str, act: str) -> bool:
        """Tell whether an actor named as subject speaks for itself; a group does so only where it is reported."""
        if f"actor/{actor}" not in self.lexicon.groups:
            return True
        return self.kind == "commentary" and act in ("welcome", "call", "oppose", "support", "emphasize", "agree")


def continues(frame: Frame, act: str, force: str) -> bool:
    """Tell whether the same act goes on; 将 or 'will' behind an offer (愿, 'is ready to') begins an undertaking."""
    return frame.act == act and (force == frame.force or force != "will")


def governs(frame: Frame, act: str, context: Context, force: str | None = None) -> bool:
    """Tell whether `act`, following in the same sentence, stays inside `frame`.

    An undertaking by 将 / 'will' is also found in clauses that are only held to be so; `acts.yaml` lists it as `will`.
    """
    rule = context.grammar.acts[frame.act]
    if frame.addressed and act in rule.governs_if_addressed:
        return True
    return frame.clausal and (act in rule.governs or (force is not None and force in rule.governs))
