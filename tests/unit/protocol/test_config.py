# SPDX-License-Identifier: Apache-2.0
"""Tests of the configuration that is built from an answer: tokens, the collector's address, labels."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_mpulse.exceptions import BeaconUrlError, TokenError, UnknownNameError
from airflow_mpulse.protocol.config import BeaconConfig, build_config, is_loopback
from tests.support.values import API_KEY, CRUMB, make_answer, make_config


def build(scheme: str = "https", *, allow_http: bool = False, **changes: Any) -> BeaconConfig:
    return build_config(make_answer(**changes), scheme=scheme, allow_http=allow_http, secrets=(API_KEY,))


def test_complete_answer_is_a_configuration() -> None:
    """A complete answer gives tokens verbatim, the collector's address, and labels by name."""
    assert build() == BeaconConfig(
        h_key=API_KEY,
        h_d="www.example.com",
        h_t=1_772_366_390_000,
        h_cr=CRUMB,
        beacon_url="https://17de4c15.akstat.io/",
        raw_beacon_url="//17de4c15.akstat.io/",
        site_domain="www.example.com",
        timers={"Load Step": "custom0"},
        metrics={"Rows Loaded": "cmet.RowsLoaded"},
        dimensions={"Region": "cdim.Region"},
    )


def test_vendors_own_example_is_a_configuration() -> None:
    """The answer in the tests of the vendor's SDK, which has a collector with a path, is understood."""
    config = build_config(
        {
            "h.key": "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE",
            "h.d": "com.soasta.ios.SampleMPulseApp",
            "h.t": 1428602384684,
            "h.cr": "23a0384939e93bbc22af11b74654a82f180f5910",
            "beacon_url": "//rum-dev-collector.soasta.com/beacon/",
            "PageParams": {
                "pageGroups": [],
                "customMetrics": [
                    {"name": "Metric1", "index": 0, "type": "Programmatic", "label": "cmet.Metric1"}
                ],
                "customTimers": [
                    {"name": "Touch Timer", "index": 0, "type": "Programmatic", "label": "custom0"},
                    {"name": "Code Timer", "index": 1, "type": "Programmatic", "label": "custom1"},
                ],
                "customDimensions": [],
            },
        },
        scheme="https",
        allow_http=False,
    )
    assert config.beacon_url == "https://rum-dev-collector.soasta.com/beacon/"
    assert config.timers == {"Touch Timer": "custom0", "Code Timer": "custom1"}
    assert (config.metrics, config.dimensions) == ({"Metric1": "cmet.Metric1"}, {})
    assert config.site_domain is None


def test_tokens_stay_out_of_the_repr() -> None:
    """A configuration in a log line shows neither the key nor the token."""
    shown = repr(build())
    assert API_KEY not in shown
    assert CRUMB not in shown


@pytest.mark.parametrize("value", [..., None, 7, "", True, ["x"], "a\nb"])
@pytest.mark.parametrize("name", ["h.key", "h.d", "h.cr"])
def test_unusable_token_is_refused(name: str, value: object) -> None:
    """A token that is missing, empty or no printable text is refused by its name, without its value."""
    with pytest.raises(TokenError) as caught:
        build(**{name.replace(".", "__"): value})
    state = "is missing" if value in (..., None) else "is of the type"
    assert str(caught.value).startswith(f"The configuration's {name} {state}")
    assert "beacons cannot be sent with it" in str(caught.value)


@pytest.mark.parametrize("value", [1, 1_772_366_390_000, "1772366390001", 10**16 - 1])
def test_token_time_is_a_whole_number(value: object) -> None:
    """h.t is a whole number of milliseconds, in digits or as a number."""
    assert build(h__t=value).h_t == int(str(value))


@pytest.mark.parametrize(
    "value",
    [..., None, 0, -1, 1.5, 1.7e12, True, "", "1.5", "-1", "١٢", [], 10**16, "9" * 17, float("nan")],
    ids=repr,
)
def test_odd_token_time_is_refused(value: object) -> None:
    """An h.t that is no positive whole number of a plausible length is refused."""
    with pytest.raises(TokenError, match=r"The configuration's h\.t is "):
        build(h__t=value)


