# SPDX-License-Identifier: Apache-2.0
"""
The field names of a beacon: which ones mPulse documents, and which ones only a browser may send.

Names alone; what their values must look like is in the rules.
"""

from __future__ import annotations

import re

# POSTB: what each required field is, so that a finding can say what to send.
REQUIRED = {
    "api": "send api=1",
    "h.key": "send h.key as the configuration gives it",
    "h.d": "send h.d as the configuration gives it",
    "h.t": "send h.t as the configuration gives it",
    "h.cr": "send h.cr as the configuration gives it",
    "rt.start": "send rt.start=manual",
    "rt.end": "send the end of the duration in milliseconds since the Unix epoch",
}

# WIB: documented beacon types. A plain "api" is not among them.
INITIATORS = frozenset(
    {
        "api_custom_metric",
        "api_custom_timer",
        "api_network_request",
        "client_batch",
        "xhr",
        "spa",
        "spa_hard",
        "interaction",
        "error",
        "bfcache",
        "amp",
    }
)

# WIB, POSTB, SLATE, MPJS, PP: names that mean something from a sender that is not a browser.
_DOCUMENTED = re.compile(
    r"""
    api | api\.v | api\.l | api\.lv | v | d
    | h\.(?: key | d | t | cr | pg | ab | v )
    | rt\.(?: start | tstart | end | si | ss | sl | tt | obo | subres )
    | t_done | t_resp | t_page | t_other | custom[0-9]_st
    | cmet\..* | cdim\..*
    | u | pgu | r | r2 | nu | pid | n
    | http\.(?: initiator | method | errno | hdr | type ) | xhr\.sync | fetch\.bnu
    | err | mob\.ct | ua\.os | ua\.osv
    """,
    re.VERBOSE | re.DOTALL,
)

# WIB: what a browser measures or a CDN adds. A server that sends one claims to be what it is not.
_BROWSER_ONLY = re.compile(
    r"""
    rt\.(?: quit | bstart | blstart | cstart | nstart )
    | t_(?: domloaded | load | prerender | postrender | configfb | configjs )
    | (?: vis | dom | scr | mem | pt | c | et | tp | ak )\..*
    | ua\.(?: plt | vnd | arch ) | cpu\.cnc
    | bw | bw_.* | lat | lat_.* | nt_.*
    | restiming | usertiming | servertiming | errors | early | sb | if | sm | sv
    """,
    re.VERBOSE | re.DOTALL,
)


def is_documented(name: str) -> bool:
    """
    Tell whether mPulse documents a field for senders of this kind.

    :param name: Name of the field.
    :return: True for a documented name, and for any name under ``cmet.`` or ``cdim.``.

    Source: WIB, POSTB, SLATE.
    """
    return _DOCUMENTED.fullmatch(name) is not None


def is_browser_only(name: str) -> bool:
    """
    Tell whether only a browser or a CDN sends a field.

    :param name: Name of the field.
    :return: True for such a name.

    Source: WIB.
    """
    return _BROWSER_ONLY.fullmatch(name) is not None
