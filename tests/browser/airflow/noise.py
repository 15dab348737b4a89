# SPDX-License-Identifier: Apache-2.0
"""What Airflow's own pages complain of, with and without this provider."""

from __future__ import annotations

#: By major: a part of the complaint, and where it comes from.
NOISE: dict[int, dict[str, str]] = {
    2: {
        "(setting 'autocomplete')": "a script of every page looks for the fields of the page for logging in",
        "Deprecation warning: value provided is not in a recognized RFC2822 or ISO format": (
            "the page of a DAG without a schedule reads the time of its next run out of the word None"
        ),
        "/taskInstances/regions.per_region: 404": "the grid asks for a mapped task like any other",
        "/taskInstances/regions.per_region)": "what the browser writes of that answer",
        "/taskInstances/regions.per_region/dependencies: 404": "the grid asks what it waits for, too",
        "/taskInstances/regions.per_region/dependencies)": "what the browser writes of that answer",
        "AxiosError: Request failed with status code 404": "what the grid writes of these answers",
    },
    3: {},
}