@pytest.mark.parametrize(
    ("beacon_url", "scheme", "allow_http", "expected"),
    [
        ("//17de4c15.akstat.io/", "https", False, "https://17de4c15.akstat.io/"),
        ("//127.0.0.1:8095/beacon/", "http", False, "http://127.0.0.1:8095/beacon/"),
        ("//[::1]:8095/", "http", False, "http://[::1]:8095/"),
        ("//host.example/beacon/", "http", True, "http://host.example/beacon/"),
        ("https://host.example/", "http", False, "https://host.example/"),
        ("http://localhost/", "https", False, "http://localhost/"),
        ("HTTPS://Host.Example/", "https", False, "HTTPS://Host.Example/"),
        ("//host.example/?app=1", "https", False, "https://host.example/?app=1"),
    ],
)
def test_collector_takes_the_scheme_of_the_service(
    beacon_url: str, scheme: str, allow_http: bool, expected: str
) -> None:
    """A protocol-relative beacon_url takes on the scheme of the service; an absolute one keeps its own."""
    config = build(scheme, allow_http=allow_http, beacon_url=beacon_url)
    assert config.beacon_url == expected
    assert config.raw_beacon_url == beacon_url


@pytest.mark.parametrize(
    ("beacon_url", "sentence"),
    [
        (
            ...,
            "The configuration has no beacon_url, which means that mPulse takes no beacons from this app now",
        ),
        (None, "The configuration has no beacon_url"),
        ("", "The configuration's beacon_url is empty, so there is no collector to send to."),
        ("  ", "The configuration's beacon_url is empty"),
        (7, "The configuration's beacon_url is empty"),
        ("ftp://host.example/", "has the scheme 'ftp' instead of https; no beacon is sent there."),
        ("file:///etc/passwd", "has the scheme 'file' instead of https"),
        ("/beacon/", "has the scheme '' instead of https"),
        ("host.example/beacon/", "has the scheme '' instead of https"),
        ("//me:pa55@host.example/", "holds credentials; no beacon is sent there."),
        ("https://pa55@host.example/", "holds credentials"),
        (
            "http://host.example/",
            "needs the connection's extra allow_http, since it would send over plain http",
        ),
        ("http://127.0.0.1.example/", "needs the connection's extra allow_http"),
        ("https:///beacon/", "is not an address of a host"),
        ("https://[::1", "cannot be read as an address"),
        ("https://host.example:99999/", "cannot be read as an address"),
        ("https://host.example:port/", "cannot be read as an address"),
        ("https://host.example/a b", "is not an address of a host"),
        ("https://host.example/\r\nX: y", "is not an address of a host"),
        ("https://hôst.example/", "is not an address of a host"),
        ("https://host.example\\.evil.example/", "is not an address of a host"),
        ("https://host.example/#part", "is not an address of a host"),
    ],
)
def test_unacceptable_collector_is_refused(beacon_url: object, sentence: str) -> None:
    """A beacon_url that beacons must not be sent to is refused, with the reason."""
    with pytest.raises(BeaconUrlError) as caught:
        build(beacon_url=beacon_url)
    assert sentence in str(caught.value)
    assert "pa55" not in str(caught.value)
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "beacon_url",
    [
        f"//host.example/?key={API_KEY}#x",
        f"//host.example/{CRUMB}#x",
        f"{API_KEY}://host.example/",
        f"http://{API_KEY}.example/",
        "https://host.example/#" + "x" * 100_000,
    ],
    ids=["key", "token", "key-as-scheme", "key-as-host", "long"],
)
def test_error_about_the_collector_repeats_no_secret(beacon_url: str) -> None:
    """An error about beacon_url is short and repeats neither the key nor a token in it."""
    with pytest.raises(BeaconUrlError) as caught:
        build(beacon_url=beacon_url)
    assert API_KEY.lower() not in str(caught.value).lower()
    assert CRUMB not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.8.9.10", "::1"])
