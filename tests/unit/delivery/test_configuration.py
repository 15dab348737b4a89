# SPDX-License-Identifier: Apache-2.0
"""Tests of the configuration's life in one process: fetched, used, refreshed, refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from airflow_mpulse.delivery.configuration import ConfigurationKeeper
from airflow_mpulse.delivery.configuration_times import Fetched
from airflow_mpulse.delivery.settings import ServiceSettings
from airflow_mpulse.exceptions import (
    BeaconUrlError,
    ConfigurationMessageError,
    ConfigurationNotJsonError,
    ConfigurationRefusedError,
    ConnectionFailedError,
    DeliveryError,
    MPulseRateLimitedError,
    ServiceSuspendedError,
    TokenError,
    UnexpectedReplyError,
    UnknownApiKeyError,
)
from tests.support.clocks import MovedClock
from tests.support.values import API_KEY, make_answer

if TYPE_CHECKING:
    from airflow_mpulse.protocol.config import BeaconConfig

SETTINGS = ServiceSettings("mpulse_default", API_KEY, "www.example.com")


def crumb(number: int) -> str:
    return f"{number:040x}"


def answer(number: int, **changes: Any) -> dict[str, Any]:
    return make_answer(h__t=number, h__cr=crumb(number), **changes)


def tokens(number: int) -> dict[str, Any]:
    return {"h.t": number, "h.cr": crumb(number)}


@dataclass
class Service:
    """A configuration service that answers as it was told, and notes what it was asked."""

    ends: list[Fetched | Exception | dict[str, Any]]
    clock: MovedClock = field(default_factory=MovedClock)
    asked: list[tuple[str | None, bool]] = field(default_factory=list)
    seen: list[BeaconConfig] = field(default_factory=list)

    def __call__(self, refreshed_beacon_url: str | None, persist: bool) -> Fetched:
        self.asked.append((refreshed_beacon_url, persist))
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end if isinstance(end, Fetched) else Fetched(end, fresh_s=300.0, usable_s=540.0)

    def keeper(self) -> ConfigurationKeeper:
        return ConfigurationKeeper(SETTINGS, self, self.clock.clock, self.seen.append)


EVERYTHING = (None, True)
REFRESH = ("//17de4c15.akstat.io/", False)


def test_configuration_is_fetched_once_while_fresh() -> None:
    """The first use asks for everything, and others within five minutes use the same configuration."""
    service = Service([answer(1)])
    keeper = service.keeper()
    first = keeper.get()
    service.clock.elapsed_s = 299.9
    assert keeper.get() is first
    assert first.h_cr == crumb(1)
    assert service.asked == [EVERYTHING]
    assert service.seen == [first]


def test_stale_configuration_is_refreshed_with_its_collector() -> None:
    """After five minutes new tokens are asked for, with the beacon_url in use, and all else is kept."""
    service = Service([answer(1), tokens(2)])
    keeper = service.keeper()
    first = keeper.get()
    service.clock.elapsed_s = 300.0
    second = keeper.get()
    assert (second.h_t, second.h_cr) == (2, crumb(2))
    assert (second.timers, second.beacon_url) == (first.timers, first.beacon_url)
    assert service.asked == [EVERYTHING, REFRESH]
    service.clock.elapsed_s = 599.0
    assert keeper.get() is second


def test_refresh_that_brings_everything_is_used() -> None:
    """A refresh may bring a new collector and new definitions, and later refreshes name that collector."""
    service = Service([answer(1), answer(2, beacon_url="//new.akstat.io/", PageParams={}), tokens(3)])
    keeper = service.keeper()
    keeper.get()
    service.clock.elapsed_s = 300.0
    second = keeper.get()
    assert (second.beacon_url, second.timers) == ("https://new.akstat.io/", {})
    service.clock.elapsed_s = 600.0
    assert keeper.get().beacon_url == "https://new.akstat.io/"
    assert service.asked[-1] == ("//new.akstat.io/", False)


def test_configuration_too_old_to_refresh_is_fetched_anew() -> None:
    """After nine minutes without use everything is asked for, because the token is no longer good."""
    service = Service([answer(1), answer(2)])
    keeper = service.keeper()
    keeper.get()
    service.clock.elapsed_s = 540.0
    assert keeper.get().h_t == 2
    assert service.asked == [EVERYTHING, EVERYTHING]


AWAY = {
    "unreachable": ConnectionFailedError("x"),
    "500": UnexpectedReplyError("x", status_code=500),
    "login-page": ConfigurationNotJsonError("x", status_code=200),
    "half-a-pair": {"h.t": 2},
    "no-token": {"h.t": 2, "h.cr": None},
    "same-tokens": tokens(1),
    "nothing": {},
}


@pytest.mark.parametrize("end", AWAY.values(), ids=AWAY)
def test_failed_refresh_goes_on_with_the_old_token(end: Exception | dict[str, Any]) -> None:
    """When a refresh brings nothing, the token in use goes on, and another is tried ten seconds later."""
    service = Service([answer(1), end, tokens(3)])
    keeper = service.keeper()
    keeper.get()
    service.clock.elapsed_s = 300.0
    assert keeper.get().h_cr == crumb(1)
    service.clock.elapsed_s = 309.9
    assert keeper.get().h_cr == crumb(1)
    assert len(service.asked) == 2
    service.clock.elapsed_s = 310.0
    assert (keeper.get().h_t, keeper.get().h_cr) == (3, crumb(3))


def test_old_token_is_never_used_beyond_nine_minutes() -> None:
    """When the service stays away, the token in use ends after nine minutes, with the service's error."""
    away = ConnectionFailedError("away")
    service = Service([answer(1), *[away] * 100])
    keeper = service.keeper()
    keeper.get()
    for elapsed_s in range(300, 540):
        service.clock.elapsed_s = float(elapsed_s)
        assert keeper.get().h_cr == crumb(1)
    service.clock.elapsed_s = 540.0
    with pytest.raises(ConnectionFailedError, match="away"):
        keeper.get()
    assert service.asked[-1] == EVERYTHING


