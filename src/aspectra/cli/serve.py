"""`aspectra serve`: an API and a web page for a student."""

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
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is all networks.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 is any free one.")] = 8000,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the bearer token that requests must have. [$ASPECTRA_TOKEN, or none]")
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Origin of a page that may call from a browser, as in https://shop.example; '*' is any; may be "
            "repeated. [none]",
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Number of texts that the model reads together.")] = 32,
    max_wait: Annotated[
        float,
        typer.Option(min=0, max=1000, help="Milliseconds that a batch waits for as many texts as the last one had."),
    ] = 5,
    max_queue: Annotated[
        int, typer.Option(min=1, help="Number of texts that may wait; then the service answers 429.")
    ] = 1000,
    max_texts: Annotated[int, typer.Option(min=1, help="Largest number of texts in a request.")] = 100,
    max_text: Annotated[int, typer.Option(min=1, help="Longest text, in characters.")] = 20_000,
    max_body: Annotated[int, typer.Option(min=100, help="Largest request, in bytes.")] = 1_000_000,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for a request; then the service answers 504.")] = 60,
    constrained: Annotated[
        bool,
        typer.Option("--constrained", help="Allow only whole words of the text as targets, and only known categories."),
    ] = False,
    compute: Annotated[str | None, typer.Option(help="Compute type of an export. [its own]")] = None,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Lowest confidence of an opinion; a request may ask for a higher one.")
    ] = 0.0,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Number of threads of the model. [the libraries' own choice]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the address as JSON when it is served.")] = False,
) -> None:
    """Serve a student over HTTP: POST /v1/extract, /v1/classify and /v1/topics, and a web page at /.

    /v1/topics needs a reader that finds targets, and a table of meanings (docs/serve.md). There are also /v1/about,
    /metrics, /healthz and /readyz.
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
