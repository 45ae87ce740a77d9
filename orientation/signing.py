"""The key that signs cursors: given, or made once and kept in the data folder for every worker."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from mappings.errors import FieldError, InvalidInput
from orientation.settings import Settings

_FILE = "secret"


def signing_key(settings: Settings) -> str:
    """Return the key; a new one is linked into place whole, so workers that start at once agree on it."""
    if settings.secret:
        return settings.secret
    path = settings.data_dir / _FILE
    try:
        if not path.exists():
            _make(path)
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        rule = f"must be a folder this account can write, or set ROR_SECRET ({error.strerror})"
        raise InvalidInput([FieldError("ROR_DATA_DIR", rule, str(settings.data_dir))]) from error
    if len(key) < 32:
        raise InvalidInput([FieldError("ROR_SECRET", f"the file {path} holds no key: remove it, a new one is made")])
    return key


def _make(path: Path) -> None:
    """Write a new key under another name (mode 0600) and link it, unless another worker was first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(48) + "\n")
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
