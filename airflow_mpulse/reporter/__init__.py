# SPDX-License-Identifier: Apache-2.0
"""
What the listener and the notifier share: a report of something that has ended, and its way to mPulse.

One thread per process sends; whoever reports hands a plain value over and decides how long to wait.
"""
