"""Pages about something else yield nothing, texts of the field all they say."""

from sentences import Read

POLICY = (
    "We reaffirm that artificial intelligence must serve sustainable development and respect human rights.",
    "We call on developed countries and the United Nations to help developing countries bridge the digital divide.",
    "We support the sharing of AI models, training data and computing power with the Global South.",
    "We oppose technological monopolies, discrimination and the misuse of personal data.",
    "China will hold workshops on AI governance with all countries and promote transparency and accountability.",
    "We welcome the work of UNESCO on the ethics of artificial intelligence.",
)
SHOP = (
    "Your new kettle boils one litre in two minutes and switches itself off, so you are safe.",
    "We respect your privacy: you decide whether our shop keeps your data, and you can ask us to delete it.",
    "You can return the kettle within thirty days; we promote fair prices and you get your money back.",
    "Our training videos show you how to descale your kettle, and our experts answer your questions.",
    "You support a small company, and you help us to protect the environment with every order you place.",
    "If you open an account you agree that we may send you our newsletter on offers that suit you.",
    "Your order leaves our house on the same day, and you can follow your parcel until it is with you.",
)


def test_a_text_of_the_field_says_what_it_says(read: Read) -> None:
    acts = [s.act for s in read(*POLICY, language="en")]
    assert acts == ["emphasize", "call", "support", "oppose", "commit", "welcome"]


def test_a_page_that_sells_to_its_reader_says_nothing(read: Read) -> None:
    assert read(*SHOP, language="en", issuers=(), kind="commentary") == ()


def test_a_few_lines_are_always_read(read: Read) -> None:
    assert [s.act for s in read("We support capacity-building.", language="en")] == ["support"]
