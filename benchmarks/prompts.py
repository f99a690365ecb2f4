"""Compares versions of the analysis prompt with a teacher: the same reviews, one store per version.

`python benchmarks/prompts.py FOLDER --base-url URL --model NAME --reviews FILE...` draws the reviews by seed, asks the
endpoint in rounds of 20 (resumable: a second call asks what is missing) and prints the table after each. Without
--base-url it only reads existing stores. The table has for each version: accepted answers, targets that occur in the
review word for word, sound opinions (such a target, and a sentiment that maps to a polarity), opinions per review,
tokens in and out; shares with Wilson intervals over answers or opinions. FOLDER/results.json has the same.

The rule, fixed before the first answer:
1. A version qualifies if its share of accepted answers is at most 5 points below that of v1, and its sound opinions per
   review are at least 80 % of v1's (so that none wins by saying little).
2. The best one has the highest share of sound opinions among the opinions of accepted answers.
3. It becomes the default if the 95 % interval of its share minus v1's (paired bootstrap over reviews) is above 0. With
   another default all users' stored answers are asked for again, so v1 wins a tie.
Only the verdict over all reviews counts; those of earlier rounds are for information.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra.cli.output import table
from aspectra.config import ElicitConfig
from aspectra.elicit import handoff
from aspectra.elicit.analysis import analysis
from aspectra.elicit.engine import elicit
from aspectra.elicit.prompt import versions
from aspectra.files import write_json
from aspectra.score.shares import wilson
from aspectra.score.significance import difference
from aspectra.tables import read_jsonl, write_jsonl

FIRST = "v1"
LOST, KEPT = 0.05, 0.8


def draw(files: Sequence[Path], count: int, seed: int, words: tuple[int, int]) -> list[dict[str, Any]]:
    """The `count` reviews of so many words with the lowest hash of seed and text, whatever the files' order."""
    rows = [row for file in files for row in read_jsonl(file) if words[0] <= len(row["text"].split()) <= words[1]]
    return sorted(rows, key=lambda row: hashlib.sha256(f"{seed} {row['text']}".encode()).digest())[:count]


def measure(folder: Path) -> dict[str, Any]:
    """The figures of one version's store; `reviews` has (sound opinions, opinions) of each review, in order."""
    counts = dict.fromkeys(("answers", "accepted", "named", "word_for_word", "opinions", "sound", "unmapped"), 0)
    tokens = {"tokens_in": 0, "tokens_out": 0}
    reasons: dict[str, int] = {}
    reviews: dict[str, tuple[int, int]] = {}
    for response in handoff.responses(folder, last=True):
        counts["answers"] += 1
        for name in tokens:
            tokens[name] += getattr(response, name) or 0
        if response.status != "done":
            reasons[str(response.reason)] = reasons.get(str(response.reason), 0) + 1
            reviews[response.review_id] = (0, 0)
            continue
        blocks = analysis(response.text or "", response.review)
        sound = sum(block.in_review and block.polarity is not None for block in blocks)
        counts["accepted"] += 1
        counts["named"] += sum(bool(block.target) for block in blocks)
        counts["word_for_word"] += sum(block.in_review for block in blocks)
        counts["opinions"] += len(blocks)
        counts["sound"] += sound
        counts["unmapped"] += sum(block.polarity is None for block in blocks)
        reviews[response.review_id] = (sound, len(blocks))
    return {**counts, **tokens, "reasons": reasons, "reviews": reviews}


