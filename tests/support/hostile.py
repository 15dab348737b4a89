# SPDX-License-Identifier: Apache-2.0
"""Texts that a page must show as they are, whatever they look like."""

from __future__ import annotations

HOSTILE = {
    "script": "<script>window.hurt = 1; alert(1)</script>",
    "attribute": '"><img src=x onerror="window.hurt = 1; alert(1)">',
    "single quotes": "'><svg onload=alert(1)>",
    "entity": "&lt;b&gt; &amp; &#x3c;script&#x3e;",
    "template": "${alert(1)} {{7*7}} <%= 7 %>",
    "address": "javascript:alert(1)#/app?x=1&y=%00%zz",
    "500 characters": "x" * 500,
    "right to left": "\u05d7\u05e9\u05d1\u05d5\u05df \u0641\u0627\u062a\u0648\u0631\u0629 \u202egnp.exe",
    "emoji": "\U0001f9fe\U0001f469\u200d\U0001f467 orders \U0001f3f4\U000e0067\U000e0062\U000e007f",
    "control characters": "a\x00b\x07c\x1b[31md\te\nf\x7fg\u2028h",
    "prototype": "__proto__",
    "length": "constructor",
}
