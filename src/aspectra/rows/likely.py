"""Which encoding some bytes are likely in: the one in which they read as words of a language.

Statistics of bytes need long texts, and a table may have three accents in all. So an encoding is judged by the
alphabets of its languages, and by where letters, quotes and symbols stand in a word. Called by
`aspectra.rows.encodings`.
"""

from __future__ import annotations

import codecs
import functools
import re
import unicodedata
from collections import Counter
from typing import NamedTuple

# Letters that are not ASCII, by language, the frequent ones first.
WEST = (
    "éèàêçùâîôûëïœ", "äöüßé", "áéíóñú", "áéíóñúüºª", "ãáéçíóêõâúàôº", "èàìòùé", "åäöé", "æøåé", "éëïèóáöü", "äõüöšž",
    "éïèàñçüöêáíôâû", "íáðþéóöæúý",
)  # fmt: skip
EAST = ("ąęłóśżćńź", "íáěéýřčžšůúťňóď", "áíýčžéšťľúôňäďó", "áéöóőíüűú", "ăîâşţ", "čšžćđ", "äöüß")
TURKISH = ("ıüşçğöİâî",)
BALTIC = ("ėšžųįąūčę", "āīēšūņļžčķģ", "äõüöšž")
CYRILLIC = (
    "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "оанивіетрскдлупмзяьбгчйхжшїцюєфщґ", "аоиеунјрсктдвмплзгбчшцжљњћџђхф",
)  # fmt: skip
GREEK = ("αοιετσνηυρκάπόίλμήέςύωγώδχθφβξζψϊϋΐΰ",)
HEBREW = ("יוהלאתרבשםמנדקעחפןכטסגזצףךץ",)
ARABIC = ("المنيوترهبدسعفكقحجةأشطصخىزذضئثإءغآظؤپچژگ",)
THAI = ("านรอกเง่มยล้วดทสัตะีปบคหแิจพชขใไืุ็โู์ำผซถศธฟภญณฐษฎฉฮๆ",)
JAPANESE, KOREAN, CHINESE = ("Japanese",), ("Korean",), ("Chinese",)
# The frequent characters of these, by the first bytes of a standard that puts them first, and how rare they are: a
# text of kana is Japanese, one of Han alone is Chinese, and one of Hangul alone is Korean.
BLOCKS = {
    "Japanese": ((0xA4, 0xA5, "euc_jp", 0.0), (0xB0, 0xCF, "euc_jp", 0.3)),
    "Korean": ((0xB0, 0xC8, "euc_kr", 0.0),),
    "Chinese": ((0xA4, 0xC6, "big5", 0.15), (0xB0, 0xD7, "gb2312", 0.15)),
}

# Of encodings that fit as well, the first is named.
ENCODINGS = {
    "cp1252": WEST, "cp1250": EAST, "cp1251": CYRILLIC, "cp1253": GREEK, "cp1254": TURKISH, "cp1255": HEBREW,
    "cp1256": ARABIC, "shift_jis": JAPANESE, "cp932": JAPANESE, "euc_kr": KOREAN, "cp949": KOREAN, "gb18030": CHINESE,
    "big5": CHINESE, "iso8859_2": EAST, "mac_roman": WEST, "koi8_r": CYRILLIC, "koi8_u": CYRILLIC, "iso8859_7": GREEK,
    "iso8859_15": WEST, "euc_jp": JAPANESE,
}  # fmt: skip
SELDOM = {
    "cp1257": BALTIC, "cp874": THAI, "cp850": WEST, "cp852": EAST, "cp866": CYRILLIC, "mac_cyrillic": CYRILLIC,
    "mac_latin2": EAST, "iso8859_5": CYRILLIC, "iso8859_6": ARABIC,
}  # fmt: skip
HANDICAP = 0.8  # strain that one of these must make good

OPENING, CLOSING, DASHES, SYMBOLS = "“„‘‚«‹", "”»›…", "–—", "€£¥°½¼¾©®™§²³•·×¢\u00a0"
MOST = 0.6  # mean strain of a byte above which nothing fits
NEAR = 1.1  # strain by which another must be worse to be ruled out
SAMPLE = 1 << 14  # bytes
BETWEEN = re.compile(rb"[\x00-\x2c;]+")  # between words; no part of a longer character in any of these encodings
LONGEST = 24  # characters of a word


class Guess(NamedTuple):
    """A likely encoding, and how a word of the text reads in it."""

    name: str
    word: str


