# SPDX-License-Identifier: Apache-2.0
"""Hundreds of runs through a real scheduler that reports them, watched for growth and for lost beacons."""
