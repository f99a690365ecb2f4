"""Time of scoring, and whether it is linear.

`python benchmarks/scoring.py` scores a million gold and a million predicted opinions (strict, ATSA), once in the linear
form and once as lists of opinions. Baseline: half of the same sentences in the same run, so that the ratio is the same
on every machine; 2 is linear. Times are CPU seconds, which equal wall-clock seconds on an idle machine: one thread
works, and nothing is read. Exits 1 if a limit is exceeded: 3 seconds, 1 GB for the whole process including the
sentences, and a ratio of 2.2.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time

from aspectra.schema import POLARITIES, Example, Opinion, Prediction
from aspectra.score.scoring import score

WORDS = ("food", "service", "battery life", "screen", "wine list", "staff", "bar", "pasta", "front desk", "bed")
SECONDS, GIGABYTES, RATIO = 3.0, 1.0, 2.2
RUNS = 3


def sentences(opinions: int, raw: bool) -> tuple[list[Example], list[Prediction]]:
    """`opinions` gold and predicted opinions, one to three per sentence; about one prediction in five is right."""
    draw = random.Random(42)
    gold: list[Example] = []
    predictions: list[Prediction] = []
    while opinions:
        count = min(1 + len(gold) % 3, opinions)
        words = draw.sample(WORDS, 5)
        text = f"On day {len(gold)} the {' and the '.join(words)} were as they were."
        places = [(word, text.index(word)) for word in words[:count]]
        true = [Opinion(word, None, draw.choice(POLARITIES), at, at + len(word)) for word, at in places]
        said = [Opinion(word, None, draw.choice(POLARITIES)) for word in draw.sample(words[:4], count)]
        gold.append(Example(str(len(gold)), text, tuple(true)))
        line = " ; ".join(f"{o.target} | {o.polarity}" for o in said)
        # A different string object with the same letters, as from another file.
        again = "".join(["", text[:1], text[1:]])
        predictions.append(Prediction(str(len(predictions)), again, () if raw else tuple(said), line if raw else None))
        opinions -= count
    return gold, predictions


def measure(opinions: int, raw: bool) -> dict[str, float]:
    """Seconds (best of some runs) for all and for half of the sentences, their ratio, and the number scored."""
    gold, predictions = sentences(opinions, raw)
    half = len(gold) // 2
    some = gold[:half], predictions[:half]
    whole_seconds, half_seconds = [], []
    for _ in range(RUNS):
        for times, (g, p) in ((half_seconds, some), (whole_seconds, (gold, predictions))):
            start = time.process_time()
            found = score(g, p, "atsa")
            times.append(time.process_time() - start)
    whole, baseline = min(whole_seconds), min(half_seconds)
    assert found.gold == found.predicted == opinions
    return {"seconds": whole, "half": baseline, "ratio": whole / baseline, "sentences": len(gold), "f1": found.f1}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--opinions", type=int, default=1_000_000, help="gold, and as many predicted [%(default)s]")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    asked = parser.parse_args()
    found = {form: measure(asked.opinions, form == "raw") for form in ("raw", "opinions")}
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
    passed = [form for form, it in found.items() if it["seconds"] >= SECONDS or it["ratio"] > RATIO]
    if asked.json:
        print(json.dumps({"opinions": asked.opinions, "peak_gigabytes": peak, **found}, indent=2))
    else:
        for form, it in found.items():
            print(
                f"{asked.opinions:,} gold and predicted {form}: {it['seconds']:.2f} CPU s; "
                f"half of them {it['half']:.2f} s; ratio {it['ratio']:.2f} (2 is linear)"
            )
        print(f"peak memory of the process: {peak:.2f} GB")
    if passed or peak >= GIGABYTES:
        print(f"over the limit of {SECONDS:g} s, {GIGABYTES:g} GB or ratio {RATIO:g}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
