# SPDX-License-Identifier: Apache-2.0
"""
A local mPulse: configuration service and collector for trying things out, for tests and for CI.

Nothing is imported here, so that naming the package costs nothing; the web server is loaded only by ``asgi``
and ``server``. The sandbox reads the wire by itself and shares no code with the sender: a receiver that uses
the sender's encoder repeats the sender's mistakes.
"""
