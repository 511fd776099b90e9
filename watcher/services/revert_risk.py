"""Ask a model how likely edits are to be reverted, where the operator has named one: a hint for reviewers, no reason.

Lift Wing's models of revert risk take a revision and the language of its Wikipedia:
https://api.wikimedia.org/wiki/Lift_Wing_API/Reference/Get_revert_risk_language_agnostic_prediction
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from watcher.errors import StoreError, WatcherError
from watcher.model import Revision
from watcher.services.context import AppContext

MOST_ASKED: Final = 5
"""Edits of one check about which the model is asked, each once: alerts wait for it."""
_MOST_KEPT: Final = 10_000
_PAUSE: Final = timedelta(minutes=10)  # after a request without an answer

_LOG = logging.getLogger("watcher")


def revert_risks(services: AppContext, wiki: str, edits: Mapping[int, Revision]) -> dict[int, Revision]:
    """Return the edits, by id, of which the model says how likely they are to be reverted; without one, none.

    Each is asked about once; without an answer the alert goes out without that knowledge. Raises StoreError.
    """
    site = services.watchlist.wiki(wiki)
    if site.revert_risk is None:
        return {}
    from watcher.fetch.transport import fetch_json

    known = services.revert_risks
    for number in [number for number in edits if (wiki, number) not in known][:MOST_ASKED]:
        if services.revert_risk_pause and services.now() < services.revert_risk_pause:
            break
        if len(known) > _MOST_KEPT:
            known.clear()
        try:
            answer = fetch_json(
                site.revert_risk,
                {"rev_id": number, "lang": site.language},
                contact=services.watchlist.contact,
                allowed_hosts=services.watchlist.allowed_hosts,
                now=services.now,
            )
            known[wiki, number] = probability(answer)
        except StoreError:
            raise
        except WatcherError as error:  # it is not asked again at once: each alert would wait for it
            _LOG.warning("the revert risk of revision %s on %s is not known (%s)", number, wiki, error)
            services.revert_risk_pause = services.now() + _PAUSE
    return {
        number: replace(edit, revert_risk=risk)
        for number, edit in edits.items()
        if (risk := known.get((wiki, number))) is not None
    }


def probability(answer: Mapping[str, Any]) -> float | None:
    """Return how likely a revert is, from 0 to 1; None where the answer does not say.

    >>> probability({"output": {"prediction": True, "probabilities": {"true": 0.875, "false": 0.125}}})
    0.875
    """
    output = answer.get("output")
    probabilities = output.get("probabilities") if isinstance(output, dict) else None
    value = probabilities.get("true") if isinstance(probabilities, dict) else None
    is_share = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return round(float(value), 3) if is_share else None  # type: ignore[arg-type]  # is_share says it is a number
