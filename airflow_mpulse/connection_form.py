# SPDX-License-Identifier: Apache-2.0
"""
The connection's form: one table for Airflow 3 (``conn-fields``) and for Airflow 2.11 (widgets).

Airflow 3's UI reads provider information only, Airflow 2.11's reads the hook's methods only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from airflow_mpulse.delivery.settings import DEFAULT_HOST, DEFAULT_TIMEOUT_S, DEFAULT_USER_AGENT

CONN_TYPE = "mpulse"
DEFAULT_CONN_NAME = "mpulse_default"
HOOK_NAME = "Akamai mPulse"


@dataclass(frozen=True, slots=True)
class FormField:
    """
    One extra field of the connection.

    :param label: What stands beside it.
    :param description: What it holds.
    :param type: Its type in both forms.
    :param secret: Whether the UI masks it.
    :param default: What the form proposes.
    """

    label: str
    description: str
    type: Literal["string", "integer", "boolean"] = "string"
    secret: bool = False
    default: int | bool | None = None


FIELDS: dict[str, FormField] = {
    "domain": FormField("Domain", "A domain of the mPulse app, such as www.example.com. Required."),
    "rest_api_secret": FormField(
        "REST API secret key",
        "When set, the configuration is asked for with a signed (v2) request.",
        secret=True,
    ),
    "user_agent": FormField(
        "User-Agent",
        f"Sent with every request; {DEFAULT_USER_AGENT} when empty. Apps that exclude bots refuse some.",
    ),
    "timeout_s": FormField(
        "Timeout in seconds",
        "For one exchange with mPulse.",
        type="integer",
        default=int(DEFAULT_TIMEOUT_S),
    ),
    "verify": FormField(
        "Certificate authorities",
        "Path of a file with the authorities to trust; the system's when empty.",
    ),
    "allow_http": FormField(
        "Allow plain HTTP",
        "Lets the API key and beacons travel unencrypted to hosts other than this machine.",
        type="boolean",
        default=False,
    ),
}

UI_FIELD_BEHAVIOUR: dict[str, Any] = {
    "hidden-fields": ["login", "extra"],
    "relabeling": {"password": "API key", "host": "Configuration service", "schema": "Scheme"},
    "placeholders": {
        "password": "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX",
        "host": DEFAULT_HOST,
        "schema": "https",
        "port": "443",
    },
}


def build_conn_fields() -> dict[str, Any]:
    """
    Build the fields for Airflow 3.

    :return: The value of ``conn-fields`` in the provider dictionary.
    """
    return {name: _build_conn_field(field) for name, field in FIELDS.items()}


def build_widgets() -> dict[str, Any]:
    """
    Build the fields for Airflow 2.11.

    :return: WTForms fields by name.
    """
    from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
    from flask_babel import lazy_gettext
    from wtforms import BooleanField, IntegerField, PasswordField, StringField
    from wtforms.validators import Optional

    def build(field: FormField) -> Any:
        # Plain sentences, so that nothing of a form is marked up or translated by accident.
        label, described = lazy_gettext(field.label), {"description": field.description}
        if field.type == "boolean":
            return BooleanField(label, default=field.default, **described)
        if field.type == "integer":
            kind, widget = IntegerField, BS3TextFieldWidget()
        elif field.secret:
            kind, widget = PasswordField, BS3PasswordFieldWidget()
        else:
            kind, widget = StringField, BS3TextFieldWidget()
        return kind(label, validators=[Optional()], widget=widget, default=field.default, **described)

    return {name: build(field) for name, field in FIELDS.items()}


def build_ui_field_behaviour() -> dict[str, Any]:
    """
    Build what Airflow 2.11 does with the standard fields.

    :return: The value of the hook's ``get_ui_field_behaviour``.
    """
    return {key.replace("-", "_"): value for key, value in UI_FIELD_BEHAVIOUR.items()}


def _build_conn_field(field: FormField) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": [field.type, "null"]}
    if field.secret:
        schema["format"] = "password"
    if field.default is not None:
        schema["default"] = field.default
    return {"label": field.label, "description": field.description, "schema": schema}
