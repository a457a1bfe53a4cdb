"""The word lists of `grammar/zh.yaml` as regular expressions, compiled once."""

import re
from dataclasses import dataclass
from functools import cache

from graph_builder.extraction.grammar import any_of, load_grammar

_PHRASE = (
    r"在[^，]{1,25}?(?:框架下|基础上|基础之上|方面|领域|范围内?|过程中|进程中|背景下|问题上|层面|同时|下|中|上|内|里)"
    r"|(?:同|与|和)[^，]{1,30}?(?=共同|一道|携手|开展|加强|就|合作|深化|保持)"
    r"|(?:对|就|围绕|面向|向|为|给|以|通过|从|按照|根据|依托)[^，]{1,25}?(?=@VERB)"
    r"|[在于][^，]{1,40}?(?=@CUE)"
)
"""Prepositional phrases that may stand between subject and verb."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """One regular expression a word class of the grammar."""

    segment: re.Pattern[str]
    before_verb: re.Pattern[str]
    adverbs: re.Pattern[str]
    programme: re.Pattern[str]
    adverbial: re.Pattern[str]
    attached: re.Pattern[str]
    purpose: re.Pattern[str]
    uphold_adverbial: re.Pattern[str]
    hostile: re.Pattern[str]
    weighty: re.Pattern[str]
    past: re.Pattern[str]
    declarative: re.Pattern[str]
    issuers: re.Pattern[str]
    meetings: re.Pattern[str]
    become: re.Pattern[str]
    told: re.Pattern[str]
    holding: re.Pattern[str]
    aims: re.Pattern[str]
    progressive: re.Pattern[str]
    technology: re.Pattern[str]
    third_person: re.Pattern[str]
    documents: re.Pattern[str]
    preposition: re.Pattern[str]
    closed: re.Pattern[str]
    will_verb: re.Pattern[str]
    object_verb: re.Pattern[str]
    closed_adverbial: re.Pattern[str]
    quoted: re.Pattern[str]
    titles: re.Pattern[str]


@cache
def load_patterns() -> Patterns:
    """Return the patterns of the Chinese grammar."""
    words = load_grammar("zh").words
    plain = f"{any_of(words['programme'])}(?!{any_of(words['agents'])})"
    nounlike = f"{any_of(words['programme_nouns'])}(?!{any_of(words['not_before'])}|$)"
    verb = f"(?:{plain}|{nounlike})"
    adverb = any_of(words["adverbs"])
    when = words["when"]
    heads = [word for word, cues in load_grammar("zh").cues.items() if len(word) > 1 and cues[0].at == "head"]
    phrase = _PHRASE.replace("@VERB", verb).replace("@CUE", any_of(heads))
    return Patterns(
        segment=re.compile(f"[^{words['segments']}]+"),
        before_verb=re.compile(f"{when}|（[^（）]{{0,60}}）|{adverb}|{phrase}|[“‘《\\s]"),
        adverbs=re.compile(f"(?:{adverb}|[“‘\\s])*"),
        programme=re.compile(verb),
        adverbial=re.compile(f"\\s*(?:{adverb})?{any_of(words['adverbial'])}"),
        attached=re.compile(f"\\s*{any_of(words['attached_adverbial'])}"),
        purpose=re.compile(f"\\s*{any_of(words['purpose'])}(?!此)"),
        uphold_adverbial=re.compile("|".join(words["uphold_adverbials"])),
        weighty=re.compile(any_of(words["weighty"])),
        hostile=re.compile(f"(?:{adverb})*{any_of(words['hostile'])}"),
        past=re.compile("|".join(words["past"])),
        declarative=re.compile("|".join(words["declarative"])),
        issuers=re.compile(any_of(words["pronouns"]["issuers"])),
        meetings=re.compile(any_of(words["pronouns"]["meetings"] + words["pronouns"]["issuers"])),
        documents=re.compile(f"[该本此]?{any_of(words['pronouns']['documents'])}"),
        holding=re.compile(any_of(words["holding"])),
        aims=re.compile(any_of(words["aims"])),
        told=re.compile(words["told"]),
        progressive=re.compile(any_of(words["progressive"])),
        technology=re.compile(words["technology"]),
        become=re.compile(words["become"]),
        third_person=re.compile(any_of(words["pronouns"]["third_person"]) + "(?!们|国)"),
        preposition=re.compile(f"{any_of(words['prepositions'])}(?:[^，。、]{{0,4}})$"),
        closed=re.compile(f"{any_of(words['closers'])}[”’》]?$"),
        will_verb=re.compile(f"{verb}|{adverb}|{any_of(words['after_will'])}"),
        object_verb=re.compile(f"[^，]{{1,30}}?{any_of(words['object_verbs'])}"),
        closed_adverbial=re.compile(rf"{any_of(words['adverbial_ends'])}(?:{adverb})*$"),
        quoted=re.compile(r"应[^，应]{1,30}?邀请?(?=，|$)|“[^”]*”|《[^》]*》"),
        titles=re.compile(f"(?:{any_of(words['titles'])}|[、和与及])+"),
    )
