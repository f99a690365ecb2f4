"""Quality of topics by meaning: adjusted mutual information with groupings made by hand.

    python -m benchmarks.topics EXPORT                    # dev: for choosing settings
    python -m benchmarks.topics EXPORT --side test        # the reported figures
    python -m benchmarks.topics EXPORT --base FOLDER      # also the vectors of the tagger's base model (needs torch)

Two groupings: the targets of data/reviews-en by domain (`topics.yaml` there), and the entities of Rest16's categories,
in which targets with several entities are excluded and counted. Mentions are the gold ones, so a reader's mistakes have
no effect. Every method sees the targets of one domain only, as in a manager's table.

Methods: targets with the same lemma; k-means (the mean of five seeds) and average linkage, given the number of topics
in the manual grouping; and Aspectra's own, which finds the number, and whose "other" counts as one more topic. Vectors:
those that a reader gives to a span in its sentence (the mean over mentions), the same for the target alone, both also
for the base model; the words of the table of meanings; and these with the sentences around them, as in Aspectra's own
method. Needs scikit-learn (`select`); EXPORT must have a table of meanings.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from aspectra.analyze.lemma import grouping
from aspectra.data.examples import load
from aspectra.meaning.grouping import Subject, beside, find, seen
from aspectra.meaning.linkage import average_linkage
from aspectra.readers.taggers.in_onnx import Exported, arrays, batches
from aspectra.readers.taggers.meanings import Meanings, unit
from aspectra.schema import Example, Opinion

OWN = Path(__file__).resolve().parents[1] / "data" / "reviews-en"
SEEDS = range(5)
SENTENCES = 6  # of a target, for `find`, as `analyze` keeps some quotes

Mention = tuple[str, int, int]  # sentence, start, end


class Case(NamedTuple):
    """Targets that belong to one table, with their manual topics."""

    name: str
    mentions: list[Mention]
    topic: dict[str, str]
    apart: int = 0

    @property
    def targets(self) -> list[str]:
        return sorted(self.topic)


def mentions(examples: Sequence[Example]) -> Iterator[tuple[Mention, Opinion]]:
    for example in examples:
        for opinion in example.opinions:
            if opinion.target and opinion.start is not None and opinion.end is not None:
                yield (example.text, opinion.start, opinion.end), opinion


def said(mention: Mention) -> str:
    text, start, end = mention
    return " ".join(text[start:end].lower().split())


def own(side: str) -> Iterator[Case]:
    """Aspectra's reviews, one case per domain."""
    named = yaml.safe_load((OWN / "topics.yaml").read_text(encoding="utf-8"))[side]
    examples = load(OWN / f"{side}.json")
    rows = json.loads((OWN / f"{side}.json").read_text(encoding="utf-8-sig"))
    domains = {row["ID"]: row["domain"] for row in rows}
    for domain, topics in named.items():
        topic = {str(target): name for name, targets in topics.items() for target in targets}
        some = [example for example in examples if domains[example.id] == domain]
        yield Case(domain, [one for one, _ in mentions(some)], topic)


def rest16(folder: Path, sides: Sequence[str]) -> Case:
    """Rest16: a target's topic is the entity of its categories, if there is exactly one."""
    found = [pair for side in sides for pair in mentions(load(folder / f"{side}.json"))]
    entities: dict[str, set[str]] = defaultdict(set)
    for one, opinion in found:
        entities[said(one)].add(str(opinion.category).split("#")[0])
    topic = {target: next(iter(some)) for target, some in entities.items() if len(some) == 1}
    kept = list(dict.fromkeys(one for one, _ in found if said(one) in topic))
    return Case(f"rest16 {'+'.join(sides)}", kept, topic, len(entities) - len(topic))


def subjects(case: Case, sentences: int) -> list[Subject]:
    count = Counter(said(one) for one in case.mentions)
    around: dict[str, list[str]] = defaultdict(list)
    for one in case.mentions:
        if len(around[said(one)]) < sentences:
            around[said(one)].append(one[0][: one[1]] + one[0][one[2] :])
    return [Subject(target, number, around[target]) for target, number in count.items()]


def of_reader(engine: Exported, asked: Sequence[Mention]) -> Any:
    """The reader's vector of each given span (mentions, width)."""
    pieces = engine.encoder.pieces([text for text, _, _ in asked])
    given = []
    for one, (_, start, end) in zip(pieces, asked, strict=True):
        inside = [n for n, (a, b) in enumerate(one.words) if a < end and start < b]
        given.append([(inside[0], inside[-1] + 1)] if inside else [(0, 1)])
    found: list[Any] = [None] * len(pieces)
    for batch in batches(range(len(pieces)), [len(one.ids) for one in pieces], engine.batch_size):
        feed = arrays([pieces[i] for i in batch], engine.pad, [given[i] for i in batch])
        for i, rows in zip(batch, engine.session.run(["vectors"], feed)[0], strict=True):
            found[i] = rows[0]
    return np.array(found)


