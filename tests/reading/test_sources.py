"""Finding and reading source files."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from graph_builder.errors import SourceError
from graph_builder.model import SourceDocument
from graph_builder.reading import find_sources, read_document
from graph_builder.settings import Settings

NONE: frozenset[str] = frozenset()
ACTORS = frozenset({"china", "france", "participating-countries", "people-s-daily"})
EVENTS = frozenset({"waic-2025"})


def read(path: Path, data: bytes) -> SourceDocument:
    path.write_bytes(data)
    return read_document(path, NONE, NONE)


def test_folders_are_searched_to_the_bottom_in_one_order(tmp_path: Path) -> None:
    for name in ("b/z.txt", "b/a.md", "a.HTML", "a.toml", "c.png", ".hidden/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = find_sources([tmp_path, tmp_path / "b" / "z.txt"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.HTML", "b/a.md", "b/z.txt"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("gone.txt", "no such file"), ("a.png", "files of kind .png cannot be read"), ("empty", "no source file")],
)
def test_paths_without_sources_are_errors(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=words):
        find_sources([tmp_path / name])


def test_newlines_and_byte_order_mark_stay_and_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    data = "\ufeffThe rights of the people\r\nWe shall protect the rights of all.\r".encode()
    document = read(tmp_path / "rights.en.txt", data)
    assert document.raw == "\ufeffThe rights of the people\r\nWe shall protect the rights of all.\r"
    assert (document.sha256, document.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (document.registration.work, document.registration.language) == ("rights", "en")
    assert document.registration.titles == (("en", "The rights of the people"),)
    assert document.registration.detected == ("work", "title", "language", "kind")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"good \xff bad", "byte 5.*not UTF-8.*save the file as UTF-8"),
        ("text".encode("utf-16"), "UTF-16"),
        (b"", "the file is empty"),
        (b" \n\t", "the file is empty"),
        (b"\xef\xbb\xbf\n", "has no text"),
        (b"12 34 56 zzz qqq", "language of the text is not recognised.*a.toml"),
    ],
)
def test_an_unreadable_text_is_an_error_of_one_line(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        read(tmp_path / "a.txt", data)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "a.txt") in str(caught.value)


def test_front_matter_gives_title_and_date_where_no_entry_does(tmp_path: Path) -> None:
    data = "---\ntitle: 全球治理倡议\ndate: 2024-07-13\n---\n各国应当加强合作。\n".encode()
    entry = read(tmp_path / "a.zh.md", data).registration
    assert (entry.titles, entry.issued) == ((("zh-Hans", "全球治理倡议"),), date(2024, 7, 13))
    assert "issued" in entry.detected


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("各國應當加強人工智能國際合作", "zh-Hant"),
        ("各国应当加强人工智能国际合作", "zh-Hans"),
        ("We call on all of the parties to cooperate", "en"),
        ("Les États sont appelés à renforcer la coopération dans le domaine", "fr"),
    ],
)
def test_language_and_script_are_detected(tmp_path: Path, words: str, language: str) -> None:
    assert read(tmp_path / "a.txt", words.encode()).registration.language == language


def test_bundled_texts_load_with_their_entries(settings: Settings) -> None:
    documents = [read_document(path, ACTORS, EVENTS) for path in find_sources([settings.sources])]
    assert [(d.registration.work, d.registration.language, str(d.registration.issued)) for d in documents] == [
        ("capacity-building-action-plan", "en", "2024-09-25"),
        ("capacity-building-action-plan", "zh-Hant", "2024-09-25"),
        ("china-france-joint-statement-2024", "zh-Hant", "2024-05-06"),
        ("global-ai-governance-action-plan", "zh-Hant", "2025-07-26"),
        ("he-yin-commentary-2024", "zh-Hans", "2024-04-03"),
    ]
    assert all(d.registration.rights and not d.registration.detected for d in documents)
    assert [d.sha256[:8] for d in documents] == ["5fbf012d", "d5866ad2", "d5dc673f", "88477816", "ca3cfb3a"]
