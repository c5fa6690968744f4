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
export interface Ablated {
  before: Outcome;
  after: Outcome;
  kl_bits: number;
}
export interface Attributed {
  target: Token;
  other: Token;
  difference: number;
  parts: { part: string; value: number }[];
}

export const trace = (which: Which, given: Given, signal?: AbortSignal) =>
  post<Trace>("/page/inside", { ...only(which), ...given, top: 5 }, signal);
export const maps = (id: string, kind: MapKind, signal?: AbortSignal) => bytes(`/page/inside/${id}/maps/${kind}`, signal);
export const headNumbers = (id: string, kind: MapKind, layer: number, head: number, signal?: AbortSignal) =>
  get<HeadNumbers>(`/page/inside/${id}/head/${kind}/${layer}/${head}`, signal);
export const lens = (id: string, signal?: AbortSignal) => get<LensRows>(`/page/inside/${id}/lens?top=5`, signal);
export const ablate = (which: Which, given: Given, parts: string[], fill: string, place: number, signal?: AbortSignal) =>
  post<Ablated>("/page/inside/ablate", { ...only(which), ...given, parts, fill, place, top: 10 }, signal);
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
