import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import InputError
from coterie.segments import (
    Assignments,
    EncoderRef,
    Router,
    Segment,
    Segmentation,
    describe_segments,
    name_segments,
)
from coterie.segments.naming.english import stem
from coterie.segments.naming.names import name_key

DATA = Path(os.environ.get("COTERIE_DATA", Path(__file__).parents[3] / "shared" / "data"))

CANCEL = [
    "I want to cancel my order",
    "how do I cancel the order {{Order Number}}",
    "please help me cancel an order",
    "can you cancel my order please?",
    "I need to cancel {{Order Number}} order now",
    "cancelling my order",
    "could you stop my order",
]
CARD = [
    "My card hasn't arrived yet",
    "the card has not arrived",
    "Why has my card not arrived?",
    "I still haven't got my new card in the mail",
    "card not arrived after two weeks",
]
CASH = [
    "Which ATM takes my card?",
    "Where is the nearest ATM?",
    "nearest ATM to me",
    "find the nearest ATM please",
    "is there an ATM near here",
]
ODD = st.one_of(
    st.sampled_from(
        [
            "😀😀",
            "取消我的订单",
            "订单取消了吗",
            "",
            "   ",
            "12345",
            "_x_",
            "{{A}}",
            "...",
            "ok",
            "Zoë",
        ]
    ),
    st.text(max_size=40),
)


def _corners(codes, d=8):
    """Vectors around one corner for each group."""
    rows = np.eye(d)[np.asarray(codes) % d] + np.random.default_rng(0).normal(
        0, 0.1, (len(codes), d)
    )
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _describe(*groups, **options):
    codes = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return describe_segments([t for g in groups for t in g], codes, _corners(codes), **options)


def test_names_are_what_the_groups_are_about_in_sentence_case():
    cancel, card, cash = _describe(CANCEL, CARD, CASH)
    assert cancel.name == "Cancel order"
    assert card.name == "Card not arrived"
    assert cash.name == "Nearest ATM"


def test_terms_exemplars_and_description_come_from_the_group():
    cancel, _, cash = _describe(CANCEL, CARD, CASH, n_exemplars=3)
    assert "cancel order" in cancel.terms
    assert any("ATM" in term for term in cash.terms)
    assert not {term for term in cancel.terms if "card" in term or "{" in term}
    assert len(cancel.exemplars) == 3
    assert set(cancel.exemplars) <= set(CANCEL)
    assert cancel.description.endswith(".")
    assert cancel.exemplars[0] in cancel.description


def test_exemplars_are_not_the_same_text_over_again():
    texts = ["Cancel my order", "cancel my order!", "CANCEL MY ORDER"] * 4 + CANCEL
    (found,) = _describe(texts, n_exemplars=3)
    folded = {re.sub(r"\W", "", text).casefold() for text in found.exemplars}
    assert len(folded) == 3


def test_exemplars_are_of_readable_length():
    texts = [*CANCEL, "cancel " * 400]
    (found,) = _describe(texts, n_exemplars=8)
    assert max(len(text) for text in found.exemplars) <= 300
    assert found.exemplars[-1].endswith("…")


def test_a_misspelling_gives_way_to_the_usual_spelling():
    usual = ["transferred money is missing", "the transferred amount", "I transferred money"] * 5
    rare = ["my transfered balance is wrong", "transfered balance not there"] * 2
    found = _describe(usual, rare)
    assert "transfered" not in found[1].name.lower()
    assert "ransferred" in found[1].name


def test_two_groups_that_say_the_same_get_names_that_tell_them_apart():
    first = ["exchange rate wrong for my cash withdrawal", "wrong exchange rate at the ATM"] * 5
    second = ["exchange rate wrong on my purchase", "wrong exchange rate in the shop"] * 5
    names = [found.name for found in _describe(first, second)]
    assert len({name.casefold() for name in names}) == 2


def test_a_name_does_not_stand_for_a_neighbour_too():
    plain = ["virtual card", "order a virtual card", "where do I order a virtual card"] * 4
    broken = ["my virtual card is not working", "virtual card not working"] * 6
    names = [found.name for found in _describe(plain, broken, CASH)]
    assert names[1] == "Virtual card not working"
    assert names[0] == "Order virtual card"


def test_plain_words_and_words_alike_in_part_stay_what_they_are():
    flight = ["the plane is late", "my plane is late", "is the plane late?"] * 2
    plan = ["change my plan", "I want to change the plan", "change plan"] * 9
    names = [found.name for found in _describe(flight, plan)]
    assert "lane late" in names[0]
    assert names[1] == "Change plan"


def test_identical_groups_still_get_different_names():
    names = [found.name for found in _describe(CANCEL, CANCEL, CANCEL)]
    assert len({name.casefold() for name in names}) == 3
    assert all("order" in name.lower() for name in names)


def test_rows_outside_name_nothing():
    texts = [*CANCEL, *["zebra crossing"] * 20]
    codes = np.array([0] * len(CANCEL) + [-1] * 20)
    (found,) = describe_segments(texts, codes, _corners(codes))
    assert found.name == "Cancel order"
    assert not any("zebra" in term for term in found.terms)


