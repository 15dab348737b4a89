# SPDX-License-Identifier: Apache-2.0
"""Two hundred tasks that report themselves, while mPulse goes away in the middle and comes back."""
