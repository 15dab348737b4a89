# SPDX-License-Identifier: Apache-2.0
"""
The connection's form: one table for Airflow 3 (``conn-fields``) and for Airflow 2.11 (widgets).

Airflow 3's UI reads provider information only, Airflow 2.11's reads the hook's methods only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from airflow_mpulse.delivery.settings import (
    DEFAULT_HOST,
    DEFAULT_TIMEOUT_S,
    DEFAULT_USER_AGENT,
    MAX_TIMEOUT_S,
)

CONN_TYPE = "mpulse"
DEFAULT_CONN_NAME = "mpulse_default"
HOOK_NAME = "Akamai mPulse"

# What Airflow 2.11's forms show for a stored secret: SENSITIVE_FIELD_PLACEHOLDER of airflow.www.views.
_STORED_SECRET = "RATHER_LONG_SENSITIVE_FIELD_PLACEHOLDER"  # noqa: S105


@dataclass(frozen=True, slots=True)
class FormField:
    """
    One extra field of the connection.

    :param label: What stands beside it.
    :param description: What it holds.
    :param type: Its type; a number is plain text in Airflow 2.11's form.
    :param secret: Whether the UI masks it.
    :param default: What the form proposes.
    :param required: Whether Airflow 3's form marks it and asks for it; Airflow 2.11's has no such mark.
    """

    label: str
    description: str
    type: Literal["string", "number", "boolean"] = "string"
    secret: bool = False
    default: int | bool | None = None
    required: bool = False


FIELDS: dict[str, FormField] = {
    "domain": FormField(
        "Domain", "A domain of the mPulse app, such as www.example.com. Required.", required=True
    ),
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
        f"For one exchange with mPulse; at most {MAX_TIMEOUT_S:g}.",
        type="number",
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
    from flask_appbuilder.fieldwidgets import BS3TextFieldWidget
    from flask_babel import lazy_gettext
    from wtforms import BooleanField, PasswordField, StringField
    from wtforms.validators import Optional

    def build(field: FormField) -> Any:
        # Plain sentences, so that nothing of a form is marked up or translated by accident.
        label, described = lazy_gettext(field.label), {"description": field.description}
        if field.type == "boolean":
            return BooleanField(label, default=field.default, **described)
        if field.secret:
            kind, widget = PasswordField, _build_secret_widget()
        else:
            # Numbers too: Airflow 2.11 allows no field for fractions, and it covers the error of its field
            # for whole numbers with another text, so that nobody would see why nothing is saved.
            kind, widget = StringField, BS3TextFieldWidget()
        return kind(label, validators=[Optional()], widget=widget, default=field.default, **described)

    return {name: build(field) for name, field in FIELDS.items()}


def build_ui_field_behaviour() -> dict[str, Any]:
    """
    Build what Airflow 2.11 does with the standard fields.

    :return: The value of the hook's ``get_ui_field_behaviour``.
    """
    behaviour = {key.replace("-", "_"): value for key, value in UI_FIELD_BEHAVIOUR.items()}
    # A page that opens with "Extra" hidden has a "Test" button that does nothing: the script behind the
    # button trips over the editor that it builds for a visible "Extra" only. That page would be the form of
    # every other type too, because this type's name comes first in the list.
    behaviour["hidden_fields"] = [name for name in behaviour["hidden_fields"] if name != "extra"]
    behaviour["relabeling"] = {**behaviour["relabeling"], "extra": "Extra (set by the fields below)"}
    return behaviour


def _build_conn_field(field: FormField) -> dict[str, Any]:
    # A type without null is Airflow's sign for a required field.
    schema: dict[str, Any] = {"type": field.type if field.required else [field.type, "null"]}
    if field.secret:
        schema["format"] = "password"
    if field.default is not None:
        schema["default"] = field.default
    return {"label": field.label, "description": field.description, "schema": schema}


def _build_secret_widget() -> Any:
    from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget

    class SecretFieldWidget(BS3PasswordFieldWidget):  # type: ignore[misc]
        """
        Keeps a stored secret when its connection is edited.

        Airflow 2.11 takes an empty extra field for a deleted one, and a password field is always shown
        empty. Shown with Airflow's own placeholder instead, an untouched secret stays what it was.
        """

        def __init__(self) -> None:
            super().__init__(hide_value=False)

        def __call__(self, field: Any, **kwargs: Any) -> Any:
            # What was typed into a form that is shown again is not repeated; what is stored never is.
            untouched = field.data and (not field.raw_data or field.data == _STORED_SECRET)
            return super().__call__(field, **{**kwargs, "value": _STORED_SECRET if untouched else ""})

    return SecretFieldWidget()
