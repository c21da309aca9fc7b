"""The card of a claim, for notebooks."""

from __future__ import annotations

from html import escape
from typing import Any

from ._words import number

SIGNS = {"supported": "✓", "refuted": "✗", "inconclusive": "?"}
COLOURS = {"supported": "#1a7f37", "refuted": "#c0362c", "inconclusive": "#9a6700"}


def verdict(word: str) -> str:
    """A verdict as sign and word; the colour only repeats them."""
    return f"<b style='white-space:nowrap; color:{COLOURS.get(word, 'inherit')}'>{SIGNS.get(word, '')} {escape(word)}</b>"


def figure(x: Any) -> str:
    """A number with five digits."""
    return f"{number(x):.5g}"


def card(claim: dict[str, Any], header: dict[str, Any], svg: str) -> str:
    """Statement, verdict, tightest case, controls and breaks, figure."""
    tightest = claim["tightest"]
    lines = [
        "<div style='border:1px solid #8888; border-radius:6px; padding:0.8em 1em; margin:0.5em 0; "
        "max-width:46em'>",
        f"<div style='opacity:.7'>{escape(claim['id'])}</div>",
        f"<div style='font-size:1.1em'><b>{escape(header['title'])}</b></div>",
        f"<div style='margin:.3em 0'><code>{escape(header['statement'])}</code></div>",
        f"<div>{verdict(claim['verdict'])}, {escape(claim['evidence'])}, {len(claim['cases'])} cases"
        + ("" if claim["ok"] else f"; expected: {escape(claim['expected'])}")
        + "</div>",
    ]
    if tightest is not None and tightest["ratio"] is not None:
        place = ", ".join(f"{escape(str(k))} {escape(str(v))}" for k, v in tightest["axes"].items())
        lines.append(f"<div>tightest: {figure(tightest['ratio'])} at {place}</div>")
    sections = [("control", one) for one in claim["controls"]] + [("break", one) for one in claim["breaks"]]
    if sections:
        rows = "".join(
            f"<tr><td>{kind}</td><td style='text-align:left'>{escape(one['why'])}</td>"
            f"<td>{verdict(one['verdict'])}</td></tr>"
            for kind, one in sections
        )
        lines.append(f"<table>{rows}</table>")
    return "\n".join([*lines, svg, "</div>"])
