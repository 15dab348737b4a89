# SPDX-License-Identifier: Apache-2.0
"""Tests of the endpoints, over loopback HTTP."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.sandbox.faults import Fault
from airflow_mpulse.sandbox.server import SandboxServer
from tests.unit.sandbox.samples import NOW, NOW_MS, Ask, asker

if TYPE_CHECKING:
    from datetime import datetime

KEY = "SNDBX-LOCAL-MPULS-AIRFL-00000"
CONFIG = f"/api/config.json?key={KEY}&d=pipelines.local"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "pipelines/1.0"}


def good_form(ask: Ask, page_group: str = "orders", t_done_ms: int = 0) -> str:
    """Write a faultless form with tokens of a configuration."""
    config = ask("GET", CONFIG).json()
    assert isinstance(config, dict)
    return (
        f"h.d={config['h.d']}&h.key={config['h.key']}&h.t={config['h.t']}&api=1&rt.start=manual"
        f"&rt.end={NOW_MS}&t_done={t_done_ms}&h.pg={page_group}&h.cr={config['h.cr']}"
    )


def fault(ask: Ask, **settings: object) -> None:
    """Script a fault."""
    assert ask("POST", "/api/faults", settings).status == 201


def test_configuration_leads_to_the_collector(server: SandboxServer, ask: Ask) -> None:
    """A beacon sent to beacon_url with the configuration's tokens is valid."""
    config = ask("GET", CONFIG)
    body = config.json()
    assert isinstance(body, dict)
    assert body["beacon_url"] == f"//127.0.0.1:{server.port}/beacon/"
    assert config.headers["cache-control"].startswith("private, max-age=300")
    answer = ask("POST", "/beacon/", good_form(ask), FORM)
    assert (answer.status, answer.body) == (204, b"")
    assert [beacon.verdict.problems for beacon in server.store.beacons()] == [()]


def test_beacon_url_follows_the_host_header(ask: Ask) -> None:
    """A client that comes by another name is sent back by that name."""
    body = ask("GET", CONFIG, None, {"Host": "mpulse:8095"}).json()
    assert isinstance(body, dict)
    assert body["beacon_url"] == "//mpulse:8095/beacon/"


@pytest.mark.parametrize("refresh", ["&r=", "&r", "&r=&bcn=%2F%2F127.0.0.1%2Fbeacon%2F"])
def test_refresh_holds_only_tokens(ask: Ask, refresh: str) -> None:
    """A refresh answers with the pair of tokens and nothing else."""
    body = ask("GET", CONFIG + refresh).json()
    assert isinstance(body, dict)
    assert set(body) == {"h.t", "h.cr"}
    assert body["h.t"] == NOW_MS


def test_full_refresh_can_be_scripted(ask: Ask) -> None:
    """With the fault a refresh brings a whole configuration."""
    fault(ask, on="configuration", kind="full_refresh")
    body = ask("GET", f"{CONFIG}&r=").json()
    assert isinstance(body, dict)
    assert {"h.t", "h.cr", "beacon_url", "PageParams"} <= set(body)


def test_signed_configuration_needs_no_domain(ask: Ask) -> None:
    """The v2 request is answered for a good signature and refused for a bad one."""
    signature = "b927e5b789e8adc290a2c5829b542f62fe22f147409ce06e6801463110097c52"
    path = f"/api/v2/config.json?key={KEY}&t=1795435200000&s="
    assert ask("GET", path + signature).status == 200
    assert ask("GET", path + "0" * 64).status == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        ("GET", "/beacon/", None, {}),
        ("GET", "/beacon", None, {}),
        ("GET", "/beacon/?%FF=%&&=&h.t=%00", None, {}),
        ("POST", "/beacon/", "", FORM),
        ("POST", "/beacon/", "\xff\x00", FORM),
        ("POST", "/beacon/", "{}", {"Content-Type": "application/json"}),
        ("POST", "/beacon/", "x" * 300_000, {}),
    ],
)
def test_collector_always_says_204(
    ask: Ask, server: SandboxServer, method: str, path: str, body: str | None, headers: dict[str, str]
) -> None:
    """Whatever arrives is answered 204 without a body, and remembered as invalid."""
    answer = ask(method, path, body, headers)
    assert (answer.status, answer.body) == (204, b"")
    assert [beacon.verdict.valid for beacon in server.store.beacons()] == [False]


