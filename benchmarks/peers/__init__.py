# SPDX-License-Identifier: Apache-2.0
"""Listeners that the package's own is measured beside."""
