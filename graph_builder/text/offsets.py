"""A text under cleaning, with the way back: every code point knows the raw offset it came from."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Edit = tuple[int, int, str]
"""Start, end and replacement in the present reading; the replacement is never longer than what it replaces."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A reading of a raw text: `offsets[i]` is the raw offset of `chars[i]`, strictly increasing."""

    chars: str
    offsets: tuple[int, ...]

    @classmethod
    def of(cls, raw: str) -> "Tracked":
        """Return the raw text as its own first reading."""
        return cls(raw, tuple(range(len(raw))))

    def edited(self, edits: Iterable[Edit]) -> "Tracked":
        """Apply edits given in text order and without overlap.

        The n-th code point of a replacement takes the offset of the n-th code point it replaces.

        >>> Tracked.of("a  b").edited([(1, 3, " ")])
        Tracked(chars='a b', offsets=(0, 1, 3))
        """
        chars: list[str] = []
        offsets: list[int] = []
        done = 0
        for start, end, new in edits:
            chars += (self.chars[done:start], new)
            offsets += self.offsets[done:start]
            offsets += self.offsets[start : start + len(new)]
            done = end
        if not done:
            return self
        chars.append(self.chars[done:])
        offsets += self.offsets[done:]
        return Tracked("".join(chars), tuple(offsets))

    def replaced(self, pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str | None]) -> "Tracked":
        """Replace every match; a function that returns None leaves its match alone."""
        edits: list[Edit] = []
        for match in pattern.finditer(self.chars):
            text = new if isinstance(new, str) else new(match)
            if text is not None and text != match.group():
                edits.append((match.start(), match.end(), text))
        return self.edited(edits)

    def translated(self, table: dict[int, str]) -> "Tracked":
        """Replace code points one by one; every value of the table is one code point long."""
        return Tracked(self.chars.translate(table), self.offsets)
