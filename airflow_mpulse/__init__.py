# SPDX-License-Identifier: Apache-2.0
"""Akamai mPulse provider for Apache Airflow."""

__version__ = "0.1.0"
