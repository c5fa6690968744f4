/** What stands on the page as bars and cells: the distribution of the next token, and the logit lens. Pure. */

import { element, figure, MONO, shortened, text, type Figure, type Heading } from "./svg";

export interface Bar {
  name: string;
  share: number;
  /** What it was before filters, drawn as an outline. */
  before?: number;
  value: string;
}

const [ROW, NAME, TRACK] = [24, 120, 420];

export function barsFigure({ bars, ...heading }: Heading & { bars: Bar[] }): Figure {
  const { colour } = heading;
  const most = Math.max(1e-9, ...bars.map((each) => Math.max(each.share, each.before ?? 0)));
  const width = (share: number) => (TRACK * share) / most;
  const bar = (share: number, y: number, looks: Record<string, string>) => element("rect", { x: NAME, y: y + 5, width: width(share), height: 14, ...looks });
  const rows = bars.map(({ name, share, before, value }, at) => {
    const y = at * ROW;
    return [
      text(shortened(name, 15), NAME - 10, y + 16, { "text-anchor": "end", "font-family": MONO, "font-size": 12 }),
      before === undefined ? "" : bar(before, y, { fill: "none", stroke: colour("--edge") }),
      bar(share, y, { fill: colour("--accent") }),
      text(value, NAME + TRACK + 10, y + 16, { "font-size": 12, fill: colour("--muted") }),
    ].join("");
  });
  return figure(heading, NAME + TRACK + 90, bars.length * ROW, ...rows);
}

export interface Cell {
  name: string;
  fill: string;
  ink: string;
}

interface LensDrawn extends Heading {
  /** From top to bottom, with what stands before each. */
  rows: { name: string; cells: Cell[] }[];
  columns: string[];
}

export function lensFigure({ rows, columns, ...heading }: LensDrawn): Figure {
  const [left, top, wide, high] = [84, 24, 84, 28];
  const small = { "font-size": 12, fill: heading.colour("--muted") };
  const named = columns.map((name, at) => text(shortened(name, 11), left + (at + 0.5) * wide, 14, { ...small, "font-family": MONO, "text-anchor": "middle" }));
  const drawn = rows.flatMap(({ name, cells }, row) => [
    text(name, left - 10, top + row * high + 18, { ...small, "text-anchor": "end" }),
    ...cells.map(
      (cell, at) =>
        element("rect", { x: left + at * wide, y: top + row * high, width: wide - 2, height: high - 2, rx: 3, fill: cell.fill }) +
        text(shortened(cell.name, 10), left + at * wide + wide / 2 - 1, top + row * high + 17, { "text-anchor": "middle", "font-family": MONO, "font-size": 12, fill: cell.ink }),
    ),
  ]);
  return figure(heading, left + columns.length * wide, top + rows.length * high, ...named, ...drawn);
}
