"""Removes text before and after an answer. Pure; never raises.

Called by `aspectra.elicit.validation`.
"""

from __future__ import annotations

import re

from aspectra.elicit.analysis import LABEL
from aspectra.elicit.wrapper import bare, fenced, unwrapped

# Where a teacher goes on after its answer: with another review and the question, or with its answer again.
QUESTION = (
    r"(?:(?:Now,? )?Consider (?:the|these) following\b"
    r"|(?:(?:New|Next|Another|Example|Original|Your other) )?(?:Reviews?|Texts?)(?: \d+)?[ \t*]*:"
    r"|Example(?: Output| review)?(?: \d+)?[ \t*]*:"
    r"|(?:Your |New )?Task(?: \w+)?[ \t*]*:|Instructions?[ \t*]*:|Provide the sentiment analysis"
    r"|(?:User|Human|Assistant)[ \t*]*:)"
)
AGAIN = (
    r"(?:Response(?: Format)?[ \t*]*:"
    r"|(?:Rewritten|Rewriting|Paraphrased?)(?: (?:review|text|version))?[ \t*]*:"
    r"|(?:Final )?Answer(?: the question)?[ \t*]*:|Solution[ \t*]*:|Your Output[ \t*]*:)"
)
TURN = r"\n(?-i:user|assistant|system)[ \t]*\n|(?<=[.!?\"”}\]])(?-i:user|assistant)[ \t]*\n"
ANOTHER = re.compile(rf"\n[ \t>*#]*{QUESTION}|{TURN}", re.IGNORECASE)
RUN_ON = re.compile(rf"\n[ \t>*#]*(?:{QUESTION}|{AGAIN})|{TURN}", re.IGNORECASE)
# In an analysis these may occur between blocks. After a rewriting or the last block, they are comments on it.
TALK = re.compile(
    r"\n[ \t>*#(]*(?:Confidence(?: Rating)?|Notes?|Explanations?(?: of[^\n:]{0,40})?|Word count|Why this works"
    r"|(?:Key |Main |Summary of )?Changes(?: made)?|What I (?:changed|did)[^\n:]{0,30}"
    r"|Here(?:'|’)?s?(?: is| are)? (?:what|why|how|the changes)[^\n:]{0,60})[ \t*]*:",
    re.IGNORECASE,
)
RESPONSE_LIST = re.compile(r"\bResponse:\s*\[", re.IGNORECASE)
# A character within a sentence: "2.0" and "e.g." do not end it.
IN = r"(?:[^\n.!?]|[.!?](?=[\w,;])|(?<=\b[ei]\.[ge])\.)"
REWORK = r"re-?writ\w*|rewrote|re-?word\w*|re-?phras\w*|paraphras\w*|retell\w*|retold|told again"
TASK = rf"(?:{REWORK}|revis(?:ed|ion)|version)"
# Of a task beyond doubt: reviews speak of versions and of revised menus too.
TASKED = rf"(?:{REWORK}|(?:revised|revision of (?:the|your)) (?:review|text|version|passage))"
WORK = rf"(?:{TASK}|review|text|analysis|response|answer|output|result|targets?|draft|request\w*)"
# The author speaks in an announcement: it is one of the review.
AUTHOR = (
    rf"(?:\bmy (?!(?:\w+ )?(?:{TASK}|attempt|take)\b)"
    r"|\bI (?:\w+ )?(?:lik|lov|hat|dislik|enjoy|think|thought|found|felt|feel|got|had|notic|expect|want)\w*)"
)
SURE = r"(?:Sure(?: thing)?|Certainly|Of course|Absolutely|Understood|Got it|Gladly|With pleasure|My pleasure)"
GREETING = (
    rf"(?:{SURE}|Definitely|Okay|OK|Alright|No problem|You got it|Great question"
    r"|(?:I(?:'|’)(?:d be|m) |I (?:am|would be) )?(?:happy|glad) to help)"
)
HERE = r"(?:Here(?:'|’)?s?(?: is| are)?|Below (?:is|are)|The following is|As (?:requested|you asked))\b"
GIVEN = r"(?:(?:Here|There) (?:you go|it is|you are|we go)|Here goes)"
MINE = r"(?:This is|Let me|I(?:'|’)(?:ll|ve)|I (?:will|have))\b"
# A heading or a label of the answer. "Updated review:" begins reviews too; those of the review itself stay.
NAMED = (
    r"(?:(?:(?:My|The|Your) )?(?:(?:Final|Rewritten|Re-written|Revised|Reworded|Rephrased|Paraphrased"
    r"|Retold|Restated|New"
    r"|Updated|Improved|Edited|Modified|Suggested|Polished|Transformed|Explicit|First[- ]person)[ \t]+){1,2}"
    r"(?:\w+[ \t]+)?(?:review|text|version|answer|output|response|rewrite|draft|passage|feedback)"
    r"|(?:Re-?)?(?:Rewrite|Rewritten|Rewriting|Rewording|Paraphrase|Paraphrased|Revised|Revision|Retelling|Rephrased)"
    r"|Response|Answer|Output|Reply|AI|Bot|Chatbot|(?:AI )?Assistant)"
)
# The same in other languages, as a model falls into the language of a review.
GREETING_ABROAD = (
    r"(?:Natürlich|Klar(?: doch)?|Gerne?|Selbstverständlich|Bien sûr|Certainement|Avec plaisir|¡?Claro(?: que sí)?"
    r"|¡?Por supuesto|Desde luego|Certo|Certamente|Com certeza|Natuurlijk|Zeker|Graag|Конечно|Oczywiście|Självklart"
    r"|当然(?:可以)?|好的|もちろん(?:です)?|承知しました|물론(?:입니다|이죠)?)"
)
HERE_ABROAD = (
    r"(?:Hier (?:ist|sind|is|kommt)|Voici|Voilà|Aquí (?:tienes?|está|tiene)|Ecco|Aqui está|Eis|Вот|Oto|Här är"
    r"|以下(?:是|は)|这是|다음은)"
)
TASK_ABROAD = (
    r"(?:umgeschrieben|umformuliert|überarbeitet|Rezension|Bewertung|Version|réécri|reformul|avis"
    r"|reescrit|reseña|riscritt"
    r"|recensione|avaliação|herschreven|recensie|переписан|отзыв|przepisan|recenzj|omskriv|改写|评论|書き直|レビュー|리뷰)"
)
LEAD = re.compile(
    r"\A[^\w\"'“”‘’(\[{<`¡]{0,20}(?:"
    rf"(?:{GREETING}|Great)[!.,:]*\s+{HERE}(?!{IN}*{AUTHOR}){IN}{{0,160}}:[ \t*]*\n+"
    rf"|(?:(?:{GREETING}|Great)[!.,:]*\s+)?"
    rf"(?:{HERE}(?!{IN}*{AUTHOR}){IN}{{0,160}}\b{WORK}\b{IN}{{0,120}}:[ \t*]*\n+"
    rf"|(?:{HERE}(?![^\n:]*{AUTHOR})[^\n:]{{0,120}}\b{TASK}|{MINE}(?![^\n:]*{AUTHOR})[^\n:]{{0,120}}\b{TASKED})\b"
    r"[^\n:]{0,80}(?::|\.?[ \t*]*\n)\s*"
    rf"|{HERE}(?![^\n:]*{AUTHOR})"
    r"[^\n:]{0,60}\b(?:review|text|analysis|response|answer|output)\b[^\n:]{0,60}:\s*"
    rf"|{GIVEN}(?:[!.:]*[ \t*]*\n+|[!:]+\s+))"
    rf"|{GREETING}[!.]*[ \t]*\n+|{SURE}[!.]\s+"
    rf"|{NAMED}[ \t*]*[:：][ \t*]*"
    rf"|(?:{GREETING_ABROAD}\s?[!.,:！。，]*\s*)?{HERE_ABROAD}[^\n]{{0,60}}{TASK_ABROAD}[^\n:：]{{0,80}}[:：]\s*"
    rf"|{GREETING_ABROAD}\s?[!.！。]*[ \t]*\n+"
    rf"|[^\n:.]{{0,50}}\b{TASKED}\b[^\n:.]{{0,50}}:[ \t]*\n+"
    rf"|(?<=[*#])(?:[^\n.]{{0,40}}\b{TASKED}\b[^\n.]{{0,40}}|{NAMED}[ \t*]*)\n+"
    r"|-{3,}[ \t]*\n+)[\s*]*",
    re.IGNORECASE,
)
LEADS = 4  # greeting, announcement, heading, rule
YOURS = r"(?:you\b|there(?:(?:'|’)s| is) any|this\b|that\b|I can\b|any\b|how\b)"
CHANGES = r"(?:changes?|adjustments?|revisions?|edits?|help|assistance|modifications?|tweaks?|questions?)"
EDIT = r"(?:tweak|adjust|modify|edit|customi[sz]e|revise|change|shorten|refine|make|rewrite|rephrase|try|add)"
ADJUST = (
    rf"(?:(?!make|try|add|change){EDIT}|{EDIT} (?:any|further|more|another version|it (?:shorter|longer|more|less)))"
)
KEPT = (
    r"(?:explicit|sentiments?|first[- ]person|rewrit\w*"
    r"|original (?:review|text|meaning|tone|wording|sentiments?|feelings?|content|facts|details|voice|style))"
)
# What a teacher offers or wishes at the end.
OFFER = (
    rf"(?:(?:please |just |and )?let me know(?: (?:(?:if|whether|should|how|what) )?{YOURS}|\W*\Z)"
    r"|(?:I )?hope (?:this|that|it) (?:helps?|meets|works(?: for you)?\W*\Z|captures|is (?:helpful|what you))"
    rf"|(?:please )?feel free to (?:let|tell|reach out|{EDIT}\b(?: it| this| that| the (?:text|tone"
    rf"|wording|review)|\W*\Z)"
    r"|(?:ask|request|share|provide|use|copy)(?: me\b| if you\b| it\b| this\b"
    rf"|(?: for)? (?:more|(?:any|another|further){IN}*)\W*\Z|\W*\Z))"
    rf"|would you like (?:me\b|any (?:\w+ )?{CHANGES}|another\b|to (?:see|{EDIT})\b)"
    rf"|do you (?:want|need) (?:me to\b|any (?:\w+ )?{CHANGES})"
    rf"|want me to\b|(?:shall|should) I (?:also )?{EDIT}\b|need (?:me|any (?:\w+ )?{CHANGES})"
    r"|(?:is there )?anything else(?: you| I can|\?\W*\Z)|is (?:this|that) what you (?:were|are|had|wanted|need)"
    r"|how(?:(?:'|’)s| is| does) (?:that|this)(?: sound| work| look)?(?=\?)"
    r"|does (?:this|that) (?:work|help|look|meet)"
    rf"|if you(?:(?:'|’)d| would)? (?:like|need|want|have|prefer|require)\b{IN}{{0,120}}"
    r"(?:let me know|feel free|I can\b|I(?:'|’)(?:m|d|ll)\b|just (?:ask|let|say|tell)|happy to|please)"
    r"|(?:I(?:'|’)m |I am |I(?:'|’)d be )?(?:always )?(?:happy|glad|here) to (?:help|assist"
    rf"|{ADJUST})\b|I can (?:also )?{ADJUST}\b"
    r"|thank(?:s| you) for (?:sharing|providing) (?:your|the|this) (?:review|text|feedback|thoughts|experience))"
)
# What it says about its work.
REMARK = (
    rf"(?:(?:this|in this|the) (?:\w+ )?{TASKED}\b"
    r"|(?:this|the) (?:\w+ )?version (?:now )?(?:keeps?|maintains?|preserves?|retains?|captures|expresses|conveys"
    rf"|emphasi[sz]es|highlights|reflects|states|makes)\b{IN}{{0,80}}\b(?:{KEPT}|facts|feelings?|emotions?|opinions?"
    r"|tone|meaning|wording|original)\b"
    r"|(?:word|character) count\b|(?:approx\w*\.? |about |~)?\d{1,4} (?:words|characters)\W*\Z"
    rf"|note that (?:I |this |the ){IN}{{0,80}}\b(?:{KEPT}|{TASKED}|tone|wording|meaning|facts)\b"
    r"|I(?:(?:'|’)ve| have)? (?:also )?(?:made|kept|rewritten|rewrote|preserved|named|tried|retained|maintained"
    rf"|ensured|added|changed|removed|turned|expressed|stated|rephrased|reworded)\b{IN}{{0,80}}\b{KEPT}"
    rf"|(?:all|every|each)(?: of)?(?: the)? (?:\w+ )?(?:sentiments?|emotions?|feelings?){IN}{{0,60}}\bexplicit)"
)
# The last sentence, or the last line if it begins with a remark: sentences after a remark explain it. Sentences after
# an offer in the middle of a text are the review's own.
LINE = r"\n[\s>*#_(\[-]{0,20}"
CLOSE = re.compile(
    rf"(?:(?:{LINE}|(?<=[.!?\"”’)])[ \t]+)(?:{OFFER}|{REMARK}){IN}{{0,300}}|{LINE}{REMARK}[^\n]{{0,300}})\W*\Z",
    re.IGNORECASE,
)
CLOSES = 5  # closing sentences
FENCE = re.compile(r"^[ \t]*(?:```|~~~)[\w-]*[ \t]*(?:\n|\Z)", re.MULTILINE)
RULE = re.compile(r"\n[ \t]*(?:-{3,}|\*{3,}|_{3,}|(?:\* ){2,}\*)[ \t]*(?:\n|\Z)")


