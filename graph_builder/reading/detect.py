"""What a text says of itself where no registry entry does: language, title, front matter."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime

import yaml

_HAN = re.compile(r"[\u3400-\u9fff]")
# Frequent characters that only one of the two scripts has.
_TRADITIONAL = frozenset(
    "國會來時個們這對開發動與經進學關機點產業實現應總統體數據為後過還設計網絡權責協議調務強廣東長無電話語認識讓論證"
)
_SIMPLIFIED = frozenset(
    "国会来时个们这对开发动与经进学关机点产业实现应总统体数据为后过还设计网络权责协议调务强广东长无电话语认识让论证"
)
_STOP_WORDS: Mapping[str, re.Pattern[str]] = {
    "en": re.compile("the|of|and|to|in|for|that|is|with|on|as|are|by|be|we|our|from|this|which|should|will"),
    "fr": re.compile("le|la|les|de|des|du|et|en|un|une|pour|que|dans|qui|sur|par|est|sont|nous|ce|cette|aux|au"),
}
_LEAST_SHARE = 0.08  # of words that are stop words in running text of a language; less is not that language
_FRONT_MATTER = re.compile(r"\A\ufeff?\s*---\r?\n(.*?)\r?\n---\s*(?:\r?\n|\Z)", re.DOTALL)
_LONGEST_TITLE = 160
_TITLE_WITHIN = 40  # lines
_DOCUMENTS = re.compile(
    r"宣言|[声聲]明|公[约約]|[计計][划劃]|倡[议議]|原[则則]|[决決][议議]|白皮[书書]|[规規]范|[规規]範|指南|意[见見]|办法|[条條]例|\b(?:declaration|statement|plan"
    r"|initiative|convention|principles|recommendation|resolution|framework|charter|agreement|strategy|déclaration|charte"
    r"|principes|recommandation|stratégie|norms|guidelines)\b",
    re.IGNORECASE,
)
_GLOSS = re.compile(r"(?<=[\u3400-\u9fff])\([a-zà-ɏ]+\)")
_LEAST_WORDS, _LEAST_HAN = 3, 5  # of a title; shorter lines name the kind of page


def detect_language(text: str) -> str | None:
    """Return zh-Hant, zh-Hans, en or fr, or None where the text is in none of these.

    >>> detect_language("各國應當加強合作"), detect_language("Le droit de la personne et les données")
    ('zh-Hant', 'fr')
    """
    letters = sum(char.isalpha() for char in text)
    if letters and len(_HAN.findall(text)) * 4 > letters:
        traditional, simplified = _TRADITIONAL - _SIMPLIFIED, _SIMPLIFIED - _TRADITIONAL
        old, new = sum(char in traditional for char in text), sum(char in simplified for char in text)
        return "zh-Hant" if old > new else "zh-Hans"
    words = re.findall(r"[^\W\d_]+", text.lower())
    shares = {
        tag: sum(bool(stops.fullmatch(word)) for word in words) / max(1, len(words))
        for tag, stops in _STOP_WORDS.items()
    }
    best = max(sorted(shares), key=lambda tag: shares[tag])
    return best if shares[best] >= _LEAST_SHARE else None


def detect_title(text: str) -> str | None:
    """Return the likeliest title among the lines above the first paragraph, None where there is none.

    First choice is a line that names a kind of document, then one that a second line repeats, then the first.
    """
    lines = list(_lines_above_text(text))
    named = [line for line in lines if _DOCUMENTS.search(line)]
    repeated = [line for at, line in enumerate(lines) if any(line in other for other in lines[:at] + lines[at + 1 :])]
    return next(iter((*named, *repeated, *lines)), None)


def _lines_above_text(text: str) -> Iterator[str]:
    front = _FRONT_MATTER.match(text)
    for row in text[front.end() if front else 0 :].splitlines()[:_TITLE_WITHIN]:
        line = re.sub(r"^#+\s*|\*\*|__|\ufeff", "", row.strip()).strip()
        line = re.sub(r"^(?:title|titre|标题|標題)\s*[:：]\s*", "", _GLOSS.sub("", line), flags=re.IGNORECASE)
        ended = bool(re.search(r"[.。;；,，:：]$", line))
        if len(line) > _LONGEST_TITLE or (ended and len(line) > _LONGEST_TITLE // 4):
            return
        plain = not re.match(r"!\[|\[|[(（]|https?:|-{3}|<|\W*$", line)
        enough = len(_HAN.findall(line)) >= _LEAST_HAN or len(line.split()) >= _LEAST_WORDS
        if plain and enough and not ended:
            yield line


def parse_front_matter(text: str) -> Mapping[str, object]:
    """Return the YAML block between two `---` at the top of a text; empty where there is none or it is no mapping."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}
    try:
        data = yaml.safe_load(match.group(1))
    except yaml.YAMLError:
        return {}
    return {str(key): value for key, value in data.items()} if isinstance(data, dict) else {}


def find_date(front: Mapping[str, object]) -> date | None:
    """Return the date that front matter gives, if it is one."""
    value = front.get("date")
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
