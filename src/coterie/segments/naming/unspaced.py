"""Words of scripts that are written without blanks between words, such as Thai and Japanese.

ICU cuts them by its dictionaries of Thai, Lao, Khmer, Burmese, Chinese and Japanese.
"""

from __future__ import annotations

from functools import cache

from coterie.extras import installed

__all__ = ["can_cut", "cut_words", "is_function_word"]

_LIBRARY = "icu4py"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Particles, pronouns, auxiliaries and greetings, at which no name begins or ends. Collected by
# reading names of groups.
_FUNCTION_WORDS = _words(
    """
    ค่ะ คะ ครับ นะ จ้า ของ ที่ ฉัน ผม ดิฉัน เรา คุณ ได้ ไม่ ให้ หน่อย ไหม จะ ต้อง และ หรือ แต่ ก็ ใน จาก
    กับ เป็น คือ มี แล้ว อยู่ ไป มา มาก การ ความ ขอ ช่วย เพื่อ ว่า ถูก นี้ นั้น อย่างไร ยัง โดย เมื่อ กว่า ๆ
    の が を に は で と も へ や か ね よ な た て だ し れ さ せ ん から まで より です ます
    ました ません でした する した して すると いる ある この その あの これ それ ここ そこ どこ
    いつ なに どう ください くだ さい お ご い っ ない なかっ とても ありがとう お願い 私 ば
    たい もの こと ため ので のに けど でも 的 了 吗 呢 吧 我 你 您 他 她 它 我们 你们 我的 你的
    是 在 有 和 与 或 也 都 很 就 还 把 被 给 请 要 想 不 没 没有 这 那 这个 那个 什么 怎么 如何
    为什么 可以 能 会 嗎 們 個 還 這 請
    """
)


@cache
def can_cut() -> bool:
    """Whether ICU is installed; without it such texts have no words."""
    return installed(_LIBRARY)


def cut_words(run: str) -> list[str]:
    """Cut a run of letters of such scripts into words; none where ICU is not installed."""
    if not can_cut():
        return []
    from icu4py.breakers import WordBreaker

    return list(WordBreaker(run, "en"))


def is_function_word(word: str) -> bool:
    """Tell whether a name should neither begin nor end with the word."""
    return word in _FUNCTION_WORDS