MARKUP = [
    '<p class="x">My parcel is <b>late</b></p> &amp; <img src=x onerror=alert(1)>',
    "&lt;img src=x onerror=alert(1)&gt; parcel is late &amp;amp; nobody answers",
    "<script>var parcel = track();</script>my parcel is late &nbsp;&amp; broken",
    "parcel late see http://x.io/a?b=c or /var/log/mail/out.log &quot;tracking&quot;",
]


def test_bits_of_markup_entities_and_code_are_in_no_name_and_no_term():
    late, *_ = _describe(MARKUP * 3, CARD, CASH)
    assert late.name == "Parcel late"
    said = " ".join([late.name, *late.terms]).lower().split()
    assert not {"amp", "img", "src", "x", "onerror", "alert", "nbsp", "quot", "var", "log"} & {
        *said
    }


def test_placeholders_of_any_notation_are_left_out():
    texts = [f"refund for the {hole} order" for hole in ("{{Order Number}}", "{order_id}", "%ID%")]
    (found, _) = _describe(texts * 3, CARD)
    assert found.name == "Refund for order"
    assert not {"number", "id", "order_id", "%"} & {*" ".join(found.terms).lower().split()}


def test_a_verb_alone_names_nothing_where_two_keywords_tell_more():
    rows = ["it came", "she came with a parcel", "they came", "the driver came", "parcel", "driver"]
    found, *_ = _describe(rows * 3, CARD, CASH)
    assert "came" not in found.name.lower()
    assert found.name in ("Driver, parcel", "Parcel, driver")


def test_a_family_that_no_phrase_holds_together_gets_two_keywords():
    verbs = ["delete", "open", "edit", "close", "block", "upgrade", "rename", "share", "freeze"]
    account = [f"{verb} my account{end}" for verb in verbs for end in ("", "!", " now")]
    entry = [f"{verb} the password{end}" for verb in verbs for end in ("", "!", " now")]
    # vectors of one family that lie as far apart as all the others
    texts, codes = account + entry + CARD + CASH, [0] * 54 + [1] * 5 + [2] * 5
    vectors = np.random.default_rng(0).normal(size=(64, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = describe_segments(texts, np.array(codes), vectors)
    assert {*found[0].name.lower().split(", ")} == {"account", "password"}


def test_a_slip_of_the_pen_is_mended_and_a_word_of_its_own_is_not():
    world = ["children around the world need food", "help around the world"] * 15
    slip = ["around wrold", "children around the wrold"]
    found = _describe(slip, world, CARD)
    assert "wrold" not in found[0].name.lower()
    kind = ["the plane is late"] * 3
    plan = ["change my plan"] * 70
    assert "plane late" in _describe(kind, plan)[0].name.lower()


def test_a_name_of_a_person_comes_last():
    talk = ["a talk by Wayne Merry about web frameworks", "web frameworks with Wayne Merry"] * 6
    found, *_ = _describe(talk, CARD, CASH)
    assert found.name == "Web frameworks"
    (alone, _) = _describe(["Wayne Merry", "by Wayne Merry"] * 6, CARD)
    assert alone.name == "Wayne Merry"


def test_long_texts_are_named_by_what_most_of_them_have():
    rng = np.random.default_rng(0)
    filler = [f"thing{a}{b} stuff{b}{a}" for a in "abcdefgh" for b in "klmnopqr"]
    rows = [
        " and ".join([*rng.choice(filler, 60), *(["rare border"] if i < 2 else [])])
        for i in range(60)
    ]
    first = [f"{row} and then donate money to them" for row in rows[:30]]
    second = [f"{row} and then support children to learn" for row in rows[30:]]
    names = [found.name for found in _describe(first, second)]
    assert names == ["Donate money", "Support children"]


def test_another_language_is_named_by_its_own_phrases():
    spanish = [
        ["quiero cancelar mi pedido", "cómo puedo cancelar mi pedido", "cancelar el pedido"],
        ["mi tarjeta no ha llegado", "la tarjeta no llega", "dónde está mi tarjeta nueva"],
    ]
    for language in ("es", "en"):
        order, card = _describe(*spanish, language=language)
        assert "cancelar" in order.name.lower()
        assert "tarjeta" in card.name.lower()


def test_chinese_is_written_without_spaces():
    order, card = _describe(
        ["我想取消订单", "请取消订单", "怎么取消订单"], ["银行卡还没到", "我的银行卡丢了", "银行卡"]
    )
    assert "取消" in order.name or "订单" in order.name
    assert "银行" in card.name or "行卡" in card.name
    assert " " not in order.name


def test_groups_without_rows_or_words_get_a_name_too():
    texts, codes = ["😀😀", "cancel my order", "1234"], np.array([0, 1, 3])
    found = describe_segments(texts, codes, _corners(codes))
    assert found[1].name == "Cancel order"
    assert "😀" in found[0].name
    assert found[2].name == "Group without words"
    assert found[2].exemplars == ()
    assert not found[3].name[0].isdigit()


def test_no_rows_and_no_groups():
    none = np.empty((0, 4), np.float32)
    assert describe_segments([], np.array([], np.int64), none) == []
    assert describe_segments(["a"], np.array([-1]), _corners([0])) == []


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match="codes"):
        describe_segments(["a"], np.array([0, 1]), _corners([0, 1]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ODD, st.integers(-1, 4)), max_size=30), st.sampled_from(["en", "xx"]))
