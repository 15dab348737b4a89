# SPDX-License-Identifier: Apache-2.0
"""The console commands of the package. Nothing is imported here."""