def of_base(folder: Path) -> Callable[[Sequence[Mention]], Any]:
    """The same from a published encoder: the mean of the span's states in the last layer."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    torch.set_num_threads(1)
    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def vectors(asked: Sequence[Mention]) -> Any:
        found = []
        for text, start, end in asked:
            fed = tokenizer(text, return_tensors="pt", truncation=True, max_length=128, return_offsets_mapping=True)
            places = fed.pop("offset_mapping")[0].tolist()
            with torch.no_grad():
                states = network(**fed).last_hidden_state[0]
            inside = [n for n, (a, b) in enumerate(places) if a < end and start < b and a < b]
            found.append(states[inside or slice(None)].mean(0).numpy())
        return np.array(found)

    return vectors


def mean(case: Case, vectors: Any) -> Any:
    """The mean over the mentions of each target."""
    place = {target: n for n, target in enumerate(case.targets)}
    sums = np.zeros((len(place), vectors.shape[1]))
    np.add.at(sums, [place[said(one)] for one in case.mentions], unit(vectors))
    return sums


def linked(vectors: Any, number: int) -> list[int]:
    """`number` groups by average linkage."""
    merges = average_linkage(vectors, np.ones(len(vectors)))[: len(vectors) - number]
    group = list(range(len(vectors)))
    for a, b, _ in merges:
        low, high = sorted((group[a], group[b]))
        group = [low if one == high else one for one in group]
    return group


def measured(case: Case, kinds: dict[str, Callable[[Sequence[Mention]], Any]], meanings: Meanings) -> dict[str, Any]:
    """AMI by method, and the number of topics."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_mutual_info_score as ami

    targets, by_hand = case.targets, [case.topic[target] for target in case.targets]
    number = len(set(by_hand))
    key = grouping()
    figures: dict[str, Any] = {"lemmas": ami(by_hand, [key(target) for target in targets])}
    alone = [(target, 0, len(target)) for target in targets]
    some = sorted(subjects(case, SENTENCES), key=lambda subject: subject.text)
    vectors = {
        "words of the table": meanings.of(targets),
        "words and sentences": beside(seen(some, meanings)[0], some, meanings),
    }
    for name, of in kinds.items():
        vectors |= {f"{name}, in sentences": mean(case, of(case.mentions)), f"{name}, alone": of(alone)}
    for name, some in vectors.items():
        some = unit(unit(some) - unit(some).mean(axis=0))
        runs = [KMeans(number, n_init=3, random_state=seed).fit_predict(some) for seed in SEEDS]
        figures[f"k-means: {name}"] = float(np.mean([ami(by_hand, run) for run in runs]))
        figures[f"linkage: {name}"] = ami(by_hand, linked(some, number))
    for name, sentences in (("Aspectra, words alone", 0), ("Aspectra", SENTENCES)):
        found = find(subjects(case, sentences), meanings)
        said_of = found.topics(targets)
        figures[name] = ami(by_hand, [topic or "" for topic in said_of])
    figures |= {"topics by hand": number, "topics found": len(found.names), "in other": said_of.count(None)}
    return figures | {"targets": len(targets), "left out": case.apart}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=Path)
    parser.add_argument("--side", choices=("dev", "test"), default="dev")
    parser.add_argument("--base", type=Path, help="folder of the base encoder")
    parser.add_argument("--rest16", type=Path, default=Path("data/benchmark/acsa/rest16"), help="folder of the set")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    engine = Exported(args.export, threads=args.threads)
    kinds: dict[str, Callable[[Sequence[Mention]], Any]] = {"reader": lambda asked: of_reader(engine, asked)}
    if args.base:
        kinds["base"] = of_base(args.base)
    sides = ("train", "dev") if args.side == "dev" else ("test", "hard_test")
    cases = [*own(args.side), rest16(args.rest16, sides)]
    rows = [measured(case, kinds, Meanings(args.export)) for case in cases]
    weights = [row["targets"] for row in rows[:-1]]
    print("| | own, mean | " + " | ".join(case.name for case in cases) + " |")
    print("| --- |" + " ---: |" * (len(cases) + 1))
    for name in rows[0]:
        cells = [f"{row[name]:.3f}" if isinstance(row[name], float) else f"{row[name]}" for row in rows]
        whole = f"{np.average([row[name] for row in rows[:-1]], weights=weights):.3f}"
        print(f"| {name} | {whole if isinstance(rows[0][name], float) else ''} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
