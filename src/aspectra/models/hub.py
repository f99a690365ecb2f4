"""A model of the Hugging Face Hub: from the Hub's own cache, else downloaded; safetensors only.

Used by `aspectra.models` for a short name or an id.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.progress import say
from aspectra.weights import check

FILES = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.model", "*.txt", "*.jinja"]
OTHERS = ["*/*"]  # other formats of the same weights
TIMEOUT = 10  # seconds before the Hub counts as unreachable


class NoRepositoryError(Exception):
    """The Hub has no such repository."""


@dataclass(frozen=True)
class OnHub:
    """A repository on the Hugging Face Hub."""

    repository: str
    about: str = ""

    @property
    def source(self) -> str:
        """The source in a word or two."""
        return f"Hub {self.repository}"

    def pin(self, name: str) -> str:
        """A manifest's record of it."""
        return f"hub {self.repository}"

    def is_here(self, name: str) -> bool:
        """Whether it is downloaded already."""
        return cached(self.repository) is not None

    def folder(self, name: str) -> Path:
        """Its folder. Raises NoRepositoryError, or a UserError that lists what was tried."""
        need("train", f"the student {name}")
        return cached(self.repository) or downloaded(name, self.repository)


def cached(repository: str) -> Path | None:
    """The Hub's own cache folder of a repository, if it has the weights."""
    if importlib.util.find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import snapshot_download

    try:
        # The same patterns as in the download: without them a cache that lacks the other formats counts as incomplete.
        place = snapshot_download(repository, local_files_only=True, allow_patterns=FILES, ignore_patterns=OTHERS)
        return check(Path(place))
    except (UserError, OSError, ValueError):
        return None


def downloaded(name: str, repository: str) -> Path:
    """Download a repository to the Hub's cache. Raises NoRepositoryError, or a UserError that lists what was tried."""
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    endpoint = os.environ.get("HF_ENDPOINT") or constants.ENDPOINT
    try:
        there = HfApi(endpoint=endpoint).model_info(repository, timeout=TIMEOUT).siblings or []
        if not any(file.endswith(".safetensors") for file in (sibling.rfilename for sibling in there)):
            raise UserError(f"{repository} on the Hub has no safetensors weights, and other weights are never loaded")
        say(f"{name}: fetching {repository} from {endpoint} (once)")
        return check(
            Path(
                snapshot_download(
                    repository,
                    endpoint=endpoint,
                    etag_timeout=TIMEOUT,
                    allow_patterns=FILES,
                    ignore_patterns=OTHERS,
                )
            )
        )
    except UserError:
        raise
    except GatedRepoError:
        raise UserError(f"{repository} needs a login: accept its terms on the Hub and set HF_TOKEN") from None
    except RepositoryNotFoundError:
        raise NoRepositoryError from None
    except Exception as error:  # the client passes on exceptions of three libraries, with the same meaning here
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"could not fetch {name}: tried the Hub's cache {constants.HF_HUB_CACHE}, then "
            f"{endpoint}/{repository} with a time limit of {TIMEOUT} s ({reason}); name a folder, set "
            "HF_ENDPOINT to a mirror, or use smollm2-135m, which comes from the package index"
        ) from None
