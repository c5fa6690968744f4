/**
 * One head, large: rows ask, columns are looked at. The mouse or the arrow keys read single weights.
 *
 * Three ways to weigh: the weights, the scores before softmax, and the weights times the length of the values, which is
 * what a token really brings. "Show as table" puts the same numbers into a table with headers (maptable.tsx).
 */

import { useState } from "preact/hooks";

import type { Token } from "../api";
import { headNumbers, type MapKind, type MapShape, type Trace } from "../inside";
import { named, visible } from "../numbers";
import { setQuery, useRoute } from "../route";
import { useAsked } from "../store";
import { Choice } from "./fields";
import { SaveMap } from "./figures";
import { MapPicture } from "./map";
import { MapTable } from "./maptable";
import { Notice } from "./notice";

const VIEWS = ["weights", "scores", "value-weighted"] as const;
type View = (typeof VIEWS)[number];

interface BigMapProps {
  trace: Trace;
  kind: MapKind;
  shape: MapShape;
  layer: number;
  head: number;
  asking: Token[];
  lookedAt: Token[];
  place: number;
  choose: (place: number) => void;
}

export function BigMap({ trace, kind, shape, layer, head, asking, lookedAt, place, choose }: BigMapProps) {
  const [view, setView] = useState<View>("weights");
  const asTable = useRoute().query["as"] === "table";
  const [cell, setCell] = useState<[number, number] | null>(null);
  const numbers = useAsked(`${trace.trace}/${kind}/${layer}/${head}`, (signal) => headNumbers(trace.trace, kind, layer, head, signal));
  const { rows, columns, causal } = shape;
  if (numbers.error) return <Notice error={numbers.error} again={numbers.again} />;
  const { answer } = numbers;
  if (!answer || answer.weights.length !== rows) return <p class="muted">…</p>;
  const value = (row: number, column: number): number | null => {
    const score = answer.scores[row]?.[column] ?? null; // none where the mask lets nobody look
    const weight = score === null || (causal && column > row) ? null : (answer.weights[row]?.[column] ?? null);
    if (view === "scores") return score;
    return view === "weights" || weight === null ? weight : weight * (answer.values[column] ?? 1);
  };
  const cells = Array.from({ length: rows * columns }, (_, at) => value(Math.floor(at / columns), at % columns));
  const [row, column] = cell ?? [Math.min(place, rows - 1), 0];
  const move = (event: KeyboardEvent) => {
    const moves: Record<string, [number, number]> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
    };
    const to = moves[event.key];
    if (event.key === "Enter") choose(row);
    if (!to) return;
    event.preventDefault();
    setCell([Math.min(Math.max(to[0], 0), rows - 1), Math.min(Math.max(to[1], 0), columns - 1)]);
  };
  const pointed = (event: MouseEvent): [number, number] => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const at = (share: number, count: number) => Math.min(Math.max(Math.floor(share * count), 0), count - 1);
    return [at((event.clientY - box.top) / box.height, rows), at((event.clientX - box.left) / box.width, columns)];
  };
  const read = value(row, column);
  const bytes = scaled(cells, view);
  const plain = view === "scores";
  return (
    <div class="big-map">
      <div class="row">
        <Choice label="What is shown" names={VIEWS} value={view} onValue={setView} />
        <button type="button" class="plain-switch" aria-pressed={asTable} onClick={() => setQuery({ as: asTable ? "" : "table" })}>
          Show as table
        </button>
        <SaveMap {...{ trace, kind, shape, layer, head, view, bytes, plain, asking, lookedAt }} />
      </div>
      {asTable ? (
        <MapTable {...{ asking, lookedAt, value, view }} row={Math.min(place, rows - 1)} />
      ) : (
        <>
          <div
            class="picture"
            tabIndex={0}
            role="group"
            aria-roledescription="map"
            aria-label={`Layer ${layer}, head ${head}: arrow keys read its ${view}`}
            style={{ "--rows": rows, "--columns": columns }}
            onKeyDown={move}
            onMouseMove={(event) => setCell(pointed(event))}
            onClick={(event) => choose(pointed(event)[0])}
          >
            <MapPicture weights={bytes} {...{ rows, columns, causal, plain }} />
            <i class="cell" style={{ top: `${(100 * row) / rows}%`, left: `${(100 * column) / columns}%` }} />
          </div>
          <p class="readout" role="status" data-weight={read ?? ""}>
            <b class="mono">{visible(asking[row]?.text ?? "")}</b> → <b class="mono">{visible(lookedAt[column]?.text ?? "")}</b>{" "}
            <span class="numbers">{read === null ? "may not be seen" : read.toFixed(3)}</span>
            <span class="sr">
              {named(asking[row]?.text ?? "")} looks at {named(lookedAt[column]?.text ?? "")}
            </span>
          </p>
        </>
      )}
    </div>
  );
}

/** Weights as they are; others from their least to their greatest. */
function scaled(cells: (number | null)[], view: View): Uint8Array {
  const seen = cells.filter((each): each is number => each !== null);
  const least = view === "scores" ? Math.min(...seen) : 0;
  const most = view === "weights" ? 1 : Math.max(...seen);
  const range = most - least || 1;
  return Uint8Array.from(cells, (each) => (each === null ? 0 : Math.round((255 * (each - least)) / range)));
}
