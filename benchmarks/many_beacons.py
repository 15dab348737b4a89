# SPDX-License-Identifier: Apache-2.0
"""Many beacons at once, beside a plain session of `requests` that posts them one after another."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.batch import batch_sender
from benchmarks.figure import Figure, MeasurementError, at_least
from benchmarks.spread import Estimate, estimate, estimate_median
from benchmarks.variants import CONTROL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.helper import Helper
    from benchmarks.surroundings import Surroundings

ROUNDS = 10
# Ten rounds of these are the 10,000 beacons of the bar.
_NEAR_BEACONS = 1000
# With a distant service a plain session takes more than 20 seconds for a thousand.
_FAR_BEACONS, _FAR_POSTS = 1000, 100
_FAR_MS = 20
_THREADS = 8

#: Beacons per second, ours and the plain session's.
_Rates = tuple[float, float]


def measure(surroundings: Surroundings, rounds: int) -> list[Figure]:
    """
    Send in turn with the package and with a plain session.

    :param surroundings: Where to measure.
    :param rounds: How many turns.
    :return: One table.
    """
    before = surroundings.service.received()
    with batch_sender(surroundings, surroundings.home("many"), CONTROL) as sender:
        sender.order(do="send", number=10, threads=1)
        sender.order(do="post", number=10)
        near = [_compare(sender, _NEAR_BEACONS, _NEAR_BEACONS, threads=1) for _ in range(rounds)]
        surroundings.service.delay(_FAR_MS)
        far = [
            _compare(sender, _FAR_BEACONS, _FAR_POSTS, threads=_THREADS) for _ in range(max(rounds // 2, 1))
        ]
        surroundings.service.delay(0)
    _check(surroundings, before, 20 + len(near) * 2 * _NEAR_BEACONS + len(far) * (_FAR_BEACONS + _FAR_POSTS))
    ratios = _ratio(near), _ratio(far)
    return [
        Figure(
            title="Many beacons at once",
            how="`send_beacons` builds each beacon's form and sends it; the plain session posts a form that "
            f"is already there. {len(near)} rounds of {_NEAR_BEACONS:,} beacons in both ways at 0 ms, "
            f"{len(far)} rounds of {_FAR_BEACONS:,} at {_FAR_MS} ms, where {_FAR_POSTS} in the plain way "
            "take as long.",
            columns=("answer after", "threads", "send_beacons", "requests.Session().post", "ratio"),
            rows=(
                ("0 ms", "1", *_rates(near), ratios[0].text(digits=2)),
                (f"{_FAR_MS} ms", str(_THREADS), *_rates(far), ratios[1].text(digits=2)),
            ),
            bars=(
                at_least(
                    "send_beacons at 0 ms with one thread, to a plain session",
                    ratios[0].value,
                    2,
                    " times",
                    2,
                ),
                at_least(
                    f"send_beacons at {_FAR_MS} ms with {_THREADS} threads, to a plain session",
                    ratios[1].value,
                    7,
                    " times",
                    2,
                ),
            ),
        )
    ]


def _compare(sender: Helper, beacons: int, posts: int, *, threads: int) -> _Rates:
    ours_s = sender.order(do="send", number=beacons, threads=threads)
    plain_s = sender.order(do="post", number=posts)
    return beacons / ours_s, posts / plain_s


def _ratio(rounds: Sequence[_Rates]) -> Estimate:
    return estimate(rounds, lambda drawn: median(ours / plain for ours, plain in drawn))


def _rates(rounds: Sequence[_Rates]) -> tuple[str, str]:
    ours, plain = (estimate_median(rates).text(" a second", 0) for rates in zip(*rounds, strict=True))
    return ours, plain


def _check(surroundings: Surroundings, before: dict[str, int], expected: int) -> None:
    arrived = surroundings.service.received()["beacons"] - before.get("beacons", 0)
    if arrived != expected:
        message = f"{arrived} beacons arrived instead of {expected}."
        raise MeasurementError(message)
