/** What happened in a run, asked anew whenever it may have grown, and where it stands under its curves. */

import { useMemo } from "preact/hooks";

import { nameOf, signOf, type Foot } from "./marks";
import { useRoute } from "./route";
import { runMarkers, type Marker, type Metrics, type Updates } from "./runs";
import { useAsked, type Asked } from "./store";

export type Across = "step" | "tokens" | "seconds";

export interface Happened extends Omit<Asked<unknown>, "answer"> {
  markers: Marker[];
  feet: Foot[];
  /** The name of the event that the address has. */
  chosen: string;
}

/** @param round changes when there may be new events */
export function useHappened(run: string, round: string, metrics: Metrics | null, across: Across): Happened {
  const { query } = useRoute();
  const chosen = query["event"] ?? "";
  const { answer, ...asked } = useAsked(`${run}/${round}`, (signal) => runMarkers(run, signal));
  const markers = answer?.markers ?? [];
  const feet = useMemo(() => (metrics?.updates.step.length ? markers.map(footIn(metrics.updates, across, chosen)) : []), [answer, metrics, across, chosen]);
  return { ...asked, markers, feet, chosen };
}

const footIn = (updates: Updates, across: Across, chosen: string) => (marker: Marker) => ({
  ...signOf(marker),
  label: marker.what,
  x: xOf(updates, across, marker.step),
  chosen: nameOf(marker) === chosen,
});

/** Where a step is on an axis of steps, tokens or seconds: at the first update that is not before it. */
export function xOf(updates: Updates, across: Across, step: number): number {
  if (across === "step") return step;
  const at = updates.step.findIndex((each) => each >= step);
  return updates[across][at < 0 ? updates.step.length - 1 : at] ?? 0;
}
