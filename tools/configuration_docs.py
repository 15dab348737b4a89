# SPDX-License-Identifier: Apache-2.0
"""Write `docs/configuration.md` from the table of options: `make docs`."""

from __future__ import annotations

import re
from pathlib import Path

from airflow_mpulse.options import OPTIONS, SECTION, Option

FILE = Path(__file__).parents[1] / "docs" / "configuration.md"

HEAD = """\
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Written by `make docs` from the table in airflow_mpulse/options.py. -->
# Configuration

The section `[mpulse]` of Airflow's configuration, in `airflow.cfg` or in the environment as \
`AIRFLOW__MPULSE__<OPTION>`. Every option has a default, so that the section may be absent; \
`airflow config list --section mpulse` shows what is in use.

Airflow reads the options of the [listener](listener.md) and of the links once per process: restart its \
components after a change. The [operator](operator.md) and the [notifier](notifier.md) read theirs each time.

| Option | Type | Default |
|---|---|---|
"""


def render() -> str:
    """
    Render the page.

    :return: Markdown.
    """
    rows = "".join(
        f"| [`{name}`](#{name}) | {option.type} | {_code(option.default) if option.default else 'empty'} |\n"
        for name, option in OPTIONS.items()
    )
    return HEAD + rows + "".join(_section(name, option) for name, option in OPTIONS.items())


def _section(name: str, option: Option) -> str:
    # The table speaks reStructuredText, as Airflow's own documentation does.
    description = re.sub(r"``(.+?)``", r"`\1`", option.description)
    lines = [f"\n## `{name}`\n", description]
    if option.example is not None:
        lines.append(f"\n```ini\n[{SECTION}]\n{name} = {option.example}\n```")
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    FILE.write_text(render())
