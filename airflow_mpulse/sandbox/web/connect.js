// SPDX-License-Identifier: Apache-2.0
// How Airflow is connected to this sandbox: what an author sees before the first beacon.

import { copyable } from "./copy.js";
import { element } from "./dom.js";

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/** Write the line that connects Airflow to the sandbox at an address. */
export function connectionLine(app, place) {
  const scheme = place.protocol.replace(":", "");
  const connection = {
    conn_type: "mpulse",
    host: place.hostname.replace(/^\[|\]$/g, ""),
    schema: scheme,
    port: Number(place.port) || (scheme === "https" ? 443 : 80),
    password: app.api_key,
    extra: { domain: app.domain },
  };
  if (scheme === "http" && !LOOPBACK.test(place.hostname)) {
    connection.extra.allow_http = true;
  }
  return `export AIRFLOW_CONN_MPULSE_DEFAULT='${JSON.stringify(connection).replaceAll("'", "'\\''")}'`;
}

/** Describe what to do while there is no beacon. */
export function connectHelp(app) {
  return element(
    "section",
    { key: "help", class: "empty empty-wide", "aria-labelledby": "help-title" },
    element("h2", { id: "help-title" }, "No beacon has arrived yet"),
    element("p", null, "Three steps, and what mPulse would receive appears here by itself:"),
    element(
      "ol",
      { class: "steps" },
      element(
        "li",
        null,
        "Connect Airflow: set this variable where its scheduler and its workers start.",
        copyable(connectionLine(app, location), "the connection"),
      ),
      element(
        "li",
        null,
        "Choose what reports itself. This reports every run and every task; more options narrow it down.",
        copyable("export AIRFLOW__MPULSE__REPORT=all", "the option"),
      ),
      element(
        "li",
        null,
        "Run a DAG. Or send one beacon from the same shell, to see that the connection works:",
        copyable('airflow-mpulse send --page-group "hello" --duration-ms 1500', "the command"),
      ),
    ),
  );
}
