# SPDX-License-Identifier: Apache-2.0
"""What Airflow makes of the provider: discovery, commands, options, the connection's form."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from airflow_mpulse.connection_form import FIELDS, UI_FIELD_BEHAVIOUR
from airflow_mpulse.get_provider_info import get_provider_info
from airflow_mpulse.options import OPTIONS
from tests.airflow.scheduler import APP, SchedulerRun
from tests.support.subprocesses import clean_environment, run_airflow, run_python

if TYPE_CHECKING:
    from pathlib import Path

MAJOR = int(version("apache-airflow").split(".")[0])

only_on_2 = pytest.mark.skipif(
    MAJOR != 2, reason="Airflow 3 has no WTForms; its form is tested beside this one"
)
only_on_3 = pytest.mark.skipif(
    MAJOR == 2, reason="Airflow 2 ignores conn-fields; its form is tested beside this one"
)


def test_provider_info_fits_airflows_schema(tmp_path: Path) -> None:
    """The provider dictionary is valid by the schema that the installed Airflow validates it with."""
    found = run_python(
        """
        import json, importlib.resources, jsonschema
        from airflow_mpulse.get_provider_info import get_provider_info
        schema = json.loads((importlib.resources.files("airflow") / "provider_info.schema.json").read_text())
        jsonschema.validate(get_provider_info(), schema)
        print(json.dumps("valid"))
        """,
        clean_environment(tmp_path),
    )
    assert found == "valid"


def test_named_modules_exist() -> None:
    """Every module that the provider dictionary names can be imported where Airflow does not look."""
    info = get_provider_info()
    assert info["package-name"] == "airflow-provider-mpulse"
    assert info["versions"] == [version("airflow-provider-mpulse")]
    names = {
        name for kind in ("hooks", "operators") for entry in info[kind] for name in entry["python-modules"]
    }
    assert names == {"airflow_mpulse.hooks.mpulse", "airflow_mpulse.operators.mpulse"}
    assert info["notifications"] == ["airflow_mpulse.notifications.mpulse.MPulseNotifier"]
    assert info["extra-links"] == ["airflow_mpulse.plugins.links.MPulseDashboardLink"]
    assert import_module("airflow_mpulse.connection_form").CONN_TYPE == "mpulse"


def test_airflow_discovers_hook_and_connection_type(tmp_path: Path) -> None:
    """Airflow's own discovery finds the hook, its connection type and its name for the UI."""
    found = run_python(
        """
        import json
        from airflow.providers_manager import ProvidersManager
        hook = ProvidersManager().hooks["mpulse"]
        print(json.dumps([hook.hook_class_name, hook.connection_id_attribute_name, hook.hook_name,
                          hook.package_name, hook.connection_type]))
        """,
        clean_environment(tmp_path),
    )
    assert found == [
        "airflow_mpulse.hooks.mpulse.MPulseHook",
        "mpulse_conn_id",
        "Akamai mPulse",
        "airflow-provider-mpulse",
        "mpulse",
    ]


@pytest.mark.scheduler
def test_commands_show_the_provider(scheduler_run: SchedulerRun) -> None:
    """`airflow providers` names the provider and the hook, and `airflow plugins` goes on working."""
    env = scheduler_run.airflow.env
    assert "airflow-provider-mpulse" in run_airflow("providers", "get", "airflow-provider-mpulse", env=env)
    assert "airflow_mpulse.hooks.mpulse.MPulseHook" in run_airflow(
        "providers", "hooks", "-o", "json", env=env
    )
    run_airflow("plugins", "-o", "json", env=env)


def test_options_have_their_defaults(tmp_path: Path) -> None:
    """Airflow knows every option, and formats no default into something else or into an error."""
    env = clean_environment(tmp_path)
    listed = run_airflow("config", "list", "--section", "mpulse", "--include-descriptions", env=env)
    for name in OPTIONS:
        assert f"{name} = " in listed
    assert run_airflow("config", "get-value", "mpulse", "page_group", env=env).strip() == "{dag_id}"
    assert run_airflow("config", "get-value", "mpulse", "metrics", env=env).strip() == "{}"


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("SEND_URL", "maybe", "The option [mpulse] send_url is 'maybe'; it must be True or False."),
        (
            "METRICS",
            "[1]",
            "The option [mpulse] metrics must be a JSON object of names to facts; facts are failures,",
        ),
        ("TIMERS", '{"A": "b"}', "The option [mpulse] timers puts 'b' under 'A'"),
    ],
)
def test_broken_option_is_named(tmp_path: Path, option: str, value: str, sentence: str) -> None:
    """An option that cannot be used is one sentence that names it."""
    found = run_python(
        """
        import json
        from airflow_mpulse.exceptions import MPulseSettingsError
        from airflow_mpulse.option_readers import read_report_settings
        try:
            read_report_settings()
        except MPulseSettingsError as error:
            print(json.dumps(str(error)))
        """,
        clean_environment(tmp_path, **{f"AIRFLOW__MPULSE__{option}": value}),
    )
    assert found.startswith(sentence)


