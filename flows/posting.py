"""What is due → sent in the user's words, after operators are told what they must know."""

from __future__ import annotations

import logging
from dataclasses import replace

from flows.delivery import DeliveryReport, deliver
from flows.logs import log
from flows.overseeing import oversee
from flows.services import Services
from watcher.notify import TIMEOUT, Wording


def post(services: Services, *, timeout: float = TIMEOUT) -> DeliveryReport:
    """Queue what operators must know, and send what is due; what a delivery's end adds to that is sent as well.

    `timeout` in seconds bounds each wait for a receiver. Raises StoreError.
    """
    wording = Wording(services.watchlist.templates, timeout=timeout)
    oversee(services)
    report = _sent(services, wording)
    if report.dead:
        oversee(services)
        after = _sent(services, wording)
        report = DeliveryReport(
            sent=report.sent + after.sent,
            retried=report.retried + after.retried,
            dead=report.dead + after.dead,
            errors=(*report.errors, *after.errors),
        )
    services.counts.add("runs", 1, kind="deliver")
    for outcome in ("sent", "retried", "dead"):
        if number := getattr(report, outcome):
            services.counts.add("deliveries", number, outcome=outcome)
    _log(report, services.owner)
    return replace(report, mistakes=tuple(wording.mistakes))


def _log(report: DeliveryReport, run: str) -> None:
    """Say what was sent; a round that had nothing to send is no news."""
    if report.sent or report.errors:
        log("delivered", sent=report.sent, retried=report.retried, dead=report.dead, run=run)
    for error in report.errors:
        log("delivery failed", level=logging.WARNING, says=error, run=run)


def _sent(services: Services, wording: Wording) -> DeliveryReport:
    return deliver(
        services.archive,
        services.watchlist.destinations,
        now=services.now,
        owner=services.owner,
        send=wording.notify,
        send_digest=wording.notify_digest,
        fitting=wording.fitting,
    )