def likely(text: bytes) -> list[Guess]:
    """The likely encodings of text that is not UTF-8, the best first: several if the text does not tell them apart,
    none if nothing fits.
    """
    sample = text[:SAMPLE]
    found: dict[str, tuple[float, str]] = {}  # by the text: what reads the same is not a question
    for name, languages in (ENCODINGS | SELDOM).items():
        try:
            read = codecs.getincrementaldecoder(name)().decode(sample, final=len(text) <= SAMPLE)
        except UnicodeDecodeError:
            continue
        odd = min(strain(read, language) for language in languages)
        if read not in found and odd <= MOST * sum(byte >= 0x80 for byte in sample):
            found[read] = (odd + HANDICAP * (name in SELDOM), name)
    best = sorted(found.values(), key=lambda one: one[0])
    names = [name for odd, name in best if odd < best[0][0] + NEAR]
    words = [word for word in BETWEEN.split(sample) if not word.isascii()]
    telling = max(words, key=lambda word: len({shown(word, name) for name in names}), default=b"")
    return [Guess(name, shown(telling, name)) for name in names]


def shown(word: bytes, name: str) -> str:
    """A word in an encoding, with a mark for what cannot be printed."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in word.decode(name, "replace"))[:LONGEST]


def strain(text: str, language: str) -> float:
    """How odd a text is in a language: from 0 to 2 for each byte that is not ASCII, summed."""
    latin = language not in BLOCKS and language < "\u0370"
    rare = letters(language)
    near = Counter(sign for sign in zip(f" {text}", text, f"{text[1:]} ", strict=False) if not sign[1].isascii())
    odd = sum(
        count * (of_letter(*sign, rare, latin) if sign[1] in rare or sign[1].isalpha() else of_mark(*sign))
        for sign, count in near.items()
    )
    # A single sign in an English text is rather a symbol or an accent than a word of another script.
    foreign = not latin and sum(map(str.isascii, filter(str.isalpha, text))) > 4 * near.total()
    return odd * (1 + (language in BLOCKS)) + foreign


@functools.cache
def letters(language: str) -> dict[str, float]:
    """The letters of a language that are not ASCII, and how rare each is, from 0 to 1."""
    if language in BLOCKS:
        return {sign: rare for first, last, name, rare in BLOCKS[language] for sign in block(first, last, name)}
    # Where every letter counts, their frequency is the surest sign; accents are few.
    rarest = 0.5 if language < "\u0370" else 1.0
    return {sign: rarest * place / len(language) for place, sign in enumerate(language)}


def block(first: int, last: int, name: str) -> str:
    """The characters of two bytes whose first byte is in a range."""
    pairs = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in range(0x40, 0xFF))
    return "".join(pair.decode(name, "ignore") for pair in pairs).translate(dict.fromkeys(range(0x80)))


def of_letter(before: str, sign: str, after: str, rare: dict[str, float], latin: bool) -> float:
    """How odd a letter is between its neighbors."""
    odd = rare.get(sign, rare.get(sign.lower(), 1.0))
    if sign.isupper():
        odd += 1 if before.islower() else 0.3 * after.islower()
    if latin and (before.isdigit() or after.isdigit()):
        odd += 1
    if not before.isalpha() and not after.isalpha():
        odd += 0.3
    if not latin and any(one.isascii() and one.isalpha() for one in (before, after)):
        odd += 1
    return min(odd, 2)


def of_mark(before: str, sign: str, after: str) -> float:
    """How odd a quote, a dash or another sign is between its neighbors."""
    opened, closed = before.isalpha(), after.isalpha()
    if unicodedata.category(sign) in ("Cc", "Cn", "Co"):
        return 2
    if unicodedata.east_asian_width(sign) in "WF":
        return 0.1 if unicodedata.category(sign).startswith("P") else 1
    if sign in "¿¡":
        return 0 if closed and not opened else 1
    if sign == "’":
        return 0.8 if closed and not opened else 0.4 * (not closed or after not in "stmdrlv")
    if sign in OPENING + CLOSING:
        return 1 if opened and closed else 0.4 if closed and sign in CLOSING else 0.3
    if sign in DASHES:
        return 0.1 if not opened and not closed else 0.6 if opened and closed else 0.9
    if sign in SYMBOLS:
        if before.isdigit() or after.isdigit() or (sign in "™®²³" and opened and not closed):
            return 0.1
        return 1 if opened and closed else 0.6 if opened or closed else 0.3
    return 1
