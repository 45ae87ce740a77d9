"""Indices, aliases, templates and health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from engine.connection import Connection, Json, path
from engine.errors import EngineError, EngineNotFound, EngineTimeout
from engine.translate import explain

_BLOCKED = "index.blocks.write"


class Admin(Connection):
    """What manages indices."""

    def create_index(self, name: str, definition: Mapping[str, Any]) -> None:
        """Create an index from ``settings``, ``mappings``, ``aliases``; returns when it takes writes."""
        answer = self.write("PUT", path(name), definition)
        if not answer.get("shards_acknowledged"):
            raise EngineTimeout(f"index {name} was created but its shards did not start in time")

    def copy_index(self, name: str, copy: str, settings: Mapping[str, Any]) -> None:
        """Make an index of all that another holds, mapping and ``_meta`` too; returns when it takes writes.

        The engine shares the files, so that it takes a second whatever the size. Meanwhile writes to ``name`` are
        refused (``Outcome.blocked``), and for as long as nobody lifts that, if this process dies: ``allow_writes``.
        """
        self.write("PUT", path(name, "_block", "write"))
        try:
            body = {"settings": {**settings, _BLOCKED: None}}
            answer = self.write("POST", path(name, "_clone", copy), body, {"wait_for_active_shards": 1})
        finally:
            self.allow_writes(name)
        if not answer.get("shards_acknowledged"):
            raise EngineTimeout(f"index {copy} was copied from {name} but its shards did not start in time")

    def allow_writes(self, index: str) -> None:
        """Let an index be written to again that was being copied."""
        self.put_settings(index, {_BLOCKED: None})

    def delete_index(self, *names: str) -> None:
        """Delete indices by their exact names, never by pattern."""
        if any("*" in name or "," in name or name == "_all" for name in names):
            raise EngineError(f"indices are deleted by exact name, not by {', '.join(names)}")
        if names:
            self.write("DELETE", path(",".join(names)))

    def indices(self, pattern: str) -> dict[str, Json]:
        """Return indices by name, with ``aliases``, ``mappings``, ``settings``; empty when none matches."""
        try:
            found: dict[str, Json] = self.read("GET", path(pattern))
        except EngineNotFound:
            return {}
        return found

    def index_bytes(self, pattern: str) -> dict[str, int]:
        """Return the bytes on disk of each index that matches."""
        answer = self.read("GET", path(pattern, "_stats", "store"))
        return {name: int(each["total"]["store"]["size_in_bytes"]) for name, each in answer["indices"].items()}

    def put_mapping(self, index: str, mapping: Mapping[str, Any]) -> None:
        """Add fields or ``_meta`` to an index."""
        self.write("PUT", path(index, "_mapping"), mapping)

    def put_settings(self, index: str, settings: Mapping[str, Any]) -> None:
        """Change the settings of an index that may change while it lives."""
        self.write("PUT", path(index, "_settings"), settings)

    def flush(self, index: str) -> None:
        """Make all writes so far outlive the engine, whatever ``translog.durability`` they were made with."""
        shards = self.write("POST", path(index, "_flush"), params={"wait_if_ongoing": True})["_shards"]
        if shards["failed"]:
            raise EngineError(f"flush of {index} failed: {explain(shards['failures'][0].get('reason'))}")

    def force_merge(self, index: str, segments: int = 1) -> None:
        """Merge an index that will change little, for faster searches."""
        self.write("POST", path(index, "_forcemerge"), params={"max_num_segments": segments})

    def aliases(self, pattern: str = "*") -> dict[str, list[str]]:
        """Return which indices each matching alias stands for; empty when none matches."""
        try:
            answer = self.read("GET", path("_alias", pattern))
        except EngineNotFound:
            return {}
        found: dict[str, list[str]] = {}
        for index, held in sorted(answer.items()):
            for alias in held["aliases"]:
                found.setdefault(alias, []).append(index)
        return found

    def update_aliases(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Apply alias actions in one step.

        The engine answers 200 with ``errors: true`` when part of it could not be done; that raises here, and
        the part that could be done stays done.
        """
        answer = self.write("POST", "/_aliases", {"actions": list(actions)})
        if answer.get("errors"):
            failed = [explain(each["error"]) for each in answer.get("action_results", ()) if "error" in each]
            raise EngineError(f"aliases were changed in part: {'; '.join(failed) or 'no reason given'}")
        if not answer.get("acknowledged"):
            raise EngineTimeout("the change of aliases was not acknowledged in time")

    def put_index_template(self, name: str, template: Mapping[str, Any]) -> None:
        """Store the template of indices to come."""
        self.write("PUT", path("_index_template", name), template)

    def delete_index_template(self, name: str) -> None:
        """Delete a template; ``EngineNotFound`` when there is none."""
        self.write("DELETE", path("_index_template", name))

    def health(
        self,
        index: str | None = None,
        *,
        wait_for: Literal["yellow", "green"] | None = None,
        seconds: float = 1.0,
    ) -> Json:
        """Return the health of the cluster, or of what an index or alias stands for.

        Waits up to ``seconds`` for the index to exist and, with ``wait_for``, for that status; raises
        ``EngineTimeout`` when the time is up.
        """
        params: Json = {"timeout": f"{int(seconds * 1000)}ms"}
        if wait_for:
            params["wait_for_status"] = wait_for
        where = ("_cluster", "health", index) if index else ("_cluster", "health")
        ask = self.read if seconds < self.config.request_timeout else self.write
        try:
            answer: Json = ask("GET", path(*where), params=params)
        except EngineTimeout as error:
            wanted = wait_for or "there"
            raise EngineTimeout(f"{index or 'the cluster'} is not {wanted} after {seconds} s") from error
        return answer

    def version(self) -> str:
        """Return the engine's version; ``GET /`` does not exist on the embedded one."""
        answer = self.read("GET", "/_nodes/_local", params={"filter_path": "nodes.*.version"})
        return str(next(iter(answer["nodes"].values()))["version"])
