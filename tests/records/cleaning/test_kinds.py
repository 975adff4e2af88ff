"""What each kind of cleaning takes out of one text, and what it leaves alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.records.cleaning import (
    find_boilerplate,
    find_sides,
    is_html,
    keep_side,
    strip_boilerplate,
    strip_html,
    strip_quotes,
    strip_signature,
)

OUTLOOK = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><title>RE: kettle</title>
<style><!-- p.MsoNormal {margin:0cm} --></style></head>
<body lang=EN-GB><!--[if mso]><v:shape/><![endif]--><div class="WordSection1">
<p class="MsoNormal">The <b>kettle</b> leaks&nbsp;&amp; smells.<o:p></o:p></p>
<table><tr><td>Order</td><td>A-17</td></tr></table>
<img src="cid:a" alt="logo"><script>track("<p>")</script></div></body></html>"""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (OUTLOOK, "The kettle leaks & smells.\n\nOrder A-17"),
        ("<p>Hi</p><p>Where is it?</p>", "Hi\n\nWhere is it?"),
        ("Hello,<br>my card<br/>is lost", "Hello,\nmy card\nis lost"),
        ("I need it <b>today</b>", "I need it today"),
        ("<div>Yes<blockquote>Is it<br>broken?</blockquote></div>", "Yes\n\n> Is it\n> broken?"),
        ("<p>Dear <name>, no</p>", "Dear <name>, no"),
        ("Tom &amp; Jerry don&#39;t", "Tom & Jerry don't"),
        ("&lt;p&gt;Escaped&amp;nbsp;twice&lt;/p&gt;", "Escaped twice"),
        ('<a title="a > b" href="x">this</a> works', "this works"),
        ("<p>cut off <a href='http", "cut off <a href='http"),
        ("<p>&nbsp;</p><br>", ""),
        ("<!DOCTYPE html>just words", "just words"),
    ],
)
def test_html_becomes_what_a_person_reads(text, read):
    assert strip_html(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "a < b > c",
        "a<b and c>d",
        "<name>, your <order id> is late",
        "use the <b> tag, or <br>, or <p>",
        "put it into <div></div> please",
        'the "<br>" and `<p>` tags',
        "replace & by &amp;",
        "List<String> and vector<int>",
        "<a@b.c> wrote to <https://x.org/a>",
        "R&D, AT&T; 5 > 3",
        "<3 it",
        "<script>alert(1)</script> refund me",
    ],
)
def test_what_is_no_html_stays(text):
    assert strip_html(text) is text
    assert not is_html(text)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("No.\n\nOn Mon, 3 Mar 2025 at 10:00, Al <al@x.org> wrote:\nIs it on?", "No."),
        ("No.\n\nOn Mon, 3 Mar 2025 at 10:00, Al\n<al@x.org> wrote:\n> Is it on?\n> Al", "No."),
        ("Nein.\nAm 03.03.2025 um 10:00 schrieb Al Kunz <al@x.org>:\nGeht es?", "Nein."),
        ("Non.\nLe lun. 3 mars 2025 à 10:00, Al <al@x.org> a écrit :\nÇa va ?", "Non."),
        ("No.\nEl lun, 3 mar 2025 a las 10:00, Al (<al@x.org>) escribió:\n¿Va?", "No."),
        ("No.\n-----Original Message-----\nFrom: Al\nIs it?", "No."),
        ("Nein.\n_______\nVon: Al\nGesendet: Montag\nAn: Bea\nBetreff: X\n\nGeht es?", "Nein."),
        ("No.\n\nFrom: Al\nSent: Monday\nTo: Bea\nSubject: X\n\nIs it?", "No."),
        ("Al wrote:\n> Is it on?\nNo.\n> Is it warm?\nYes.", "No.\nYes."),
        ("Hello\n##- Please type your reply above this line -##\nold", "Hello"),
    ],
)
def test_quoted_threads_go(text, own):
    assert strip_quotes(text) == own


@pytest.mark.parametrize(
    "text",
    [
        "> 5 days and no answer\nwhere is it?",
        ">:( \nstill broken",
        "> Is it on?",
        "From: Al\nSent: Monday\nTo: Bea\n\nIs it on?",
        "On Monday I wrote: please call me back on 5 March",
        "From: London\nI want to travel to: Rome",
        "See below.\n---------- Forwarded message ---------\nFrom: Al\nIs it on?",
    ],
)
def test_what_is_no_thread_stays(text):
    assert strip_quotes(text) is text


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("It leaks.\n-- \nAl Bo\nBo Ltd\n+44 20 7946 0000", "It leaks."),
        ("It leaks.\n\nBest regards,\nAl Bo\nBo Ltd", "It leaks."),
        ("Es tropft.\n\nMit freundlichen Grüßen\nAl Bo", "Es tropft."),
        ("Ça fuit.\nCordialement,\nAl Bo", "Ça fuit."),
        ("Gotea.\nUn saludo,\nAl Bo", "Gotea."),
        ("It leaks.\nThanks, Al Bo", "It leaks."),
        ("It leaks.\n\nSent from my iPhone", "It leaks."),
        ("Es tropft.\nVon meinem iPhone gesendet", "Es tropft."),
        ("It leaks.\nRegards\nAl\n" + "This message is confidential. " * 9, "It leaks."),
        ("It leaks.\nThanks\nAl\n\nSent from my iPhone", "It leaks."),
    ],
)
def test_signatures_go(text, own):
    assert strip_signature(text) == own


