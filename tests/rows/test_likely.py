"""The likely encoding of short texts: the right one, or several to choose from, but never a wrong one alone."""

from __future__ import annotations

import pytest

from aspectra.rows.likely import likely

SURE = [
    ("cp1252", "Das Frühstück war lecker – “toll” …, aber das Zimmer war zu groß und voller Lärm"),
    ("cp1252", "Le petit-déjeuner était délicieux, à l’hôtel la chambre était très sale"),
    ("cp1252", "El desayuno estaba frío. ¡Qué servicio! La habitación, pequeña; mañana no"),
    ("cp1252", "It’s a great place – “lovely” staff, and we paid £20. Don’t miss the café…"),
    ("mac_roman", "Das Frühstück war lecker – “toll” …"),
    ("mac_roman", "Le petit-déjeuner était délicieux, à l’hôtel la chambre était très sale"),
    ("mac_roman", "¡Qué servicio más malo! La habitación era pequeña"),
    ("cp850", "La chambre était très sale, à éviter; où est l'hôtel? Ça a été bruyant"),
    ("cp1250", "Śniadanie było świetne ale łóżko złe"),
    ("cp1250", "Snídaně byla výborná, ale pokoj byl malý a špinavý, příště už ne"),
    ("iso8859_2", "Śniadanie było świetne ale łóżko złe"),
    ("iso8859_2", "Žádné teplo, ošklivý pokoj. Příště už určitě nepřijedeme, děkujeme"),
    ("cp852", "Śniadanie było świetne ale łóżko złe, zażółć gęślą jaźń"),
    ("cp1254", "Kahvaltı çok güzeldi ama oda küçük ve kirliydi, çalışanlar da ilgisizdi"),
    ("cp1251", "Очень хороший отель и вкусный завтрак"),
    ("cp1251", "Дуже смачно, але дорого. Їжа була гаряча"),
    ("koi8_r", "Очень хороший отель и вкусный завтрак"),
    ("cp866", "Очень хороший отель и вкусный завтрак"),
    ("cp1253", "Το πρωινό ήταν εξαιρετικό"),
    ("iso8859_7", "Το πρωινό δεν ήταν καλό. Άσχημο δωμάτιο, Άγνωστη αιτία, Άθλιο"),
    ("cp1255", "האוכל היה מצוין אבל החדר קטן, והשירות היה מאוד איטי ולא נעים"),
    ("cp1256", "الطعام كان لذيذا والخدمة سيئة"),
    ("cp1257", "Pusryčiai buvo puikūs, bet kambarys mažas ir nešvarus, aplinka triukšminga, ačiū už viską"),
    ("cp874", "อาหารอร่อยมาก แต่ห้องเล็ก บริการไม่ดี"),
    ("shift_jis", "朝食はとても美味しかったが、部屋は狭くて汚かった"),
    ("cp932", "①朝食はとても美味しかった"),
    ("euc_jp", "朝食はとても美味しかったが、部屋は狭くて汚かった"),
    ("gb18030", "早餐很丰盛，但是房间很小，服务态度差，不会再来"),
    ("big5", "早餐很豐盛，但是房間很小"),
    ("euc_kr", "조식이 맛있지만 방이 좁고 더러웠어요"),
    ("iso8859_15", "Le déjeuner à 20 € et le dîner à 30 €: très bon"),
]

UNSURE = [
    ("cp1252", "Très bon"), ("cp1252", "La colazione è ottima"), ("cp1252", "It’s ok"), ("mac_roman", "Sehr schön"),
    ("mac_roman", "El desayuno estaba frío"), ("cp850", "Très bon"), ("cp1250", "źle"), ("cp1250", "Świetny hotel"),
    ("iso8859_2", "źle"), ("cp1251", "ОЧЕНЬ ПЛОХО"), ("cp1251", "да"), ("koi8_r", "Плохо"), ("cp1254", "Işık yoktu"),
    ("cp1253", "Όχι ξανά"), ("gb18030", "不错"), ("euc_kr", "최고"), ("shift_jis", "最高"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), SURE)
def test_a_sentence_is_enough_to_tell_its_encoding(name: str, text: str) -> None:
    line = f"1,{text}\n".encode(name)
    (found,) = likely(line)
    assert line.decode(found.name) == f"1,{text}\n"


@pytest.mark.parametrize(("name", "text"), UNSURE)
def test_of_a_few_letters_several_encodings_are_named_with_a_word_that_tells(name: str, text: str) -> None:
    line = f"1,{text}\n".encode(name)
    found = likely(line)[:3]
    assert len({guess.word for guess in found}) == len(found) > 1
    assert line.decode(name) in [line.decode(guess.name, "replace") for guess in found]


def test_symbols_of_an_english_text_are_no_letters_of_another_script() -> None:
    for text in ("We paid £20 a night", "20 °C in the room", "Great value: 50 €, 10€ off", "½ the price, ½ the fun"):
        assert likely(f"1,{text}\n".encode("cp1252"))[0].name == "cp1252", text


def test_nothing_is_likely_for_bytes_that_are_no_text() -> None:
    assert likely(bytes(range(128, 256)) * 4) == []
    assert likely("Очень хороший отель, c’était très bon – “so” wie früher\n".encode()) == [], "UTF-8 is another matter"


def test_a_character_that_the_sample_cuts_rules_nothing_out() -> None:
    for start in range(3):
        text = "x" * start + "朝食はとても美味しかった。" * 2000
        assert likely(text.encode("shift_jis"))[0].name == "shift_jis"
