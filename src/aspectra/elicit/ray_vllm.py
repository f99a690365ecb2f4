"""Asks a model that `ray.data.llm` runs with vLLM on the cluster's GPUs: blocks become its rows, its rows shards.

Called by `aspectra.elicit.ray_engine`. vLLM is no dependency: it needs its own environment on every node.
"""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import TYPE_CHECKING, Any

from aspectra import cluster
from aspectra.config import ElicitConfig
from aspectra.elicit import prompt, shards
from aspectra.elicit.asking import judge
from aspectra.elicit.nearest import Prompts
from aspectra.elicit.store import Ask, Outcome, now, request_key
from aspectra.errors import UserError
from aspectra.teachers.vllm import Row, processor, reply, sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyarrow import Table
    from ray.data import Dataset

SHARD = 256  # answers in one shard
TOGETHER = 1 << 20  # bytes of rows in one block


def question(prompts: Prompts, asks: list[Ask], config: ElicitConfig, row: Row) -> Row:
    """A request in the engine's format; `ask` and `text` are passed through."""
    return {**row, "messages": prompts.messages(asks[row["ask"]], row["text"]), "sampling_params": sampling(config)}


def answer(asks: list[Ask], most: int, row: Row) -> Outcome:
    """The validated outcome of the engine's answer."""
    outcome = Outcome(0, "failed", created=now())
    judge(outcome, asks[row["ask"]].kind, row["text"], reply(row, most), None)
    return outcome


def generated(
    rows: Dataset,
    config: ElicitConfig,
    demonstrations: tuple[prompt.Demonstration, ...],
    asks: list[Ask],
    keeper: Any,
    workers: int,
    engine: dict[str, Any],
) -> Dataset:
    """Run the blocks through vLLM; a row for each shard. Raises UserError if vLLM is not installed."""
    if importlib.util.find_spec("vllm") is None:
        raise UserError("--teacher vllm needs vLLM: docs/scale.md shows an environment with both")
    from ray.data.llm import build_processor, vLLMEngineProcessorConfig

    build = build_processor(
        vLLMEngineProcessorConfig(**processor(config, workers, engine)),
        preprocess=partial(question, Prompts(config, demonstrations), asks, config),
        postprocess=_carried,
    )
    rows.context.target_max_block_size = TOGETHER
    single: Callable[[Row], list[Row]] = _single
    return build(rows.flat_map(single, num_cpus=cluster.CPU)).map_batches(
        partial(_keep, asks, config.max_tokens, keeper), batch_size=SHARD, num_cpus=cluster.CPU
    )


def _single(row: Row) -> list[Row]:
    return [{"ask": row["ask"], "text": text} for text in row["texts"]]


def _carried(row: Row) -> Row:
    return {name: row[name] for name in ("ask", "text", "generated_text", "num_input_tokens", "num_generated_tokens")}


def _keep(asks: list[Ask], most: int, keeper: Any, batch: dict[str, Any]) -> Table:
    import pyarrow as pa
    import ray

    rows = [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
    keys = [request_key(row["text"], asks[row["ask"]]) for row in rows]
    outcomes = [answer(asks, most, row) for row in rows]
    for place, outcome in enumerate(outcomes):
        outcome.request = place
    name = shards.name_of(keys)
    ray.get(keeper.keep.remote(name, shards.table(keys, outcomes)))
    return pa.table({"name": [name], "node": [cluster.node()]})
