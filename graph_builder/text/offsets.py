"""A text under cleaning, with the way back: every code point knows the raw offset it came from."""

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Edit = tuple[int, int, str]
"""Start, end and replacement in the present reading; the replacement is never longer than what it replaces."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A reading of a raw text: `offsets[i]` is the raw offset of `chars[i]`, strictly increasing.

    The offsets are a range as long as nothing was taken out, then an array: four bytes a code point.
    """

    chars: str
    offsets: Sequence[int]

    @classmethod
    def of(cls, raw: str) -> "Tracked":
        """Return the raw text as its own first reading."""
        return cls(raw, range(len(raw)))

    def edited(self, edits: Iterable[Edit]) -> "Tracked":
        """Apply edits given in text order and without overlap.

        The n-th code point of a replacement takes the offset of the n-th code point it replaces.

        >>> Tracked.of("a  b").edited([(1, 3, " ")])
        Tracked(chars='a b', offsets=array('I', [0, 1, 3]))
        """
        edits = list(edits)
        if not edits:
            return self
        chars: list[str] = []
        done = 0
        for start, end, new in edits:
            chars += (self.chars[done:start], new)
            done = end
        chars.append(self.chars[done:])
        return Tracked("".join(chars), self._offsets_after(edits))

    def _offsets_after(self, edits: Sequence[Edit]) -> Sequence[int]:
        if all(len(new) == end - start for start, end, new in edits):
            return self.offsets
        before = self.offsets if isinstance(self.offsets, array) else array("I", self.offsets)
        offsets = array("I")
        done = 0
        for start, end, new in edits:
            offsets += before[done : start + len(new)]
            done = end
        offsets += before[done:]
        return offsets

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
