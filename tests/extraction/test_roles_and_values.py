"""Addressees, beneficiaries, partners; deadlines and quantities."""

from datetime import date

import pytest
from sentences import Read

from graph_builder.extraction.values import parse_number


@pytest.mark.parametrize(
    ("language", "sentence", "addressees", "beneficiaries", "partners"),
    [
        ("zh-Hans", "呼吁各国政府、企业加强能力建设。", ("governments", "enterprises"), (), ()),
        ("zh-Hans", "帮助发展中国家加强能力建设。", (), ("developing-countries",), ()),
        ("zh-Hans", "愿同各国特别是发展中国家加强能力建设。", (), (), ("all-countries", "developing-countries")),
        ("zh-Hans", "保障妇女和儿童的数字权益。", (), ("women", "children"), ()),
        ("en", "We call on governments and companies to ensure transparency.", ("governments", "enterprises"), (), ()),
        ("en", "We are ready to work with all countries, especially fellow developing countries, on transparency.",
         (), (), ("all-countries", "developing-countries")),
        ("en", "Help the Global South build capacity.", (), ("global-south",), ()),
    ],
)  # fmt: skip
def test_roles(
    read: Read, language: str, sentence: str, addressees: tuple[str, ...], beneficiaries: tuple[str, ...],
    partners: tuple[str, ...],
) -> None:  # fmt: skip
    (statement,) = read(sentence, language=language)
    assert (statement.addressees, statement.beneficiaries, statement.partners) == (addressees, beneficiaries, partners)


@pytest.mark.parametrize(
    ("language", "sentence", "deadline", "precision"),
    [
        ("zh-Hans", "将于2026年底前举办研讨班。", date(2026, 12, 31), "year"),
        ("zh-Hans", "将于2026年6月前举办研讨班。", date(2026, 6, 30), "month"),
        ("zh-Hans", "将于2027年3月5日前举办研讨班。", date(2027, 3, 5), "day"),
        ("zh-Hans", "将落实2030年可持续发展议程。", None, None),
        ("en", "China will hold workshops by the end of 2026.", date(2026, 12, 31), "year"),
        ("en", "China will hold workshops by June 2026.", date(2026, 6, 30), "month"),
        ("en", "China will implement the 2030 Agenda for Sustainable Development.", None, None),
        ("fr", "La Chine s'engage à organiser des ateliers d'ici la fin de 2026.", date(2026, 12, 31), "year"),
    ],
)
def test_deadlines(read: Read, language: str, sentence: str, deadline: date | None, precision: str | None) -> None:
    (statement,) = read(sentence, language=language)
    assert (statement.deadline, statement.deadline_precision) == (deadline, precision)


@pytest.mark.parametrize(
    ("language", "sentence", "deadline"),
    [
        ("zh-Hans", "将于明年底前举办研讨班。", date(2027, 12, 31)),
        ("zh-Hans", "将于年底前举办研讨班。", date(2026, 12, 31)),
        ("zh-Hans", "将于二〇二七年底前举办研讨班。", date(2027, 12, 31)),
        ("en", "China will hold workshops by the end of next year.", date(2027, 12, 31)),
        ("en", "China will hold workshops in October 2028.", date(2028, 10, 31)),
        ("en", "China will hold workshops as agreed in 2019.", None),
        ("fr", "La Chine s'engage à organiser des ateliers d'ici à la fin de l'année.", date(2026, 12, 31)),
    ],
)
def test_deadlines_that_count_from_the_date_of_the_text(
    read: Read, language: str, sentence: str, deadline: date | None
) -> None:
    (statement,) = read(sentence, language=language, issued=date(2026, 5, 6))
    assert statement.deadline == deadline


def test_next_year_is_no_deadline_of_a_text_without_a_date(read: Read) -> None:
    (statement,) = read("China will hold workshops by the end of next year.", language="en")
    assert statement.deadline is None


@pytest.mark.parametrize(
    ("language", "sentence", "quantity"),
    [
        ("zh-Hans", "将举办十期研讨班。", 10),
        ("zh-Hans", "将举办第三期研讨班。", None),
        ("en", "China will hold 10 AI workshops.", 10),
        ("en", "China will hold workshops in 2026.", None),
        ("en", "China will train 20,000 public servants in AI skills.", 20_000),
        ("fr", "La Chine s'engage à former 2 000 enseignants à l'IA.", 2_000),
    ],
)
def test_quantities(read: Read, language: str, sentence: str, quantity: int | None) -> None:
    (statement,) = read(sentence, language=language)
    assert statement.quantity == quantity


@pytest.mark.parametrize(
    ("words", "number"),
    [("二十五", 25), ("三百", 300), ("两", 2), ("1,000", 1000), ("2 000", 2000), ("二〇二七", 2027), ("许多", None)],
)
def test_numbers(words: str, number: int | None) -> None:
    assert parse_number(words) == number
