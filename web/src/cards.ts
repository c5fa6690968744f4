/** Models as they are before they are used, typed: the list, the card of one, what the doctor found. */

import { get, part, post, type Checkpoint } from "./api";

/** A line of the list; of a run that cannot be read only `model` and `error` are there. */
export interface ModelLine {
  model: string;
  kind: string | null;
  task: string;
  parameters: number;
  tokenizer: string;
  vocabulary: number;
  steps: number;
  tokens: number;
  seconds: number | null;
  val_loss: number | null;
  bits_per_byte: number | null;
  error: string | null;
}
export interface Module {
  module: string;
  parameters: number;
}
export interface Learned {
  names: string[];
  title: string | null;
  licence: string | null;
  train_tokens: number | null;
  validation_tokens: number | null;
  base: string | null;
  adapting: string | null;
  imported: string | null;
}
export interface ExportCommand {
  to: string;
  words: string;
  command: string;
  /** Why it cannot be written so; `null` where nothing speaks against it. */
  refusal: string | null;
}
export interface Card extends ModelLine {
  about: string;
  begun: string;
  checkpoint: string;
  architecture: { name: string; value: string }[];
  modules: Module[];
  data: Learned;
  scored: string | null;
  /** What `val_loss` is: nats per token, per label, or a share. */
  loss: string;
  scores: { name: string; value: number }[];
  baselines: { name: string; loss: number }[];
  floor: number | null;
  checkpoints: Checkpoint[];
  exports: ExportCommand[];
  doctor: string;
  evaluate: string;
  markdown: string;
}
export interface Finding {
  name: string;
  evidence: string;
  meaning: string;
  advice: string;
}
export interface Examined {
  run: string;
  checks: number;
  refusal: string | null;
  findings: Finding[];
  path: { name: string; value: string }[];
}

export const listCards = (signal?: AbortSignal) => get<{ models: ModelLine[] }>("/page/cards", signal);
export const cardOf = (model: string, signal?: AbortSignal) => get<Card>(`/page/cards/${part(model)}`, signal);
export const examine = (model: string, signal?: AbortSignal) =>
  post<Examined>(`/page/cards/${part(model)}/doctor`, {}, signal);

/** The share of each module in all parameters, from 0 to 1; of a model without any, 0. */
export function shares(modules: Module[]): number[] {
  const all = modules.reduce((sum, each) => sum + each.parameters, 0);
  return modules.map((each) => (all ? each.parameters / all : 0));
}

/** Names as data has them, in words: `next_token` is "next token". */
export const inWords = (name: string) => name.replaceAll("_", " ");

/** What a score is called; `loss` is what this task means by it. */
export const scoreName = (name: string, loss: string) => (name === "val_loss" ? loss : inWords(name));

/** What is on record of a model's data, as rows; what is not says so. */
export function learnedRows(card: Card): [string, string][] {
  const { data } = card;
  const known = (value: string | number | null) =>
    value === null || value === "" ? "not recorded" : typeof value === "number" ? value.toLocaleString("en") : value;
  return [
    ["texts", known(data.names.join(", "))],
    ...(data.title ? [["what they are", data.title] as [string, string]] : []),
    ["licence of the texts", known(data.licence)],
    ["tokens to train on", known(data.train_tokens)],
    ["tokens held out", known(data.validation_tokens)],
    ["tokens seen", `${card.tokens.toLocaleString("en")} in ${card.steps.toLocaleString("en")} steps`],
    ["tokenizer", `${card.tokenizer}, ${card.vocabulary.toLocaleString("en")} tokens`],
    ...(data.base ? [["begun from", data.base] as [string, string]] : []),
    ...(data.adapting ? [["what was trained", inWords(data.adapting)] as [string, string]] : []),
    ...(data.imported ? [["imported from", data.imported] as [string, string]] : []),
  ];
}

/** What an examination came to, in one sentence. */
export function verdict({ refusal, findings, checks }: Examined): string {
  if (refusal) return refusal;
  if (findings.length === 0) return `Nothing wrong was found by ${checks} checks.`;
  return `${findings.length} of ${checks} checks found something: ${findings.map((each) => each.name).join(", ")}.`;
}
