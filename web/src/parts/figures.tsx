/** What the panels of Inside show as figures that can be saved: how tokens are named in them, what stands above. */

import type { LensRows, MapKind, MapShape, Trace } from "../inside";
import { barsFigure, lensFigure, type Bar, type Cell } from "../figures/tables";
import { gridFigure, mapFigure, vectorsFigure } from "../figures/maps";
import type { Heading } from "../figures/svg";
import { cividis, css, inkOn } from "../colours";
import { mapOf } from "../inside";
import { percent, visible } from "../numbers";
import { colourOf } from "../theme";
import { painted, vectorPixels } from "./painting";
import { SaveFigure } from "./save";

/** Run and step of a file's name: `writer@step-000030` is `writer`, `step-000030`. */
export const partsOf = (id: string) => id.split("@");

const heading = (title: string, { id, tokens }: Pick<Trace, "id" | "tokens">): Heading => ({
  title,
  about: `${id}: ${tokens.map((each) => each.text).join("")}`.replace(/\s+/g, " "),
  colour: colourOf,
});

function pictureOf(pixels: ImageData): { url: string; rows: number; columns: number } {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [pixels.width, pixels.height];
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return { url: canvas.toDataURL("image/png"), rows: pixels.height, columns: pixels.width };
}

const named = (tokens: { text: string }[]) => tokens.map((each) => visible(each.text));

interface SaveGridProps {
  trace: Trace;
  kind: MapKind;
  shape: MapShape;
  all: Uint8Array;
}

export function SaveGrid({ trace, kind, shape, all }: SaveGridProps) {
  const draw = () => {
    const maps = Array.from({ length: shape.layers * shape.heads }, (_, at) =>
      pictureOf(painted(mapOf(all, shape, Math.floor(at / shape.heads), at % shape.heads), shape, false)),
    );
    return gridFigure({ ...heading(`Attention maps (${kind}): layers down, heads across`, trace), heads: shape.heads, maps });
  };
  return <SaveFigure what="all maps" parts={[...partsOf(trace.id), kind, "maps"]} draw={draw} />;
}

interface SaveMapProps {
  trace: Trace;
  kind: MapKind;
  shape: MapShape;
  layer: number;
  head: number;
  /** What is shown of it, and its bytes. */
  view: string;
  bytes: Uint8Array;
  plain: boolean;
  asking: { text: string }[];
  lookedAt: { text: string }[];
}

export function SaveMap({ trace, kind, shape, layer, head, view, bytes, plain, asking, lookedAt }: SaveMapProps) {
  const draw = () =>
    mapFigure({
      ...heading(`Layer ${layer}, head ${head}: ${view} of ${kind}`, trace),
      map: pictureOf(painted(bytes, shape, plain)),
      asking: named(asking),
      lookedAt: named(lookedAt),
    });
  return <SaveFigure what="this map" parts={[...partsOf(trace.id), kind, `layer-${layer}-head-${head}`, view]} draw={draw} />;
}

interface SaveLensProps {
  trace: Trace;
  lens: LensRows;
  metric: string;
  share: (row: number, column: number) => number;
  layerName: (row: number) => string;
}

export function SaveLens({ trace, lens, metric, share, layerName }: SaveLensProps) {
  const cell = (row: number, column: number): Cell => {
    const colour = cividis(share(row, column));
    return { name: visible(lens.top[row]?.[column]?.[0]?.text ?? ""), fill: css(colour), ink: inkOn(colour) };
  };
  const draw = () =>
    lensFigure({
      ...heading(`Logit lens, shaded by ${metric}`, trace),
      columns: named(trace.tokens),
      rows: lens.top.map((_, row) => ({ name: layerName(row), cells: trace.tokens.map((_, column) => cell(row, column)) })).reverse(),
    });
  return <SaveFigure what="the logit lens" parts={[...partsOf(trace.id), "logit-lens", metric]} draw={draw} />;
}

interface SaveBarsProps {
  /** What the bars are chances of. */
  what?: string;
  id: string;
  tokens: { text: string; id: number }[];
  bars: Bar[];
}

/** A distribution: by default of the token after `tokens`. */
export function SaveBars({ what = "Next token", id, tokens, bars }: SaveBarsProps) {
  const draw = () => barsFigure({ ...heading(what, { id, tokens }), bars });
  return <SaveFigure what="the distribution" parts={[...partsOf(id), what.toLowerCase()]} draw={draw} />;
}

export const barOf = ({ text, p }: { text: string; p: number }): Bar => ({ name: visible(text), share: p, value: percent(p) });

export function SaveEmbeddings({ trace }: { trace: Trace }) {
  const { token, position, sum } = trace.embeddings;
  const shown = position ? { token, position, sum } : { token };
  const draw = () =>
    vectorsFigure({
      ...heading("Embeddings", trace),
      tokens: named(trace.tokens),
      vectors: Object.entries(shown).map(([name, rows]) => ({ name, picture: pictureOf(vectorPixels(rows)) })),
    });
  return <SaveFigure what="the embeddings" parts={[...partsOf(trace.id), "embeddings"]} draw={draw} />;
}
