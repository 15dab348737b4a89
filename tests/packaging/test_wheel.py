# SPDX-License-Identifier: Apache-2.0
"""What users install: the built wheel, apart from the checkout."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from airflow_mpulse import __version__
from tests.support.subprocesses import clean_environment, run_airflow, run_python

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build sdist and wheel once, the wheel from the sdist as an index would have it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel alone into a folder that goes before the checkout."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*command, str(folder), str(wheel)], check=True, timeout=120)
    return folder


def _metadata(wheel: Path) -> tuple[list[str], dict[str, str], str]:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (info,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
        texts = {kind: archive.read(f"{info}/{kind}").decode() for kind in ("METADATA", "entry_points.txt")}
    return names, texts, info


def test_wheel_holds_the_package_alone(wheel: Path) -> None:
    """The wheel holds the modules, the sandbox's page, the licence and the typing marker, nothing else."""
    names, _, info = _metadata(wheel)
    packaged = {name for name in names if not name.startswith(f"{info}/")}
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "airflow_mpulse").rglob("*.py")}
    page = {str(path.relative_to(ROOT)) for path in (ROOT / "airflow_mpulse/sandbox/web").iterdir()}
    assert "airflow_mpulse/sandbox/web/index.html" in page
    assert packaged == modules | page | {"airflow_mpulse/py.typed"}
    assert f"{info}/licenses/LICENSE" in names


def test_metadata_says_what_it_needs(wheel: Path) -> None:
    """The metadata names the version, the Pythons and the few things that are installed beside it."""
    _, texts, _ = _metadata(wheel)
    metadata = Parser().parsestr(texts["METADATA"])
    assert metadata["Version"] == __version__
    assert metadata["Requires-Python"] == ">=3.11"
    required = {
        re.match(r"[\w.-]+", need)[0] for need in metadata.get_all("Requires-Dist") if "extra ==" not in need
    }
    assert required == {"apache-airflow", "apache-airflow-providers-common-compat", "requests"}
    assert "Framework :: Apache Airflow :: Provider" in metadata.get_all("Classifier")
    assert metadata["License-Expression"] == "Apache-2.0"


def test_entry_points_lead_to_what_exists(wheel: Path) -> None:
    """The provider, the plugin and the console command are announced, and nothing else."""
    _, texts, _ = _metadata(wheel)
    assert set(texts["entry_points.txt"].splitlines()) - {""} == {
        "[apache_airflow_provider]",
        "provider_info = airflow_mpulse.get_provider_info:get_provider_info",
        "[airflow.plugins]",
        "mpulse = airflow_mpulse.plugins.mpulse:MPulsePlugin",
        "[console_scripts]",
        "airflow-mpulse = airflow_mpulse.cli.main:main",
    }


def test_airflow_works_with_the_wheel(installed: Path, tmp_path: Path) -> None:
    """Airflow finds the provider in the installed wheel, and the operator works from there."""
    env = clean_environment(tmp_path, PYTHONPATH=str(installed))
    where = run_python(
        "import json, airflow_mpulse.operators.mpulse as m\nprint(json.dumps(m.__file__))", env, cwd=tmp_path
    )
    assert where.startswith(str(installed))
    assert __version__ in run_airflow("providers", "get", "airflow-provider-mpulse", env=env)


def test_console_command_starts(installed: Path, tmp_path: Path) -> None:
    """The console command of the wheel answers with the version."""
    env = clean_environment(tmp_path, PYTHONPATH=str(installed))
    command = [sys.executable, str(installed / "bin" / "airflow-mpulse"), "--version"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60)
    assert __version__ in done.stdout


def test_source_distribution_can_be_tested(built: Path) -> None:
    """The source distribution holds what its tests need and nothing that was built or run here."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "Makefile",
        "README.md",
        "CHANGELOG.md",
        "tests/packaging/test_wheel.py",
        "constraints/airflow-3.3.txt",
        "docker-compose.yml",
        ".dockerignore",
        "deploy/Dockerfile",
        "stack/compose.py",
    } <= names
    assert [name for name in names if name.startswith((".venv", ".demo")) or name.endswith(".pyc")] == []