def test_long_get_is_warned_about(ask: Ask, server: SandboxServer) -> None:
    """The judge learns the length of a GET's URL."""
    ask("GET", f"/beacon/?{good_form(ask)}&h.v={'1' * 2000}")
    assert any(warning.startswith("URL: a GET of ") for warning in server.store.beacons()[0].verdict.warnings)


def test_beacons_are_listed_and_filtered(ask: Ask) -> None:
    """The list is newest last, and narrows down by page group, verdict and number."""
    for page_group in ("a", "b", "b"):
        ask("POST", "/beacon/", good_form(ask, page_group), FORM)
    ask("POST", "/beacon/", "h.pg=b", FORM)

    def groups(query: str) -> list[str]:
        beacons = ask("GET", f"/api/beacons{query}").json()
        assert isinstance(beacons, list)
        return [f"{beacon['page_group']}{'' if beacon['verdict']['valid'] else '!'}" for beacon in beacons]

    assert groups("") == ["a", "b", "b", "b!"]
    assert groups("?page_group=b") == ["b", "b", "b!"]
    assert groups("?page_group=b&valid=true&limit=1") == ["b"]
    assert groups("?valid=false") == ["b!"]
    assert groups("?limit=100") == ["a", "b", "b", "b!"]
    assert ask("DELETE", "/api/beacons").json() == {"cleared": 4}
    assert groups("") == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit must be a whole number from 1, not '0'."),
        ("limit=-1", "limit must be a whole number from 1, not '-1'."),
        ("valid=yes", "valid must be true or false, not 'yes'."),
    ],
)
def test_bad_filters_get_a_sentence(ask: Ask, query: str, message: str) -> None:
    """A filter that cannot be read is refused rather than ignored."""
    answer = ask("GET", f"/api/beacons?{query}")
    assert (answer.status, answer.json()) == (400, {"message": message})


def test_page_groups_are_summarised(ask: Ask) -> None:
    """The summary is taken over all remembered beacons."""
    for t_done_ms in (100, 200):
        ask("POST", "/beacon/", good_form(ask, "a", t_done_ms), FORM)
    counts = {"page_group": "a", "beacons": 2, "invalid": 0, "failures": 0}
    percentiles = {"median_ms": 150.0, "p75_ms": 175.0, "p95_ms": 195.0, "p98_ms": 198.0}
    assert ask("GET", "/api/page-groups").json() == [{**counts, **percentiles}]


def test_requests_are_counted(ask: Ask) -> None:
    """Every kind of request is counted, refused ones too, until the counts are cleared."""
    for path in (CONFIG, CONFIG + "&r=", "/api/config.json", "/api/v2/config.json", "/beacon/?a=1"):
        ask("GET", path)
    ask("POST", "/beacon/", "a=1", FORM)
    counts = {
        "config_v1": 2,
        "config_v1_refresh": 1,
        "config_v2": 1,
        "config_v2_refresh": 0,
        "beacon_get": 1,
        "beacon_post": 1,
    }
    assert ask("GET", "/api/requests").json() == counts
    assert ask("DELETE", "/api/requests").json() == dict.fromkeys(counts, 0)


def test_scripted_status_spoils_one_beacon(ask: Ask, server: SandboxServer) -> None:
    """A scripted 503 is answered with its Retry-After once, and only the second beacon arrives."""
    fault(ask, on="beacon", kind="status", status=503, retry_after=1)
    form = good_form(ask)
    first, second = ask("POST", "/beacon/", form, FORM), ask("POST", "/beacon/", form, FORM)
    assert (first.status, first.headers["retry-after"], second.status) == (503, "1", 204)
    assert len(server.store) == 1


@pytest.mark.parametrize(
    ("kind", "settings", "status", "start"),
    [
        ("rate_limited", {}, 200, b'{"site_domain": "pipelines.local", "rate_limited": true}'),
        ("rate_limited_420", {}, 420, b""),
        ("suspended", {}, 204, b""),
        ("bots_refused", {}, 403, b'{"message"'),
        ("html", {}, 200, b"<!doctype html>"),
        ("not_an_object", {}, 200, b"[]"),
        ("redirect", {"location": "/health"}, 302, b""),
        ("status", {"status": 204, "body": "dropped"}, 204, b""),
    ],
)
def test_scripted_configurations(
    ask: Ask, kind: str, settings: dict[str, object], status: int, start: bytes
) -> None:
    """Each refusal comes over the wire as scripted, once."""
    fault(ask, on="configuration", kind=kind, **settings)
    spoilt, usual = ask("GET", CONFIG), ask("GET", CONFIG)
    assert (spoilt.status, spoilt.body[: len(start)], usual.status) == (status, start, 200)
    assert bool(spoilt.body) is bool(start)


