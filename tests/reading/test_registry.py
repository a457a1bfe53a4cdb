"""Registry entries: what is read from them, and the one-line errors for what is wrong."""

from datetime import date
from pathlib import Path

import pytest

from graph_builder.errors import RegistryError
from graph_builder.reading.registry import load_registration, parse_language

ACTORS = frozenset({"china", "france", "participating-countries"})
EVENTS = frozenset({"waic-2025"})
GOOD = {
    "work": '"joint-statement"',
    "title": '{ en = "Joint Statement", zh = "联合声明" }',
    "language": '"zh-TW"',
    "kind": '"policy-instrument"',
    "issuers": '["china", "france"]',
}


def write(folder: Path, **fields: str) -> Path:
    path = folder / "a.toml"
    path.write_text(
        "\n".join(f"{name} = {value}" for name, value in (GOOD | fields).items() if value), encoding="utf-8"
    )
    return path


def test_an_entry_is_read_with_usual_language_tags(tmp_path: Path) -> None:
    path = write(tmp_path, issued="2024-05-06", issued_at='"waic-2025"', source_url='"https://example.org/a"')
    entry = load_registration(path, ACTORS, EVENTS)
    assert entry.titles == (("en", "Joint Statement"), ("zh-Hans", "联合声明"))
    assert (entry.language, entry.issuers, entry.issued) == ("zh-Hant", ("china", "france"), date(2024, 5, 6))
    assert (entry.issued_at, entry.source_url, entry.detected) == ("waic-2025", "https://example.org/a", ())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"work": ""}, ["`work`", "missing", "add a line"]),
        ({"work": '"Joint Statement"'}, ["`work`", "slug"]),
        ({"titel": '"x"'}, ["`titel`", "unknown field", "did you mean 'title'?"]),
        ({"title": "{ en = 3 }"}, ["`title`", "expected text for 'en', found a number"]),
        ({"title": '{ english = "x" }'}, ["`title`", "BCP 47"]),
        ({"language": '"english"'}, ["`language`", "BCP 47", "zh-Hant"]),
        ({"kind": '"law"'}, ["`kind`", "'law'", "policy-instrument, commentary"]),
        ({"issuers": '"china"'}, ["`issuers`", "expected a list of ids, found text"]),
        ({"issuers": '["chna"]'}, ["`issuers`", "unknown actor 'chna'", "did you mean 'china'?"]),
        ({"issued": '"2024-05-06"'}, ["`issued`", "expected a date, found text", "without quotes"]),
        ({"issued": "2024-05-06T00:00:00Z"}, ["`issued`", "expected a date"]),
        ({"issued_at": '"waic-2026"'}, ["`issued_at`", "unknown event", "did you mean 'waic-2025'?"]),
        ({"source_url": '"example.org"'}, ["`source_url`", "https://"]),
        ({"issued": "2024-13-45"}, ["broken TOML", "line 6"]),
        ({"kind": '"policy-instrument'}, ["broken TOML", "line 4"]),
    ],
)
def test_a_wrong_entry_is_an_error_of_one_line(tmp_path: Path, fields: dict[str, str], words: list[str]) -> None:
    path = write(tmp_path, **fields)
    with pytest.raises(RegistryError) as caught:
        load_registration(path, ACTORS, EVENTS)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    ("tag", "usual"),
    [("EN", "en"), ("en-us", "en-US"), ("zh-hans", "zh-Hans"), ("zh", "zh-Hans"), ("zh-HK", "zh-Hant"), ("e", None)],
)
def test_language_tags_take_their_usual_form(tag: str, usual: str | None) -> None:
    assert parse_language(tag) == usual
