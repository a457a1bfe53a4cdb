"""What a language says of the form of a suggestion: which words it never begins or ends with, which name nothing."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from graph_builder.lexicon.words import key_of

Keys = tuple[str, ...]
"""Words as they are compared: lemmas, or single Chinese characters."""

_NOTHING = "(?!)"


class Wording:
    """The lists of `words.yaml` for one language, ready to ask.

    `subject` finds what every text is about, `words` the Chinese words that no suggestion cuts in two, `conjunction`
    and `list_end` what `words.yaml` says of them.
    """

    def __init__(self, language: str, data: Mapping[str, Any]) -> None:
        self.language = language
        self.conjunction = re.compile(data["conjunctions"], re.IGNORECASE)
        self.list_end = re.compile(data.get("list_end", _NOTHING))
        self.subject = re.compile("|".join(rf"(?<![A-Za-z]){_any_case(w)}(?![A-Za-z])" for w in data["subject"]))
        start, stop = ("", "") if language == "zh" else (r"(?:^|(?<=\s))", r"(?:\s|$)")
        exceptions = self._any_of(data.get("not_beginnings", ()))

        def words(name: str) -> str:
            lists = self._any_of([*data["edges"], *data.get(name, ())])
            return f"(?:{lists}|{data.get('edge_pattern', _NOTHING)})"

        self._beginnings = re.compile(rf"(?:(?!{exceptions}){words('beginnings')}{stop})+")
        self._ending = re.compile(rf"{start}{words('endings')}$")
        subject = self._any_of(data["subject"])
        self._ordinary = re.compile(rf"(?:(?:{words('ordinary')}|{subject}|\d+){stop})+")
        whole = (w for name in ("edges", "not_beginnings", "ordinary") for w in data.get(name, ()) if len(w) > 1)
        self.words = re.compile(self._any_of(whole) if language == "zh" else _NOTHING)

    def begins(self, keys: Keys) -> bool:
        """Tell whether words begin with one that no suggestion begins with."""
        return bool(self._beginnings.match(self.join(keys)))

    def ends(self, keys: Keys) -> bool:
        """Tell whether words end with one that no suggestion ends with."""
        return bool(self._ending.search(self.join(keys)))

    def is_ordinary(self, keys: Keys) -> bool:
        """Tell whether there is nothing in these words but ordinary ones."""
        return bool(self._ordinary.fullmatch(self.join(keys)))

    def is_sound(self, keys: Keys) -> bool:
        """Tell whether words may be suggested."""
        coordinated = self.language != "zh" and any(map(self.conjunction.fullmatch, keys))
        return not (coordinated or self.begins(keys) or self.ends(keys) or self.is_ordinary(keys))

    def skip_beginnings(self, words: str) -> int:
        """Return the length of the words at the beginning that no suggestion begins with."""
        match = self._beginnings.match(words)
        return match.end() if match else 0

    def join(self, keys: Keys) -> str:
        """Return keys as one string: Chinese without spaces."""
        return ("" if self.language == "zh" else " ").join(keys)

    def _any_of(self, words: Iterable[str]) -> str:
        chinese = self.language == "zh"
        keys = {w if chinese else self.join(tuple(key_of(part, self.language) for part in w.split())) for w in words}
        return "(?:" + ("|".join(re.escape(k) for k in sorted(keys, key=lambda k: (-len(k), k))) or _NOTHING) + ")"


@cache
def load_wording(language: str) -> Wording:
    """Return the wording of "zh", "en" or "fr"."""
    text = (files(__package__) / "words.yaml").read_text("utf-8")
    return Wording(language, yaml.load(text, Loader=yaml.BaseLoader)[language])  # every word stays a string


def _any_case(word: str) -> str:
    """Return a pattern for a word; acronyms keep their case ("AI", not "j'ai")."""
    return re.escape(word) if word.isupper() else f"(?i:{re.escape(word)})"