def alone(kind: str, text: str, review: str = "") -> tuple[str, bool]:
    """The analysis or rewriting alone, and whether text after it was cut off.

    Talk is cut off only at the start and at the end. A lead or a label that the review has too stays.
    """
    text = _led(text, review)
    text = _blocks(text) if kind == "analysis" else _led(unwrapped(fenced(text)), review)
    # A marker at the very start is a label of the answer, not its end.
    ends = [found.start() for mark in (RUN_ON, RESPONSE_LIST) if (found := mark.search(text, 1)) is not None]
    if kind == "rewriting":
        found_at = (found for mark in (TALK, RULE) for found in mark.finditer(text, 1))
        ends += [found.start() for found in found_at if not _own(found[0], review)]
    elif labels := list(LABEL.finditer(text)):
        ends += [found.start() for found in [TALK.search(text, labels[-1].end())] if found is not None]
    kept = text[: min(ends)] if ends else text
    for _ in range(CLOSES):
        if (found := CLOSE.search(kept, 1)) is None or _own(found[0], review):
            break
        kept = kept[: found.start()]
    whole = len(kept) == len(text)
    kept = kept.rstrip()
    return bare(kept) if kind == "rewriting" else kept, not whole


def _led(text: str, review: str) -> str:
    """A text without what leads up to it."""
    for _ in range(LEADS):
        found = LEAD.match(text)
        if found is None or _own(found[0], review):
            break
        text = text[found.end() :].lstrip()
    return text.lstrip()


def _own(part: str, review: str) -> bool:
    """Whether the review itself has these words."""
    words = " ".join(part.strip(" \t\n*#>_()-").casefold().split()) or part.strip()
    return bool(words) and words in " ".join(review.casefold().split())


def _blocks(text: str) -> str:
    """An analysis from its first label on, without fences and bold type."""
    first = next((label for label in LABEL.finditer(text) if label["name"].lower().startswith("opinion")), None)
    text = text[first.start() :].lstrip() if first else text
    return FENCE.sub("", text).replace("**", "") if "```" in text or "~~~" in text else text.replace("**", "")
