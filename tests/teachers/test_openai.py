"""The OpenAI-compatible teacher against a real server on the loopback."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from aspectra.config import ElicitConfig
from aspectra.errors import AspectraError, RefusedError, UserError
from aspectra.settings import shown
from aspectra.teachers.connection import retry_after
from aspectra.teachers.openai import OPENAI, OpenAITeacher
from aspectra.teachers.teacher import Question, Reply, RowError, TryError

Settings = Callable[..., ElicitConfig]
QUESTION = Question(
    "analysis", "Lovely pool.", [{"role": "user", "content": "one block for each target\n\nReview: Pool"}]
)
JSON_QUESTION = Question("extraction", "Pool", [{"role": "user", "content": "JSON\n\nText: Pool"}], json_wanted=True)


def ask(config: ElicitConfig, *questions: Question) -> list[Reply]:
    async def all_() -> list[Reply]:
        teacher = OpenAITeacher(config)
        try:
            return [await teacher.ask(question) for question in questions]
        finally:
            await teacher.close()

    return asyncio.run(all_())


def test_a_question_is_sent_with_its_settings_and_the_reply_comes_whole(endpoint: Any, settings: Settings) -> None:
    config = settings(temperature=0.5, max_tokens=77, seed=3, extra_body={"top_k": 9})
    reply = ask(config, QUESTION)[0]
    sent = endpoint.requests[0]
    assert {name: sent[name] for name in ("model", "temperature", "max_tokens", "seed", "top_k")} == {
        "model": "m", "temperature": 0.5, "max_tokens": 77, "seed": 3, "top_k": 9,
    }  # fmt: skip
    assert sent["messages"] == QUESTION.messages
    assert "response_format" not in sent
    assert reply.text.startswith('Opinion Target 1: "Pool"')
    assert (reply.finish_reason, reply.tokens_in, reply.tokens_out) == ("stop", 100, 20)
    second = Question(QUESTION.kind, QUESTION.review, QUESTION.messages, attempt=2)
    ask(config, second)
    assert endpoint.requests[1]["seed"] == 5, "another attempt is another draw"


def test_what_a_netrc_says_of_the_host_is_not_sent(
    endpoint: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "netrc"
    file.write_text("default login somebody password else\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    ask(settings(), QUESTION)
    monkeypatch.setenv("MY_KEY", "sk-env")
    ask(settings(key_env="MY_KEY"), QUESTION)
    assert [headers.get("authorization") for headers in endpoint.headers] == [None, "Bearer sk-env"]


def test_a_proxy_of_the_environment_is_asked_unless_no_proxy_names_the_host(
    endpoint: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody listens there
    with pytest.raises(
        TryError, match=r"the proxy http://127.0.0.1:9, which http_proxy names, \(Conn.*refused\)$"
    ) as error:
        ask(settings(), QUESTION)
    assert error.value.gone
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    assert ask(settings(), QUESTION)[0].finish_reason == "stop"


def test_a_host_that_is_no_name_is_a_fault_of_the_try(settings: Settings) -> None:
    with pytest.raises(TryError, match="cannot be reached"):
        ask(settings(base_url="http://a..b/v1"), QUESTION)


def test_a_teacher_goes_on_in_another_loop(endpoint: Any, settings: Settings) -> None:
    teacher = OpenAITeacher(settings())

    async def once() -> None:
        assert (await teacher.ask(QUESTION)).finish_reason == "stop"
        await teacher.close()

    for _ in range(2):
        asyncio.run(once())
    assert len(endpoint.requests) == 2


def test_the_key_comes_from_the_environment_or_a_file_and_only_if_there_is_one(
    endpoint: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-env")
    path = tmp_path / "key"
    path.write_text("sk-file\n")
    for config in (settings(), settings(key_env="MY_KEY"), settings(key_env="MY_KEY", key_file=str(path))):
        ask(config, QUESTION)
    assert [headers.get("authorization") for headers in endpoint.headers] == [
        None,
        "Bearer sk-env",
        "Bearer sk-file",
    ]
    for key in ("two words", "schl\u00fcssel"):
        monkeypatch.setenv("MY_KEY", key)
        with pytest.raises(UserError, match="variable MY_KEY must contain only the key") as error:
            OpenAITeacher(settings(key_env="MY_KEY"))
        assert key not in str(error.value)
    path.write_text("two words")
    for bad, told in ((path, "must contain only the key"), (tmp_path / "gone", "cannot read the key file")):
        with pytest.raises(UserError, match=told):
            OpenAITeacher(settings(key_file=str(bad)))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_ends_the_run_and_is_never_shown(
    endpoint: Any, settings: Settings, answer: Any, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.answer = lambda request: answer(status=status, body={"error": {"message": "bad key sk-secret"}})
    with pytest.raises(UserError, match="refused a request without a key: set OPENAI_API_KEY"):
        ask(settings(), QUESTION)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    told = "refused the key: check it" if status == 401 else "is the key allowed to use this model from here"
    with pytest.raises(UserError, match=rf"{told}.*|.*bad key \*\*\*") as error:
        ask(settings(retries=5), QUESTION)
    assert "sk-secret" not in str(error.value)
    assert len(endpoint.requests) == 2, "no second try"


def test_a_fault_that_names_the_key_hides_it(
    endpoint: Any, settings: Settings, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    endpoint.answer = lambda request: answer(status=400, body={"error": {"message": "what is sk-secret?"}})
    with pytest.raises(RowError, match=r"400: what is \*\*\*\?"):
        ask(settings(), QUESTION)


def test_an_unknown_model_ends_the_run(endpoint: Any, settings: Settings, answer: Any) -> None:
    endpoint.answer = lambda request: answer(status=404, body={"error": {"message": "no such model"}})
    with pytest.raises(UserError, match=r"has no model 'm'.*no such model.*check the model's name"):
        ask(settings(), QUESTION)


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("/other/v1/chat/completions?key=k", "/other/v1 ("),
        ("http://127.0.0.1:9/login?next=x", "http://127.0.0.1:9/login ("),
        ("http://you:secret@127.0.0.1:9/v1/chat/completions", "127.0.0.1:9/v1 ("),
    ],
)
def test_a_redirect_that_loses_the_question_is_told_with_its_address(
    status: int, location: str, told: str, httpserver: Any, settings: Settings
) -> None:
    from werkzeug import Response

    httpserver.expect_request("/v1/chat/completions").respond_with_response(
        Response(status=status, headers={"Location": location})
    )
    with pytest.raises(RefusedError, match=r"redirects to .*name that as the base URL") as raised:
        ask(settings(base_url=httpserver.url_for("/v1")), QUESTION)
    assert f"{told}{status})" in str(raised.value) and "secret" not in str(raised.value)


def test_a_redirect_that_keeps_the_question_is_followed(endpoint: Any, httpserver: Any, settings: Settings) -> None:
    from werkzeug import Response

    config = settings()
    httpserver.expect_request("/v1/chat/completions").respond_with_response(
        Response(status=307, headers={"Location": f"{config.base_url}/chat/completions"})
    )
    assert ask(config.model_copy(update={"base_url": httpserver.url_for("/v1")}), QUESTION)[0].text


def test_nobody_listening_and_a_bad_address_are_told_apart(nowhere: str, settings: Settings) -> None:
    with pytest.raises(TryError, match=r"^no connection to http://127.0.0.1:\d+/v1 \(Connection refused\)$") as error:
        ask(settings(base_url=nowhere), QUESTION)
    assert error.value.gone
    for url in ("127.0.0.1:80", "ftp://x/v1", "http://"):
        with pytest.raises(UserError, match="is not an address"):
            OpenAITeacher(settings(base_url=url))
    with pytest.raises(UserError, match="--model is missing"):
        OpenAITeacher(settings(model=""))


@pytest.mark.parametrize(("status", "busy"), [(429, True), (503, True), (500, False), (408, False)])
def test_a_fault_that_may_pass_is_told_with_the_wait(
    endpoint: Any, settings: Settings, answer: Any, status: int, busy: bool
) -> None:
    endpoint.answer = lambda request: answer(status=status, headers={"Retry-After": "7"}, body={"error": "no"})
    with pytest.raises(TryError, match=f"{status}: no") as error:
        ask(settings(), QUESTION)
    assert (error.value.busy, error.value.gone, error.value.after) == (busy, False, 7.0)
    assert len(endpoint.requests) == 1, "when to try again is not the teacher's to say"


def test_the_wait_is_what_the_endpoint_says_in_seconds_or_as_a_date() -> None:
    assert retry_after("7") == 7
    assert retry_after("-1") == 0
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 55 < (retry_after(date) or 0) <= 60
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert [retry_after(said) for said in (None, "", "soon", "inf", "nan")] == [None] * 5


def test_json_is_asked_for_where_the_server_takes_it(
    endpoint: Any, settings: Settings, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(settings(), JSON_QUESTION)
    assert endpoint.requests[0]["response_format"] == {"type": "json_object"}
    good = endpoint.answer

    def picky(request: Any) -> Any:
        return answer(status=400, body={"error": "bad request"}) if "response_format" in request else good(request)

    endpoint.answer = picky
    endpoint.requests.clear()
    assert all(reply.text for reply in ask(settings(retries=0), JSON_QUESTION, JSON_QUESTION))
    assert ["response_format" in request for request in endpoint.requests] == [True, False, False], "asked once only"
    assert "does not accept response_format" in capsys.readouterr().err


def test_a_parameter_that_the_model_does_not_know_is_left_out(endpoint: Any, settings: Settings, answer: Any) -> None:
    good = endpoint.answer

    def picky(request: Any) -> Any:
        for name in ("max_tokens", "temperature"):
            if name in request:
                return answer(status=400, body={"error": {"message": f"Unsupported parameter: '{name}'"}})
        return good(request)

    endpoint.answer = picky
    assert ask(settings(retries=0, max_tokens=50), QUESTION)[0].text
    assert endpoint.requests[-1]["max_completion_tokens"] == 50


def test_a_prompt_that_is_too_long_fails_alone(endpoint: Any, settings: Settings, answer: Any) -> None:
    endpoint.answer = lambda request: answer(status=400, body={"error": {"message": "max_tokens and prompt too long"}})
    with pytest.raises(RowError, match="400: max_tokens and prompt too long"):
        ask(settings(), QUESTION)
    assert len(endpoint.requests) == 1


def test_an_account_without_money_ends_the_run(endpoint: Any, settings: Settings, answer: Any) -> None:
    body = {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}
    endpoint.answer = lambda request: answer(status=429, body=body)
    with pytest.raises(AspectraError, match="has no credit left"):
        ask(settings(), QUESTION)


def test_what_is_no_chat_completion_is_said_so(endpoint: Any, settings: Settings, answer: Any) -> None:
    bodies: tuple[Any, ...] = ("<html>hello</html>", {"hello": 1}, {"choices": []})
    for body in bodies:
        endpoint.answer = lambda request, body=body: answer(body=body)
        with pytest.raises(TryError, match="not with a chat completion") as error:
            ask(settings(), QUESTION)
        assert error.value.odd


def test_an_endpoint_that_takes_too_long_is_not_waited_for(endpoint: Any, settings: Settings, answer: Any) -> None:
    import threading

    gate = threading.Event()
    endpoint.answer = lambda request: answer("late") if gate.wait(10) else answer("never")
    with pytest.raises(TryError, match=r"no answer within 0.2 s") as error:
        ask(settings(timeout=0.2), QUESTION)
    gate.set()
    assert error.value.busy


def test_reasoning_that_comes_apart_is_counted(endpoint: Any, settings: Settings, answer: Any) -> None:
    endpoint.answer = lambda request: answer(None, message={"reasoning_content": "hm, well"}, tokens=None)
    reply = ask(settings(), QUESTION)[0]
    assert (reply.text, reply.thinking, reply.tokens_in) == ("", 8, None)


def test_a_gateway_is_sent_the_headers_that_the_environment_holds_and_they_are_shown_nowhere(
    endpoint: Any, settings: Settings, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_KEY", "az-secret")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    config = settings(headers={"api-key": "AZURE_KEY"}, base_url=f"{endpoint.url}?api-version=2024-10-21")
    ask(config, QUESTION)
    assert endpoint.headers[0]["api-key"] == "az-secret"
    ask(settings(headers={"Authorization": "AZURE_KEY"}), QUESTION)
    assert endpoint.headers[1]["authorization"] == "az-secret"
    endpoint.answer = lambda request: answer(status=401, body={"error": {"message": "not az-secret, 2024-10-21"}})
    with pytest.raises(UserError, match=r"refused the key: check it .*not \*\*\*, 2024-10-21"):
        ask(config, QUESTION)


def test_the_address_is_that_of_the_environment(
    endpoint: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    ask(settings(base_url=None), QUESTION)
    assert len(endpoint.requests) == 1


def events(*pieces: Any) -> str:
    return "".join(f"data: {piece if isinstance(piece, str) else json.dumps(piece)}\n\n" for piece in pieces)


def piece(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


USAGE = {"object": "chat.completion.chunk", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


def test_a_stream_that_nobody_asked_for_is_read(endpoint: Any, settings: Settings, answer: Any) -> None:
    body = ": wait\n\n" + events(
        piece({"role": "assistant", "content": ""}), piece({"reasoning_content": "Hm."}), piece({"content": "I "}),
        piece({"content": "do\u2028it."}), piece({}, "stop"), USAGE, "[DONE]",
    )  # fmt: skip
    endpoint.answer = lambda request: answer(body=body)
    reply = ask(settings(), QUESTION)[0]
    assert (reply.text, reply.thinking, reply.finish_reason) == ("I do\u2028it.", 3, "stop")
    assert (reply.tokens_in, reply.tokens_out) == (7, 3)
    endpoint.answer = lambda request: answer(body=body.replace("data: ", ""))
    assert ask(settings(), QUESTION)[0].text == reply.text, "a line of JSON for each piece"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (events(piece({"content": "I "})), r"the answer broke off \(finish_reason: aborted\)"),
        (events(piece({"content": "I "}), {"error": {"message": "overloaded"}}), r"broke off \(overloaded\)"),
        (events({"error": {"message": "overloaded", "code": 503}}), "503: overloaded"),
        (events("[DONE]"), "not with a chat completion"),
        ("data: {torn", "not with a chat completion"),
    ],
)
def test_a_stream_that_breaks_off_is_no_answer(
    body: str, told: str, endpoint: Any, settings: Settings, answer: Any
) -> None:
    endpoint.answer = lambda request: answer(body=body)
    with pytest.raises(TryError, match=told):
        ask(settings(), QUESTION)


@pytest.mark.parametrize(
    "told",
    [
        "This model only support stream mode, please enable the stream parameter to access the model.",
        "Stream must be set to true",
        "Non-streaming requests are not supported",
    ],
)
def test_a_server_that_only_streams_is_asked_to(
    told: str, endpoint: Any, settings: Settings, answer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def streaming(request: Any) -> Any:
        if not request.get("stream"):
            return answer(status=400, body={"error": {"message": told}})
        assert request["stream_options"] == {"include_usage": True}
        return answer(body=events(piece({"content": "I do."}, "stop"), USAGE, "[DONE]"))

    endpoint.answer = streaming
    replies = ask(settings(), QUESTION, QUESTION)
    assert [(reply.text, reply.tokens_out) for reply in replies] == [("I do.", 3)] * 2
    assert len(endpoint.requests) == 3
    assert capsys.readouterr().err.count("the endpoint only streams") == 1


def test_an_address_is_shown_without_its_password() -> None:
    assert shown("https://me:secret@host:1/v1?token=t") == "https://host:1/v1"
    assert OPENAI.startswith("https://")


def test_a_connection_that_is_dropped_before_a_word_came_is_told_from_one_that_broke_in_an_answer(
    settings: Settings,
) -> None:
    def answer(words: bytes) -> TryError:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def drop() -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1 << 16)
                    connection.sendall(words)

            thread = threading.Thread(target=drop)
            thread.start()
            with pytest.raises(TryError) as error:
                ask(settings(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1"), QUESTION)
            thread.join()
        return error.value

    dropped, broken = answer(b""), answer(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
    assert dropped.mute and str(dropped).endswith("drops the connection without an answer")
    assert not broken.mute and "broke (" in str(broken)
