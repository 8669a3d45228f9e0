"""How many SMS a text takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.sms.segments import count_segments, named


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("", "GSM-7", 0),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 152 + "€" * 5, "GSM-7", 2),
        ("it’s", "UCS-2", 1),
        ("ك" * 70, "UCS-2", 1),
        ("ك" * 71, "UCS-2", 2),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("😀" * 67, "UCS-2", 3),  # 33 of two units in each part: none is split
    ],
)
def test_the_count(text: str, encoding: str, count: int) -> None:
    found = count_segments(text)
    assert (found.encoding, found.count) == (encoding, count)


@pytest.mark.parametrize(
    ("text", "accidental"),
    [
        ("it’s late", True),
        ("mood – stress", True),
        ("7 😀", True),
        ("كيف حالك", False),
        ("być", False),
        ("plain", False),
        ("geïnteresseerd", False),
        ("een cafe\u0301 en", True),  # é in two characters
        ("it´s", True),
        ("e\u0304\u0323", False),
        ("7 ❤\ufe0f", True),
        ("7\ufe0f\u20e3", True),
        ("ℹ\ufe0f help", True),
        ("ﬁne … ½", True),
        ("７ or more", True),
        ("من ٠", False),
        ("١٠", False),
        ("two\u00a0words", True),
        ("tab\there", True),
        ("“كيف”", False),
    ],
)
def test_ucs2_is_accidental_where_only_marks_need_it(text: str, accidental: bool) -> None:
    assert count_segments(text).accidental is accidental


@given(st.text(), st.text())
def test_more_text_never_takes_fewer(one: str, other: str) -> None:
    assert count_segments(one + other).count >= count_segments(one).count


def test_the_characters_that_make_a_text_ucs2_are_named() -> None:
    found = count_segments("we’d geïnt ❤")
    assert (found.foreign, found.letters) == (("’", "ï", "❤"), ("ï",))
    assert count_segments("plain").letters == ()


@pytest.mark.parametrize(
    ("sign", "said"),
    [
        ("’", "’ (U+2019 right single quotation mark)"),
        ("\u00a0", "U+00A0 no-break space"),
        ("\u0301", "U+0301 combining acute accent"),
        ("\x00", "U+0000 without a name"),
        ("😀", "😀 (U+1F600 grinning face)"),
    ],
)
def test_a_sign_can_be_looked_for_by_its_name(sign: str, said: str) -> None:
    assert named(sign) == said
