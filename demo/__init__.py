# SPDX-License-Identifier: Apache-2.0
"""A demonstration: the example DAGs in a real local Airflow, reporting to the local sandbox.

`LocalAirflow` in `demo.local_airflow` is also what the tests start. Nothing here is part of the package.
"""
