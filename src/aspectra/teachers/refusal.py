"""Interprets an endpoint's error, in any vendor's JSON, HTML page or plain text.

Called by `aspectra.teachers.openai` and `local` (live) and `aspectra.elicit.batches` (results). `completion` calls
`message_of` and `code_of`. Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

Meaning = Literal["json", "filtered", "too long", "unpaid", "key", "address", "stream", "passing", "unclear"]

PASSING = frozenset({408, 409, 425, 429})  # and 500 to 599: worth a retry
NOWHERE = frozenset({404, 405, 410, 501})
JSON_FAILED = re.compile(
    r"json_validate_failed|(?:failed|unable) to (?:generate|validate|produce)(?: valid)? json", re.IGNORECASE
)
FILTERED = re.compile(
    r"content[_ ](?:filter|policy|management)|responsibleai|moderation|data_inspection|\bflagged\b|content_blocked"
    r"|(?:sensitive|inappropriate|prohibited)[_ ](?:content|words?)|safety (?:system|polic|filter)|usage polic",
    re.IGNORECASE,
)
LONG = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|above_max_length|too[_ ]long|reduce the length|exceed_context"
    r"|exceeds? the (?:model|max\w*|available|context|token|input)|(?:prompt|input) (?:is )?too"
    r"|too many (?:input )?tokens|request[_ ](?:is )?too[_ ]large",
    re.IGNORECASE,
)
UNPAID = re.compile(
    r"insufficient[_ ](?:quota|balance|credits?|funds)|billing_(?:hard_limit|not_active)|credit balance|arrearage",
    re.IGNORECASE,
)
STREAM = re.compile(
    r"\bstream\w*\b.{0,60}\b(?:must|only|required?|enabled?|true)\b|\b(?:only|must|requires?|enable)\b.{0,60}\bstream"
    r"|non-?stream\w*.{0,60}\bnot\b",
    re.IGNORECASE,
)
# UNSUPPORTED: the setting is rejected, whatever its value. VALUE: this value is.
UNSUPPORTED = (
    r"unsupported|not (?:\w+ )?support|does(?: not|n't) support|unknown|unrecognized|unexpected|deprecated"
    r"|extra[_ ](?:inputs?|fields?|forb)|not (?:permitted|allowed|accepted|available)|cannot be (?:set|used)"
)
VALUE = r"|must|should|invalid|out of range|greater|less than|at least|at most|not (?:a )?valid|only the default"
PARAMETER = (
    r"(?:parameters?|arguments?|fields?|keys?|inputs?|values?|options?|body|for|of|take|support(?:s|ed)?|permitted)"
)
"""Words before a setting's name, which might otherwise be a word of a review that the error quotes."""
WANTS = {
    name: (re.compile(named, re.IGNORECASE), re.compile(no, re.IGNORECASE))
    for name, named, no in (
        (
            "response_format",
            r"response_format|json_object|json[_ ]mode|json_schema|structured output",
            UNSUPPORTED + VALUE,
        ),
        *(
            (
                name,
                rf"[`'\"]{name}[`'\"]|\b{PARAMETER}\W{{1,4}}{name}\b|(?:\A|[:,(]\s?){name}\b|\b{name}\W?\Z"
                rf"|\b{name}\W{{1,3}}(?:parameter|must|should|is|value|does|not|cannot|can|out)\b",
                UNSUPPORTED + VALUE,
            )
            for name in ("seed", "temperature")
        ),
        # A different limit would not help.
        ("max_tokens", r"\bmax_tokens\b", UNSUPPORTED + "|max_completion_tokens"),
        ("max_completion_tokens", r"\bmax_completion_tokens\b", UNSUPPORTED),
        ("stream_options", r"\bstream_options\b", UNSUPPORTED + VALUE),
    )
}
"""The settings that may be left out: how an error names them, and which words reject them."""
PLACES = ("param", "loc", "field", "parameter", "path")
WORDS = ("message", "detail", "msg", "error", "errors", "title", "description")
TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^<>]*>", re.DOTALL | re.I)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error: its HTTP status (0: none), its message in one line, its codes, and the settings that it names in a
    field.

    `kinds` are a validator's error types. `answer` is the model's text if it was rejected because it is not JSON.
    """

    status: int
    text: str
    codes: str
    kinds: str
    named: frozenset[str]
    answer: str

    @classmethod
    def of(cls, status: int, body: Any) -> Refusal:
        """Parse an error's body: raw bytes, or its JSON."""
        if isinstance(body, bytes):
            try:
                body = json.loads(body)
            except (ValueError, RecursionError):
                body = body.decode("utf-8", "replace")
        whole = list(_objects(body))
        codes = " ".join(str(each.get(name) or "") for each in whole for name in ("code", "type", "status"))
        # Only of a validator: OpenAI's own type, "invalid_request_error", does not tell what is wrong with a value.
        kinds = " ".join(str(each.get("type") or "") for each in whole if "loc" in each)
        answer = next((each["failed_generation"] for each in whole if "failed_generation" in each), "")
        named = frozenset(name for each in whole for place in PLACES for name in _names(each.get(place)))
        answer = answer if isinstance(answer, str) else json.dumps(answer)
        return cls(status, message_of(body), codes, kinds, named, answer)

    @property
    def meaning(self) -> Meaning:
        """What the error is about, apart from a setting (`unwanted`). `unclear`: the endpoint refuses this request."""
        status, told = self.status, f"{self.codes} {self.text}"
        ours = status in (0, 400, 413, 422, 500)  # about the request
        if ours and JSON_FAILED.search(told):
            return "json"
        if (ours or status in (403, 451)) and FILTERED.search(told):
            return "filtered"
        if status == 413 or (ours and LONG.search(told)) or (status == 429 and "request too large" in told.lower()):
            return "too long"
        if status == 402 or (status < 500 and UNPAID.search(told)):
            return "unpaid"
        if status in (401, 403, 407):
            return "key"
        if status in NOWHERE:
            return "address"
        if status in PASSING or status >= 500:
            return "passing"
        return "stream" if status in (400, 422) and STREAM.search(self.text) else "unclear"

    def unwanted(self, sent: set[str]) -> str | None:
        """The optional setting, of those sent, that the error is about; None if it is about anything else."""
        if self.status not in (400, 422) or self.meaning not in ("unclear", "stream"):
            return None
        for name, (spoken, no) in WANTS.items():
            if name in sent and (name in self.named or (not self.named and spoken.search(self.text))):
                outright = name in self.named and not name.startswith("max_")
                if outright or no.search(f"{self.kinds} {self.text}"):
                    return name
        return None


