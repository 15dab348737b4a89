# SPDX-License-Identifier: Apache-2.0
"""The repository itself: versions agree, every file has its licence, nothing names a place it should not."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

from airflow_mpulse import __version__
from airflow_mpulse.cli.main import build_parser
from airflow_mpulse.connection_form import FIELDS
from airflow_mpulse.options import OPTIONS
from airflow_mpulse.reporting.well_known import WELL_KNOWN_NAMES
from tools.configuration_docs import FILE, render

ROOT = Path(__file__).parents[2]


def _tracked(*patterns: str) -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in done.stdout.splitlines()]


def test_changelog_begins_with_the_version() -> None:
    """The newest entry of the changelog is the package's version, or what is not released yet."""
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] in {"Unreleased", __version__}
    assert __version__ in headings


def test_every_source_file_names_its_licence() -> None:
    """Every tracked source file begins with the SPDX line of the licence."""
    page = ("*.js", "*.css", "*.html", "airflow_mpulse/*.svg")
    stack = ("*.yml", "deploy/*", ".ci/*")
    files = _tracked("*.py", "*.sh", "Makefile", "*.toml", "constraints/*.txt", *stack, *page)
    assert len(files) > 100
    missing = [p for p in files if "SPDX-License-Identifier: Apache-2.0" not in "".join(p.read_text()[:200])]
    assert missing == []


def test_modules_stay_small() -> None:
    """No module of the package, the demo or the tests, and no file of the page is longer than 300 lines."""
    files = _tracked("*.py", "*.js", "*.css", "*.html")
    long = [(path.name, n) for path in files if (n := len(path.read_text().splitlines())) > 300]
    assert long == []


def test_page_writes_no_markup_and_names_no_other_place() -> None:
    """No module of the sandbox's page makes elements of text, evaluates text, or names another origin."""
    files = _tracked("airflow_mpulse/sandbox/web/*")
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
        # The namespace of SVG is a name, not a place.
        r"|https?://(?!www\.w3\.org/2000/svg)"
    )
    assert len(files) > 20
    assert [(path.name, found[0]) for path in files if (found := forbidden.search(path.read_text()))] == []


def test_page_loads_what_it_imports() -> None:
    """Every module that the page imports is there, by a name beside it that carries the digest along."""
    web = ROOT / "airflow_mpulse/sandbox/web"
    names = [
        (path.name, name)
        for path in web.glob("*.js")
        for name in re.findall(r"(?:from|import\()\s*\"([^\"]+)\"", path.read_text())
    ]
    assert len(names) > 50
    assert [pair for pair in names if not (pair[1].startswith("./") and (web / pair[1]).is_file())] == []


def test_functions_stay_small() -> None:
    """No function of the package, the demo or a tool has more than 40 lines, its docstring left out."""
    long = []
    for path in _tracked("airflow_mpulse/*.py", "demo/*.py", "soak/*.py", "stack/*.py", "tools/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body and body[-1].end_lineno - body[0].lineno + 1 > 40:
                    long.append((path.name, node.name))
    assert long == []


def test_constraints_are_pinned_and_name_no_index() -> None:
    """Every line of a constraint file pins one version, and none is an address or an option."""
    for path in _tracked("constraints/*.txt"):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        assert lines
        assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+", line)] == []


def test_docs_name_what_exists() -> None:
    """The docs name every option, every connection field, every well-known name and every command."""
    text = "\n".join(path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    (commands,) = [
        a.choices for a in build_parser()._actions if hasattr(a, "choices") and isinstance(a.choices, dict)
    ]
    named = [*(f"`{name}`" for name in (*OPTIONS, *FIELDS)), *(known.name for known in WELL_KNOWN_NAMES)]
    named += [f"airflow-mpulse {command}" for command in commands]
    assert [name for name in named if name not in text] == []


def test_configuration_page_is_the_tables() -> None:
    """`docs/configuration.md` is what the table of options writes: run `make docs`."""
    assert FILE.read_text() == render()


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link of a document leads to a file of the repository."""
    links = [
        (path, target)
        for path in _tracked("*.md")
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text())
    ]
    assert len(links) > 10
    assert [(path.name, target) for path, target in links if not (path.parent / target).exists()] == []
