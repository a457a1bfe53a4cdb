"""Pinyin glosses, which sites that mirror simplified pages in traditional characters leave behind: `設(shè)`."""

import re
import unicodedata
from functools import lru_cache

from graph_builder.text.offsets import Tracked

_INITIALS = "b p m f d t n l g k h j q x zh ch sh r z c s"
_FINALS = (
    "a o e ai ei ao ou an en ang eng ong i ia ie iao iu ian in iang ing iong "
    "u ua uo uai ui uan un uang ueng ü üe üan ün"
)
_ALONE = (
    "a o e ai ei ao ou an en ang eng er yi ya yo ye yao you yan yin yang ying yong "
    "wu wa wo wai wei wan wen wang weng yu yue yuan yun m n ng hm hng"
)
SYLLABLES = frozenset(_ALONE.split()) | {initial + final for initial in _INITIALS.split() for final in _FINALS.split()}
"""A superset of the syllables of Hanyu Pinyin (initial + final, GB/T 16159), without tone marks."""

_TONES = {"\u0300", "\u0301", "\u0304", "\u030c"}
_GLOSS = re.compile(
    r"[(（](?<=[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff][(（])([a-zà-ɏ\u0300-\u030c]{1,14})[)）]"
)


@lru_cache(maxsize=1 << 12)
def is_pinyin(word: str) -> bool:
    """Tell whether a lower-case word is one or two (with erhua) syllables of pinyin, with or without tone marks.

    >>> is_pinyin("shè"), is_pinyin("de"), is_pinyin("diǎnr"), is_pinyin("good")
    (True, True, True, False)
    """
    plain = "".join(char for char in unicodedata.normalize("NFD", word) if char not in _TONES)
    plain = unicodedata.normalize("NFC", plain).replace("v", "ü")
    if plain in SYLLABLES or (plain.endswith("r") and plain[:-1] in SYLLABLES):
        return True
    return any(plain[:cut] in SYLLABLES and plain[cut:] in SYLLABLES for cut in range(1, len(plain)))


def remove_glosses(text: Tracked) -> Tracked:
    """Take out bracketed pinyin straight after a Han character.

    Upper case, digits, spaces, Han and other words in brackets stay: (A/RES/78/311), (一), (AI for good), (4P), (MRI).
    """
    return text.replaced(_GLOSS, lambda match: "" if is_pinyin(match.group(1)) else None)
