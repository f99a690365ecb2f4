"""`aspectra serve`: an API and a page for a student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aspectra.cli.options import Model

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    epilog="Example: aspectra serve    then: curl http://127.0.0.1:8000/v1/extract --json"
    ' \'{"text": "Great soup, rude waiter."}\''
)
def serve(
    model: Model = None,
    host: Annotated[str, typer.Option(help="Address to serve at; 0.0.0.0 is all networks.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve at; 0 is any that is free.")] = 8000,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the bearer token that requests must have. [$ASPECTRA_TOKEN, or none]")
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Page that may ask from a browser, as https://shop.example; '*': any; may be repeated. [none]",
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Texts that the model reads together.")] = 32,
    max_wait: Annotated[float, typer.Option(min=0, max=1000, help="Milliseconds that a batch waits for company.")] = 5,
    max_queue: Annotated[int, typer.Option(min=1, help="Texts that may wait; beyond that: 429.")] = 1000,
    max_texts: Annotated[int, typer.Option(min=1, help="Texts in a request at most.")] = 100,
    max_text: Annotated[int, typer.Option(min=1, help="Characters of a text at most.")] = 20_000,
    max_body: Annotated[int, typer.Option(min=100, help="Bytes of a request at most.")] = 1_000_000,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for a request; beyond that: 504.")] = 60,
    constrained: Annotated[
        bool, typer.Option("--constrained", help="Only whole words of the text as targets, only known categories.")
    ] = False,
    compute: Annotated[str | None, typer.Option(help="Compute type of an export. [the one it was made for]")] = None,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Opinions of less confidence are left out; a request may ask for more.")
    ] = 0.0,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Number of the model's threads. [the libraries' own choice]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the address as JSON when it is served.")] = False,
) -> None:
    """Serve a student: POST /v1/extract, /v1/classify and /v1/topics, and a page for people at /.

    /v1/topics is there where the reader finds targets and a table of meanings is at hand (docs/serve.md). Beside them:
    /v1/about, /metrics, /healthz, /readyz.
    """
    from aspectra.extras import need
    from aspectra.serve.server import serve as work

    need("serve", "aspectra serve")
    from aspectra.cli.output import write
    from aspectra.serve.limits import Limits

    work(
        model,
        host=host,
        port=port,
        limits=Limits(
            body=max_body,
            text=max_text,
            texts=max_texts,
            seconds=timeout,
            queue=max_queue,
            batch=batch_size,
            wait=max_wait / 1000,
        ),
        token_file=token_file,
        origins=cors_origin or (),
        ready=write if json else lambda _: None,
        constrained=constrained,
        compute=compute,
        min_confidence=min_confidence,
        threads=threads,
    )
