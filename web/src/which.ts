/** Which model the page is about, at which checkpoint: the address says it, every screen reads it here. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { About, Checkpoint, Model, Which } from "./api";
import { setQuery } from "./route";

export interface Present {
  about: About | null;
  models: Model[];
  /** `null` while there is no model at all. */
  which: (Which & { about: Model; at: Checkpoint | null }) | null;
  /** Look again at what there is. */
  again: () => void;
}

export const Here = createContext<Present>({ about: null, models: [], which: null, again: () => undefined });
export const useHere = () => useContext(Here);

/** Turn to another model; what was tried on the parts and tokens of this one means nothing there. */
export const turnTo = (model: string) => setQuery({ model, checkpoint: "", off: "", edit: "", temperature: "" });

/** Can anything be asked of it? */
export const isUsable = (model: Model) => model.kind !== null && model.checkpoints.length > 0;

/** The model that the address names, or else the one the server was started with, or the newest that can be used. */
export function whichOf(query: Readonly<Record<string, string>>, models: Model[], fallback: string | null): Present["which"] {
  const usable = models.filter(isUsable);
  const model =
    usable.find((each) => each.model === query["model"]) ??
    usable.find((each) => each.model === fallback) ??
    usable[usable.length - 1];
  if (!model) return null;
  const best = model.checkpoints.find((each) => each.best) ?? model.checkpoints[model.checkpoints.length - 1];
  const at = model.checkpoints.find((each) => each.name === query["checkpoint"]) ?? best ?? null;
  return { model: model.model, checkpoint: at?.name ?? "best", about: model, at };
}
