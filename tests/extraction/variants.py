"""Other spellings and settings of a raw text that say the same: what a site, a PDF or a mirror makes of it."""

import random
import re
import textwrap
from collections.abc import Callable, Sequence
from unicodedata import normalize

from graph_builder.text.script import load_simplification

Change = Callable[[str], str]

HAN = r"\u3400-\u9fff"
_SYLLABLES = (
    "běi",
    "dà",
    "de",
    "fāng",
    "guó",
    "hǎo",
    "lǜ",
    "mén",
    "ōu",
    "quán",
    "shè",
    "tōng",
    "wéi",
    "xīn",
    "yù",
    "zhì",
)
_WIDE = {",": "，", ";": "；", ":": "：", "(": "（", ")": "）"}
_NARROW = {wide: narrow for narrow, wide in _WIDE.items()}

BEFORE = {
    "zh": (
        *("当前位置：首页 > 新闻中心 > 正文", "分享到：微信 微博 QQ空间", "2026-01-05 10:20　来源：某某新闻网"),
        *("【字号：大 中 小】", "打印", "关闭"),
    ),
    "en": (
        *("Skip to main content", "Search", "Share this page", "Print"),
        *("We use cookies to improve this site. Accept all cookies", "Published 5 January 2026"),
    ),
    "fr": (
        *("Aller au contenu", "Rechercher", "Partager cette page", "Imprimer"),
        *("Nous utilisons des cookies pour améliorer ce site. Accepter tous les cookies", "Publié le 5 janvier 2026"),
    ),
}
"""What pages put above a document, by language."""

AFTER = {
    "zh": (
        *("分享到：微信", "（责任编辑：李明）", "相关阅读", "人工智能治理国际会议在京举行"),
        *("各国专家呼吁加强人工智能监管合作", "2026-01-26 09:59", "智能手机概念股大涨 多只股票涨停"),
        "手机买股票开户怎么办理：炒股杠杆收费-世界人工智能大会将举办 概念股出炉",
        *("上一篇：全市召开安全生产工作会议", "下一篇：春季招聘会将于周六举行"),
        *(
            "版权声明：本网站转载的所有文章，版权归原作者所有，未经授权不得转载。",
            "京ICP备12345678号 网站地图 联系我们",
        ),
    ),
    "en": (
        *("Share", "Print", "Related articles", "Ministers call for stronger rules on artificial intelligence"),
        *("UN panel to meet on AI safety", "Storm closes northern ports", "3 min read"),
        "Buy now: AI stocks soar, use the promo code",
        "Subscribe to our newsletter to receive updates on artificial intelligence policy.",
        "© 2026 Example News. All rights reserved. Reproduction should be reported to the publisher.",
        "Privacy policy | Terms of use | Site map",
    ),
    "fr": (
        *("Partager", "Imprimer", "À lire aussi", "Les ministres appellent à encadrer l'intelligence artificielle"),
        *("L'ONU débattra de la sécurité de l'IA", "La tempête ferme les ports du nord"),
        "Offre limitée : les actions de l'IA s'envolent, code promo BOURSE",
        "Abonnez-vous à notre lettre d'information pour suivre la politique de l'intelligence artificielle.",
        "© 2026 Exemple. Tous droits réservés. Toute reproduction doit être signalée à l'éditeur.",
        "Mentions légales | Plan du site",
    ),
}
"""What pages put below a document: headlines on the subject too, and adverts that name it."""


def to_simplified(raw: str) -> str:
    """Write every traditional character as the simplified one of OpenCC's table."""
    return raw.translate(load_simplification())


def to_traditional(raw: str) -> str:
    """Write every simplified character that stands for one traditional character as that one."""
    olds: dict[str, list[int]] = {}
    for old, new in load_simplification().items():
        olds.setdefault(new, []).append(old)
    return raw.translate({ord(new): old[0] for new, old in olds.items() if len(old) == 1})


def gloss(raw: str, *, seed: int, share: float) -> str:
    """Put a syllable of pinyin in brackets, of either width, behind a share of the Han characters."""
    chance = random.Random(seed)

    def glossed(match: re.Match[str]) -> str:
        if chance.random() > share:
            return match.group()
        brackets = chance.choice(("()", "（）"))
        return f"{match.group()}{brackets[0]}{chance.choice(_SYLLABLES)}{brackets[1]}"

    return re.sub(rf"[{HAN}]", glossed, raw)


