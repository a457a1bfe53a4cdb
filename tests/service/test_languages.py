from dataclasses import dataclass

import pytest

from service.languages import choose_interface, choose_literal, parse_accept_language


@dataclass(frozen=True)
class Label:
    language: str


@pytest.mark.parametrize(
    ("header", "tags", "chosen"),
    [
        ("zh-Hans", ["en", "zh-hans"], "zh-hans"),
        ("zh-CN", ["en", "zh-hans", "zh-hant"], "zh-hans"),
        ("zh-TW", ["en", "zh-hans", "zh-hant"], "zh-hant"),
        ("zh-Hant-HK", ["en", "zh-hans", "zh-hant"], "zh-hant"),
        ("zh-Hant", ["en", "zh-hans"], "zh-hans"),
        ("zh-TW", ["en", "zh-hans"], "zh-hans"),
        ("zh", ["en", "zh-hant", "zh-hans"], "zh-hans"),
        ("zh", ["en", "zh-hant"], "zh-hant"),
        ("zh-TW, en;q=0.9", ["en", "zh-hans"], "zh-hans"),
        ("en, zh;q=0.9", ["en", "zh-hans"], "en"),
        ("fr-CA", ["en", "fr"], "fr"),
        ("fr-CA", ["en", "fr-fr"], "fr-fr"),
        ("fr, zh;q=0.5", ["en", "zh-hans"], "zh-hans"),
        ("de", ["en", "fr"], "en"),
        ("de", ["fr", ""], ""),
        ("de", ["fr", "zh-hans"], "fr"),
        ("en;q=0, fr", ["fr", "en"], "fr"),
        ("", ["zh-hans", "en"], "en"),
        ("en-GB", ["zh-hans", "en-us", "en"], "en"),
        ("*", ["zh-hans", "en"], "en"),
    ],
)
def test_best_label_that_exists_is_chosen(header: str, tags: list[str], chosen: str) -> None:
    label = choose_literal([Label(tag) for tag in tags], parse_accept_language(header))
    assert label == Label(chosen)


def test_no_label_gives_none() -> None:
    assert choose_literal([], ("en",)) is None


@pytest.mark.parametrize(
    ("header", "language"),
    [("zh-TW", "zh-Hans"), ("fr-CH, de", "fr"), ("de, fr;q=0.1", "fr"), ("de", "en"), ("", "en"), (";;q=,", "en")],
)
def test_pages_speak_the_readers_language_or_english(header: str, language: str) -> None:
    assert choose_interface(parse_accept_language(header)) == language
