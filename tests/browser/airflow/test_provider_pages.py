# SPDX-License-Identifier: Apache-2.0
"""The pages on which Airflow lists what is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_mpulse import __version__
from airflow_mpulse.get_provider_info import get_provider_info
from tests.browser.airflow.pages import expect

if TYPE_CHECKING:
    from tests.browser.airflow.pages import AirflowPages


def test_provider_is_listed(pages: AirflowPages) -> None:
    """The page of providers has the package with its version and what it is for."""
    pages.open_providers()
    row = pages.page.get_by_role("row").filter(has_text="airflow-provider-mpulse")
    expect(row).to_contain_text(__version__)
    # Airflow 3 leaves out the full stop.
    expect(row).to_contain_text(get_provider_info()["description"].removesuffix("."))


def test_plugin_is_listed(pages: AirflowPages) -> None:
    """The page of plugins has ours, with the package that it comes from."""
    pages.open_plugins()
    row = pages.page.get_by_role("row").filter(has_text="airflow_mpulse.plugins.mpulse:MPulsePlugin")
    expect(row).to_contain_text(f"airflow-provider-mpulse=={__version__}")