def _objects(value: Any, depth: int = 0) -> list[dict[str, Any]]:
    """An error's JSON objects, outer first, without the quoted request (`input`)."""
    if depth > 5:
        return []
    if isinstance(value, list):
        return [found for each in value[:20] for found in _objects(each, depth + 1)]
    if isinstance(value, str) and value.lstrip()[:1] == "{":  # a gateway that passes on a backend's error
        try:
            return _objects(json.loads(value), depth + 1)
        except (ValueError, RecursionError):
            return []
    if not isinstance(value, dict):
        return []
    inner = (value.get(name) for name in ("error", "detail", "errors", "details", "innererror", "metadata", "raw"))
    return [value, *(found for each in inner for found in _objects(each, depth + 1))]


def _names(place: Any) -> list[str]:
    """The setting in a path: `seed` for `["body", "seed"]` and `body.seed`."""
    parts = re.split(r"[.\[]", place) if isinstance(place, str) else place if isinstance(place, list) else []
    return [part for part in parts if isinstance(part, str) and part not in ("body", "query", "$", "")][:1]


def code_of(error: Any) -> int:
    """The HTTP status in an error's JSON; 0 if there is none.

    >>> [code_of(e) for e in ({"code": 502}, {"code": "429"}, {"status": 400}, {"code": "overloaded"}, "no")]
    [502, 429, 400, 0, 0]
    """
    for name in ("code", "status_code", "status") if isinstance(error, dict) else ():
        told = str(error.get(name))
        if told.isascii() and told.isdigit() and 400 <= int(told[:9]) < 600:
            return int(told)
    return 0


def message_of(body: Any) -> str:
    """An error's message in one line: for JSON its message and the field it points to, for a page its text.

    >>> message_of({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 0}]})
    'seed: Extra inputs are not permitted'
    """
    if isinstance(body, str):
        return " ".join((TAG.sub(" ", body) if body.lstrip()[:1] == "<" else body).split())
    if isinstance(body, list):
        return "; ".join(filter(None, map(message_of, body[:5])))
    if not isinstance(body, dict):
        return str(body)
    said = next((told for name in ("error", *WORDS) if body.get(name) and (told := message_of(body[name]))), "")
    if not said:
        return " ".join(json.dumps(body).split()) if body else ""
    raw = body["metadata"].get("raw") if isinstance(body.get("metadata"), dict) else None
    if isinstance(raw, str) and raw not in said:
        said = f"{said}: {message_of(json_or_text(raw))}"
    where = _names(body.get("loc"))
    return f"{where[0]}: {said}" if where and where[0] not in said else said


def stands_in(body: Any) -> bool:
    """Whether the JSON of an answer is an error instead.

    >>> [stands_in(each) for each in ({"error": "no"}, {"detail": "no"}, {"choices": [{}], "error": "no"}, {"id": 1})]
    [True, True, False, False]
    """
    if not isinstance(body, dict) or body.get("choices"):
        return False
    return bool(body.get("error") or body.get("detail") or body.get("object") == "error") or isinstance(
        body.get("message"), str
    )


def json_or_text(text: str) -> Any:
    """A text's JSON, or the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
