"""Load the speech-act grammar of a language from its YAML file and compile it; a mistake there is an error here."""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

import yaml

from graph_builder.errors import GrammarError
from graph_builder.lexicon.automaton import Automaton
from graph_builder.model import Precision

Mode = Literal["clausal", "phrasal", "open", "weak", "final", "light", "predicate", "passive"]
Place = Literal["any", "head"]


@dataclass(frozen=True, slots=True)
class ActRule:
    """What an act governs: acts that stay inside it when they follow in the same sentence."""

    force: str
    governs: frozenset[str]
    governs_if_addressed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that perform an act. `object` are words of which one must follow closely, or empty."""

    act: str
    force: str
    mode: Mode
    at: Place
    object: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """A pattern with groups y, m?, d? and the precision of what it finds.

    `years_on` counts from the year of the document ("by the end of next year": 1), which such a pattern need not name;
    with `ahead` a date counts only from the document's own year on ("in 2027").
    """

    pattern: re.Pattern[str]
    precision: Precision
    years_on: int | None
    ahead: bool


@dataclass(frozen=True, slots=True)
class RoleRules:
    """Words that stand before an actor and give it a role, and words that join it to the actor before it.

    `benefits` tells of what follows a modal that it is to the good of its subject ("workers should be protected").
    """

    partner: re.Pattern[str]
    beneficiary: re.Pattern[str]
    addressee: re.Pattern[str]
    joiners: re.Pattern[str]
    benefits: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Grammar:
    """The grammar of one language. `words` are the language's word lists that only its own engine reads."""

    language: str
    acts: dict[str, ActRule]
    cues: dict[str, tuple[Cue, ...]]
    cue_finder: Automaton
    roles: RoleRules
    deadlines: tuple[DeadlineRule, ...]
    quantities: tuple[re.Pattern[str], ...]
    quantity_acts: frozenset[str]
    words: dict[str, Any]


def _read(name: str) -> dict[str, Any]:
    source = resources.files("graph_builder.extraction") / "grammar" / name
    try:
        content = yaml.load(source.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # every word stays a string
    except yaml.YAMLError as exc:
        raise GrammarError(name, f"not valid YAML ({' '.join(str(exc).split())})", "mend the syntax there") from exc
    if not isinstance(content, dict):
        raise GrammarError(name, "not a mapping", "begin the file with `language:`")
    return content


@cache
def load_acts() -> dict[str, ActRule]:
    """Return the rules of every act, by its id without the scheme."""
    return {
        act: ActRule(rule["force"], frozenset(rule.get("governs", ())), frozenset(rule.get("governs_if_addressed", ())))
        for act, rule in _read("acts.yaml").items()
    }


@cache
def load_grammar(language: str) -> Grammar:
    """Return the grammar of "zh", "en" or "fr".

    Raises:
        GrammarError: the file is not YAML, or names an unknown act, mode or place, or a pattern does not compile.
    """
    name = f"{language}.yaml"
    data, acts = _read(name), load_acts()
    cues: dict[str, list[Cue]] = {}
    for entry in data["cues"]:
        if entry["act"] not in acts or entry["mode"] not in get_args(Mode) or entry["at"] not in get_args(Place):
            raise GrammarError(
                name, f"unknown act, mode or place in {entry}", "use those of acts.yaml and of the header"
            )
        force = entry.get("force", acts[entry["act"]].force)
        cue = Cue(entry["act"], force, entry["mode"], entry["at"], tuple(entry.get("object", ())))
        for word in entry["words"]:
            cues.setdefault(word, []).append(cue)
    blockers = data.get("not_cues", ())
    try:
        return Grammar(
            language=language,
            acts=acts,
            cues={word: tuple(found) for word, found in cues.items()},
            cue_finder=Automaton([*cues, *blockers], overlapping=False),
            roles=RoleRules(
                _role(data["roles"], "partner", language),
                _role(data["roles"], "beneficiary", language),
                _role(data["roles"], "addressee", language),
                re.compile(rf"\s*(?:{any_of(data['joiners'])}\s*)*", re.IGNORECASE),
                re.compile(data["roles"]["benefits"], re.IGNORECASE),
            ),
            deadlines=tuple(
                DeadlineRule(
                    re.compile(rule["pattern"], re.IGNORECASE),
                    rule["precision"],
                    int(rule["years_on"]) if "years_on" in rule else None,
                    "ahead" in rule,
                )
                for rule in data["deadline"]
            ),
            quantities=tuple(re.compile(pattern, re.IGNORECASE) for pattern in data["quantity"]),
            quantity_acts=frozenset(data["quantity_acts"]),
            words=data,
        )
    except (re.error, KeyError) as exc:
        raise GrammarError(name, f"bad pattern or missing key ({exc})", "mend that entry") from exc


def any_of(words: list[str]) -> str:
    """Return a regular expression for one of the words, longest first."""
    return "(?:" + "|".join(re.escape(w) for w in sorted(set(words), key=lambda w: (-len(w), w))) + ")"


def _role(roles: dict[str, list[str]], role: str, language: str) -> re.Pattern[str]:
    words = any_of(roles[role])
    whole = words if language == "zh" else rf"(?<!\w){words}(?!\w)"
    return re.compile("|".join([whole, *roles.get(f"{role}_patterns", ())]), re.IGNORECASE)
