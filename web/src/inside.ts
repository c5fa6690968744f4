/** What the server knows of one pass through a model, typed; and how its maps lie in their bytes. */

import { bytes, get, only, post, type Given, type Likely, type Token, type Which } from "./api";

export type MapKind = "attention" | "encoder" | "cross";

export interface MapShape {
  layers: number;
  heads: number;
  rows: number;
  columns: number;
  causal: boolean;
}
export interface HeadFacts {
  kind: MapKind;
  layer: number;
  head: number;
  entropy: number;
  previous: number | null;
  first: number | null;
  induction: number | null;
}
export interface LensRows {
  top: Likely[][][];
  rank: number[][];
  p_of_answer: number[][];
  entropy_bits: number[][];
  kl_bits: number[][];
}
export interface Trace {
  trace: string;
  id: string;
  kind: string;
  tokens: Token[];
  source: Token[] | null;
  loss: number | null;
  surprise_bits: (number | null)[];
  embeddings: {
    token: number[][];
    position: number[][] | null;
    sum: number[][];
    columns: number;
    width: number;
    position_kind: string;
    norms: number[];
  };
  maps: Partial<Record<MapKind, MapShape>>;
  heads: HeadFacts[];
  stream: { layer: number; norm: number; attention: number; cross?: number; feed_forward: number; norms: number[] }[];
  /** Of large models it has to be asked for. */
  lens: LensRows | null;
  next: Likely[];
  entropy_bits: number;
}
export interface HeadNumbers {
  weights: number[][];
  scores: (number | null)[][];
  values: number[];
}
export interface Outcome {
  next: Likely[];
  entropy_bits: number;
  loss: number | null;
}
/** What something that was changed did to the answer. */
export interface Changed {
  before: Outcome;
  after: Outcome;
  kl_bits: number;
}
/** The scores of `of` (attention, attention:2, attention:2.1; cross and encoder) are divided by `value`. */
export interface Warmth {
  of: string;
  value: number;
}
export interface Experiment {
  parts: string[];
  warm: Warmth | null;
  fill: string;
  place: number;
}
/** `token` stands at `place`. */
export interface Edit {
  place: number;
  token: number;
}
export interface Edited extends Changed {
  place: number;
  replaced: Token;
  token: Token;
  before: Outcome & { surprise_bits: (number | null)[] };
  after: Outcome & { surprise_bits: (number | null)[] };
  kl_bits_by_place: number[];
}
export interface Part {
  part: string;
  value: number;
}
export interface Attributed {
  target: Token;
  other: Token;
  difference: number;
  parts: Part[];
}

export const trace = (which: Which, given: Given, signal?: AbortSignal) =>
  post<Trace>("/page/inside", { ...only(which), ...given, top: 5 }, signal);
export const maps = (id: string, kind: MapKind, signal?: AbortSignal) => bytes(`/page/inside/${id}/maps/${kind}`, signal);
export const headNumbers = (id: string, kind: MapKind, layer: number, head: number, signal?: AbortSignal) =>
  get<HeadNumbers>(`/page/inside/${id}/head/${kind}/${layer}/${head}`, signal);
export const lens = (id: string, signal?: AbortSignal) => get<LensRows>(`/page/inside/${id}/lens?top=5`, signal);
export const ablate = (which: Which, given: Given, { parts, warm, fill, place }: Experiment, signal?: AbortSignal) =>
  post<Changed>("/page/inside/ablate", { ...only(which), ...given, parts, temperatures: warm ? [warm] : [], fill, place, top: 10 }, signal);
export const edit = (which: Which, given: Given, { place, token }: Edit, after: number, signal?: AbortSignal) =>
  post<Edited>("/page/inside/edit", { ...only(which), ...given, place, token, after, top: 10 }, signal);
export const attribute = (which: Which, given: Given, place: number, signal?: AbortSignal) =>
  post<Attributed>("/page/inside/attribute", { ...only(which), ...given, place }, signal);
export const neighbours = (which: Which, token: number, signal?: AbortSignal) =>
  post<{ neighbours: (Token & { cosine: number })[] }>("/page/inside/neighbours", { ...only(which), token, top: 8 }, signal);

/** The bytes of one map out of [layers, heads, rows, columns]; nothing is copied. */
export function mapOf(all: Uint8Array, { heads, rows, columns }: MapShape, layer: number, head: number): Uint8Array {
  const size = rows * columns;
  const start = (layer * heads + head) * size;
  return all.subarray(start, start + size);
}

/** What a head seems to do, said carefully: the strongest of three habits, if one is strong. */
export function hint({ previous, first, induction }: HeadFacts): string | null {
  const habits: [string, number | null][] = [
    ["what followed this token before", induction],
    ["the token before", previous],
    ["the first token", first],
  ];
  const [name, share] = habits.reduce((best, each) => ((each[1] ?? 0) > (best[1] ?? 0) ? each : best));
  return share !== null && share > 0.4 ? `mostly looks at ${name} (${Math.round(share * 100)} %)` : null;
}

// What stands in the address ------------------------------------------------------------------------------------------

/** `0.5@attention:2.1`; nothing where it cannot be read. */
export function readWarmth(written: string | undefined): Warmth | null {
  const found = /^([0-9.e-]+)@((?:attention|cross|encoder)(?::\d+(?:\.\d+)?)?)$/.exec(written ?? "");
  const value = Number(found?.[1]);
  return found && Number.isFinite(value) && value > 0 ? { of: found[2]!, value } : null;
}
export const writeWarmth = (warm: Warmth | null) => (warm ? `${Number(warm.value.toPrecision(4))}@${warm.of}` : "");

/** `3:262`: token 262 at place 3 of a text of so many tokens. */
export function readEdit(written: string | undefined, count: number): Edit | null {
  const found = /^(\d{1,9}):(\d{1,9})$/.exec(written ?? "");
  return found && Number(found[1]) < count ? { place: Number(found[1]), token: Number(found[2]) } : null;
}
export const writeEdit = (edit: Edit | null) => (edit ? `${edit.place}:${edit.token}` : "");

// Orders --------------------------------------------------------------------------------------------------------------

export const ORDERS = ["layer", "entropy", "previous", "first", "induction"] as const;
export type Order = (typeof ORDERS)[number];

/** Heads in an order: those that look at the least first by entropy, those with most of a habit first by the others. */
export function sorted(heads: HeadFacts[], order: Order): HeadFacts[] {
  if (order === "layer") return heads;
  const sign = order === "entropy" ? 1 : -1;
  return [...heads].sort((one, other) => {
    const [mine, theirs] = [one[order], other[order]];
    if (mine === null || theirs === null) return Number(mine === null) - Number(theirs === null);
    return sign * (mine - theirs);
  });
}

/** The parts that did most, and all others as one, so that together they stay the whole. */
export function strongest(parts: Part[], count: number): Part[] {
  const ordered = [...parts].sort((one, other) => Math.abs(other.value) - Math.abs(one.value));
  const rest = ordered.slice(count);
  const others = { part: rest.length === 1 ? "one other" : `${rest.length} others`, value: rest.reduce((sum, each) => sum + each.value, 0) };
  return rest.length ? [...ordered.slice(0, count), others] : ordered;
}
