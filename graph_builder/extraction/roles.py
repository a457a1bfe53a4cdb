"""Who is asked, who benefits, who takes part: roles of the actors named inside a frame."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph_builder.extraction.frames import Context, Frame
from graph_builder.model import Mention, Span

_LOOSE_GAP = 30
"""Words between two actors of a list that say more of the first: so many characters at most."""
_WELCOME_REACH = 12
"""Who is welcomed to do something stands right behind the verb; further on stands what is welcomed."""
DIRECTIVES = frozenset({"call", "encourage", "invite", "welcome"})


@dataclass(frozen=True, slots=True)
class Roles:
    """Actor ids without scheme, each sorted by first mention; any may be empty."""

    addressees: tuple[str, ...]
    beneficiaries: tuple[str, ...]
    partners: tuple[str, ...]


def find_roles(text: str, frame: Frame, mentions: Sequence[Mention], context: Context) -> Roles:
    """Assign a role to every actor inside the frame but its subject, by the words before it.

    An actor joined to the one before it (、 and 特别是 'especially') takes the same role. The first actor right after
    the cue of a directive is its addressee. Only groups benefit: a state or an organisation takes part or is asked.
    """
    rules = context.grammar.roles
    found: dict[str, list[str]] = {"addressee": [], "beneficiary": [], "partner": []}
    taken = frame.subject.span if frame.subject else None
    inside = [m for m in mentions if m.target.startswith("actor/") and any(m.span in zone for zone in frame.zones)]
    gains = frame.cue is not None and frame.act == "require" and rules.benefits.search(text[frame.cue.end :])
    for mention in frame.theme:
        if not gains:
            found["addressee"].append(mention.target.split("/", 1)[1])
        elif mention.target in context.lexicon.groups:
            found["beneficiary"].append(mention.target.split("/", 1)[1])
    themed = {m.span for m in frame.theme}
    last: Mention | None = None
    role: str | None = None
    for mention in inside:
        if (taken and mention.span.overlaps(taken)) or mention.span in themed:
            last, role = mention, None
            continue
        gap = text[last.span.end : mention.span.start] if last else None
        if (last and mention.span.overlaps(last.span)) or (gap is not None and role and _is_joined(gap, context)):
            pass
        else:
            role = _role_before(text, mention, frame, last, context)
        if role and (role != "beneficiary" or mention.target in context.lexicon.groups):
            found[role].append(mention.target.split("/", 1)[1])
        last = mention
    return Roles(*(tuple(dict.fromkeys(found[r])) for r in ("addressee", "beneficiary", "partner")))


def _is_joined(gap: str, context: Context) -> bool:
    """Tell whether an actor goes on with a list of actors ("the UN and its bodies, G7, G20, …")."""
    rules = context.grammar.roles
    if rules.joiners.fullmatch(gap):
        return True
    if context.grammar.language == "zh" or len(gap) > _LOOSE_GAP or not re.search(r",\s*(?:\w+\s+)?$", gap):
        return False
    return not any(pattern.search(gap) for pattern in (rules.partner, rules.beneficiary, rules.addressee))


def _role_before(text: str, mention: Mention, frame: Frame, last: Mention | None, context: Context) -> str | None:
    rules = context.grammar.roles
    zone = next(z for z in frame.zones if mention.span in z)
    start = max(zone.start, last.span.end if last and last.span.end <= mention.span.start else zone.start)
    reach = 10 if context.grammar.language == "zh" else 60
    start = max(start, mention.span.start - reach)
    before = text[start : mention.span.start]
    best: tuple[int, int, str] | None = None
    for role, pattern in (
        ("partner", rules.partner),
        ("beneficiary", rules.beneficiary),
        ("addressee", rules.addressee),
    ):
        for match in pattern.finditer(before):
            key = (match.end(), -match.start(), role)
            if best is None or key[:2] > best[:2]:
                best = key
    aimed = _is_aimed_at(mention, frame, zone, reach, context)
    if aimed and frame.cue and (best is None or start + best[0] <= frame.cue.end):
        return "addressee"
    return best[2] if best else None


def _is_aimed_at(mention: Mention, frame: Frame, zone: Span, reach: int, context: Context) -> bool:
    """Tell whether an actor stands right behind the cue of a directive; only groups are welcomed to do something."""
    if frame.act not in DIRECTIVES or frame.cue is None or frame.cue not in zone:
        return False
    if frame.act == "welcome":
        if mention.target not in context.lexicon.groups:
            return False
        reach = min(reach, _WELCOME_REACH)
    return 0 <= mention.span.start - frame.cue.end <= reach
