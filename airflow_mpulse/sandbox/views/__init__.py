# SPDX-License-Identifier: Apache-2.0
"""What the sandbox's page shows, made of beacons alone; pure."""
