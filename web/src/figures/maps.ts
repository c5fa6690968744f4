/** Attention as figures: one map with its tokens, every head of every layer, and the vectors of tokens. Pure.
 *
 * A map comes as a picture of one pixel for each pair of tokens (a data: URL), which is made larger without blurring.
 */

import { element, figure, MONO, moved, shortened, text, type Figure, type Heading } from "./svg";

export interface Picture {
  url: string;
  rows: number;
  columns: number;
}

const picture = ({ url }: Picture, width: number, height: number) =>
  element("image", { href: url, width, height, preserveAspectRatio: "none", "image-rendering": "pixelated" });

const HATCHED = "url(#hatched)";

/** What may not be seen is hatched: the ground that shows where the picture has no pixel. */
const hatch = (colour: Heading["colour"]) =>
  element(
    "defs",
    {},
    element(
      "pattern",
      { id: "hatched", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      element("path", { d: "M0 0V6", stroke: colour("--rule"), "stroke-width": 2 }),
    ),
  );

/** Up to so many tokens stand beside a map. */
const NAMED = 48;
const GAP = 8;

interface MapDrawn extends Heading {
  map: Picture;
  /** The tokens that ask, from top to bottom, and those that are looked at. */
  asking: string[];
  lookedAt: string[];
}

export function mapFigure({ map, asking, lookedAt, ...heading }: MapDrawn): Figure {
  const most = Math.max(map.rows, map.columns);
  const cell = Math.min(Math.max(480 / most, 14), 40);
  const named = most <= NAMED;
  const [left, top] = named ? [96, 96] : [0, 0];
  const [width, height] = [cell * map.columns, cell * map.rows];
  const label = { "font-size": Math.min(cell * 0.7, 12), "font-family": MONO };
  const rows = asking.map((token, at) => text(shortened(token, 12), left - GAP, top + cell * (at + 0.65), { ...label, "text-anchor": "end" }));
  const columns = lookedAt.map((token, at) =>
    text(shortened(token, 12), 0, 0, { ...label, transform: `translate(${(left + cell * (at + 0.65)).toFixed(1)} ${top - GAP}) rotate(-60)` }),
  );
  return figure(
    heading,
    left + width,
    top + height,
    hatch(heading.colour),
    moved(left, top, element("rect", { width, height, fill: HATCHED, stroke: heading.colour("--edge") }), picture(map, width, height)),
    ...(named ? [...rows, ...columns] : []),
  );
}

interface GridDrawn extends Heading {
  heads: number;
  /** Layer by layer, head by head. */
  maps: Picture[];
}

export function gridFigure({ heads, maps, ...heading }: GridDrawn): Figure {
  const side = Math.min(Math.max(Math.floor(900 / heads) - GAP, 24), 120);
  const step = side + GAP;
  const layers = Math.ceil(maps.length / heads);
  const muted = { "font-size": 11, fill: heading.colour("--muted"), "text-anchor": "middle" };
  const [left, top] = [30, 20];
  return figure(
    heading,
    left + heads * step,
    top + layers * step,
    hatch(heading.colour),
    ...Array.from({ length: heads }, (_, head) => text(`head ${head}`, left + head * step + side / 2, 10, muted)),
    ...Array.from({ length: layers }, (_, layer) => text(String(layer), 10, top + layer * step + side / 2 + 4, muted)),
    ...maps.map((map, at) =>
      moved(
        left + (at % heads) * step,
        top + Math.floor(at / heads) * step,
        element("rect", { width: side, height: side, fill: HATCHED, stroke: heading.colour("--rule") }),
        picture(map, side, side),
      ),
    ),
  );
}

interface VectorsDrawn extends Heading {
  tokens: string[];
  vectors: { name: string; picture: Picture }[];
}

export function vectorsFigure({ tokens, vectors, ...heading }: VectorsDrawn): Figure {
  const [left, row, column] = [96, 16, 8];
  let across = left;
  const drawn = vectors.map(({ name, picture: one }) => {
    const width = one.columns * column;
    const part = moved(across, 0, picture(one, width, one.rows * row), text(name, 0, one.rows * row + 18, { "font-size": 12 }));
    across += width + 3 * GAP;
    return part;
  });
  const names = tokens.map((token, at) => text(shortened(token, 12), left - GAP, row * (at + 0.7), { "font-size": 11, "font-family": MONO, "text-anchor": "end" }));
  return figure(heading, across - 3 * GAP, tokens.length * row + 24, ...names, ...drawn);
}
