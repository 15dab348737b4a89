# SPDX-License-Identifier: Apache-2.0
"""
What an Airflow run and its tasks are in mPulse's words.

Pure: facts come from :mod:`airflow_mpulse.airflow_facts`, the only reader of Airflow's objects, and the
beacons made here go to :mod:`airflow_mpulse.delivery`.
"""
