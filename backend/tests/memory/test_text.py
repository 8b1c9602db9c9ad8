"""Words: what is stored, what is indexed, what counts as a statement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.memory.text import about_speaker, clean, is_question, statements, terms, title_of

ANY_TEXT = st.text(st.characters(exclude_categories=[]))


@given(ANY_TEXT)
def test_cleaned_text_can_be_stored_and_is_cleaned_once_and_for_all(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned


@given(st.text())
def test_storable_text_is_left_as_it_is(text: str) -> None:
    assert clean(text) == text.replace("\x00", "\ufffd")


def test_a_surrogate_pair_is_the_character_it_stands_for() -> None:
    assert clean("\ud83d\ude00 \ud83d") == "😀 \ufffd"


@given(ANY_TEXT)
def test_any_text_has_terms_sentences_and_a_title(text: str) -> None:
    assert all(terms(text))
    assert len(title_of(text)) <= 80
    for statement in statements(text):
        assert statement in text


def test_forms_of_a_word_are_one_term_and_stop_words_are_none() -> None:
    assert terms("Migrating the migrations") == terms("migrate migration")
    assert terms("What is it that you have?") == []
    assert terms("What is Ada's name?") == ["ada", "name"]


@pytest.mark.parametrize("spoken", ["I lead the C R M migration", "I lead the C.R.M. migration"])
def test_letters_spoken_one_by_one_are_found_as_a_word(spoken: str) -> None:
    assert terms("CRM")[0] in terms(spoken)


def test_scripts_without_spaces_are_found_by_pairs_of_characters() -> None:
    assert set(terms("東京")) <= set(terms("私は東京に住んでいます"))


@pytest.mark.parametrize(
    "text",
    [
        "What is the capital of France?",
        "what is my name",
        "And where do I live",
        "Hello Elena, can you help me with the budget",
        "Tell me about the migration.",
        "你好吗？",  # noqa: RUF001
    ],
)
def test_questions_and_requests_are_told_from_statements(text: str) -> None:
    assert is_question(text)
    assert statements(text) == []


def test_statements_are_verbatim_sentences_without_the_questions_between_them() -> None:
    said = "Hello Elena, my name is Ada. How are you? I lead the CRM migration!\nOK. The budget is 40,000 euros"
    assert statements(said) == [
        "Hello Elena, my name is Ada.",
        "I lead the CRM migration!",
        "The budget is 40,000 euros",
    ]
    assert about_speaker("Hello Elena, my name is Ada.")
    assert not about_speaker("The budget is 40,000 euros")


def test_a_title_is_one_line_that_ends_at_a_word() -> None:
    assert title_of("  Plan\n the   migration ") == "Plan the migration"
    long = title_of("word " * 50)
    assert long.endswith("word…")
    assert len(long) <= 80
