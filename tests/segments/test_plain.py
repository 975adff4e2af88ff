"""What is left of a text that programs wrote into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.segments.naming.cleaning import plain


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Fish &amp; chips", "Fish & chips"),
        ("Fish &amp;amp; chips, AT&T", "Fish & chips, AT&T"),
        ("<img src=x onerror=alert(1)> my order", "my order"),
        ("&lt;img src=x onerror=alert(1)&gt; my order", "my order"),
        ("my order <img src=x onerror=alert(1)", "my order"),
        ('"><svg/onload=alert(1)> my order', "my order"),
        ('<p class="x">Cancel <b>my</b> order</p>', "Cancel my order"),
        ("<script>var a = 1;</script> hello <!-- secret -->", "hello"),
        ("see /usr/lib/x, C:\\Users\\bob and refund()", "see and"),
        ("order ORD123456 at 12", "order at 12"),
        ("one\\ntwo \\u00e9", "one two"),
    ],
)
def test_markup_entities_and_code_are_taken_out(text, left):
    assert " ".join(plain(text).replace('"', "").lstrip(" >").split()) == left


@pytest.mark.parametrize(
    "text",
    [
        "the {{Order Number}} and the <order id> are late",
        "card(s), and/or 1 < 2, I <3 you, x<y and y>z",
        "iphone15 mp3 2fa C++ a = b",
    ],
)
def test_what_a_person_wrote_stays(text):
    assert plain(text) == text


@given(st.text(st.sampled_from("<>&=a1/(\\\"' ;:-!x"), max_size=60))
def test_odd_marks_break_nothing(text):
    assert isinstance(plain(text), str)


@pytest.mark.parametrize(
    "run", ["a", "<", "<a ", "=", "1a", "&", "/a", "/", "(", "a=(", "<!--", "\\u"]
)
def test_long_runs_without_an_end_come_to_one(run):
    """A pattern that goes back over what it has read would take longer than anyone waits."""
    assert len(plain(run * (1500 // len(run)))) <= 1500