@pytest.mark.scheduler
def test_connection_made_on_the_command_line_works(scheduler_run: SchedulerRun) -> None:
    """A connection from `airflow connections add` is found by the hook, and its test succeeds."""
    env = {**scheduler_run.airflow.env, "AIRFLOW__CORE__TEST_CONNECTION": "Enabled"}
    port = json.loads(env["AIRFLOW_CONN_MPULSE_DEFAULT"])["port"]
    run_airflow(
        *("connections", "add", "mpulse_by_hand", "--conn-type", "mpulse", "--conn-password", APP.api_key),
        *("--conn-host", "127.0.0.1", "--conn-schema", "http", "--conn-port", str(port)),
        *("--conn-extra", json.dumps({"domain": APP.domain})),
        env=env,
    )
    tested = run_airflow("connections", "test", "mpulse_by_hand", env=env)
    run_airflow("connections", "delete", "mpulse_by_hand", env=env)
    assert "Connection success" in tested


@only_on_3
def test_form_of_airflow_3(tmp_path: Path) -> None:
    """The service behind Airflow 3's form gives every field with its type, and masks the secret."""
    meta = run_python(
        """
        import json
        from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
        (meta,) = [m for m in HookMetaService.hook_meta_data() if m.connection_type == "mpulse"]
        print(meta.model_dump_json())
        """,
        clean_environment(tmp_path),
    )
    assert meta["hook_name"] == "Akamai mPulse"
    assert set(meta["extra_fields"]) == set(FIELDS)
    for name, field in FIELDS.items():
        schema = meta["extra_fields"][name]["schema"]
        assert schema["title"] == field.label
        assert schema["type"] == (field.type if field.required else [field.type, "null"])
        assert (schema.get("format") == "password") == field.secret
    standard = meta["standard_fields"]
    assert standard["password"]["title"] == "API key"
    assert standard["host"]["placeholder"] == UI_FIELD_BEHAVIOUR["placeholders"]["host"]
    assert standard["login"]["hidden"] is True


@only_on_2
def test_form_of_airflow_2(tmp_path: Path) -> None:
    """Airflow 2.11 takes every widget of the hook, with the kind that matches the form of Airflow 3."""
    found = run_python(
        """
        import json
        from flask import Flask
        from flask_babel import Babel
        from airflow.providers_manager import ProvidersManager
        app = Flask("form")
        Babel(app)
        with app.test_request_context():
            manager = ProvidersManager()
            fields = {
                name: [widget.field.field_class.__name__, str(widget.field.args[0]), widget.is_sensitive,
                       widget.field.kwargs["description"], widget.field.kwargs.get("default")]
                for name, widget in manager.connection_form_widgets.items() if "mpulse" in name
            }
            print(json.dumps([fields, manager.field_behaviours["mpulse"]]))
        """,
        clean_environment(tmp_path),
    )
    fields, behaviour = found
    kinds = {"string": "StringField", "number": "StringField", "boolean": "BooleanField"}
    assert fields == {
        f"extra__mpulse__{name}": [
            "PasswordField" if field.secret else kinds[field.type],
            field.label,
            field.secret,
            field.description,
            field.default,
        ]
        for name, field in FIELDS.items()
    }
    assert behaviour["relabeling"]["password"] == "API key"
    # With "extra" hidden the form's Test button does nothing.
    assert behaviour["hidden_fields"] == ["login"]


@only_on_2
def test_secret_field_of_airflow_2(tmp_path: Path) -> None:
    """The form shows Airflow's placeholder for a stored secret, which keeps it, and never a secret itself."""
    found = run_python(
        """
        import json
        from airflow.www.views import SENSITIVE_FIELD_PLACEHOLDER
        from flask import Flask
        from flask_babel import Babel
        from werkzeug.datastructures import MultiDict
        from wtforms import Form
        from airflow_mpulse.connection_form import build_widgets
        app = Flask("form")
        Babel(app)
        with app.test_request_context():
            class Edited(Form):
                secret = build_widgets()["rest_api_secret"]
            shown = {}
            for stored in ("stored", ""):
                form = Edited()
                form.secret.data = stored
                shown[f"opened with {stored!r}"] = str(form.secret())
            for typed in ("typed", "", SENSITIVE_FIELD_PLACEHOLDER):
                shown[f"sent with {typed!r}"] = str(Edited(MultiDict({"secret": typed})).secret())
            print(json.dumps([shown, SENSITIVE_FIELD_PLACEHOLDER]))
        """,
        clean_environment(tmp_path),
    )
    shown, placeholder = found
    assert all('type="password"' in html for html in shown.values())
    assert {how: html.partition('value="')[2].partition('"')[0] for how, html in shown.items()} == {
        "opened with 'stored'": placeholder,
        "opened with ''": "",
        "sent with 'typed'": "",
        "sent with ''": "",
        f"sent with {placeholder!r}": placeholder,
    }


def test_both_forms_come_from_one_table() -> None:
    """The fields of Airflow 3's form are those of the table, which Airflow 2.11's widgets are made of too."""
    (connection_type,) = get_provider_info()["connection-types"]
    assert list(connection_type["conn-fields"]) == list(FIELDS)
    secret = {
        name for name, f in connection_type["conn-fields"].items() if f["schema"].get("format") == "password"
    }
    assert secret == {name for name, field in FIELDS.items() if field.secret} == {"rest_api_secret"}
