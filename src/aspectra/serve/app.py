"""The service as an ASGI application: the API, the page, the metrics.

`aspectra.serve.server` runs `application(model, limits, token)`. The files of the page are read once, under fixed
names; no path of a request is ever opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST

from aspectra.errors import UserError
from aspectra.meaning.grouping import Subject
from aspectra.places import PACKAGE
from aspectra.readers.extraction import Extraction
from aspectra.readers.reader import Judged, Question
from aspectra.serve import shapes
from aspectra.serve.batcher import Batcher, FullError, StoppingError
from aspectra.serve.complaint import complaint
from aspectra.serve.limits import Guarded, Limits, check_token
from aspectra.serve.metrics import Metrics, Watched
from aspectra.serve.shapes import About, Classified, Extracted, Grouped, Problem
from aspectra.serve.student import Served
from aspectra.serve.topics import Asked

PAGE = {
    "/": ("serve/page/page.html", "text/html"),
    "/page.css": ("serve/page/page.css", "text/css"),
    "/style.css": ("report/page/style.css", "text/css"),  # same colors and tables as in the reports
    "/page.js": ("serve/page/page.js", "text/javascript"),
    "/api.js": ("serve/page/api.js", "text/javascript"),
    "/many.js": ("serve/page/many.js", "text/javascript"),
    "/picture.js": ("serve/page/picture.js", "text/javascript"),
    "/table.js": ("serve/page/table.js", "text/javascript"),
    "/icon.svg": ("serve/page/icon.svg", "image/svg+xml"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TROUBLE: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body is not JSON, or is ambiguous JSON."},
    401: {"model": Problem, "description": "The token is missing or wrong."},
    408: {"model": Problem, "description": "The body did not arrive in time."},
    413: {"model": Problem, "description": "The request is too large."},
    415: {"model": Problem, "description": "The Content-Type is not application/json."},
    422: {"model": Problem, "description": "The body is JSON with the wrong content."},
    429: {
        "model": Problem,
        "description": "Too many texts are waiting.",
        "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
    },
    503: {"model": Problem, "description": "The service is stopping."},
    504: {"model": Problem, "description": "The answer took too long."},
}


def application(model: Served, limits: Limits, token: str | None = None, origins: Sequence[str] = ()) -> Watched:
    """The service of one model. Its lifespan starts and stops it, and waits for accepted requests.

    Web pages of the `origins` may use it too; otherwise browsers allow only its own page.
    """
    from importlib.metadata import version

    batcher = Batcher(limits.batch, limits.wait, limits.queue, limits.seconds)
    metrics = Metrics(lambda: len(batcher.queue))
    batcher.watch = metrics.batched

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        batcher.start()
        yield
        await asyncio.to_thread(batcher.stop, limits.seconds)

    app = FastAPI(
        title="Aspectra",
        summary="Which opinions are in a text, and what are they about?",
        version=version("aspectra"),
        docs_url=None,  # these pages load files from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.limits, app.state.token = limits, token
    app.state.bodies = {
        "extract": (shapes.ONE, shapes.MANY),
        "classify": (shapes.asked(model.by),),
        "topics": (shapes.FOUND, shapes.NAMED),
    }
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        )
    app.exception_handler(RequestValidationError)(invalid)
    app.exception_handler(Exception)(failed)
    api = APIRouter(prefix="/v1", route_class=Guarded, responses=TROUBLE)
    needs = [Depends(HTTPBearer(auto_error=False))] if token is not None else []

    async def extract(request: Request, body: Any) -> dict[str, Any]:
        """The opinions in a text, or in each of several.

        A text is read sentence by sentence. Offsets count Unicode code points (in JavaScript: `Array.from(text)`).
        """
        texts = getattr(body, "texts", None) or [body.text]
        found = await answered(request, batcher.submit(model.extract, [(text, len(text)) for text in texts]))
        return {"results": [surer(each, body.min_confidence) for each in found], "reader": model.about}

    async def classify(request: Request, body: Any) -> dict[str, Any]:
        """The probability of each polarity of a target or category in a text."""
        question = Question(**body.model_dump())
        items = [(question, len(question.text))]
        judged: Judged = (await answered(request, batcher.submit(model.classify, items)))[0]
        found = judged.probabilities
        return {"polarity": max(found, key=found.__getitem__), **judged._asdict(), "reader": model.about}

    # The bodies depend on this service's limits and task, so they are set here.
    extract.__annotations__["body"] = shapes.extract(limits)
    classify.__annotations__["body"] = shapes.classify(limits, model.by)
    api.add_api_route("/extract", extract, methods=["POST"], response_model=Extracted, dependencies=needs)
    api.add_api_route("/classify", classify, methods=["POST"], response_model=Classified, dependencies=needs)
    if (grouper := model.grouper) is not None:

        async def topics(request: Request, body: Any) -> dict[str, Any]:
            """Group targets into topics by meaning: topics that are found, or your own.

            Nothing is stored: send all targets to group in one request.
            """
            subjects = [Subject(one.target, one.count, tuple(one.around)) for one in body.targets]
            size = sum(len(subject.text) + sum(map(len, subject.around)) for subject in subjects)
            (found,) = await answered(request, batcher.submit(grouper.group, [(Asked(subjects, body.topics), size)]))
            return {**found, "reader": model.about}

        topics.__annotations__["body"] = shapes.topics()
        api.add_api_route("/topics", topics, methods=["POST"], response_model=Grouped, dependencies=needs)
    app.include_router(api)

    @app.get("/v1/about")
    async def about() -> About:
        """The model, its task and the limits."""
        allowed = shapes.Allowed(
            body_bytes=limits.body, text_characters=limits.text, texts=limits.texts, seconds=limits.seconds
        )
        return About(
            model=model.name,
            reader=shapes.Reader(**model.about),
            task=model.task,
            by=list(model.by),
            version=app.version,
            token=token is not None,
            topics=grouper is not None,
            limits=allowed,
        )

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Whether the process responds."""
        return {"status": "alive"}

    @app.get("/readyz", responses={503: TROUBLE[503]})
    async def readyz() -> dict[str, str]:
        """Whether the model responds."""
        if not batcher.healthy:
            raise HTTPException(503, "the service is stopping, or the model does not answer")
        return {"status": "ready"}

    @app.get("/metrics", response_class=Response, responses={401: TROUBLE[401]}, dependencies=needs)
    async def counted(request: Request) -> Response:
        """Counters and histograms in Prometheus' text format."""
        check_token(request)
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    for path, (file, kind) in PAGE.items():
        served = page((PACKAGE / file).read_bytes(), kind)
        app.add_api_route(path, served, methods=["GET", "HEAD"], include_in_schema=False)
    asked = {f"/v1/{name}" for name in ("extract", "classify", "topics", "about")}
    known = {*PAGE, *asked, "/healthz", "/readyz", "/metrics", "/openapi.json"}
    return Watched(app, metrics, known, HEADERS)


