"""Detects whether a review is English: a reader made for English misreads others without any sign of it. Pure.

It counts frequent words of English and of other common languages, and letters of other scripts. simplemma uses a
dictionary instead and does worse on short reviews: it takes `Sehr gut` and `Das Essen war gut` for English, and
`Would definitly recomend` for another language. Called by `counts`.
"""

from __future__ import annotations

import re

MANY = 8  # a text of at least so many words that is English contains a frequent one
WORD = re.compile(r"[^\W\d_]+")

# Words that are rare in other languages of the Latin script, but in nearly every English review.
ENGLISH = """
the and this that these those with from they you your our their there which would could should will were been
have has had having does did didn don doesn wasn isn couldn wouldn won not but because when what where who how
very really just than then too about after before again only even every some any out into over off down back up
my it its is was are for of be by get got like love loved great good nice bad best worst excellent awesome
amazing perfect poor fine happy recommend recommended highly works work worked product quality price money buy
bought easy well place food service staff friendly room rooms clean location stay stayed time day days never
always everything nothing other more most much many little big small few way still while without worth here she
he we her his him them an all can
"""
# The same for German, Spanish, French, Italian, Dutch, Portuguese, Polish, the Scandinavian languages, Turkish.
OTHERS = """
der die das den dem des und ist war sehr gut nicht aber mit für ich wir ein eine einen auf auch nur zu von im
wie bei es leider wieder immer nie hat haben sind zum zur schön freundlich freundliches zimmer alles toll essen
gerne lage lieferung preis el la los las y de que en un una muy pero con para por lo se su está estaba fue son
bien todo bueno buena mal nunca encanta excelente calidad precio ubicación le les et est était très mais avec
pour dans du une pas ce je nous sur plus bon bonne tout qualité rien jamais personnel prix rapport il gli di che
è non molto per sono era ma del della questo tutto ottimo ottima buono posto anche het een van niet maar met
voor ik wij zeer goed goede nooit is was erg heel kamer os da em não muito mas com uma um foi tudo bom boa ótimo
na jest się z że bardzo ale dla po było polecam och att det som på är inte mycket med för jag vi var bra og ikke
meget jeg til ja ei oli bir ve çok bu için ama ile güzel iyi
"""
KNOWN = tuple(frozenset(words.split()) for words in (ENGLISH, OTHERS))


def strange(text: str) -> bool:
    """Whether a text seems to be in another language than English; a few words without evidence are not.

    >>> [strange(text) for text in ("Great soup, rude waiter.", "Sehr gut", "部屋が汚い", "Wi-Fi")]
    [False, True, True, False]
    """
    words = WORD.findall(text.casefold())
    letters = sum(map(len, words))
    if 2 * sum(letter > "ɏ" for word in words for letter in word) > letters:  # code points after the Latin script
        return True
    here, there = (sum(word in known for word in words) for known in KNOWN)
    if here or there:
        return there > here
    return len(words) >= MANY or not "".join(words).isascii()