def test_dropped_connection_has_no_answer(ask: Ask, server: SandboxServer) -> None:
    """With the fault the connection is closed without a byte, and the next one is served."""
    fault(ask, on="beacon", kind="drop")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        ask("POST", "/beacon/", good_form(ask), FORM)
    assert ask("POST", "/beacon/", good_form(ask), FORM).status == 204
    assert len(server.store) == 1


def test_half_a_beacon_is_forgotten(ask: Ask, server: SandboxServer) -> None:
    """A sender that goes away in the middle of its form leaves no beacon, and the next one is served."""
    with socket.create_connection((server.host, server.port), timeout=10) as connection:
        connection.sendall(b"POST /beacon/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\napi=1")
    assert ask("POST", "/beacon/", good_form(ask), FORM).status == 204
    assert [beacon.verdict.valid for beacon in server.store.beacons()] == [True]


def test_faults_can_be_scripted_in_process(ask: Ask, server: SandboxServer) -> None:
    """A test that runs the sandbox itself may script a fault without HTTP."""
    server.faults.add(Fault("beacon", "status", status=500))
    assert [ask("GET", "/beacon/").status for _ in range(2)] == [500, 204]


def test_huge_configuration_is_still_json(ask: Ask) -> None:
    """The huge fault makes a good configuration too long, not a bad one."""
    fault(ask, on="configuration", kind="huge", size_bytes=300_000)
    answer = ask("GET", CONFIG)
    assert len(answer.body) > 300_000
    assert {"beacon_url", "padding"} <= set(json.loads(answer.body))


def test_delayed_beacon_is_counted_before_the_answer() -> None:
    """A beacon that is answered late was received all the same, and stopping does not wait for the delay."""
    arrived = threading.Event()

    def clock() -> datetime:
        arrived.set()
        return NOW

    began_s = time.monotonic()
    answers: list[int] = []
    with SandboxServer(clock=clock) as server:
        ask = asker(server)
        fault(ask, on="beacon", kind="delay", delay_s=300)
        sender = threading.Thread(target=lambda: answers.append(ask("GET", "/beacon/?a=1").status))
        sender.start()
        assert arrived.wait(10)
    sender.join(10)
    assert (len(server.store), answers, time.monotonic() - began_s < 10) == (1, [204], True)


def test_delay_passes(ask: Ask) -> None:
    """A short delay holds the answer back for at least as long as it says."""
    fault(ask, on="configuration", kind="delay", delay_s=0.2)
    began_s = time.monotonic()
    assert ask("GET", CONFIG).status == 200
    assert time.monotonic() - began_s >= 0.2


def test_faults_are_listed_and_forgotten(ask: Ask) -> None:
    """Scripted faults can be looked at and taken back."""
    fault(ask, on="beacon", kind="status", times=2)
    ask("GET", "/beacon/")
    listed = [{"on": "beacon", "kind": "status", "times": 2, "delay_s": 0, "left": 1}]
    assert ask("GET", "/api/faults").json() == listed
    assert ask("DELETE", "/api/faults").json() == {"cleared": 1}
    assert ask("GET", "/beacon/").status == 204


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "A fault is a JSON object; this is not JSON."),
        (
            {"on": "beacon"},
            "kind must be one of status, delay, html, redirect, huge, drop on beacon, not None.",
        ),
    ],
)
def test_bad_faults_get_a_sentence(ask: Ask, body: object, message: str) -> None:
    """A fault that cannot be scripted is answered 400 with one sentence."""
    answer = ask("POST", "/api/faults", body)
    assert (answer.status, answer.json()) == (400, {"message": message})


def test_front_page_lists_the_endpoints(ask: Ask) -> None:
    """The root is plain text that names key, domain and endpoints, and health answers."""
    page = ask("GET", "/")
    assert page.headers["content-type"] == "text/plain; charset=utf-8"
    for part in (KEY, "pipelines.local", "/api/v2/config.json", "/api/faults", "/api/page-groups"):
        assert part in page.body.decode()
    assert ask("GET", "/health").json() == {"status": "ok"}