def test_token_that_was_old_on_arrival_is_not_used() -> None:
    """An answer that spent nine minutes in a cache on the way gives no configuration."""
    service = Service([Fetched(answer(1), fresh_s=300.0, usable_s=0.0)])
    with pytest.raises(TokenError) as caught:
        service.keeper().get()
    assert str(caught.value) == (
        "The configuration's tokens were older than 9 minutes when they came; something on the way to mPulse "
        "keeps old answers."
    )
    assert service.seen == []


def test_token_that_was_old_on_refresh_leaves_the_one_in_use() -> None:
    """A refresh from a cache that is too old does not replace a token that is still good."""
    service = Service([answer(1), Fetched(tokens(2), fresh_s=300.0, usable_s=0.0)])
    keeper = service.keeper()
    keeper.get()
    service.clock.elapsed_s = 300.0
    assert keeper.get().h_t == 1


def test_age_of_the_token_shortens_its_use() -> None:
    """A token that came two minutes old is used for seven, though the answer says five minutes fresh."""
    service = Service([Fetched(answer(1), fresh_s=300.0, usable_s=120.0), answer(2)])
    keeper = service.keeper()
    keeper.get()
    service.clock.elapsed_s = 119.9
    assert keeper.get().h_t == 1
    service.clock.elapsed_s = 120.0
    assert keeper.get().h_t == 2
    assert service.asked == [EVERYTHING, EVERYTHING]


REFUSALS = {
    "403": ConfigurationRefusedError("x", status_code=403),
    "420": MPulseRateLimitedError("x", status_code=420),
    "rate-limited": MPulseRateLimitedError("x", status_code=200),
    "204": ServiceSuspendedError("x", status_code=204),
    "unknown-key": UnknownApiKeyError("x", status_code=404),
    "message": ConfigurationMessageError("x", status_code=200),
    "no-beacon-url": BeaconUrlError("x"),
}


