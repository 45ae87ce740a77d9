"""Changes of what the alias stands for: one atomic call, rollback, and the end of old indices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from beds.indices import is_older
from engine.gateway import Gateway
from indexer.companion import Companion, alias_actions, beside, clean_beside, writer
from indexer.generations import COMPLETE, Target, generations, remember
from indexer.lock import locked
from mappings.errors import NotFound, RorError


def swap(gateway: Gateway, target: Target, new: str, old: str | None, also: Sequence[dict[str, Any]] = ()) -> None:
    """Point the alias at a new index in one step, so that no search finds it empty or doubled.

    ``also`` are the actions that make its companion serve, in the same step.
    """
    actions: list[dict[str, Any]] = [{"add": {"index": new, "alias": target.alias}}]
    if old is not None:
        actions.insert(0, {"remove": {"index": old, "alias": target.alias, "must_exist": True}})
    gateway.update_aliases([*actions, *also])


def clean(gateway: Gateway, target: Target, companion: Companion | None = None) -> tuple[str, ...]:
    """Delete every index that neither serves nor is kept, and return their names; the caller holds the lock.

    While nothing serves, finished indices are left alone: the alias may have been taken off by mistake.
    """
    known = generations(gateway, target)
    finished = {each.index for each in known.every if each.state == COMPLETE}
    doomed = tuple(name for name in known.litter if known.serving is not None or name not in finished)
    gateway.delete_index(*doomed)
    kept = [each.index for each in known.every if each.index not in doomed]
    return (*doomed, *clean_beside(gateway, companion, kept, all_of_it=known.serving is not None))


def rollback(
    gateway: Gateway,
    target: Target | None = None,
    *,
    companion: Companion | None = None,
    force: bool = False,
    before_swap: Callable[[str], None] | None = None,
    after_swap: Callable[[str], None] | None = None,
) -> tuple[str, str]:
    """Go back to the previous index; return (from, to). What was left is kept, so that this can be undone.

    Its bed counts are those of the day it was left: the hooks, given the index that is to serve, replay the store
    of record into it. ``RorError`` when that index was loaded by an older version, which this one would search in
    vain, unless ``force``.
    """
    target = target or Target()
    with locked(gateway, target, "rollback") as lock:
        every = generations(gateway, target)
        serving, previous = every.serving, every.previous
        if serving is None:
            raise NotFound(f"nothing is loaded: the alias {target.alias} does not exist")
        if previous is None:
            raise NotFound(f"no previous index is kept behind {target.alias}: there is nothing to go back to")
        if not force and is_older(gateway, previous.index):
            raise RorError(
                f"{previous.index} was loaded by an older version, and this one would find too little in it: "
                "go back with the program of that version, or with --force"
            )
        lock.renew()
        if before_swap is not None:
            before_swap(previous.index)
        lock.renew()
        remember(gateway, previous.index, {**previous.meta, "replaces": serving.index})
        left, back = (beside(gateway, companion, each.index) for each in (serving, previous))
        swap(gateway, target, previous.index, serving.index, alias_actions(gateway, companion, back))
        if companion is not None and left is not None and back is not None:
            companion.go_back(left, back, writer(gateway))
        if after_swap is not None:
            after_swap(previous.index)
    return serving.index, previous.index


def prune(
    gateway: Gateway,
    target: Target | None = None,
    *,
    companion: Companion | None = None,
    keep_previous: bool = True,
) -> tuple[str, ...]:
    """Delete what neither serves nor is kept, and the kept one too on demand; return the names."""
    target = target or Target()
    with locked(gateway, target, "prune") as lock:
        lock.renew()
        doomed = clean(gateway, target, companion)
        previous = generations(gateway, target).previous
        if previous is not None and not keep_previous:
            gateway.delete_index(previous.index)
            doomed += (previous.index, *clean(gateway, target, companion))
    return doomed
