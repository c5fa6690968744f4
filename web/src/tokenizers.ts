/** Everything that can be asked of tokenizers, typed. */

import { get, part, post, streamed, type Token } from "./api";

export interface TokenizerLine {
  name: string;
  kind: string;
  vocab_size: number;
  merges: boolean;
}
export interface Span extends Token {
  start: number;
  end: number;
}
export interface Encoded {
  name: string;
  kind: string;
  vocab_size: number;
  tokens: Span[];
  count: number;
  bytes: number;
  characters: number;
  bytes_per_token: number | null;
  characters_per_token: number | null;
  round_trip: boolean;
  error: string | null;
}
export interface MergeStep {
  parts: { text: string }[];
  token: Token | null;
  place: number | null;
  candidates: { place: number; text: string; rank: number; id: number }[];
}
export interface Ancestor {
  token: Token;
  left: Ancestor | null;
  right: Ancestor | null;
}
export interface VocabularyToken extends Token {
  from: [number, number] | null;
  length: number;
}
export type TrainingEvent =
  | { kind: "merge"; number: number; id: number; left: Token; right: Token; token: Token; count: number }
  | { kind: "done"; name: string; vocab_size: number; tokens: number; bytes: number; bytes_per_token: number };

export const listTokenizers = (signal?: AbortSignal) =>
  get<{ tokenizers: TokenizerLine[] }>("/page/tokens/tokenizers", signal);
export const encode = (text: string, tokenizers: string[], signal?: AbortSignal) =>
  post<{ results: Encoded[] }>("/page/tokens/encode", { text, tokenizers, allow_special: false }, signal);
export const merges = (tokenizer: string, text: string, signal?: AbortSignal) =>
  post<{ pieces: { text: string; steps: MergeStep[] }[] }>("/page/tokens/merges", { tokenizer, text }, signal);
export const ancestry = (tokenizer: string, token: number, signal?: AbortSignal) =>
  get<Ancestor>(`/page/tokens/ancestry?tokenizer=${part(tokenizer)}&token=${token}`, signal);
export const vocabulary = (tokenizer: string, query: string, sort: string, offset: number, signal?: AbortSignal) =>
  get<{ total: number; vocab_size: number; tokens: VocabularyToken[] }>(
    `/page/tokens/vocabulary?tokenizer=${part(tokenizer)}&query=${part(query)}&sort=${sort}&offset=${offset}&limit=100`,
    signal,
  );
export const trainTokenizer = (text: string, size: number, signal: AbortSignal) =>
  streamed<TrainingEvent>("/page/tokens/train", { text, vocabulary: size, pattern: "gpt2" }, signal);

/** Neighbouring tokens that are parts of one character, together: they cannot be shown apart. */
export function grouped(tokens: Span[]): Span[][] {
  const groups: Span[][] = [];
  for (const token of tokens) {
    const before = groups.at(-1)?.[0];
    const together = before?.partial && token.partial && before.start === token.start && before.end === token.end;
    if (together) groups.at(-1)!.push(token);
    else groups.push([token]);
  }
  return groups;
}