@pytest.mark.parametrize("error", REFUSALS.values(), ids=REFUSALS)
def test_refusal_is_remembered_for_a_minute(error: DeliveryError) -> None:
    """A refusal is repeated for sixty seconds without asking, and then the service is asked again."""
    service = Service([error, answer(2)])
    keeper = service.keeper()
    for elapsed_s in (0.0, 1.0, 59.9):
        service.clock.elapsed_s = elapsed_s
        with pytest.raises(type(error)) as caught:
            keeper.get()
        assert str(caught.value) == str(error)
    assert len(service.asked) == 1
    service.clock.elapsed_s = 60.0
    assert keeper.get().h_t == 2


@pytest.mark.parametrize("error", REFUSALS.values(), ids=REFUSALS)
def test_refusal_of_a_refresh_ends_the_use(error: DeliveryError) -> None:
    """When mPulse refuses a refresh, the token in use is not used any more either."""
    service = Service([answer(1), error])
    keeper = service.keeper()
    keeper.get()
    service.clock.elapsed_s = 300.0
    for _ in range(2):
        with pytest.raises(type(error)):
            keeper.get()
    assert service.asked == [EVERYTHING, REFRESH]


def test_configuration_without_a_collector_is_a_refusal() -> None:
    """An answer without beacon_url means that no beacons are wanted, and is remembered as a refusal."""
    service = Service([answer(1, beacon_url=...), answer(2)])
    keeper = service.keeper()
    for _ in range(2):
        with pytest.raises(BeaconUrlError, match="has no beacon_url"):
            keeper.get()
    assert len(service.asked) == 1


@pytest.mark.parametrize(("asked_s", "waited_s"), [(5.0, 60.0), (None, 60.0), (600.0, 600.0)])
def test_longer_wait_that_was_asked_for_is_kept(asked_s: float | None, waited_s: float) -> None:
    """A refusal that asks for more than a minute is remembered for as long as it asks."""
    service = Service([MPulseRateLimitedError("x", status_code=420, retry_after_s=asked_s), answer(2)])
    keeper = service.keeper()
    service_is_asked_from = [waited_s - 0.1, waited_s]
    with pytest.raises(MPulseRateLimitedError):
        keeper.get()
    service.clock.elapsed_s = service_is_asked_from[0]
    with pytest.raises(MPulseRateLimitedError):
        keeper.get()
    service.clock.elapsed_s = service_is_asked_from[1]
    assert keeper.get().h_t == 2


@pytest.mark.parametrize(
    "error",
    [ConnectionFailedError("x"), ConfigurationNotJsonError("x"), UnexpectedReplyError("x", status_code=500)],
)
def test_absence_is_not_remembered(error: DeliveryError) -> None:
    """A service that could not be reached or answered nonsense is asked again at the next use."""
    service = Service([error, answer(2)])
    keeper = service.keeper()
    with pytest.raises(type(error)):
        keeper.get()
    assert keeper.get().h_t == 2


def test_refresh_on_request_asks_for_everything() -> None:
    """With refresh=True everything is asked for, though what is known is fresh."""
    service = Service([answer(1), answer(2)])
    keeper = service.keeper()
    keeper.get()
    assert keeper.get(refresh=True).h_t == 2
    assert keeper.get().h_t == 2
    assert service.asked == [EVERYTHING, EVERYTHING]


def test_refresh_on_request_asks_in_spite_of_a_refusal() -> None:
    """With refresh=True a refusal that is remembered does not keep the service from being asked."""
    service = Service([REFUSALS["403"], answer(2)])
    keeper = service.keeper()
    with pytest.raises(ConfigurationRefusedError):
        keeper.get()
    assert keeper.get(refresh=True).h_t == 2
    assert keeper.get().h_t == 2


def test_failed_refresh_on_request_leaves_what_is_good() -> None:
    """When refresh=True finds the service away, that is told, and the configuration in use stays."""
    service = Service([answer(1), ConnectionFailedError("away")])
    keeper = service.keeper()
    first = keeper.get()
    with pytest.raises(ConnectionFailedError):
        keeper.get(refresh=True)
    assert keeper.get() is first