def test_loopback_hosts_are_known_by_name(host: str) -> None:
    """localhost, 127.0.0.0/8 and ::1 are this machine."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "localhost.example", "127.0.0.1.example", "127.1", "128.0.0.1", "::2", "0.0.0.0", "xlocalhost"],
)
def test_other_hosts_are_not_loopback(host: str) -> None:
    """What only looks like this machine is not, and no name is looked up to find out."""
    assert not is_loopback(host)


LABELS = [
    {"name": "Rows Loaded", "label": "cmet.RowsLoaded"},
    {"name": "Zwei Wörter", "label": "cmet.zwei Wörter & 1/2"},
    {"name": "Rows Loaded", "label": "cmet.Second"},
    {"name": "Key", "label": "h.key"},
    {"name": "Timer", "label": "custom0"},
    {"name": "Comma", "label": "cmet.a,b"},
    {"name": "Bar", "label": "cmet.a|b"},
    {"name": "Break", "label": "cmet.a\nb"},
    {"name": "Surrogate", "label": "cmet.\ud800"},
    {"name": "Number", "label": 7},
    {"name": 7, "label": "cmet.Seven"},
    {"name": "No label"},
    {"label": "cmet.NoName"},
    "text",
    None,
]


def test_labels_are_taken_as_given_or_not_at_all() -> None:
    """A label of the documented form is used as it is, and any other is ignored rather than repaired."""
    config = build(PageParams={"customMetrics": LABELS})
    assert config.metrics == {"Rows Loaded": "cmet.RowsLoaded", "Zwei Wörter": "cmet.zwei Wörter & 1/2"}


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("customTimers", "h.cr"),
        ("customTimers", "cmet.X"),
        ("customTimers", "custom0|5,custom1"),
        ("customMetrics", "cdim.X"),
        ("customDimensions", "cmet.X"),
        ("customDimensions", "rt.end"),
    ],
)
def test_label_of_another_kind_is_ignored(key: str, label: str) -> None:
    """A label that would stand for another field of the beacon defines nothing."""
    config = build(PageParams={key: [{"name": "X", "label": label}]})
    assert (config.timers, config.metrics, config.dimensions) == ({}, {}, {})


@pytest.mark.parametrize(
    "page_params", [..., None, [], "x", {}, {"customMetrics": {}}, {"customTimers": None}]
)
def test_app_without_definitions_has_no_labels(page_params: object) -> None:
    """Missing or odd definitions leave a configuration that can send, without any custom name."""
    config = build(PageParams=page_params)
    assert (config.timers, config.metrics, config.dimensions) == ({}, {}, {})


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        (
            "metric",
            "Rows loaded",
            (
                "The mPulse app defines no custom metric 'Rows loaded' (did you mean 'Rows Loaded'?); it "
                "defines 'Cost', 'Rows Loaded'."
            ),
        ),
        (
            "timer",
            "zzz",
            "The mPulse app defines no custom timer 'zzz'; it defines 'Load Step', 'Parse Step'.",
        ),
        ("dimension", "", "The mPulse app defines no custom dimension ''; it defines"),
    ],
    ids=["near", "far", "empty"],
)
def test_unknown_name_lists_the_defined_ones(kind: Any, name: str, sentence: str) -> None:
    """A name that the app does not define is refused with the defined names and the nearest one."""
    with pytest.raises(UnknownNameError) as caught:
        make_config().check_names(kind, [name])
    assert sentence in str(caught.value)


def test_unknown_name_of_an_app_without_any_says_so() -> None:
    """Where the app defines nothing of a kind, the error says that instead of listing nothing."""
    with pytest.raises(UnknownNameError) as caught:
        make_config(timers={}).check_names("timer", ["Load Step"])
    assert str(caught.value) == (
        "The mPulse app defines no custom timers at all, so 'Load Step' cannot be sent; define it in the app "
        "first."
    )


def test_defined_names_pass() -> None:
    """Names that the app defines are accepted."""
    make_config().check_names("timer", ["Parse Step", "Load Step"])
