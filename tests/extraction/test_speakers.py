"""Whose act it is."""

from sentences import Read


def test_a_named_subject_is_explicit_and_its_next_verb_inherits_it(read: Read) -> None:
    first, second = read("中国主张智能向善，呼吁加强能力建设。", issuers=("people-s-daily",), kind="commentary")
    assert (first.speakers, first.speaker_source) == (("china",), "explicit")
    assert (second.speakers, second.speaker_source) == (("china",), "clause")


def test_a_commentator_reports_others(read: Read) -> None:
    (statement,) = read("中国主张智能向善。", issuers=("people-s-daily",), kind="commentary")
    assert statement.reported_by == "people-s-daily"


def test_a_sentence_without_subject_belongs_to_the_issuers(read: Read) -> None:
    (statement,) = read("加强能力建设。", issuers=("china", "france"))
    assert (statement.speakers, statement.speaker_source) == (("china", "france"), "issuer")


def test_both_sides_are_the_issuers(read: Read) -> None:
    (statement,) = read("双方强调能力建设。", issuers=("china", "france"))
    assert statement.speakers == ("china", "france")


def test_a_person_speaks_rather_than_the_country_of_the_office(read: Read) -> None:
    (statement,) = read("中国国家主席习近平强调能力建设。", issuers=("people-s-daily",), kind="commentary")
    assert statement.speakers == ("xi-jinping",)


def test_an_envoy_speaks_for_the_country(read: Read) -> None:
    (statement,) = read("傅聪呼吁加强能力建设。", issuers=("people-s-daily",), kind="commentary")
    assert statement.speakers == ("china",)


def test_the_voice_of_a_report_goes_on(read: Read) -> None:
    first, second = read(
        "The Secretary-General stressed the importance of transparency.",
        "He also called for capacity-building.",
        language="en",
        issuers=("people-s-daily",),
        kind="commentary",
        one_paragraph=True,
    )
    assert first.speakers == second.speakers == ("un-secretary-general",)


def test_a_country_behind_a_preposition_does_not_speak(read: Read) -> None:
    (statement,) = read("愿同法国加强能力建设。")
    assert (statement.speakers, statement.partners) == (("china",), ("france",))


def test_a_group_does_not_speak_in_an_instrument(read: Read) -> None:
    (statement,) = read("All countries should uphold multilateralism.", language="en")
    assert (statement.speakers, statement.addressees) == (("china",), ("all-countries",))


def test_without_issuers_the_speaker_is_unresolved(read: Read) -> None:
    (statement,) = read("加强能力建设。", issuers=())
    assert (statement.speakers, statement.speaker_source) == ((), "unresolved")
