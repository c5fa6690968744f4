"""What the report is printed with: its style sheet, and figures that fit into a page, light or dark."""

from __future__ import annotations

import re
from html import escape

from matplotlib.figure import Figure

from hornbook.figures import style

COLOURS = {  # name: (in figures and by day, by night)
    "ink": (style.INK, "#eceff4"),
    "muted": (style.MUTED, "#9aa5b5"),
    "rule": (style.RULE, "#333a47"),
    "paper": (style.PAPER, "#14171d"),
    "model": (style.MODEL, "#56b4e9"),
    "training": (style.TRAINING, "#8cc4e8"),
    "baseline": (style.BASELINE, "#e8945c"),
    "bar": (style.BASELINE_BAR, "#7a4f36"),
    "floor": (style.FLOOR, "#3ecfa4"),
    "extra": (style.EXTRA[0], "#e3a3c8"),
    "ochre": (style.EXTRA[1], "#d9b64a"),
    "sky": (style.EXTRA[2], "#8fd3ff"),
}
"""The colours of figures and page; in an inlined figure each becomes a variable of the style sheet."""

REM = 6.7
"""Of a page for an inch of a figure, so that letters have one size in all of them; a full line is 8.4 inches."""

DAY, NIGHT = (";".join(f"--{name}:{pair[night]}" for name, pair in COLOURS.items()) for night in (0, 1))

STYLE = (
    f":root{{{DAY};--heat:179 84 30;--sans:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif;"
    "--mono:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    f"@media(prefers-color-scheme:dark){{:root{{{NIGHT};--heat:232 148 92}}svg image{{filter:brightness(1.5)}}}}"
    """
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.25rem 4rem;max-width:58rem;background:var(--paper);color:var(--ink);
 font:16px/1.55 var(--sans);-webkit-text-size-adjust:100%}
h1{margin:0;font-size:2rem;line-height:1.2;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{margin:3rem 0 1rem;padding-top:.9rem;border-top:1px solid var(--rule);font-size:1.15rem}
.verdict{margin:.5rem 0 1.6rem;font-size:1.15rem;color:var(--muted);max-width:46rem}
.verdict.warning{color:var(--paper);background:var(--baseline);padding:.6rem .9rem;border-radius:.4rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:1.1rem 1.25rem;margin:0}
.tiles div{border-top:2px solid var(--rule);padding-top:.5rem}
.tiles div.own{border-color:var(--model)}
dt{color:var(--muted);font-size:.85rem}
.tiles dd{margin:0;font-size:1.35rem;font-weight:600;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.5rem .75rem;text-align:right;border-bottom:1px solid var(--rule);vertical-align:baseline}
th{color:var(--muted);font-weight:500;font-size:.85rem}
th:first-child,td:first-child{text-align:left;padding-left:0}
th:last-child,td:last-child{text-align:left;padding-right:0}
td:last-child{color:var(--muted);font-size:.9rem}
tr.model td{font-weight:650}tr.model td:first-child{color:var(--model)}tr.floor td:first-child{color:var(--floor)}
tr td:last-child{font-weight:400!important}
.counted th:last-child,.counted td:last-child{text-align:right}
.counted td:last-child{color:inherit;font-size:inherit}
.scroll{overflow-x:auto}
figure{margin:0 0 1.5rem}
svg{display:block;width:100%;height:auto}
svg text{font-family:var(--sans)!important}
svg *{stroke-linejoin:round;stroke-linecap:butt}
.passage{margin:.5rem 0 2rem;white-space:pre-wrap;overflow-wrap:anywhere;font:.95rem/1.75 var(--mono)}
.passage span{background:rgb(var(--heat)/var(--shade,0));border-radius:.15rem}
.sample{display:grid;grid-template-columns:6.5rem 1fr;gap:.25rem 1.25rem;padding:.9rem 0;
 border-bottom:1px solid var(--rule)}
.sample span{color:var(--muted);font-size:.85rem;font-variant-numeric:tabular-nums;padding-top:.15rem}
.sample p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font-family:Georgia,'Times New Roman',serif}
.sample b{font-weight:400;color:var(--model)}
pre{margin:.75rem 0;padding:.9rem 1rem;overflow-x:auto;border:1px solid var(--rule);border-radius:.4rem;
 font:.85rem/1.55 var(--mono)}
summary{cursor:pointer;color:var(--model)}
.pairs{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.3rem 1.5rem;margin:0}
.pairs dd{margin:0;font:.85rem/1.6 var(--mono);overflow-wrap:anywhere}
footer{margin-top:3rem;padding-top:.9rem;border-top:1px solid var(--rule);color:var(--muted);font-size:.85rem}
@media(max-width:34rem){.sample{grid-template-columns:1fr}h1{font-size:1.6rem}}
@media print{body{max-width:none;padding:0}details{display:block}}
"""
)


def inline_svg(figure: Figure, name: str, description: str) -> str:
    """A figure as an SVG element for a page: as wide as its place, in the colours of the page, with no address in it.

    ``name`` keeps the ids of several figures on one page apart; ``description`` is read to those who cannot see it.
    """
    text = style.svg(figure)
    text = text[text.index("<svg") :]
    text = re.sub(r"<style.*?</style>|<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    view = re.search(r'viewBox="[^"]*"', text)
    widest = f"{figure.get_size_inches()[0] * REM:.1f}rem"
    place = f'style="max-width:{widest}" {view.group() if view else ""}'
    head = f'<svg role="img" aria-label="{escape(description)}" {place}>'
    text = head + text[text.index(">") + 1 :].replace("xlink:href", "href")
    text = re.sub(r"<[^>]+>", lambda tag: _renamed(tag.group(), name), text)
    return f"<figure>{text.strip()}</figure>"


def _renamed(tag: str, name: str) -> str:
    """A tag with its ids made unique to the figure and its colours made variables."""
    tag = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", tag)
    for variable, (colour, _) in COLOURS.items():
        tag = tag.replace(colour, f"var(--{variable})")
    return tag
