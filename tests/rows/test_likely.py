"""The likely encoding of texts: the right one alone, or several to choose from, but never a wrong one alone."""

from __future__ import annotations

import pytest

from aspectra.rows.likely import likely

FRENCH = "Le petit-déjeuner était délicieux, à l’hôtel la chambre était très sale. Où est la réception? Ça ne va pas."
GERMAN = "Das Frühstück war lecker – “toll” …, aber das Zimmer war zu groß und voller Lärm. Schöner wäre es höher."
POLISH = "Śniadanie było świetne, ale łóżko złe. Pokój za mały i głośny, obsługa miła, lecz powolna."
RUSSIAN = "Очень хороший отель и вкусный завтрак. Персонал приветливый, но номер маленький и шумный."

SURE = [
    ("cp1252", GERMAN), ("mac_roman", GERMAN), ("mac_roman", FRENCH), ("cp1250", POLISH),
    ("cp1251", RUSSIAN), ("koi8_r", RUSSIAN), ("cp866", RUSSIAN), ("cp874", "อาหารอร่อยมาก แต่ห้องเล็ก บริการไม่ดี"),
    ("gb18030", "早餐很丰盛，但是房间很小，服务态度差，不会再来"), ("big5", "早餐很豐盛，但是房間很小"),
    ("euc_kr", "조식이 맛있지만 방이 좁고 더러웠어요"),
]  # fmt: skip

UNSURE = [
    ("cp852", POLISH), ("cp1254", "Kahvaltı çok güzeldi oda küçük"),
    ("cp1251", 'Samsung Galaxy Smart TV,"Доставка быстрая"'),
    ("euc_kr", '{"hotel_name": "Grand Plaza Hotel", "review_text": "조식이 맛있지만"}'),
    ("cp1252", f"https://example.com/{40 * 'a'}/très"),
    ("cp1252", FRENCH), ("cp1252", "Café déjà vu – the waiter was rude; but the bill “small”."),
    ("cp1252", "It’s a great place – “lovely” staff, and we paid £20"), ("cp1252", "Très bon"),
    ("cp1252", "La colazione è ottima"), ("cp1252", "It’s ok"), ("iso8859_2", POLISH), ("cp1250", "Świetny hotel"),
    ("cp1254", "Kahvaltı çok güzeldi ama oda küçük ve kirliydi"), ("cp1253", "Το πρωινό ήταν εξαιρετικό"),
    ("cp1251", "ОЧЕНЬ ПЛОХО"), ("koi8_r", "Плохо"), ("shift_jis", "朝食はとても美味しかった"), ("gb18030", "不错"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), SURE)
def test_a_sentence_is_often_enough_to_tell_its_encoding(name: str, text: str) -> None:
    line = f"1,{text}\n".encode(name)
    (found,) = likely(line)
    assert line.decode(found.name) == f"1,{text}\n"


@pytest.mark.parametrize(("name", "text"), UNSURE)
def test_if_several_encodings_fit_each_is_named_with_words_that_tell(name: str, text: str) -> None:
    line = f"1,{text}\n".encode(name)
    found = likely(line)
    assert len({guess.words for guess in found}) == len(found) > 1
    assert line.decode(name) in [line.decode(guess.name, "replace") for guess in found]


def test_nothing_is_likely_for_bytes_that_are_no_text() -> None:
    assert likely(bytes(range(128, 256)) * 4) == []
