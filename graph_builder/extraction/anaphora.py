"""What a sentence takes over from those before it: short names ('the Declaration'), and who is speaking."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from graph_builder.extraction.frames import Frame, Subject
from graph_builder.extraction.grammar import Grammar, any_of
from graph_builder.lexicon import Lexicon
from graph_builder.model import Mention, Sentence, Span, Statement


@dataclass(slots=True)
class ShortNames:
    """What the short names of a document mean: the last instrument whose name says the same noun, an actor named."""

    grammar: Grammar
    known: dict[str, str] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    patterns: tuple[re.Pattern[str], ...] = ()

    def __post_init__(self) -> None:
        """Compile the patterns of the grammar, once a document."""
        names = self.grammar.words["short_names"]
        nouns = any_of(names["nouns"])
        self.patterns = tuple(re.compile(pattern.replace("{nouns}", nouns)) for pattern in names["patterns"])

    def resolve(self, text: str, mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
        """Return the mentions of a sentence with those by short name added, in text order; learns the names in it."""
        nouns = self.grammar.words["short_names"]["nouns"]
        found = list(mentions)
        for pattern in self.patterns:
            for match in pattern.finditer(text):
                span = Span(match.start("noun"), match.end("noun"))
                target = self.known.get(match["noun"])
                if target and not any(span.overlaps(m.span) for m in mentions):
                    found.append(Mention(span, target))
        for words, target in self.grammar.words["short_actors"].items():
            if target in self.named:
                for match in re.finditer(words, text):
                    span = Span(match.start(), match.end())
                    if not any(span.overlaps(m.span) for m in mentions):
                        found.append(Mention(span, target))
        self.named.update(m.target for m in mentions)
        for mention in mentions:
            if mention.target.startswith("instrument/"):
                surface = text[mention.span.start : mention.span.end]
                for noun in nouns:
                    if noun in surface and len(noun) < len(surface):
                        self.known[noun] = mention.target
        return tuple(sorted(found, key=lambda m: (m.span, m.target)))


@dataclass(slots=True)
class Speech:
    """Whose words a comment or a news report renders: those of the actor that was last said to say something.

    They go on to the end of the paragraph.
    """

    grammar: Grammar
    lexicon: Lexicon
    voice: tuple[str, ...] = ()
    paragraph: int = -1

    def attribute(self, text: str, frames: Sequence[Frame], sentence: Sentence) -> None:
        """Give the frames of a sentence without a subject of their own to the speaker, but for what a paper does."""
        own = re.match(self.grammar.words["papers"], text, re.IGNORECASE)
        if self.voice and sentence.paragraph == self.paragraph and not own:
            for frame in frames:
                frame.subject = frame.subject or Subject(self.voice, "clause")

    def listen(self, text: str, sentence: Sentence, statements: Sequence[Statement]) -> None:
        """Note who is said to say something in a sentence."""
        if not re.search(self.grammar.words["reporting"], text, re.IGNORECASE):
            return
        silent = self.lexicon.groups | self.lexicon.media
        for statement in statements:
            if any(f"actor/{speaker}" in silent for speaker in statement.speakers):
                continue
            if statement.speakers and statement.speaker_source in ("explicit", "clause"):
                self.voice, self.paragraph = statement.speakers, sentence.paragraph
                return