@pytest.mark.parametrize(
    "text",
    [
        "Best regards,\nAl",
        "Thanks,\nbut where is my parcel?",
        "Thanks\nAl\nPS: the lid is broken too",
        "Thanks\n" + "a long story of what has gone wrong with the kettle since Monday " * 3,
        "My list\n- kettle\n- lid",
        "thanks, where is it",
    ],
)
def test_what_is_no_signature_stays(text):
    assert strip_signature(text) is text


FOOTER = "Acme Ltd is registered in Leeds, number 12."


def test_lines_that_many_texts_repeat_are_found_at_their_ends():
    texts = [f"Case {n}\nmy kettle {'leaks ' * n}\n{FOOTER}" for n in range(30)]
    known = find_boilerplate(texts)
    assert known == (FOOTER.casefold().replace("12", "0"),)
    assert strip_boilerplate(texts[2], known) == "Case 2\nmy kettle leaks leaks"
    assert strip_boilerplate(f"{FOOTER}\nno", known) == "no"
    assert strip_boilerplate(f"a\n{FOOTER}\nb", known) == f"a\n{FOOTER}\nb"
    assert strip_boilerplate(FOOTER, known) == FOOTER
    bot = [f"Welcome to Acme! What can we do? I need {n} {'lid ' * n}" for n in range(30)]
    assert strip_boilerplate(bot[1], find_boilerplate(bot)) == "I need 1 lid"


def test_a_text_that_many_rows_repeat_is_no_boilerplate():
    assert find_boilerplate(["I want to cancel.\nPlease do it today."] * 500) == ()
    assert find_boilerplate([f"thing {n}\n{'x' * n} and more" for n in range(50)]) == ()


CALLS = [
    "Agent: Hello, how are you?\nCustomer: My kettle leaks.\nAgent: Oh.\nCustomer: Since May",
    "Agent: Hi Customer: The lid is off. It broke Agent: Sorry",
    "[10:02] Anna (Acme): Hello\n[10:03] Customer: Order: 55 is late",
]


def test_one_side_of_a_conversation_is_kept():
    sides = find_sides(CALLS)
    assert {"Agent", "Customer", "Anna"} <= set(sides)
    assert sides["Customer"] == 3
    said = [keep_side(call, "customer", sides) for call in CALLS]
    assert said == ["My kettle leaks.\nSince May", "The lid is off. It broke", "Order: 55 is late"]
    assert keep_side("Agent: Hello?", "Customer", sides) is None
    assert keep_side("I asked: Agent: who?", "Customer", sides) == "I asked: Agent: who?"


PIECES = st.sampled_from(
    [
        "<", ">", "</", "/>", "<p>", "</p>", "<br>", "<b>", "</b>", "<name>", "<!--", "-->", "&",
        "amp;", "&lt;", "&#39;", "&nbsp;", "<blockquote>", "</blockquote>", "<pre>", "<script>",
        "</script>", "<style>", "<title>", "<td>", "<a href='x'>", "\n", "\n\n", " ", "\t", "a",
        "kettle", "\u200b", "é", "我", "> ", ">", "-- ", "--", "On 3 May Al wrote:", "Al wrote:",
        "From: a", "Sent: b", "To: c", "-----Original Message-----", "Best regards,", "Al Bo",
        "Sent from my iPhone", "Thanks, Al", "Agent: ", "Customer: ", "?", ". ", "_____",
        "Acme Ltd is registered in Leeds.",
    ]
)  # fmt: skip
WILD = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60)
KINDS = [
    strip_html,
    strip_quotes,
    strip_signature,
    lambda text: strip_boilerplate(text, {"acme ltd is registered in leeds.", "kettle"}),
    lambda text: keep_side(text, "Customer", ("Agent", "Customer")) or text,
]


@settings(max_examples=300, deadline=None)
@given(text=WILD)
@pytest.mark.parametrize("strip", KINDS, ids=["html", "quotes", "signature", "lines", "side"])
def test_cleaning_never_fails_nor_adds_and_twice_is_once(strip, text):
    once = strip(text)
    assert len(once) <= len(text)
    assert strip(once) == once


@given(text=st.text(st.characters(exclude_characters="<>&:-—_"), max_size=80).filter(str.strip))
def test_a_plain_line_stays(text):
    line = " ".join(text.split())
    assert strip_html(line) is line
    assert strip_quotes(line) is line
    assert strip_signature(line) is line
    assert keep_side(line, "Customer", ("Agent", "Customer")) is line


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<b>", "<p a='", "<!--", "<title>", "&amp;", "<blockquote>", "&#1", " ", "> a\n"],
)
def test_a_megabyte_of_anything_ends(piece):
    text = f"<p>Hi</p>{piece * (1_000_000 // len(piece))}"
    for strip in KINDS:
        assert len(strip(text)) <= len(text)
