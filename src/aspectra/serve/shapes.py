"""pydantic models of the API's requests and responses, with the limits of one service.

Called by `aspectra.serve.app`; the OpenAPI document is generated from them.
"""

from __future__ import annotations

from types import GenericAlias
from typing import Annotated, Any, Union

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, create_model
from pydantic_core import PydanticCustomError

from aspectra.schema import Polarity
from aspectra.serve.limits import Limits
from aspectra.tasks.linear import Field as Subject

WITHOUT_NUL = r"^[^\x00]*$"
NOT_BLANK = r"^[^\x00]*[^\x00\s][^\x00]*$"
# What the document can say of the rules of `meaning.named.topics_of`.
NAMES: dict[str, Any] = {
    "pattern": NOT_BLANK,
    "not": {"pattern": r"^\s*([Oo][Tt][Hh][Ee][Rr]|[Oo][Vv][Ee][Rr][Aa][Ll][Ll])\s*$"},
}
SUBJECT = 200  # characters of a target or a category
TARGETS = 5_000  # in a request
SENTENCES, SENTENCE = 6, 400  # sentences with a target, and characters of each
STRICT = ConfigDict(extra="forbid", strict=True)
TEXT = "Great soup, rude waiter."
EXAMPLES: dict[Subject, str] = {"target": "waiter", "category": "service general"}
ONE, MANY = {"text": TEXT}, {"texts": [TEXT, "Great view!"]}
FOUND = {"targets": [{"target": "waiter", "count": 3}, {"target": "staff"}, {"target": "soup"}]}
NAMED = {"targets": [{"target": "waiter", "around": ["The was rude."]}], "topics": {"staff": ["waiter"]}}
SURE = "Probability that the opinion is right; calibrated if the export is."
START = "First character of the target in the text, in Unicode code points; null if no target is named."


class Opinion(BaseModel):
    """An opinion; `text[start:end] == target`."""

    target: str | None
    category: str | None
    polarity: Polarity
    start: int | None = Field(description=START)
    end: int | None = Field(description="The character after the target.")
    confidence: float | None = Field(description=SURE, ge=0, le=1)


class Result(BaseModel):
    """The opinions in a text; `cut`: whether an answer reached the token limit."""

    opinions: list[Opinion]
    cut: bool


class Reader(BaseModel):
    """The model that read the text; the digest distinguishes models with the same name."""

    name: str
    version: str | None = Field(description="Version of the model; null if its export has none.")
    digest: str


class Extracted(BaseModel):
    """One result for each text, in order."""

    results: list[Result]
    reader: Reader


class Classified(BaseModel):
    """The most likely polarity; the probabilities sum to one. `sentence` is the part of the text that was read."""

    polarity: Polarity
    probabilities: dict[Polarity, float]
    sentence: str
    reader: Reader


class Topic(BaseModel):
    """A group of targets; the name of a found topic is its most typical target."""

    topic: str
    targets: list[str]


class Grouped(BaseModel):
    """The targets grouped into topics; `other` has those that fit no topic."""

    topics: list[Topic]
    other: list[str]
    reader: Reader


class Problem(BaseModel):
    """The error, in one line."""

    detail: str


class Allowed(BaseModel):
    """The limits of a request."""

    body_bytes: int
    text_characters: int
    texts: int
    seconds: float


class About(BaseModel):
    """The service: its model, task and limits."""

    model: str
    reader: Reader
    task: str
    by: list[str]
    version: str = Field(description="Of Aspectra.")
    token: bool = Field(description="Whether /v1/extract, /v1/classify and /v1/topics need a bearer token.")
    topics: bool = Field(description="Whether /v1/topics is available: it needs a table of meanings.")
    limits: Allowed


def extract(limits: Limits) -> Any:
    """The body of /v1/extract: `text` or `texts`, and the minimum confidence."""
    sure: Any = (float, Field(0.0, ge=0, le=1, description="Lowest confidence of an opinion; others are left out."))
    one = create_model("OneText", __config__=shown(ONE), text=(text(limits.text), ...), min_confidence=sure)
    several: Any = Annotated[GenericAlias(list, text(limits.text)), Field(min_length=1, max_length=limits.texts)]
    many = create_model(
        "ManyTexts",
        __config__=shown(MANY),
        texts=(several, ...),
        min_confidence=sure,
    )
    by_key = Discriminator(lambda value: "many" if isinstance(value, dict) and "texts" in value else "one")
    either = Annotated[Union[Annotated[one, Tag("one")], Annotated[many, Tag("many")]], by_key]  # noqa: UP007
    return Annotated[either, BeforeValidator(not_both)]


def not_both(value: Any) -> Any:
    if isinstance(value, dict) and {"text", "texts"} <= value.keys():
        raise PydanticCustomError("both", "text and texts")
    return value


def classify(limits: Limits, by: tuple[Subject, ...]) -> Any:
    """The body of /v1/classify: the text, and the fields of the student's task."""
    fields: dict[str, Any] = {name: (Annotated[text(SUBJECT), Field(min_length=1)], ...) for name in by}
    if len(by) > 1:
        fields["target"] = (text(SUBJECT) | None, None)
    return create_model("Question", __config__=shown(asked(by)), text=(text(limits.text), ...), **fields)


def asked(by: tuple[Subject, ...]) -> dict[str, str]:
    """A body of /v1/classify."""
    return ONE | {name: EXAMPLES[name] for name in by}


def topics() -> Any:
    """The body of /v1/topics: targets with their counts and sentences, and optionally the user's own topics."""
    around: Any = Annotated[GenericAlias(list, text(SENTENCE)), Field(max_length=SENTENCES)]
    told = "Sentences with the target removed; they help to find its meaning."
    name: Any = Annotated[text(SUBJECT), Field(min_length=1)]
    target = create_model(
        "Target",
        __config__=STRICT,
        target=(name, ...),
        count=(Annotated[int, BeforeValidator(whole)], Field(1, ge=1, le=10**9, description="Number of mentions.")),
        around=(around, Field([], description=told)),
    )
    several: Any = Annotated[GenericAlias(list, target), Field(min_length=1, max_length=TARGETS)]
    example: Any = Annotated[text(SUBJECT), Field(json_schema_extra={"pattern": NOT_BLANK})]
    examples: Any = Annotated[GenericAlias(list, example), Field(max_length=TARGETS)]
    named: Any = Annotated[GenericAlias(dict, (text(SUBJECT), examples)), Field(min_length=1, max_length=TARGETS)]
    return create_model(
        "ManyTargets",
        __config__=shown(FOUND, NAMED),
        targets=(several, ...),
        topics=(
            named | None,
            Field(
                None,
                description="Your own topics, with examples, each once and none called other or overall; "
                "without them, topics are found.",
                json_schema_extra={"propertyNames": NAMES},
            ),
        ),
    )


def whole(value: Any) -> Any:
    """A number as in JSON, where 3.0 is an integer too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def text(longest: int) -> Any:
    """A text without NUL, which many stores and terminals reject."""
    return Annotated[str, Field(max_length=longest, pattern=WITHOUT_NUL)]


def shown(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(**STRICT, json_schema_extra={"examples": list(examples)})