def widen(raw: str) -> str:
    """Write ASCII commas, colons, semicolons and brackets beside Han characters in full width."""
    return re.sub(rf"(?<=[{HAN}])[,;:()]|[,;:()](?=[{HAN}])", lambda match: _WIDE[match.group()], raw)


def narrow(raw: str) -> str:
    """Write full-width commas, colons, semicolons and brackets beside Han characters in ASCII."""
    return re.sub(rf"(?<=[{HAN}])[，；：（）]|[，；：（）](?=[{HAN}])", lambda match: _NARROW[match.group()], raw)


def straighten(raw: str) -> str:
    """Write typographic apostrophes and quotation marks as those of a typewriter."""
    return raw.translate(str.maketrans("‘’“”", "''\"\""))


def curl(raw: str) -> str:
    """Write apostrophes between letters, and pairs of quotation marks on a line, as typographers do."""
    paired = re.sub(r'"([^"\n]*)"', r"“\1”", straighten(raw))
    return re.sub(r"(?<=\w)'(?=\w)", "’", paired)


def quote_in_guillemets(raw: str) -> str:
    """Write pairs of quotation marks on a line in the French way."""
    return re.sub(r"“([^”\n]*)”", "«\u00a0\\1\u00a0»", curl(raw))


def bind_spaces(raw: str, space: str) -> str:
    """Write a fifth of the spaces between words with another character."""
    chance = random.Random(5)
    return re.sub(r"(?<=\S) (?=\S)", lambda match: space if chance.random() < 0.2 else match.group(), raw)


def space_marks(raw: str, space: str) -> str:
    """Write the spaces that French sets before `;:!?` and inside guillemets with another character, or none."""
    return re.sub(r" (?=[;:!?»])|(?<=«) ", space, raw)


def decompose(raw: str) -> str:
    """Write letters and their accents as code points of their own."""
    return normalize("NFD", raw)


def compose(raw: str) -> str:
    """Write letters and their accents as one code point."""
    return normalize("NFC", raw)


def end_lines(raw: str, end: str) -> str:
    """End every line in `end`."""
    return raw.replace("\r\n", "\n").replace("\n", end)


def furnish(raw: str, before: Sequence[str], after: Sequence[str], *, gap: str) -> str:
    """Put lines of a page around a text; `gap` stands between them."""
    return "".join(line + gap for line in before) + raw.strip("\n") + "".join(gap + line for line in after) + "\n"


def set_apart(raw: str) -> str:
    """Put a blank line between any two lines, so that each is a paragraph."""
    return re.sub(r"\n+", "\n\n", raw)


def wrap(raw: str, *, columns: int = 72) -> str:
    """Break the lines of a text at spaces."""
    lines = (textwrap.wrap(line, columns, break_on_hyphens=False, break_long_words=False) for line in raw.split("\n"))
    return "\n".join(part for parts in lines for part in parts or [""])


def print_pages(raw: str, header: str, *, rows: int) -> str:
    """Cut the lines of a text into pages with a running header above and a number below."""
    lines = wrap(raw).split("\n")
    pages = [lines[at : at + rows] for at in range(0, len(lines), rows)]
    return "\n".join("\n".join((header, "", *page, "", f"{number:>35}")) for number, page in enumerate(pages, start=1))


def repeat_line(raw: str, *, at: int) -> str:
    """Put the line that an offset stands on below itself once more, as a paragraph of its own."""
    start, end = raw.rfind("\n", 0, at) + 1, (raw + "\n").find("\n", at)
    return f"{raw[:end]}\n\n{raw[start:end]}{raw[end:]}"


def shuffle_items(raw: str, item: str, *, seed: int) -> str:
    """Shuffle what the group `words` of a pattern matches; numbers outside the group stay in their order."""
    matches = list(re.finditer(item, raw, re.MULTILINE))
    words = [match["words"] for match in matches]
    random.Random(seed).shuffle(words)
    parts, at = [], 0
    for match, new in zip(matches, words, strict=True):
        parts += [raw[at : match.start("words")], new]
        at = match.end("words")
    return "".join(parts) + raw[at:]
