# SPDX-License-Identifier: Apache-2.0
"""What writes parts of the documentation; nothing here is part of the package."""
