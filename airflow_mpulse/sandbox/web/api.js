// SPDX-License-Identifier: Apache-2.0
// The sandbox's interface, as the page asks it.

import { writeQuery } from "./address.js";

/** What the sandbox answered instead of what was asked for: a sentence, and the HTTP status, 0 for no answer. */
export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Read JSON. */
export async function read(path, parameters = {}, signal = undefined) {
  const query = writeQuery(parameters);
  return ask(query ? `${path}?${query}` : path, { signal });
}

/** Add something. */
export async function add(path, value) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
  });
}

/** Remove something. */
export async function remove(path, parameters = {}) {
  const query = writeQuery(parameters);
  return ask(query ? `${path}?${query}` : path, { method: "DELETE" });
}

async function ask(address, options) {
  const answer = await reach(address, options);
  const value = await readBody(answer);
  if (!answer.ok || value === null) {
    throw new Refusal(value?.message ?? `The sandbox answered ${answer.status}.`, answer.status);
  }
  return value;
}

async function readBody(answer) {
  try {
    return await answer.json();
  } catch (error) {
    if (error instanceof SyntaxError) {
      return null;
    }
    throw toRefusal(error);
  }
}

async function reach(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    throw toRefusal(error);
  }
}

function toRefusal(error) {
  // What nobody waits for any more was not refused, whether its answer had begun to arrive or not.
  return error.name === "AbortError" ? error : new Refusal("The sandbox does not answer.", 0);
}