def judge(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The verdict of the rule: which versions qualify, the best, the difference from v1 of each, and the default."""
    first = found[FIRST]
    fit, differences = [FIRST], {}
    for version, figures in found.items():
        if version == FIRST:
            continue
        # With found = correct and gold = predicted, F1 is the share of correct ones.
        one, other = (
            [(sound, whole, sound, whole) for _, (sound, whole) in sorted(side["reviews"].items())]
            for side in (figures, first)
        )
        interval = difference([one], [other])
        differences[version] = (interval.value, interval.low, interval.high)
        accepted = figures["accepted"] / figures["answers"] >= first["accepted"] / first["answers"] - LOST
        if accepted and figures["sound"] >= KEPT * first["sound"]:
            fit.append(version)
    best = max(fit, key=lambda version: share(found[version], "sound", "opinions"))
    default = best if best == FIRST or differences[best][1] > 0 else FIRST
    return {"fit": fit, "best": best, "default": default, "differences": differences}


def share(figures: dict[str, Any], part: str, whole: str) -> float:
    """A share of two counts; 0 if the total is 0."""
    return figures[part] / figures[whole] if figures[whole] else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="for the reviews, a store a version, and the results")
    parser.add_argument("--reviews", type=Path, nargs="+", help="JSONL files to draw from")
    parser.add_argument("--base-url")
    parser.add_argument("--model", default="teacher", help="name at the endpoint")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--step", type=int, default=20, help="reviews of a round: all versions, then a table")
    parser.add_argument("--words", type=int, nargs=2, default=(20, 60), help="the shortest and longest review")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--max-tokens", type=int, default=300)
    parser.add_argument("--concurrency", type=int, default=4)
    options = parser.parse_args()
    reviews = options.folder / "reviews.jsonl"
    if not reviews.exists():
        if not options.reviews:
            parser.error("--reviews names the files to draw from")
        write_jsonl(reviews, draw(options.reviews, options.count, options.seed, tuple(options.words)))
    rounds = range(options.step, options.count + options.step, options.step) if options.base_url else [options.count]
    for upto in rounds:
        if options.base_url:
            for version in versions("analysis"):
                elicit(reviews, settings(options, version, min(upto, options.count)), options.folder / version)
        found = {version: measure(options.folder / version) for version in versions("analysis")}
        verdict = judge(found)
        write_json(options.folder / "results.json", {"versions": found, "verdict": verdict})
        show(found, verdict)
    return 0


def settings(options: argparse.Namespace, version: str, limit: int) -> ElicitConfig:
    """The elicitation settings for a prompt version."""
    return ElicitConfig(
        model=options.model,
        base_url=options.base_url,
        kinds=("analysis",),
        prompts={"analysis": version},
        max_tokens=options.max_tokens,
        concurrency=options.concurrency,
        timeout=600,
        seed=options.seed,
        limit=limit,
    )


def show(found: dict[str, dict[str, Any]], verdict: dict[str, Any]) -> None:
    """Print the table and the verdict."""

    def told(figures: dict[str, Any], part: str, whole: str) -> str:
        low, high = wilson(figures[part], figures[whole])
        return f"{100 * share(figures, part, whole):.1f} ({100 * low:.1f} to {100 * high:.1f})"

    table(
        ["prompt", "accepted %", "word for word %", "sound %", "unmapped", "opinions", "tokens in", "tokens out"],
        [
            [
                version,
                told(f, "accepted", "answers"),
                told(f, "word_for_word", "named"),
                told(f, "sound", "opinions"),
                f["unmapped"],
                f"{f['opinions'] / max(1, f['accepted']):.2f}",
                f"{f['tokens_in'] / max(1, f['answers']):.0f}",
                f"{f['tokens_out'] / max(1, f['answers']):.0f}",
            ]
            for version, f in found.items()
        ],
    )
    for version, (value, low, high) in verdict["differences"].items():
        print(f"sound, {version} minus {FIRST}: {100 * value:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})")
    for version, f in found.items():
        if f["reasons"]:
            print(f"{version}, not accepted: " + ", ".join(f"{n} {why}" for why, n in f["reasons"].items()))
    print(f"fit: {', '.join(verdict['fit'])}; best: {verdict['best']}; default by the rule: {verdict['default']}")


if __name__ == "__main__":
    raise SystemExit(main())
