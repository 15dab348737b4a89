# SPDX-License-Identifier: Apache-2.0
"""
What the property tests share: one profile, and the values that they try.

The profile makes every run try the same examples, so that a test that passes here passes everywhere.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from airflow_mpulse.protocol.beacon import Beacon, Session
from tests.support.values import API_KEY, CONFIG, CRUMB, make_answer

settings.register_profile(
    "the same everywhere",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("the same everywhere")

REST_API_SECRET = "a secret with blanks"
SECRETS = (API_KEY, REST_API_SECRET)

#: Whatever text there is, and text in which what must not be repeated turns up.
words = st.one_of(
    st.text(),
    st.sampled_from([*SECRETS, CRUMB, API_KEY.lower(), "a  secret\nwith blanks", "<html>", "//", "null"]),
)
texts = st.lists(words, max_size=4).map("".join)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)

#: The keys that an answer is read by, and what is read below ``PageParams``.
_KEYS = [*make_answer(), "message", "rate_limited"]
_definitions = st.one_of(
    json_values,
    st.lists(
        st.one_of(
            json_values,
            st.fixed_dictionaries(
                {
                    "name": st.one_of(json_values, st.just("Load Step")),
                    "label": st.one_of(
                        json_values, st.sampled_from(["custom1", "cmet.A", "cdim.B", "custom1|2", "h.pg"])
                    ),
                }
            ),
        ),
        max_size=3,
    ),
)
_page_params = st.dictionaries(
    st.sampled_from(["customTimers", "customMetrics", "customDimensions"]), _definitions
)
addresses = st.one_of(
    texts,
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["//", "https://", "http://", "ftp://", "HTTPS://", "//user:pass@", "", " //"]),
        st.one_of(
            texts, st.sampled_from(["17de4c15.akstat.io", "127.0.0.1", "[::1]", "[::1", "127.0.0.1.evil"])
        ),
        st.sampled_from(["", ":443", ":0", ":99999", ":x"]),
        st.sampled_from(["/", "", "/beacon/", "?a=b", "#x", "\\", " "]),
    ),
)

#: Answers near to a good one: some keys left out, some of another form.
answers = st.builds(
    lambda changes, missing: {k: v for k, v in {**make_answer(), **changes}.items() if k not in missing},
    st.one_of(
        st.dictionaries(st.sampled_from(_KEYS), json_values, max_size=3),
        st.fixed_dictionaries({"PageParams": _page_params}),
        st.fixed_dictionaries({"beacon_url": addresses}),
        st.fixed_dictionaries({"h.t": st.one_of(st.integers(), st.integers().map(str))}),
        st.fixed_dictionaries({"h.t": st.just(1_772_366_400_000), "h.cr": texts}),
    ),
    st.lists(st.sampled_from(_KEYS), max_size=2),
)

#: Bodies: any bytes, any JSON, good answers with changes, and good answers cut off.
bodies = st.one_of(
    st.binary(),
    json_values.map(lambda value: json.dumps(value).encode()),
    answers.map(lambda answer: json.dumps(answer).encode()),
    st.builds(
        lambda answer, length, code: json.dumps(answer, ensure_ascii=False).encode(code, "surrogatepass")[
            :length
        ],
        answers,
        st.integers(0, 1500),
        st.sampled_from(["utf-8", "utf-16", "utf-32"]),
    ),
    st.integers(1, 5000).map(lambda depth: b"[" * depth),
    st.integers(1, 5000).map(lambda digits: b'{"h.t": ' + b"9" * digits + b"}"),
)

#: Text that may be sent: visible, without control characters and lone surrogates.
sendable = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip)
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
_finite = st.floats(allow_nan=False, allow_infinity=False)
_decimals = st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda value: abs(value.as_tuple().exponent) <= 324 and abs(value) < Decimal("1e300")  # type: ignore[arg-type]
)
numbers = st.one_of(st.integers(), _finite, _decimals)
_sessions = st.builds(Session, sendable, instants, st.one_of(st.none(), st.integers(0, 10**9)))


@st.composite
def beacons(draw: st.DrawFn) -> Beacon:
    """Draw a beacon that may be sent, with names that ``tests.support.values.CONFIG`` defines."""
    started_at, ended_at = sorted([draw(instants), draw(instants)])
    return Beacon(
        draw(sendable),
        started_at,
        ended_at,
        session=draw(st.one_of(st.none(), _sessions)),
        url=draw(st.one_of(st.none(), sendable.map(lambda text: f"https://example.com/{text}"))),
        ab_test=draw(st.one_of(st.none(), st.from_regex(r"[A-Za-z0-9_ -]{1,25}", fullmatch=True))),
        site_version=draw(st.one_of(st.none(), sendable)),
        timers=draw(_named(CONFIG.timers, numbers.map(abs))),
        metrics=draw(_named(CONFIG.metrics, numbers)),
        dimensions=draw(_named(CONFIG.dimensions, st.one_of(sendable, st.booleans(), numbers))),
    )


def _named(defined: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(sorted(defined)), values)
