"""Teachers that decline, in many words; and reviews that only begin alike."""

from __future__ import annotations

import time

import pytest

from aspectra.elicit.declined import declined
from aspectra.elicit.validation import validate


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I can’t assist with that request.",
        "Sorry, but I can't assist with that.",
        "Sorry, I can't.",
        "I can't do that.",
        "I cannot rewrite this review because it is hateful.",
        "I will not rewrite this review.",
        "I can’t comply with that request.",
        "Unfortunately, I'm not able to assist with this request.",
        "Unfortunately, I am unable to fulfill your request.",
        "I must decline this request.",
        "I have to decline.",
        "I must respectfully decline to rewrite this review.",
        "I refuse to paraphrase this text.",
        "I'd rather not rewrite this review.",
        "I won't be able to help with that request.",
        "I will not be able to assist you with this.",
        "I'm not comfortable rewriting this review.",
        "I don't feel comfortable with this request.",
        "I do not feel comfortable paraphrasing such content.",
        "This content violates our policy.",
        "This request may violate our usage policies.",
        "The review goes against our content guidelines.",
        "Your request was flagged by the content filter.",
        "Request denied.",
        "It is against my guidelines to rewrite this.",
        "My guidelines do not allow me to rewrite this.",
        "It would be inappropriate for me to rewrite this review.",
        "That's not something I can help with.",
        "I apologize, but I cannot provide that analysis.",
        "I apologize, but I cannot provide that.",
        "I apologize for the confusion, but I cannot generate content that is offensive.",
        "I understand you want a rewriting, but I can't help with this.",
        "As an AI language model, I have no opinions.",
        "As a language model, I don't have opinions.",
        "As a responsible AI assistant, I cannot rewrite this.",
        "I'm just an AI, so I cannot judge.",
        "I'm sorry, but as an AI I cannot judge that.",
        "**I cannot assist with that.**",
        "Unable to comply with this request.",
        "Please provide the review you would like me to rewrite.",
        "It seems that you haven't provided a review.",
        "Es tut mir leid, aber ich kann dabei nicht helfen.",
        "Leider kann ich diese Anfrage nicht bearbeiten.",
        "Je suis désolé, mais je ne peux pas vous aider avec cette demande.",
        "Lo siento, pero no puedo ayudarte con eso.",
        "Mi dispiace, ma non posso aiutarti con questa richiesta.",
        "Desculpe, mas não posso ajudar com isso.",
        "Het spijt me, maar ik kan hier niet bij helpen.",
        "Извините, но я не могу помочь с этим.",
        "Przykro mi, ale nie mogę pomóc.",
        "抱歉，我无法协助满足该请求。",
        "申し訳ありませんが、そのご依頼にはお応えできません。",
        "죄송합니다. 요청을 도와드릴 수 없습니다.",
    ],
)
def test_a_teacher_that_declines_has_not_answered(text: str) -> None:
    for form in (text, f"<|im_start|>assistant\n{text}<|im_end|>", f"Assistant: {text}"):
        assert validate("rewriting", form, "The food was bad.", "stop")[1] == "refused", form


@pytest.mark.parametrize(
    "text",
    [
        "Unfortunately, I was not able to get a table.",
        "I won't be able to come back.",
        "I will not be able to recommend this to anyone.",
        "I cannot write this review without naming Maria.",
        "I can't provide a review without praising the staff.",
        "I can't complete this review without a word about the soup.",
        "I can't help but smile.",
        "I can't help with my luggage at my age, and nobody else did.",
        "I could not process the payment, and the staff would not assist me.",
        "I cannot process that rude waiter.",
        "I am not comfortable with this mattress.",
        "I'm not comfortable writing bad reviews, but the food was cold.",
        "I had to decline the offer.",
        "I must decline any further stay there.",
        "I refuse to come back.",
        "I'd rather not go again.",
        "This hotel violates its own policy.",
        "This text was too small on the menu.",
        "The response of the staff was slow.",
        "It would be wrong to complain.",
        "I'm sorry to say that the staff could not help us with this.",
        "Sorry, but this place is awful. I can't stand it.",
        "Please give the staff a raise.",
        "Please provide more towels.",
        "There is no review that does it justice.",
        "As an assistant manager, I know good service.",
        "I do not want to discuss the price; it was shocking.",
        "Thank you for the lovely stay. I can't wait to return.",
        "Es tut mir leid, aber ich kann das Hotel nicht empfehlen.",
        "Leider kann ich nichts Gutes sagen.",
        "Je ne peux pas recommander cet hôtel.",
        "Lo siento, pero no puedo recomendarlo.",
        "很抱歉，我不能推荐这家店。",
    ],
)
def test_a_review_that_complains_is_no_refusal(text: str) -> None:
    assert validate("rewriting", text, "The food was bad.", "stop") == (text, None)


@pytest.mark.parametrize("part", ["sorry ", "I'm sorry, ", "thank you, ", "I cannot ", "that ", "leider ", "a"])
def test_no_text_takes_long(part: str) -> None:
    began = time.perf_counter()
    declined(4000 * part)
    assert time.perf_counter() - began < 2
