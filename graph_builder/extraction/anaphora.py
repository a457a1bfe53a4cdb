"""Short names of instruments named before: 'the Declaration', 落实倡议."""

import re
from dataclasses import dataclass, field

from graph_builder.extraction.grammar import Grammar, any_of
from graph_builder.model import Mention, Span


@dataclass(slots=True)
class ShortNames:
    """What the short names of a document mean so far: the last instrument whose name says the same noun."""

    grammar: Grammar
    known: dict[str, str] = field(default_factory=dict)

    def resolve(self, text: str, mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
        """Return the mentions of a sentence with those by short name added, in text order; learns the names in it."""
        nouns = self.grammar.words["short_names"]["nouns"]
        found = list(mentions)
        for pattern in self.grammar.words["short_names"]["patterns"]:
            for match in re.finditer(pattern.replace("{nouns}", any_of(nouns)), text):
                span = Span(match.start("noun"), match.end("noun"))
                target = self.known.get(match["noun"])
                if target and not any(span.overlaps(m.span) for m in mentions):
                    found.append(Mention(span, target))
        for mention in mentions:
            if mention.target.startswith("instrument/"):
                surface = text[mention.span.start : mention.span.end]
                for noun in nouns:
                    if noun in surface and len(noun) < len(surface):
                        self.known[noun] = mention.target
        return tuple(sorted(found, key=lambda m: (m.span, m.target)))
