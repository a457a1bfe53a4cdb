"""Choose languages: of the page by Accept-Language, and of each label among those that exist (RFC 4647, lookup).

Beyond plain lookup, a reader of any Chinese gets Chinese while there is some, and the region says the script where no
script is given. Language tags are compared without regard to case, as the store writes them in lower case.
"""

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

INTERFACE_LANGUAGES: tuple[str, ...] = ("en", "zh-Hans", "fr")
"""The languages in which the pages speak; the first is the last resort."""

_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")
_SCRIPT_BY_REGION = {"zh-cn": "zh-hans", "zh-sg": "zh-hans", "zh-my": "zh-hans"} | {
    f"zh-{region}": "zh-hant" for region in ("tw", "hk", "mo")
}


class Tagged(Protocol):
    """Anything with a language tag; the empty tag means none."""

    @property
    def language(self) -> str:
        """The BCP 47 tag."""


def parse_accept_language(header: str | None) -> tuple[str, ...]:
    """Return the language ranges of a header, the best liked first, without those of quality 0 and without `*`.

    >>> parse_accept_language("en;q=0.5, zh-TW, fr;q=0")
    ('zh-tw', 'en')
    """
    ranked: list[tuple[float, str]] = []
    for part in (header or "").split(","):
        match = _RANGE.fullmatch(part)
        if match and match[1] != "*":
            ranked.append((float(match[2] or 1), match[1].lower()))
    return tuple(tag for quality, tag in sorted(ranked, key=lambda item: -item[0]) if quality > 0)


def choose_interface(ranges: Sequence[str]) -> str:
    """Return the interface language for a reader: that of the first range whose language the pages speak.

    >>> choose_interface(["de", "zh-tw", "en"])
    'zh-Hans'
    """
    for wanted in ranges:
        for language in INTERFACE_LANGUAGES:
            if _primary(wanted) == _primary(language):
                return language
    return INTERFACE_LANGUAGES[0]


TaggedT = TypeVar("TaggedT", bound=Tagged)


def choose_literal(literals: Sequence[TaggedT], ranges: Sequence[str]) -> TaggedT | None:
    """Return the literal that suits the reader best, or None when there is none; the first among equals.

    The ranges in order, each by lookup and then by its language in any script; then English, then no language, then
    whatever there is.
    """
    if not literals:
        return None
    for wanted in (*ranges, INTERFACE_LANGUAGES[0]):
        for test in _lookup_steps(wanted):
            for literal in literals:
                if literal.language.lower() == test or (
                    test.endswith("-") and literal.language.lower().startswith(test)
                ):
                    return literal
    return next((literal for literal in literals if not literal.language), literals[0])


def format_tag(language: str) -> str:
    """Return a language tag in its usual case.

    >>> format_tag("zh-hans-cn")
    'zh-Hans-CN'
    """
    first, *rest = language.split("-")
    return "-".join([first.lower(), *(p.title() if len(p) == 4 else p.upper() if len(p) == 2 else p for p in rest)])


def _lookup_steps(wanted: str) -> list[str]:
    """The tags to try for a range, one after the other; a final hyphen means: this language, however it goes on."""
    tag = _SCRIPT_BY_REGION.get(wanted.lower(), wanted.lower())
    parts = tag.split("-")
    steps = ["-".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return [*(step for tag in steps[:-1] for step in (tag, tag + "-")), parts[0], *_scripts(parts[0]), parts[0] + "-"]


def _scripts(primary: str) -> tuple[str, ...]:
    """Chinese without a script is read in simplified characters first."""
    return ("zh-hans", "zh-hans-", "zh-hant") if primary == "zh" else ()


def _primary(tag: str) -> str:
    return tag.lower().split("-", 1)[0]
