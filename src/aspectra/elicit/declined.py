"""Tells answers in which a teacher declines from reviews that complain. Pure; never raises.

Called by `aspectra.elicit.validation`. An answer declines if it begins with words about the request ("I must decline
this request"). Reviews begin alike ("I won't be able to come back"), so the verb and its object decide.
"""

from __future__ import annotations

import re

CANNOT = (
    r"(?:can(?:(?:'|’)?t|not| not)|could(?:n(?:'|’)t| not)|(?:won(?:'|’)?t|will not)(?: be able to)?"
    r"|(?:am |are |(?:'|’)m |(?:'|’)re )?(?:unable|not able|not allowed|not permitted|not willing|not going) to"
    r"|(?:do not|don(?:'|’)t) (?:think I can|feel able to|want to)|must not|should not|shouldn(?:'|’)t|refuse to"
    r"|(?:(?:'|’)d |would )(?:rather|prefer) not(?: to)?|prefer not to"
    r"|(?:must |have to |need to |will |(?:'|’)ll )?(?:respectfully |politely )?decline to)"
)
VERB = (
    r"(?:(?:directly |further )?(?:assist|help|fulfil\w?|comply|process|re-?write|rephrase|reword|paraphrase|retell"
    r"|analy[sz]e|generate|engage|respond|proceed|accommodate|support|participate|summari[sz]e|translate|answer|perform"
    r"|handle|carry out|continue|discuss))"
)
DOING = (
    r"(?:re-?writing|rephrasing|rewording|paraphrasing|retelling|analy[sz]ing|assisting|helping|generating|processing)"
)
REQUEST = (
    r"(?:request|task|prompt|question|query|instructions?|content|material|input|messages?|topic|conversation"
    r"|text|review|passage|statement|analys[ei]s|rewrit\w*|paraphras\w*|response|assistance|matter)"
)
OF = r"(?:this|that|the|your|these|those|such|any|an?|it)"
END = r"(?=\W*(?:\Z|[.,;:!?—–-]|(?:as|because|due|since|for you|right now|at this time)\b))"
# What follows the verb: the request, or a pronoun alone. "I can't process that rude waiter" has neither.
OBJECT = (
    rf"(?:(?: you| me)?(?: with| to| in| on)?(?: {DOING})?(?: {OF}(?: [\w-]+){{0,3}}? {REQUEST}\b"
    rf"|(?: (?:this|that|it|you)){END}|(?: [\w-]+){{0,2}} (?:hateful|harmful|offensive|inappropriate"
    rf"|explicit|abusive)\b"
    r"|(?: [\w-]+)? (?:content|text|material) (?:that|which|of)\b)"
    rf"|{END})"
)
# Verbs that reviews use with a review as object: "I cannot write this review without naming Ana".
MAKE = (
    r" (?:provide|create|produce|write|complete|give|offer|do|fulfil\w?)(?: you)?(?: with)?"
    rf"(?: (?:this|that){END}| (?:this|that|the|your|such|any|an?)(?: [\w-]+){{0,2}}?"
    r" (?:request|task|prompt|rewrit\w*|paraphras\w*|rewording|analysis|response|assistance|content|conversation)\b)"
)
# Words of politeness before the refusal itself.
POLITE = re.compile(
    r"\W*(?:unfortunately|regrettably|sadly|however|but|no\b|well\b|hello|hi\b|thank|pardon|note\b|answer\b|response\b"
    r"|error|warning|(?:I(?:'|’)?m |I am |we(?:'|’)?re )?(?:(?:so|very|really|truly|just) )?(?:sorry|afraid)"
    r"|(?:I |we |my )?(?:sincere(?:ly)? )?apolog|I (?:understand|appreciate|see)\b|you want|you (?:would"
    r"|(?:'|’)d) like)",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"[.!?\n,;:—–]+\s*(?:(?:but|that|and|however,?|yet) )?|\s+(?:but|that)\s+|\s+(?=(?:I|we|as an?)\b)")
