"""A person is found by a name as anyone may write it, in either script, while it is being typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlcipher3
from hypothesis import assume, given
from hypothesis import strategies as st

from casedesk.search_keys import fts_query, number_key, similar, sounds_of, words_of

SAME = [
    "Rahima Rahema রহিমা রহিমা\u200c",
    "Kohinur Kohinoor কোহিনূর কোহিনুর",
    "Akter Akhter Akhtar Aktar আক্তার আখতার",
    "Khatun Khatoon Khatunn খাতুন",
    "Mohammad Md. Md MD Mohd. Muhammad Mohammed মোহাম্মদ মুহাম্মদ মোঃ মো. মো:",
    "Mst. Mosammat মোছাঃ মোসাঃ মোসাম্মৎ মোছাম্মৎ",
    "Jashim Jasim Josim জসিম জসীম",
    "Begum Begom বেগম",
    "Chowdhury Choudhury Chaudhuri চৌধুরী",
    "Hossain Hussein Hosen হোসেন হোসাইন",
    "Sheikh Shaikh Shek শেখ",
    "Uddin Uddeen উদ্দিন উদ্দীন",
    "Bhuiyan Bhuyan ভূঁইয়া ভূঞা",
    "Abdul Abdur Abdus আব্দুল আব্দুর আবদুল আঃ",
    "Mosharraf মোশাররফ",
    "Azhar আজহার",
    "Sobhan Subhan সোবহান",
    "Shahid Shaheed শহীদ",
    "Saleha Saliha সালেহা ছালেহা",
    "Yasmin Easmin ইয়াসমিন",
    "Anwar Anowar আনোয়ার",
    "Wahid ওয়াহিদ",
    "Ayesha Aisha আয়েশা",
    "Chand চাঁদ",
    "Swapan Shapon স্বপন",
    "Lakshmi Laxmi লক্ষ্মী",
    "Ankita অঙ্কিতা",
    "Sangita সঙ্গীতা সংগীতা",
    "Rahman Rehman রহমান",
    "Fatema Fatima ফাতেমা",
    "Zakir Jakir জাকির যাকির",
    "Parvin Parveen পারভীন",
    "Mia Miah Miya মিয়া",
    "Roy Ray রায়",
    "Nasiruddin নাসিরউদ্দিন নাসিরুদ্দীন",
]

DIFFERENT = [
    ("Rahima", "Ruma"),
    ("Rahima", "Halima"),
    ("Islam", "Aslam"),
    ("Karim", "Kamal"),
    ("সালেহা", "সালমা"),
    ("Jasim", "Nasim"),
]

latin_words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=10)
syllables = st.builds(
    "".join,
    st.tuples(
        st.sampled_from([*"কখগঘঙচছজঝঞটঠডঢণতথদধনপফবভমযরলশষসহ", "ড়", "ঢ়", "য়", *"অআইউএও"]),
        st.sampled_from(["", *"ািীুূৃেৈোৌ্"]),
        st.sampled_from(["", "", "ং", "ঁ"]),
    ),
)
bangla_words = st.lists(syllables, min_size=1, max_size=5).map("".join)


@pytest.fixture
def names() -> Iterator[Any]:
    """A full-text table as the vault has it, with one row for each name put in."""
    with closing(sqlcipher3.connect(":memory:")) as database:
        database.execute(
            "CREATE VIRTUAL TABLE names USING fts5(words, sounds,"
            " tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\")"
        )
        yield database


def put(names: Any, *written: str) -> None:
    rows = [(" ".join(words_of(name)), " ".join(sounds_of(name))) for name in written]
    names.executemany("INSERT INTO names VALUES (?, ?)", rows)


def found(names: Any, text: str) -> int:
    query = fts_query(text)
    return len(names.execute("SELECT rowid FROM names WHERE names MATCH ?", (query,)).fetchall()) if query else 0


@pytest.mark.parametrize("spellings", SAME)
def test_spellings_of_one_name_sound_the_same(spellings: str) -> None:
    assert len({tuple(sounds_of(spelling)) for spelling in spellings.split()}) == 1


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_names_sound_different(one: str, other: str) -> None:
    assert sounds_of(one) != sounds_of(other)


def test_words_are_kept_in_one_spelling() -> None:
    assert words_of("মোঃ জয়নাল আবেদীন\u200c") == words_of("মো. যয়নাল  আবেদিন") == ["মো", "যয়নাল", "আবেদিন"]
    assert words_of("O'Neil-José ২৩") == ["oneil", "jose", "23"]
    assert words_of("\u09df") == words_of("\u09af\u09bc")
    assert words_of("<img src=x> \u202e") == ["img", "src", "x"]


@pytest.mark.parametrize("typed", ["rahi", "রহি", "rahima kha", "খাতু রহি", "Rahema", "RAHIMA", "khatoon"])
def test_a_name_is_found_in_both_scripts_while_it_is_typed(names: Any, typed: str) -> None:
    put(names, "রহিমা খাতুন", "Rahima Khatun", "Karim Mia", "সালমা বেগম")
    assert found(names, typed) == 2


@pytest.mark.parametrize("spellings", SAME)
def test_every_spelling_finds_every_other(names: Any, spellings: str) -> None:
    put(names, *spellings.split())
    for spelling in spellings.split():
        assert found(names, spelling) == len(spellings.split()), spelling


def test_a_name_in_one_word_and_in_two_is_found(names: Any) -> None:
    put(names, "Nasiruddin", "নাসির উদ্দিন")
    assert found(names, "nasir uddin") == 2
    assert found(names, "নাসির উদ্দীন") == 2


def test_one_sound_alone_finds_whole_short_names_once_a_syllable_is_typed(names: Any) -> None:
    put(names, "রায়", "রহিমা", "Rahima", "শাহ", "Shahid")
    assert [found(names, typed) for typed in ("r", "ra", "rah", "roy", "রায়")] == [3, 3, 2 + 1, 1, 1]
    assert [found(names, typed) for typed in ("shah", "শাহ", "শা")] == [2, 2, 2]


@pytest.mark.parametrize("typed", ["", "  ", '"', "-", "*", "()", "\x00", "\u200d", ":", "^"])
def test_nothing_to_look_for_is_no_query(typed: str) -> None:
    assert fts_query(typed) == ""


def test_words_of_the_query_language_are_only_words(names: Any) -> None:
    put(names, "Near Not Andor")
    assert found(names, 'NEAR( not"* {words}') == 0
    assert found(names, "NEAR( not* ^and") == 1
    assert found(names, "sounds:nr") == 0


@given(text=st.text(st.characters(), max_size=30))
def test_no_text_breaks_a_query(text: str) -> None:
    with closing(sqlcipher3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE names USING fts5(words, sounds)")
        assert found(database, text) == 0


@given(latin_words | bangla_words, st.data())
def test_the_sound_of_a_beginning_is_the_beginning_of_the_sound(word: str, data: st.DataObject) -> None:
    word = unicodedata.normalize("NFC", word)
    typed = word[: data.draw(st.integers(1, len(word)))]
    assume(typed[-1] not in "ঙযডঢ" and not typed.endswith(("c", "ch")))  # the next character may change these
    assume(not {typed, word} & {"md", "mohd", "muhd", "mst", "msmt"})  # these stand for another word
    whole, beginning = sounds_of(word), sounds_of(typed)
    assert not beginning or whole[0].startswith(beginning[0])


@pytest.mark.parametrize("spellings", SAME)
def test_a_beginning_in_one_script_finds_the_other(names: Any, spellings: str) -> None:
    put(names, *(spelling for spelling in spellings.split() if len(sounds_of(spelling)[0]) > 1))
    everything = found(names, spellings.split()[0])
    beginnings = [spelling[:end] for spelling in spellings.split() for end in range(1, len(spelling))]
    for typed in beginnings:
        sounds = sounds_of(typed)
        if sounds and len(sounds[0]) > 1 and typed[-1] not in "chঙযডঢ":
            assert found(names, typed) == everything, typed


@given(st.text(st.characters()))
def test_keys_are_plain_and_settled(name: str) -> None:
    words = words_of(name)
    assert words_of(" ".join(words)) == words
    assert all(sound.isascii() and sound.islower() for sound in sounds_of(name))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Rahima Khatun", "রহিমা খাতুন", True),
        ("Md. Jashim Uddin", "জসিম উদ্দীন", True),
        ("Jashimuddin", "মোঃ জসিম উদ্দিন", True),
        ("Md. Ali", "মোহাম্মদ আলী", True),
        ("রহিমা", "Rahima Begum", True),
        ("Rahima Khatun", "Rahima Begum", False),
        ("Md. Rahim Uddin", "Md. Karim Uddin", False),
        ("Md. Ali", "Md. Rahim Ali", False),
        ("Rahima", "Karima", False),
        ("", "", False),
        ("Rahima", "", False),
        ("123", "123", False),
    ],
)
def test_names_that_look_alike(one: str, other: str, alike: bool) -> None:
    assert similar(one, other) is alike
    assert similar(other, one) is alike


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("+8801712345678", "01712345678"),
        ("01712-345678", "01712345678"),
        ("০১৭১২", "01712"),
        ("+880 (0) 1712", "01712"),
        ("008801712", "01712"),
        ("+966 50 123", "96650123"),
        ("dhk-26-k3-00042-r", "DHK26K300042R"),
        ("রহিমা", ""),
    ],
)
def test_numbers_have_one_key_however_they_are_typed(typed: str, key: str) -> None:
    assert number_key(typed) == key
