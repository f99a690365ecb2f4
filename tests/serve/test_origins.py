"""Pages of other origins: which of them a browser lets ask."""

from __future__ import annotations

import pytest
from tests.serve.conftest import call
from tests.serve.stand_in import Service, service

from aspectra.errors import UserError
from aspectra.serve.server import check_origin

SHOP = "https://shop.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,authorization"}


def test_no_page_of_another_origin_may_ask_by_default(running: Service) -> None:
    answer = call(running, body={"text": "The soup was fine."}, headers={"Origin": SHOP})
    assert answer.status == 200
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert call(running, method="OPTIONS", headers={"Origin": SHOP} | PREFLIGHT).status == 405


def test_a_page_of_a_named_origin_may_ask_with_a_token_and_no_other() -> None:
    with service(token="secret", origins=f"{SHOP},http://localhost:3000") as running:
        for origin in (SHOP, "http://localhost:3000"):
            ahead = call(running, method="OPTIONS", headers={"Origin": origin} | PREFLIGHT)
            assert (ahead.status, ahead.headers["Access-Control-Allow-Origin"]) == (200, origin)
            assert "POST" in ahead.headers["Access-Control-Allow-Methods"]
            sent = {"Origin": origin, "Authorization": "Bearer secret"}
            answer = call(running, body={"text": "The soup was fine."}, headers=sent)
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, origin)
        refused = call(running, body={"text": "The soup was fine."}, headers={"Origin": SHOP})
        assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (401, SHOP), "the page may read why"
        other = {"Origin": "https://other.example"}
        assert call(running, method="OPTIONS", headers=other | PREFLIGHT).status == 400
        sent = other | {"Authorization": "Bearer secret"}
        assert "Access-Control-Allow-Origin" not in call(running, body={"text": "The soup."}, headers=sent).headers


@pytest.mark.parametrize(
    "origin", ["shop.example", "https://shop.example/", "https://shop.example/page", "", "HTTPS://a"]
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(UserError, match="is not an origin: write scheme, host and port"):
        check_origin(origin)
    for good in ("*", SHOP, "http://127.0.0.1:3000"):
        check_origin(good)
