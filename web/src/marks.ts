/** The signs of what happened in a run: at the foot of its curves, in the list beside them, in a saved figure. */

import type { Marker } from "./runs";

export interface Sign {
  /** A path in a box from (-5, -5) to (5, 5). */
  path: string;
  /** A name of the style sheet. */
  colour: string;
}

const SQUARE = "M-3 -3H3V3H-3Z";
const DOWN = "M-4 -3H4L0 4Z";
const CROSS = "M-4 -4L4 4M4 -4L-4 4";

const SIGNS: Record<string, Sign> = {
  checkpoint: { path: SQUARE, colour: "--edge" },
  best: { path: "M0 -5L1.5 -1.5L5 -1.2L2.3 1.1L3.2 4.6L0 2.7L-3.2 4.6L-2.3 1.1L-5 -1.2L-1.5 -1.5Z", colour: "--accent" },
  resumed: { path: "M-3 -4L4 0L-3 4Z", colour: "--extra-1" },
  spike: { path: "M-4 4L0 -5L4 4Z", colour: "--bad" },
  skipped: { path: CROSS, colour: "--bad" },
  rolled_back: { path: "M4 -4L-4 0L4 4Z", colour: "--bad" },
  warmup_end: { path: "M-4 2L0 -3L4 2", colour: "--extra-2" },
  decay_begin: { path: DOWN, colour: "--extra-2" },
  stopped: { path: "M-4 -4H-1V4H-4ZM1 -4H4V4H1Z", colour: "--ink" },
  finished: { path: "M-4 0L-1 3L4 -4", colour: "--floor" },
};
/** For a kind that a later server may send. */
const OTHER: Sign = { path: "M0 -4V4", colour: "--muted" };

export const signOf = ({ kind }: Pick<Marker, "kind">): Sign => SIGNS[kind] ?? OTHER;

/** By what an event is named in the address: `spike-61`. */
export const nameOf = ({ kind, step }: Marker) => `${kind}-${step}`;

/** Something at the foot of a curve. */
export interface Foot extends Sign {
  label: string;
  x: number;
  chosen: boolean;
}