def surer(found: Extraction, least: float) -> Extraction:
    """An extraction without opinions below this confidence."""
    return replace(found, opinions=tuple(o for o in found.opinions if o.confidence >= least)) if least else found


async def answered(request: Request, work: Coroutine[Any, Any, list[Any]]) -> list[Any]:
    """The answers. If they take too long or the client disconnects, items that have not started are dropped.

    Raises HTTPException: 429, 503, 504, and 422 if the model rejects the question.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(request.receive())  # the body has been read: the next message is the disconnect
    try:
        seconds = request.app.state.limits.seconds
        done, _ = await asyncio.wait((task, gone), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if task in done:
            return task.result()
        if gone in done:
            raise HTTPException(408, "the client disconnected")
        raise HTTPException(504, f"the answer took longer than {seconds:g} s; send less at once, or try again later")
    except FullError as error:
        raise HTTPException(429, str(error), {"Retry-After": str(error.retry_after)}) from None
    except StoppingError as error:
        raise HTTPException(503, str(error), {"Retry-After": "5"}) from None
    except UserError as error:
        raise HTTPException(422, str(error)) from None
    finally:
        for each in (task, gone):
            each.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await each


async def invalid(request: Request, error: Exception) -> JSONResponse:
    """422 with one line."""
    assert isinstance(error, RequestValidationError)
    bodies = request.app.state.bodies.get(request.url.path.rpartition("/")[2], ())
    return JSONResponse({"detail": complaint(error.errors(), bodies)}, 422)


async def failed(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"detail": "the service failed; see its log"}, 500)


def page(content: bytes, kind: str) -> Any:
    async def serve() -> Response:
        return Response(content, media_type=kind)

    return serve
