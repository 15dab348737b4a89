# SPDX-License-Identifier: Apache-2.0
"""
Sending: HTTP, the configuration's life, trying again.

Knows nothing of Airflow. Clock, randomness, waiting and HTTP are passed in, so that tests give values.
"""
