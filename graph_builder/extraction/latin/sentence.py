"""A sentence as words, and the word lists of its grammar ready to ask."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from graph_builder.extraction.frames import Context
from graph_builder.extraction.grammar import Cue, any_of, load_grammar
from graph_builder.lexicon.words import Word, cut_words, key_of, level_spelling, words_of
from graph_builder.model import Mention

_SHOUTED_WORDS = 4
"""So many words at the head of a sentence may be a verb in capitals, as in resolutions and recommendations."""

_FRENCH_ENDING = re.compile(r"(?:e|ent|ons|ées?|és?)$")
_FRENCH_FUTURE = re.compile(r"(?:er|ir|dr|tr|ur|vr|cr|rr)(?:ai|as?|ons|ez|ont)$")

Form = Literal["base", "finite", "participle", "past", "future", "modal"]


@dataclass(frozen=True, slots=True)
class Rules:
    """The word classes of one grammar: sets of keys or lower-case surfaces, and patterns over the text.

    `cues` maps the first key of a cue to (all keys, cues, whether as a participle only), longest first; no cues there
    mean words that only block.
    """

    language: str
    cues: dict[str, tuple[tuple[tuple[str, ...], tuple[Cue, ...], bool], ...]]
    programme: frozenset[str]
    adverbs: frozenset[str]
    adverb_suffix: str
    inside_cues: frozenset[str]
    determiners: frozenset[str]
    clitics: frozenset[str]
    verbs: frozenset[str]
    forms: dict[str, str]
    nounlike: frozenset[str]
    progressive: frozenset[str]
    auxiliaries: frozenset[str]
    invariant: frozenset[str]
    past_time: re.Pattern[str]
    predicates: re.Pattern[str]
    technology: re.Pattern[str]
    planned: re.Pattern[str]
    postposed: tuple[tuple[str, re.Pattern[str]], ...]
    perfect: re.Pattern[str]
    coordinators: frozenset[str]
    relative: frozenset[str]
    infinitive: frozenset[str]
    complementizers: frozenset[str]
    subjects: frozenset[str]
    pronouns: frozenset[str]
    modals: frozenset[str]
    verbs_before_preposition: frozenset[str]
    prepositions: frozenset[str]
    speakers: frozenset[str]
    issuers: re.Pattern[str]
    behind_preposition: re.Pattern[str]
    joined_subjects: re.Pattern[str]
    purpose: re.Pattern[str]
    past: re.Pattern[str]
    declarative: re.Pattern[str]


@cache
def load_rules(language: str) -> Rules:
    """Return the rules of "en" or "fr"."""
    grammar = load_grammar(language)
    words = grammar.words
    cues: dict[str, list[tuple[tuple[str, ...], tuple[Cue, ...], bool]]] = {}
    for phrase in [*grammar.cues, *words["not_cues"]]:
        for variant in _reflexive_forms(phrase):
            keys = tuple(words["forms"].get(word.surface.lower(), word.key) for word in words_of(variant, language))
            if keys:
                participle = language == "fr" and variant.split()[0].endswith("ant")
                cues.setdefault(keys[0], []).append((keys, grammar.cues.get(phrase, ()), participle))
    programme = frozenset(word.key for verb in words["programme"] for word in words_of(verb, language))
    joiner = rf"\s*(?:,|{any_of(words['coordinators'])})?"
    articles = any_of(words["articles"])
    return Rules(
        language=language,
        cues={key: tuple(sorted(found, key=lambda entry: -len(entry[0]))) for key, found in cues.items()},
        programme=programme,
        adverbs=frozenset(words["adverbs"]),
        adverb_suffix=words["adverb_suffix"],
        inside_cues=frozenset(words["inside_cues"]),
        determiners=frozenset(words["determiners"]),
        clitics=frozenset(words["clitics"]),
        verbs=programme | frozenset(cues),
        forms=words["forms"],
        nounlike=frozenset(words["nounlike"]),
        progressive=frozenset(words["progressive"]),
        auxiliaries=frozenset(words["auxiliaries"]),
        invariant=frozenset(words["invariant"]),
        past_time=re.compile(words["past_time"]),
        predicates=re.compile(words["predicates"], re.IGNORECASE),
        technology=re.compile(words["technology"], re.IGNORECASE),
        postposed=tuple((act, re.compile(pattern)) for act, pattern in words["postposed"].items()),
        planned=re.compile(words["planned"], re.IGNORECASE),
        perfect=re.compile(words["perfect"], re.IGNORECASE),
        coordinators=frozenset(words["coordinators"]),
        relative=frozenset(words["relative"]),
        infinitive=frozenset(words["infinitive"]),
        complementizers=frozenset(words["complementizers"]),
        subjects=frozenset(words["subjects"]),
        pronouns=frozenset(words["other_pronouns"]),
        modals=frozenset(words["modals"]),
        verbs_before_preposition=frozenset(words["verbs_before_preposition"]),
        prepositions=frozenset(words["prepositions"]),
        speakers=frozenset(words["we"]),
        issuers=re.compile(rf"\b{any_of(words['issuer_pronouns'])}\b", re.IGNORECASE),
        behind_preposition=re.compile(rf"\b{any_of(words['prepositions'])}\s*(?:{articles}\s*)?$", re.IGNORECASE),
        joined_subjects=re.compile(
            rf"{joiner}(?:\s*{joiner})?\s*(?:{articles}\s*)?{any_of(words['offices'])}?\s*", re.I
        ),
        purpose=re.compile(any_of(words["purpose"]), re.IGNORECASE),
        past=re.compile("|".join(words["past"]), re.IGNORECASE),
        declarative=re.compile("|".join(words["declarative"]), re.IGNORECASE),
    )


def _reflexive_forms(phrase: str) -> tuple[str, ...]:
    """Return a French cue with every reflexive pronoun that a speaker uses (« s'engager à », « nous engageons à »)."""
    for pronoun in ("s'", "se "):
        if phrase.startswith(pronoun):
            verb = phrase[len(pronoun) :]
            return f"se {verb}", f"nous {verb}", f"me {verb}"
    return (phrase,)


@dataclass(frozen=True, slots=True)
class LatinSentence:
    """The words of a sentence with the mentions in it; spans in the sentence's own frame.

    `surfaces` are the words in lower case, `verbs` what `verb_keys` says of each.
    """

    text: str
    words: tuple[Word, ...]
    surfaces: tuple[str, ...]
    verbs: tuple[tuple[str, ...], ...]
    mentions: Sequence[Mention]
    context: Context
    rules: Rules

    @property
    def actors(self) -> list[Mention]:
        """The mentions of actors, in text order."""
        return [m for m in self.mentions if m.target.startswith("actor/")]

    def surface(self, index: int) -> str:
        """Return a word in lower case; empty beyond the edges."""
        return self.surfaces[index] if 0 <= index < len(self.surfaces) else ""

    def between(self, left: int, right: int) -> str:
        """Return the text between two words (indexes; -1 and len(words) are the edges)."""
        start = self.words[left].span.end if left >= 0 else 0
        end = self.words[right].span.start if right < len(self.words) else len(self.text)
        return self.text[start:end]

    def is_adverb(self, index: int) -> bool:
        """Tell whether a word may stand between a verb and what it depends on."""
        surface = self.surface(index)
        return surface in self.rules.adverbs or (len(surface) > 4 and surface.endswith(self.rules.adverb_suffix))

    def is_we_form(self, index: int) -> bool:
        """Tell whether a French verb, or the one behind its clitics, is of the first person plural."""
        while index < len(self.words) and self.surface(index) in self.rules.clitics:
            index += 1
        return self.surface(index).endswith(("ons", "mes"))

    def verb_keys(self, index: int) -> tuple[str, ...]:
        """Return the lemmas a word may have as a verb: its key, and in French the verb of its form (« invite »)."""
        return self.verbs[index]

    def form(self, index: int) -> Form:
        """Return the form of a verb: base (infinitive, imperative), finite (third person), participle, past, future."""
        surface, key = self.surface(index), self.words[index].key
        if self.rules.language == "fr":
            if surface.endswith("ant"):
                return "participle"
            if _FRENCH_FUTURE.search(surface) and key != surface:
                return "future"
            if surface == key and re.search(r"(?:er|ir|re|oir)$", surface):
                return "base"
            if f"{surface.removesuffix('s')}r" in self.verbs[index]:
                return "finite"  # « remercie », « contribue »
            return "past" if re.search(r"(?:ée?s?|[iu]e?s?)$", surface) and not surface.endswith("ons") else "finite"
        if surface.endswith("ing") and key != surface:
            return "participle"
        if surface.endswith("s") and key != surface:
            return "finite"
        return "base" if level_spelling(surface) == key else "past"


def read_sentence(text: str, mentions: Sequence[Mention], context: Context) -> LatinSentence:
    """Cut a sentence into words."""
    rules = load_rules(context.grammar.language)
    words = list(cut_words(text, rules.language))
    surfaces = tuple(word.surface.lower() for word in words)
    for index, word in enumerate(words[:_SHOUTED_WORDS]):  # RECOMMENDS that…, CALLS ON all actors to…
        key = key_of(surfaces[index], rules.language)
        if not word.surface.isupper() or (index == 0 and key not in rules.cues):
            break
        words[index] = word._replace(key=key)
    for index, surface in enumerate(surfaces):
        if surface in rules.forms:
            words[index] = words[index]._replace(key=rules.forms[surface])
    verbs = tuple(_verb_keys(word.key, index, surfaces, rules) for index, word in enumerate(words))
    return LatinSentence(text, tuple(words), surfaces, verbs, mentions, context, rules)


def _verb_keys(key: str, index: int, surfaces: Sequence[str], rules: Rules) -> tuple[str, ...]:
    if rules.language != "fr" or key in rules.programme:
        return (key,)
    if index and (surfaces[index - 1] in rules.determiners or surfaces[index - 1] in rules.prepositions):
        return (key,)
    infinitive = _FRENCH_ENDING.sub("er", surfaces[index])
    return (infinitive, key) if infinitive in rules.verbs and infinitive != key else (key,)
