"""Clusters reviews by topic: TF-IDF or an encoder's embeddings, then k-means.

Called only by `aspectra.elicit.selection`. TF-IDF is reduced to 64 dimensions by latent semantic analysis (Deerwester
et al. 1990), since k-means on the sparse vectors puts most short texts into one cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aspectra.extras import need
from aspectra.models import resolve
from aspectra.weights import loading

DIMENSIONS = 64
TERMS = 1 << 16  # hashed: no vocabulary in memory, however many reviews there are
TOKENS = 256  # of a review, for an encoder
AT_ONCE = 32
Vectors = Callable[[Sequence[str]], Any]


class Topics:
    """Clusters learned from some texts; they assign any text to the nearest one."""

    def __init__(self, texts: Sequence[str], count: int, seed: int, encoder: str | None = None) -> None:
        from sklearn.cluster import MiniBatchKMeans

        self._vectors = embeddings(encoder) if encoder else words(texts, seed)
        self._means = MiniBatchKMeans(min(count, len(texts)), random_state=seed, n_init=3, batch_size=1024)
        self._means.fit(self._vectors(texts))

    def of(self, texts: Sequence[str]) -> Any:
        """The cluster number of each text."""
        return self._means.predict(self._vectors(texts))


def words(texts: Sequence[str], seed: int) -> Vectors:
    """TF-IDF vectors fitted on these texts, reduced and normalized to length 1."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    chain = make_pipeline(
        HashingVectorizer(n_features=TERMS, alternate_sign=False, norm=None),
        TfidfTransformer(sublinear_tf=True),
        TruncatedSVD(max(1, min(DIMENSIONS, len(texts) - 1)), random_state=seed),
        Normalizer(copy=False),
    )
    chain.fit(texts)
    return lambda some: chain.transform(some)


def embeddings(name: str) -> Vectors:
    """The mean of an encoder's last hidden states, of length 1. Raises UserError if the model cannot be used."""
    need("train", "--select-by embeddings")
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = resolve(name)
    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    with loading(folder):
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, **safe)
        model: Any = AutoModel.from_pretrained(folder, use_safetensors=True, **safe).eval()
    if model.config.is_encoder_decoder:
        model = model.get_encoder()
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token

    def vectors(texts: Sequence[str]) -> Any:
        parts = []
        for first in range(0, len(texts), AT_ONCE):
            some = list(texts[first : first + AT_ONCE])
            inputs = tokenizer(some, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt")
            mask = inputs["attention_mask"].unsqueeze(-1)
            with torch.inference_mode():
                states = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
            mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
            parts.append(torch.nn.functional.normalize(mean.float(), dim=-1))
        return torch.cat(parts).numpy()

    return vectors
