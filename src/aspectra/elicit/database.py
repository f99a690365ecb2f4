"""The SQLite file of the store: schema, migrations, and errors as one line.

Called by everything that opens the store. The docstring of `store.py` describes the tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aspectra.errors import AspectraError, UserError, of_system
from aspectra.manifest import RESPONSES

NAME = RESPONSES

MIGRATIONS = (
    """
    CREATE TABLE texts (id INTEGER PRIMARY KEY, sha BLOB NOT NULL UNIQUE, text TEXT NOT NULL);
    CREATE TABLE reviews (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, text INTEGER NOT NULL REFERENCES texts,
        domain TEXT, rating REAL, run INTEGER NOT NULL, position INTEGER NOT NULL
    );
    CREATE INDEX reviews_run ON reviews (run, position);
    CREATE INDEX reviews_text ON reviews (text, run, position);
    CREATE TABLE asks (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, prompt_version TEXT NOT NULL, model TEXT NOT NULL,
        settings TEXT NOT NULL, UNIQUE (kind, prompt_version, model, settings)
    );
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY, text INTEGER NOT NULL REFERENCES texts, ask INTEGER NOT NULL REFERENCES asks,
        key BLOB NOT NULL UNIQUE, UNIQUE (text, ask)
    );
    CREATE TABLE responses (
        request INTEGER PRIMARY KEY REFERENCES requests, status TEXT NOT NULL, text TEXT, raw TEXT, reason TEXT,
        finish_reason TEXT, tokens_in INTEGER, tokens_out INTEGER, thinking INTEGER NOT NULL, attempts INTEGER NOT NULL,
        spent_in INTEGER NOT NULL, spent_out INTEGER NOT NULL, cost REAL, model TEXT, prompt_version TEXT,
        created TEXT NOT NULL
    );
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, asks TEXT NOT NULL, config TEXT NOT NULL,
        reviews INTEGER NOT NULL, free INTEGER NOT NULL, started TEXT NOT NULL
    );
    """,
    """
    ALTER TABLE requests ADD COLUMN status TEXT;
    UPDATE requests SET status = (SELECT status FROM responses WHERE request = requests.id);
    CREATE INDEX requests_status ON requests (ask, status, text);
    CREATE TRIGGER answered AFTER INSERT ON responses BEGIN
        UPDATE requests SET status = new.status WHERE id = new.request;
    END;
    CREATE TRIGGER answered_again AFTER UPDATE OF status ON responses BEGIN
        UPDATE requests SET status = new.status WHERE id = new.request AND status IS NOT new.status;
    END;
    CREATE INDEX responses_cost ON responses (cost) WHERE cost IS NOT NULL;
    """,
    """
    ALTER TABLE responses ADD COLUMN distribution TEXT;
    CREATE INDEX responses_distribution ON responses (request) WHERE distribution IS NOT NULL;
    """,
    """
    ALTER TABLE responses ADD COLUMN left_out TEXT;
    """,
)


@contextmanager
def mending(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and the system into one line."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "full" in text:
            raise UserError(f"the disk is full: {path} could not be written; free some space and run again") from None
        if "readonly" in text or "unable to open" in text:
            raise UserError(f"cannot write {path} ({text})") from None
        if "not a database" in text or "malformed" in text:
            raise UserError(f"{path} is damaged ({text}); name another folder with --out") from None
        if "disk I/O" in text:
            raise AspectraError(f"cannot write {path} ({text}); is the disk full?") from None
        raise AspectraError(f"{path}: {text}") from error
    except OSError as error:
        raise of_system(error, path, "write") from None


def clean(text: str) -> str:
    """Text that UTF-8 can encode: a lone surrogate becomes the replacement character."""
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def connect(path: Path, durable: bool = True) -> sqlite3.Connection:
    """Open for writing and migrate the schema. Raises UserError if a newer Aspectra wrote the file."""
    db = sqlite3.connect(path, isolation_level=None, timeout=60)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA cache_size = -65536")  # KiB: a million reviews are looked up by hash, in random order
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise UserError(
                f"{path} was written by a newer Aspectra (schema {version}); upgrade, or name another folder"
            )
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            db.executescript(f"BEGIN EXCLUSIVE; {script}; PRAGMA user_version = {number}; COMMIT;")
    except BaseException:
        db.close()
        raise
    return db
