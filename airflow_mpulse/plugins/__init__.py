# SPDX-License-Identifier: Apache-2.0
"""The plugin: what Airflow loads into each of its processes."""
