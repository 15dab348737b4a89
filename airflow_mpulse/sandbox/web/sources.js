// SPDX-License-Identifier: Apache-2.0
// Where the facts about a beacon are written: the abbreviations that verdicts and fields carry.

import { element } from "./dom.js";

const SOURCES = {
  POSTB: "Akamai TechDocs, mPulse: Post beacons",
  WIB: "Akamai TechDocs, mPulse: What's in an mPulse beacon",
  GETCFG: "Akamai TechDocs, mPulse: Get config",
  CUSTOM: "Akamai TechDocs, mPulse: Send custom data",
  BEACONS: "Akamai TechDocs, mPulse: Beacons",
  MPJS: "akamai/mpulse.js, source",
  JL: "akamai/mPulseAPI.jl, source",
  BOOM: "akamai/boomerang, source",
  PP: "a plug-in of akamai/boomerang, source",
  IOS: "akamai/mPulse-iOS, source",
  SLATE: "mPulse API reference of 2015",
};

/** Describe abbreviations, each with what it stands for. */
export function sources(text) {
  const tags = text.split(", ").map((tag) => element("abbr", { key: tag, title: SOURCES[tag] }, tag));
  return element(
    "span",
    { class: "sources" },
    tags.flatMap((tag, index) => (index === 0 ? [tag] : [" ", tag])),
  );
}

/** Describe what some abbreviations stand for. */
export function legend(texts) {
  const used = new Set(texts.filter(Boolean).flatMap((text) => text.split(", ")));
  const known = Object.entries(SOURCES).filter(([tag]) => used.has(tag));
  return element(
    "details",
    { class: "legend" },
    element("summary", null, "What the sources stand for"),
    element(
      "dl",
      null,
      known.flatMap(([tag, name]) => [element("dt", { key: tag }, tag), element("dd", { key: tag }, name)]),
    ),
  );
}
