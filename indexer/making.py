"""What documents are made with, in one hash: any change of it and they are made anew."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path


def digest_of_files(paths: Iterable[Path], said: str = "") -> str:
    """Return 32 hex digits that change with any of these files, in folders too, or with what is ``said``.

    Whether a change matters is not asked. What Python keeps for itself does not count.
    """
    digest = blake2b(said.encode(), digest_size=16)
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                name = str(file.relative_to(path)) if path.is_dir() else ""
                digest.update(f"\n{name} {file.stat().st_size}\n".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
