// SPDX-License-Identifier: Apache-2.0
// Tables: sorted by their headings, in a region that scrolls by itself where there is not enough room.

import { element } from "./dom.js";
import { button } from "./fields.js";
import { formatNumber } from "./format.js";

const PAGE_ROWS = 100;

let collator = null;

/**
 * Describe a table. A column has `id`, `title` and `cell` (of a row), and perhaps `numeric`, `sort` (the value
 * that counts) and `isHeading` (its cells name the rows). Rows come as they are to be shown; `sorting` says how
 * that is, `onSort` is told when a heading asks for another way; `name` is that of `shorten`. On a narrow page each row is a card, which
 * takes the table's own meaning away unless the roles are named.
 */
export function table({ caption, columns, rows, keyOf, sorting, onSort, name }) {
  const head = element(
    "tr",
    { role: "row" },
    columns.map((column) => heading(column, sorting, onSort)),
  );
  const body = rows.map((row) =>
    element(
      "tr",
      { key: keyOf(row), role: "row", "data-key": keyOf(row) },
      columns.map((column) => cell(column, row)),
    ),
  );
  return element(
    "div",
    { class: "table-region", role: "region", "aria-label": caption, tabindex: "0", "data-more": name },
    element(
      "table",
      { role: "table" },
      element("caption", { class: "visually-hidden" }, caption),
      element("thead", { role: "rowgroup", class: onSort && "sorts" }, head),
      element("tbody", { role: "rowgroup" }, body),
    ),
  );
}

/** Read from an address how a table is sorted. */
export function readSorting(parameters, fallback) {
  const { sort, order } = parameters;
  return sort ? { by: sort, descending: order === "descending" } : fallback;
}

/** Say which parameters sort a table anew after its heading was pressed. */
export function nextSorting(column, sorting) {
  const descending = sorting?.by === column.id ? !sorting.descending : Boolean(column.numeric);
  return { sort: column.id, order: orderOf({ descending }) };
}

/** Keep a long list short until more is asked for: the rows to show, and a button where there are more. */
export function shorten(rows, context, name) {
  const shown = context.state[name] ?? PAGE_ROWS;
  const rest = rows.length - shown;
  if (rest <= 0) {
    return [rows, null];
  }
  const more = () => {
    context.change({ [name]: shown + PAGE_ROWS * 5 });
    // The button stays where it is, or is gone; the reader goes on with what is new.
    document.querySelectorAll(`[data-more="${name}"] [data-key]`)[shown]?.querySelector("a, button")?.focus();
  };
  return [rows.slice(0, shown), button(`Show more: ${formatNumber(rest)} not shown`, more, { key: "more" })];
}

/** Sort rows as an address asks; in the order of the sandbox where it asks for nothing. */
export function sortRows(rows, columns, { sort, order: direction }) {
  const column = columns.find((each) => each.id === sort && each.sort);
  if (!column) {
    return rows;
  }
  const sign = direction === "descending" ? -1 : 1;
  return [...rows].sort((one, other) => compare(column.sort(one), column.sort(other), sign));
}

function compare(one, other, sign) {
  const absent = Number(one === null || one === undefined) - Number(other === null || other === undefined);
  if (absent !== 0 || one === null || one === undefined) {
    return absent;
  }
  return sign * (typeof one === "number" ? one - other : compareText(one, other));
}

function compareText(one, other) {
  // Made when it is first wanted, since that takes a while.
  collator ??= new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  return collator.compare(one, other);
}

function heading(column, sorting, onSort) {
  const sorted = sorting?.by === column.id ? orderOf(sorting) : undefined;
  const attributes = {
    key: column.id,
    scope: "col",
    role: "columnheader",
    class: column.numeric ? "numeric" : undefined,
    "aria-sort": sorted,
  };
  const content = onSort && column.sort ? sortButton(column, sorting, sorted, onSort) : column.title;
  return element("th", attributes, content);
}

function sortButton(column, sorting, sorted, onSort) {
  const press = () => onSort(nextSorting(column, sorting));
  const mark = sorted === "descending" ? "▼" : "▲";
  const words = [column.title, element("span", { class: "sort-mark", "aria-hidden": "true" }, mark)];
  return button(words, press, { class: "sort" });
}

function orderOf(sorting) {
  return sorting.descending ? "descending" : "ascending";
}

function cell(column, row) {
  const attributes = {
    key: column.id,
    class: column.numeric ? "numeric" : column.class,
    "data-column": column.id,
  };
  if (column.isHeading) {
    return element("th", { ...attributes, scope: "row", role: "rowheader" }, column.cell(row));
  }
  return element("td", { ...attributes, role: "cell", "data-title": column.title }, column.cell(row));
}