def test_names_of_odd_texts_are_unique_and_presentable(rows, language):
    codes = np.array([code for _, code in rows], np.int64)
    found = describe_segments([t for t, _ in rows], codes, _corners(codes), language=language)
    assert len(found) == codes.max(initial=-1) + 1
    names = [f.name for f in found]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert name.strip()
        assert not name[0].isdigit()
        assert name[0] != "_"


def test_the_same_seed_gives_the_same_names():
    texts = (CANCEL + CARD + CASH) * 300
    codes = np.array(([0] * len(CANCEL) + [1] * len(CARD) + [2] * len(CASH)) * 300)
    vectors = _corners(codes)
    first = describe_segments(texts, codes, vectors, seed=3)
    assert describe_segments(texts, codes, vectors, seed=3) == first
    assert first[0].name == "Cancel order"


def test_a_segmentation_is_filled_in_and_keeps_its_ids_order_and_parents():
    texts = CANCEL + CARD
    codes = np.array([1] * len(CANCEL) + [0] * len(CARD))
    vectors = _corners(codes)
    segmentation = Segmentation(
        segments=(Segment("a", "A"), Segment("b", "B", parent="Shop"), Segment("c", "Empty one")),
        router=Router(
            np.eye(3, 8, dtype=np.float32), np.zeros(3, int), ("a", "b", "c"), vectors[:0]
        ),
        encoder=EncoderRef("corners", "0", 8),
    )
    ids = np.array(["a", "b"], dtype=object)[codes]
    ids[0] = ""
    n = len(texts)
    assignments = Assignments(
        ids, np.full(n, "core", object), np.ones(n, np.float32), np.ones(n, np.float32)
    )
    named = name_segments(segmentation, texts, assignments, vectors)
    assert [s.id for s in named.segments] == ["a", "b", "c"]
    assert [s.name for s in named.segments] == ["Card not arrived", "Cancel order", "Empty one"]
    assert [s.size for s in named.segments] == [len(CARD), len(CANCEL) - 1, 0]
    assert named["b"].parent == "Shop"
    assert named["b"].terms
    assert named["b"].exemplars
    assert named["b"].description
    assert segmentation["b"].name == "B"


@pytest.mark.data
@pytest.mark.skipif(
    not (DATA / "banking77" / "train.csv").exists(), reason=f"no Banking77 under {DATA}"
)
def test_names_of_banking_intents_say_what_they_are():
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    table = pd.read_csv(DATA / "banking77" / "train.csv")
    labels, codes = np.unique(table["category"], return_inverse=True)
    weights = TfidfVectorizer(sublinear_tf=True).fit_transform(table["text"])
    vectors = TruncatedSVD(64, random_state=0).fit_transform(weights).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    found = describe_segments(table["text"].tolist(), codes, vectors)
    names = [f.name for f in found]
    assert len({name.casefold() for name in names}) == len(labels) == 77
    assert all(2 <= len(name.split()) <= 6 for name in names if name not in {"Passcode"})
    by_label = dict(zip(labels, names, strict=True))
    assert by_label["activate_my_card"] == "Activate card"
    assert by_label["contactless_not_working"] == "Contactless not working"
    assert "PIN" in by_label["change_pin"]
    assert "declined" in by_label["declined_transfer"].lower()
    about = sum(
        bool(set(re.findall(r"[a-z]{3,}", label.lower())) & {*re.findall("[a-z]{3,}", n.lower())})
        for label, n in by_label.items()
    )
    assert about >= 62  # a word of the label that the names have never seen


@pytest.mark.parametrize(
    "forms",
    [
        "refund refunds refunded refunding",
        "cancel cancelled canceling cancellation",
        "lose losing lost",
        "steal stole stolen",
        "currency currencies",
        "person people person's",
        "delivery deliveries",
    ],
)
def test_the_forms_of_a_word_share_a_stem(forms):
    assert len({stem(form) for form in forms.split()}) == 1


def test_words_of_different_meaning_have_stems_of_their_own():
    words = ["pay", "payment", "deliver", "delivery", "order", "user", "use", "news", "new", "card"]
    assert len({stem(word) for word in words}) == len(words)


def test_names_to_avoid_go_to_no_group() -> None:
    texts = [f"cancel order {r}" for r in range(20)] + [f"track parcel {r}" for r in range(20)]
    codes = np.repeat([0, 1], 20)
    vectors = np.eye(2, dtype=np.float32)[codes]
    free = [d.name for d in describe_segments(texts, codes, vectors)]
    kept = [d.name for d in describe_segments(texts, codes, vectors, avoid=free)]
    assert not {name_key(name) for name in free} & {name_key(name) for name in kept}
    assert len({name_key(name) for name in kept}) == 2
