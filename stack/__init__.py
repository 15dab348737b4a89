# SPDX-License-Identifier: Apache-2.0
"""The services of `docker-compose.yml` as processes of this machine, for `make stack` and for the tests."""
