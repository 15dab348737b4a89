# SPDX-License-Identifier: Apache-2.0
"""What several tests share: servers that misbehave on purpose, and clocks that tests move."""
