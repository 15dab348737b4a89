# SPDX-License-Identifier: Apache-2.0
"""
mPulse's words and wire, as pure values and functions.

Nothing here opens a socket, reads a clock or knows Airflow; delivery lives in
:mod:`airflow_mpulse.delivery`, and what an Airflow run means in mPulse's words in
:mod:`airflow_mpulse.reporting`.
"""
