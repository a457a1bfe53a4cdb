"""Traditional to simplified Chinese, character by character, so that offsets keep their meaning.

The table is OpenCC's (`opencc/TSCharacters.txt`, Apache-2.0); phrases such as 資訊/信息 are left to the lexicon.
"""

import re
from functools import cache
from importlib.resources import files

from graph_builder.text.offsets import Tracked

# Characters that OpenCC leaves to phrase tables: where they change, and into what.
_IN_CONTEXT = (
    ("著", re.compile(r"(?<![显顯卓昭论論编編专專原名巨土合撰所])著(?![作名述者称稱录錄书書])"), "着"),
    ("瞭", re.compile(r"瞭(?=解)"), "了"),
    ("覆複", re.compile(r"(?<=[反答回重])[覆複]"), "复"),
    ("藉", re.compile(r"(?<![慰狼蕴蘊])藉(?=[由此著着助口机機])|(?<=[憑凭])藉"), "借"),
    ("甚", re.compile(r"甚(?=[么麼])"), "什"),
)
_STAYS = re.compile(r"乾(?=[坤隆陵])")


@cache
def load_simplification() -> dict[int, str]:
    """Return the table from traditional code points to simplified characters (first choice where there are several)."""
    lines = files("graph_builder.text").joinpath("opencc/TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {ord(old): new.split()[0] for old, new in rows if len(old) == 1 and len(new.split()[0]) == 1}


def simplify(text: Tracked) -> Tracked:
    """Write traditional characters as simplified ones, one for one.

    >>> simplify(Tracked.of("隨著全球數字鴻溝、著作權與於乾坤")).chars
    '随着全球数字鸿沟、著作权与于乾坤'
    """
    table, present = load_simplification(), set(text.chars)
    for characters, pattern, new in _IN_CONTEXT:
        if not present.isdisjoint(characters):
            text = text.replaced(pattern, new)
    if table.keys().isdisjoint(map(ord, present)):
        return text
    kept = [match.start() for match in _STAYS.finditer(text.chars)]
    simple = text.translated(table)
    return Tracked.edited(simple, [(at, at + 1, text.chars[at]) for at in kept])
