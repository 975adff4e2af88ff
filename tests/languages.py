"""Invented customer texts in languages that not every encoder reads, with their topics."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pandas as pd

Parts = dict[str, tuple[list[str], list[str], list[str]]]

THAI: Parts = {
    "delivery": (
        ["พัสดุของฉัน", "สินค้าที่สั่งซื้อ", "กล่องพัสดุ", "ของที่สั่งไป"],
        ["ยังไม่มาถึง", "ส่งช้ามาก", "ส่งผิดที่อยู่", "หายระหว่างทาง", "อยู่ที่ไหนแล้ว", "ต้องรออีกกี่วัน"],
        ["", "ค่ะ", "ครับ", "ช่วยตรวจสอบให้หน่อย"],
    ),
    "refund": (
        ["ฉันต้องการ", "ขอ", "อยากจะ", "รบกวนช่วย"],
        [
            "คืนเงินค่าสินค้า",
            "ขอเงินคืนเต็มจำนวน",
            "คืนเงินเข้าบัญชีธนาคาร",
            "ยกเลิกคำสั่งซื้อและคืนเงิน",
            "รับเงินคืนจากร้านค้า",
            "คืนเงินค่าจัดส่ง",
        ],
        ["", "ค่ะ", "ครับ", "โดยเร็วที่สุด"],
    ),
    "password": (
        ["ฉันลืมรหัสผ่าน", "เข้าสู่ระบบไม่ได้", "บัญชีของฉันถูกล็อก", "เปลี่ยนรหัสผ่านไม่ได้"],
        [
            "ต้องทำอย่างไร",
            "ช่วยรีเซ็ตรหัสผ่านให้หน่อย",
            "ระบบแจ้งว่ารหัสผ่านไม่ถูกต้อง",
            "ไม่ได้รับรหัสยืนยัน",
            "ลองเข้าสู่ระบบหลายครั้งแล้ว",
            "ตั้งรหัสผ่านใหม่อย่างไร",
        ],
        ["", "ค่ะ", "ครับ"],
    ),
    "food": (
        ["อาหารที่สั่ง", "ข้าวผัด", "ก๋วยเตี๋ยว", "กาแฟที่ร้านนี้"],
        ["อร่อยมาก", "เย็นชืดหมดแล้ว", "รสชาติแย่มาก", "เค็มเกินไป", "ได้ปริมาณน้อย", "ไม่สดเลย"],
        ["", "ค่ะ", "ครับ", "ไม่ประทับใจ"],
    ),
    "hotel": (
        ["ห้องพักในโรงแรม", "เตียงนอน", "ห้องน้ำของโรงแรม", "วิวจากห้องพัก"],
        [
            "สกปรกมาก",
            "สวยงามและสะอาด",
            "เสียงดังรบกวนตลอดคืน",
            "มีกลิ่นเหม็นอับ",
            "กว้างขวางสบาย",
            "แอร์ไม่เย็น",
        ],
        ["", "ค่ะ", "ครับ", "พนักงานไม่ดูแล"],
    ),
}

JAPANESE: Parts = {
    "配送": (
        ["荷物が", "注文した商品が", "小包が", "宅配便が"],
        [
            "まだ届きません",
            "いつ届きますか",
            "間違った住所に配達されました",
            "配達が遅れています",
            "行方不明になりました",
        ],
        ["", "。確認してください", "。困っています"],
    ),
    "返金": (
        ["商品の", "注文の", "先月の料金の", "配送料の"],
        [
            "返金をお願いします",
            "返金手続きを教えてください",
            "返金がまだ振り込まれません",
            "払い戻しを希望します",
            "返金はいつですか",
        ],
        ["", "。よろしくお願いします", "。急いでいます"],
    ),
    "パスワード": (
        [
            "ログインできません。",
            "アカウントがロックされました。",
            "サイトに入れません。",
            "メールが届きません。",
        ],
        [
            "パスワードを忘れました",
            "パスワードを再設定したいです",
            "パスワードの変更方法を教えてください",
            "新しいパスワードが認識されません",
            "確認コードが届きません",
        ],
        ["", "。助けてください"],
    ),
    "料理": (
        ["ラーメンが", "お弁当が", "コーヒーが", "デザートが"],
        [
            "とても美味しかったです",
            "冷めていました",
            "味が薄かったです",
            "塩辛すぎました",
            "量が少なかったです",
        ],
        ["", "。残念です", "。また来ます"],
    ),
}

GERMAN: Parts = {
    "delivery": (
        ["Mein Paket", "Die Lieferung", "Meine Bestellung", "Das Päckchen"],
        [
            "ist noch nicht angekommen",
            "kommt viel zu spät",
            "wurde an die falsche Adresse geliefert",
            "ist unterwegs verloren gegangen",
            "liegt seit Tagen im Lager",
        ],
        ["", "und ich warte schon lange", "bitte prüfen Sie das"],
    ),
    "refund": (
        ["Ich möchte", "Bitte veranlassen Sie", "Ich warte auf", "Wann bekomme ich"],
        [
            "eine Rückerstattung",
            "mein Geld zurück",
            "die Gutschrift für den Einkauf",
            "die Erstattung des Kaufpreises",
            "den vollen Betrag zurück",
        ],
        ["", "so schnell wie möglich", "auf mein Konto"],
    ),
    "password": (
        [
            "Ich habe mein Passwort vergessen",
            "Die Anmeldung funktioniert nicht",
            "Mein Konto ist gesperrt",
            "Ich kann mein Kennwort nicht ändern",
        ],
        [
            "und brauche Hilfe",
            "und bekomme keinen Code",
            "was soll ich tun",
            "und die E-Mail kommt nicht an",
            "obwohl alles richtig ist",
        ],
        ["", "danke"],
    ),
    "food": (
        ["Das Essen", "Die Suppe", "Der Kaffee", "Das Frühstück"],
        [
            "war leider kalt",
            "hat sehr gut geschmeckt",
            "war viel zu salzig",
            "kam nach einer Stunde",
            "war nicht frisch",
        ],
        ["", "und zu teuer", "wir kommen nicht wieder"],
    ),
}

EMOJI = [
    *("😀", "😡", "🎉", "👍", "👎", "😂", "😭", "🔥", "🙏"),
    *("🍕", "🚚", "💳", "🔑", "🏨", "🙄", "✨", "💔"),
]


def topics_of(parts: Parts, each: int, joint: str = "") -> pd.DataFrame:
    """Texts of a beginning, a middle and an end, ``each`` of every topic, in a fixed order."""
    draw = random.Random(0)
    rows = []
    for topic, pieces in parts.items():
        texts = [joint.join(filter(None, chosen)) for chosen in itertools.product(*pieces)]
        rows += [(topic, text) for text in draw.sample(texts, each)]
    draw.shuffle(rows)
    return pd.DataFrame(rows, columns=["topic", "text"])


def emoji_texts(count: int) -> list[str]:
    """Texts of one to five emoji."""
    draw = random.Random(0)
    return ["".join(draw.choices(EMOJI, k=draw.randint(1, 5))) for _ in range(count)]


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write a table as CSV."""
    frame.to_csv(path, index=False)
    return path
