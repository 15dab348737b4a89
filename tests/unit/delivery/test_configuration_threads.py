# SPDX-License-Identifier: Apache-2.0
"""Tests of the configuration among threads: one refreshes, the others go on or wait."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from airflow_mpulse.delivery.configuration import ConfigurationKeeper
from airflow_mpulse.delivery.configuration_times import Fetched
from airflow_mpulse.delivery.settings import ServiceSettings
from airflow_mpulse.exceptions import ConfigurationRefusedError, DeliveryError
from tests.support.clocks import MovedClock
from tests.support.values import API_KEY, make_answer

if TYPE_CHECKING:
    from airflow_mpulse.protocol.config import BeaconConfig

WAIT_S = 30.0


class HeldService:
    """A service that holds each answer back until it is let go."""

    def __init__(self) -> None:
        self.clock = MovedClock()
        self.asked: list[str | None] = []
        self.was_asked = threading.Event()
        self.let_go = threading.Event()
        self.error: DeliveryError | None = None

    def __call__(self, refreshed_beacon_url: str | None, persist: bool) -> Fetched:
        self.asked.append(refreshed_beacon_url)
        number = len(self.asked)
        self.was_asked.set()
        assert self.let_go.wait(WAIT_S)
        if self.error is not None:
            raise self.error
        answer: dict[str, Any] = make_answer(h__t=number, h__cr=f"{number:040x}")
        return Fetched(answer, fresh_s=300.0, usable_s=540.0)

    def hold(self) -> None:
        self.was_asked.clear()
        self.let_go.clear()

    def keeper(self) -> ConfigurationKeeper:
        settings = ServiceSettings("mpulse_default", API_KEY, "www.example.com")
        return ConfigurationKeeper(settings, self, self.clock.clock, lambda _: None)


def test_one_thread_refreshes_while_others_go_on() -> None:
    """While one thread waits for new tokens, others get the token in use at once and ask nothing."""
    service = HeldService()
    keeper = service.keeper()
    service.let_go.set()
    keeper.get()
    service.hold()
    service.clock.elapsed_s = 300.0
    with ThreadPoolExecutor(max_workers=1) as pool:
        refresher = pool.submit(keeper.get)
        assert service.was_asked.wait(WAIT_S)
        # This thread would hang here if it waited for the other.
        assert [keeper.get().h_t for _ in range(5)] == [1] * 5
        service.let_go.set()
        assert refresher.result(WAIT_S).h_t == 2
    assert keeper.get().h_t == 2
    assert len(service.asked) == 2


def get_together(keeper: ConfigurationKeeper, service: HeldService) -> list[BeaconConfig | Exception]:
    """Let eight threads ask, the first of which is held back until all have begun."""
    begun = threading.Barrier(9, timeout=WAIT_S)

    def get() -> BeaconConfig | Exception:
        begun.wait()
        try:
            return keeper.get()
        except DeliveryError as error:
            return error

    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [pool.submit(get) for _ in range(8)]
        begun.wait()
        assert service.was_asked.wait(WAIT_S)
        service.let_go.set()
        return [future.result(WAIT_S) for future in futures]


def test_first_use_by_many_asks_once() -> None:
    """Threads that all need the first configuration wait for one question, and share its answer."""
    service = HeldService()
    keeper = service.keeper()
    configs = get_together(keeper, service)
    assert {id(config) for config in configs} == {id(keeper.get())}
    assert service.asked == [None]


def test_refusal_is_shared_by_those_who_wait() -> None:
    """Threads that wait for a question which ends in a refusal are refused too, without asking again."""
    service = HeldService()
    service.error = ConfigurationRefusedError("no", status_code=403)
    outcomes = get_together(service.keeper(), service)
    assert [type(outcome) for outcome in outcomes] == [ConfigurationRefusedError] * 8
    assert service.asked == [None]


def test_refusal_reaches_those_who_still_send() -> None:
    """When a refresh is refused, a thread that asks afterwards is refused though its token was still good."""
    service = HeldService()
    keeper = service.keeper()
    service.let_go.set()
    keeper.get()
    service.hold()
    service.clock.elapsed_s = 300.0
    service.error = ConfigurationRefusedError("no", status_code=403)
    outcomes = get_together(keeper, service)
    refused = [outcome for outcome in outcomes if isinstance(outcome, ConfigurationRefusedError)]
    assert refused
    # Those that came while the question was under way went on with the token that was good.
    assert all(outcome in refused or getattr(outcome, "h_t", None) == 1 for outcome in outcomes)
    assert len(service.asked) == 2
