/** Every question the page asks the server, typed. The endpoints are described in docs/page-api.md. */

import { follow, type Follow } from "./events";

export interface Token {
  id: number;
  text: string;
  partial?: boolean;
  special?: boolean;
}
export interface Likely extends Token {
  p: number;
}
export interface Raw extends Likely {
  logit: number;
}

export interface About {
  version: string;
  default: string | null;
  allow_train: boolean;
  demo: { run: string; state: "preparing" | "training" | "finished" | "failed"; message?: string } | null;
  lessons: number;
  studies: number;
}
export interface Checkpoint {
  name: string;
  step: number;
  val_loss: number | null;
  bits_per_byte: number | null;
  best: boolean;
  latest: boolean;
}
export interface Model {
  model: string;
  served: boolean;
  kind: "decoder" | "encoder" | "encoder_decoder" | "classifier" | null;
  task: string;
  chat: boolean;
  parameters: number;
  layers: number;
  heads: number;
  width: number;
  context: number;
  vocabulary: number;
  checkpoints: Checkpoint[];
  error?: string;
}

/** Which model is asked, at which point of its training. */
export interface Which {
  model: string;
  checkpoint: string;
}
export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}
/** What a model is given: exactly one of text, tokens or a conversation; `source` for encoder-decoders. */
export interface Given {
  prompt?: string;
  tokens?: number[];
  messages?: Message[];
  source?: string;
}
export interface Sampling {
  max_tokens: number;
  temperature: number;
  top_k: number | null;
  top_p: number | null;
  min_p: number | null;
  repetition_penalty: number;
  stop: string[];
  seed: number | null;
}
export interface Written {
  token: Token;
  text: string;
  p: number | null;
  rank: number | null;
  entropy_bits: number | null;
  top: Likely[];
}
export type WriteEvent =
  | { kind: "begin"; id: string; seed: number; context: number; prompt: Token[] }
  | ({ kind: "token"; index: number } & Written)
  | { kind: "end"; index: number; finish: "stop" | "length" };
export interface Distribution {
  logsumexp: number;
  entropy_bits: number;
  next: Raw[];
}
export interface Next extends Partial<Distribution> {
  id: string;
  prompt: Token[];
  vocabulary: number;
  masks?: (Distribution & { place: number })[];
}
export interface Score {
  id: string;
  loss: number | null;
  bits_per_byte: number | null;
  tokens: Omit<Written, "text">[];
}

/** What the server said is wrong. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string | null = null,
  ) {
    super(message);
  }
}

async function answered(response: Response): Promise<Response> {
  if (response.ok) return response;
  const said = (await response.json().catch(() => null)) as { error?: { message?: string; code?: string } } | null;
  throw new Refusal(response.status, said?.error?.message ?? `the server answered ${response.status}`, said?.error?.code);
}

const KEY = "hornbook.key";

/** What the server asks of every request if it was started with a key; forgotten with the tab. */
export const setKey = (key: string) => sessionStorage.setItem(KEY, key);

/** Ask for a path (`Refusal` for every answer that is none). */
export async function fetched(path: string, init: RequestInit = {}): Promise<Response> {
  const key = sessionStorage.getItem(KEY);
  const headers = { ...init.headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  try {
    return await answered(await fetch(path, { ...init, headers }));
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal(0, "The server does not answer. Is hornbook ui still running?");
    throw error;
  }
}

export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return (await (await fetched(path, { signal: signal ?? null })).json()) as Answer;
}

function sent(body: unknown, signal?: AbortSignal): RequestInit {
  const headers = { "Content-Type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null };
}

export async function post<Answer>(path: string, body: unknown, signal?: AbortSignal): Promise<Answer> {
  return (await (await fetched(path, sent(body, signal))).json()) as Answer;
}

export async function bytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  return new Uint8Array(await (await fetched(path, { signal: signal ?? null })).arrayBuffer());
}

/** The events of an answer that comes piece by piece, until it ends or `signal` says so. */
export async function* streamed<Event extends object>(path: string, body: unknown, signal: AbortSignal): Follow<Event> {
  const response = await fetched(path, sent(body, signal));
  for await (const event of follow<Event>(response)) {
    const { error } = event as { error?: { message: string; code?: string } };
    if (error) throw new Refusal(500, error.message, error.code);
    yield event;
  }
}

/** A part of an address, whatever is in it. */
export const part = encodeURIComponent;

/** The name and the checkpoint, and nothing else that a screen knows of a model. */
export const only = ({ model, checkpoint }: Which): Which => ({ model, checkpoint });

export const about = (signal?: AbortSignal) => get<About>("/page/about", signal);
export const models = (signal?: AbortSignal) => get<{ models: Model[] }>("/page/models", signal);
export const write = (which: Which, given: Given, sampling: Sampling, signal: AbortSignal) =>
  streamed<WriteEvent>("/page/write", { ...only(which), ...given, ...sampling, n: 1, top: 10 }, signal);
export const next = (which: Which, given: Given, signal?: AbortSignal) =>
  post<Next>("/page/next", { ...only(which), ...given, top: 200 }, signal);
export const score = (which: Which, given: Given, signal?: AbortSignal) =>
  post<Score>("/page/score", { ...only(which), ...given, top: 10 }, signal);