HEAD = 400  # characters in which a refusal begins
AS_AI = (
    r"(?:as|being) (?:an?|your) (?:(?:\w+ ){0,2}(?:AI\b|artificial intelligence|language model)|(?:\w+ )?assistant,)"
    r"|I(?:(?:'|’)m| am) (?:just |only |merely )?an? (?:(?:\w+ ){0,2}AI\b|(?:large )?language model)"
    r"|I(?:(?:'|’)m| am) (?:Chat ?GPT|Claude|Gemini|Qwen|Llama|programmed to|designed to (?:be|provide|assist|help))"
)
ENGLISH = (
    rf"{AS_AI}|(?:I|we)(?:(?:'|’)m|(?:'|’)re| am| are)? ?{CANNOT}"
    rf"(?: {VERB}{OBJECT}|{MAKE}|(?: do)?(?: (?:this|that|so))?[.!]?\s*\Z)"
    rf"|(?:I|we)(?:(?:'|’)m| am| do(?:n(?:'|’)t| not) feel)(?: not)?(?: really| entirely)? comfortable"
    rf" (?:with )?(?:{DOING}\b|(?:providing|creating|writing|doing) (?:this|that|such|an?) {REQUEST}"
    rf"|(?:this|that|the|your) (?:request|task|prompt|content)\b)"
    rf"|(?:I|we)(?: must| have to| need to| will|(?:'|’)ll|(?:'|’)d like to| am going to| would like to)?"
    rf"(?: respectfully| politely| kindly)* (?:decline|refuse)(?: (?:to {VERB}\b|{OF} (?:\w+ )?{REQUEST}\b)|[.!]?\s*\Z)"
    rf"|(?:this|that|the|your) (?:\w+ )?"
    r"(?:content|request|review|text|prompt|message|material|input|response|answer|output)"
    r" (?:(?:may |might |appears? to |seems to |potentially |likely |would )*(?:violat\w+|breach\w*|goes? against"
    r"|conflicts? with)|(?:is|was) (?:against|in violation of|not in line with))"
    r" (?:(?:our|my|the|\w+(?:'|’)s?|certain|content|usage|community|safety)[\w \-]{0,40} )?"
    r"(?:polic\w+|guidelines?|terms|rules|standards|principles)"
    r"|(?:this|that|the|your) (?:\w+ )?(?:content|request|prompt|message|input|response|output)"
    r" (?:(?:has been|was|is|cannot be|can(?:'|’)t be|could not be) (?:blocked|flagged|filtered|removed|rejected|denied"
    r"|declined|refused|processed|completed|fulfilled))"
    r"|(?:request|content|prompt|response) (?:blocked|denied|refused|rejected|removed|filtered|declined)\W*\Z"
    r"|content policy violation"
    r"|(?:it(?:'|’)?s?|this|that)(?: is| would be| goes)? (?:against|not in line with) my (?:\w+ ){0,2}"
    r"(?:polic\w+|guidelines?|programming|principles|training|values)"
    r"|my (?:\w+ )?(?:guidelines?|programming|polic\w+|training|principles)"
    r" (?:do(?:es)?(?: not|n(?:'|’)t)|prevents?|prohibits?)"
    rf"|(?:it|this|that)(?:(?:'|’)s| is| would be) (?:\w+ )?"
    rf"(?:inappropriate|unethical|not appropriate|not ethical|wrong)"
    rf" (?:for me )?to {VERB}\b"
    r"|(?:it|this|that)(?:(?:'|’)s| is)(?: not|n(?:'|’)t) something (?:that )?I(?:(?:'|’)m| am)? "
    r"?(?:can|will|able to|comfortable|willing to) ?(?:do|help|assist|rewrit\w+|engage|provide|support|with)"
    rf"|(?:unable|not able|cannot|can(?:'|’)?t|refusing|declining) (?:to )?{VERB}{OBJECT}"
    r"|(?:it (?:looks|seems|appears)(?: like| that)? )?"
    r"(?:you|there)(?: have|(?:'|’)ve| did)?(?: not|n(?:'|’)t| is no|(?:'|’)s no)(?: yet)? (?:provided?"
    r"|included?|shared?|pasted?|given?|attached?|review (?:provided|given|text|included))\b"
    r"|(?:please|could you|can you|would you|kindly)(?: please| kindly)? (?:provide|share|paste|send|supply|give)"
    rf"(?: me)?(?: with)? (?:the|your|a|more|some|another) (?:[\w-]+ ){{0,3}}?"
    r"(?:review|text|content|context|information)\b"
)
# The same in other languages: begging pardon or "unfortunately", then "I cannot" and a verb of help or of rewriting.
GAP = r"[^.!?\n]{0,60}?"
ELSEWHERE = (
    rf"(?:es tut mir leid|tut mir leid|leider|entschuldigung|sorry)?\W*(?:aber )?(?:dabei |das "
    rf"|ich )?(?:kann|darf|werde)"
    rf" {GAP}(?:nicht {GAP}|keine {GAP})?(?:helfen|weiterhelfen|behilflich|unterstützen|erfüllen"
    rf"|umschreiben|umformulieren"
    r"|nachkommen|ausführen|bearbeiten|beantworten|analysieren)\b",
    rf"(?:je suis (?:vraiment )?)?(?:désolée?|malheureusement|navrée?)?\W*(?:mais )?je ne (?:peux|suis|pourrai|saurais)"
    rf" (?:pas|malheureusement){GAP}(?:aider|assister|répondre|réécrire|reformuler|traiter|satisfaire|analyser)\b",
    rf"(?:lo siento|lamentablemente|desafortunadamente|disculp\w+|perdón)?\W*(?:pero )?no (?:puedo|podré|me es posible)"
    rf" {GAP}(?:ayudar|asistir|cumplir|reescribir|procesar|responder|analizar|atender)",
    rf"(?:mi dispiace|purtroppo|spiacente|scusa\w*)?\W*(?:ma )?non (?:posso|sono in grado di|potrò)"
    rf" {GAP}(?:aiutar|assister|soddisfare|riscriver|riformulare|elaborare|rispondere|analizzare)",
    rf"(?:desculpe|sinto muito|lamento|infelizmente)?\W*(?:mas )?(?:eu )?não (?:posso|consigo|poderei)"
    rf" {GAP}(?:ajudar|auxiliar|atender|reescrever|processar|responder|analisar|cumprir)",
    rf"(?:het spijt me|sorry|helaas)?\W*(?:maar )?(?:ik )?(?:kan|mag) (?:ik )?{GAP}(?:niet|geen) {GAP}"
    r"(?:helpen|voldoen|herschrijven|assisteren|verwerken|beantwoorden)\b",
    rf"(?:извините|к сожалению|прошу прощения|простите|мне жаль)?\W*(?:но )?я не (?:могу|смогу)"
    rf" {GAP}(?:помочь|выполнить|переписать|ответить|обработать)",
    rf"(?:przykro mi|niestety|przepraszam)?\W*(?:ale )?nie mogę {GAP}"
    r"(?:pomóc|spełnić|przepisać|zrealizować|odpowiedzieć)",
    r"(?:非常|很|真的)?(?:抱歉|对不起|對不起|不好意思)?[，,。\s]*(?:但|但是)?我?(?:无法|無法|不能)[^。\n]{0,12}"
    r"(?:帮助|协助|改写|重写|满足|提供|处理|完成|回答|分析)",
    r"(?:大変)?(?:申し訳|すみません|ごめんなさい)[^。\n]{0,60}(?:できません|できかねます|いたしかねます|お手伝い|お応え)",
    r"죄송[^\n]{0,80}(?:도와|도움|응답|수행|제공|처리|작성|이행|답변)[^.\n]{0,12}(?:없|어렵)",
)
DECLINED = re.compile(rf"\W*(?:{ENGLISH}|{'|'.join(ELSEWHERE)})", re.IGNORECASE)


def declined(text: str) -> bool:
    """Whether a teacher declines: says that it cannot or will not answer, or asks for the review.

    >>> declined("I must decline this request."), declined("I won't be able to come back.")
    (True, False)
    """
    text = text.strip()
    head = text if len(text) <= HEAD else text[:HEAD] + " ..."
    start = 0
    for end in [*(found.end() for found in CLAUSE.finditer(head)), len(head)]:
        if end > start and DECLINED.match(head, start) is not None:
            return True
        if POLITE.match(head, start) is None and head[start:end].strip():
            return False
        start = end
    return False
