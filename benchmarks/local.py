"""Tokens per second of a GGUF teacher with several requests in flight, against one at a time.

    python benchmarks/local.py FILE.gguf --concurrency 4

asks `LocalTeacher` for the analysis of the first sentences of the demo's reviews, after a demonstration, one at a time
(the baseline) and in parallel, in turns, each in its own process. The slots have the demonstration in their cache
before the clock starts, as in a long run. Prints output tokens per second, their ratio, and how many prompt tokens came
from the cache. Exits 1 if the ratio is below 1.3, or if the shared prefix was processed again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from typing import Any

from aspectra.config import ElicitConfig
from aspectra.elicit import prompt
from aspectra.places import locate
from aspectra.reviews import read_reviews
from aspectra.teachers.local import LocalTeacher
from aspectra.teachers.teacher import Question

LEAST = 1.3


def questions(number: int) -> list[Question]:
    """Requests for the analysis of `number` short reviews, after the demo's demonstration."""
    shown = [
        each for each in prompt.read_demonstrations(locate("demo:demonstrations.jsonl")) if each.kind == "analysis"
    ]
    texts = [
        review.text.partition(". ")[0] + "." for review in read_reviews(locate("demo:reviews.jsonl"), limit=number)
    ]
    return [
        Question("analysis", text, prompt.render("analysis", text, "v1", demonstrations=shown[:1])) for text in texts
    ]


def measure(model: str, concurrency: int, number: int, max_tokens: int) -> dict[str, Any]:
    """Output tokens, the seconds that they took, and the number of prompt tokens from the cache."""
    teacher = LocalTeacher(ElicitConfig(teacher="local", model=model, concurrency=concurrency, max_tokens=max_tokens))
    teacher.load()
    answers: list[dict[str, Any]] = []
    handle = teacher._server.handle_chat_completions

    def listening(body: dict[str, Any]) -> Any:
        answers.append(handle(body))
        return answers[-1]

    async def ask() -> float:
        asked = questions(number + concurrency)
        left = iter(asked[concurrency:])

        async def worker() -> None:
            for question in left:
                await teacher.ask(question)

        await asyncio.gather(*(teacher.ask(question) for question in asked[:concurrency]))
        teacher._server = Listening()
        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        seconds = time.perf_counter() - began
        await teacher.close()
        return seconds

    class Listening:
        handle_chat_completions = staticmethod(listening)

    seconds = asyncio.run(ask())
    usage = [answer["usage"] for answer in answers]
    return {
        "concurrency": concurrency,
        "seconds": seconds,
        "tokens": sum(each["completion_tokens"] for each in usage),
        "prompt_tokens": sum(each["prompt_tokens"] for each in usage),
        "cached": sum(each["prompt_tokens_details"]["cached_tokens"] for each in usage),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model", help="a GGUF file")
    parser.add_argument("--concurrency", type=int, default=4, help="requests in flight [%(default)s]")
    parser.add_argument("--reviews", type=int, default=12, help="of each measurement [%(default)s]")
    parser.add_argument("--max-tokens", type=int, default=48, help="of an answer [%(default)s]")
    parser.add_argument("--runs", type=int, default=2, help="of each, the best counts [%(default)s]")
    parser.add_argument("--one", action="store_true", help="only measure, once")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.model, asked.concurrency, asked.reviews, asked.max_tokens)))
        return 0
    best: dict[int, float] = {}
    again = False
    for _ in range(asked.runs):
        for concurrency in (1, asked.concurrency):
            command = [sys.executable, __file__, asked.model, "--one", "--concurrency", str(concurrency)]
            command += ["--reviews", str(asked.reviews), "--max-tokens", str(asked.max_tokens)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            it = json.loads(done.stdout.splitlines()[-1])
            rate = it["tokens"] / it["seconds"]
            best[concurrency] = max(rate, best.get(concurrency, 0.0))
            again |= it["cached"] < it["prompt_tokens"] / 2
            print(
                f"{concurrency} in flight: {rate:.1f} tokens/s ({it['tokens']} in {it['seconds']:.0f} s); "
                f"{it['cached']} of the prompts' {it['prompt_tokens']} tokens were cached",
                flush=True,
            )
    ratio = best[asked.concurrency] / best[1]
    print(f"ratio {ratio:.2f}")
    return int(ratio < LEAST or again)


if __name__ == "__main__":
    raise SystemExit(main())
