/** Runs and their curves, typed, and how new lines of a journal are added to what was read before. */

import { get, part, post } from "./api";

export interface RunLine {
  run: string;
  state: "training" | "finished" | "stopped" | "damaged";
  live: boolean;
  here: boolean;
  recipe: string;
  begun: string;
  steps: number;
  parameters: number;
  val_loss: number | null;
  bits_per_byte: number | null;
  accuracy: number | null;
  error: string | null;
}
export interface RunFacts extends RunLine {
  about: string;
  seed: number;
  config: string;
  choices: Record<string, unknown>;
  versions: Record<string, unknown>;
  machine: Record<string, unknown>;
  baselines: Record<string, number>;
  floor: number | null;
  nats_per_bit_per_byte: number | null;
  command: string;
}
export interface Updates {
  step: number[];
  loss: number[];
  learning_rate: number[];
  gradient_norm: (number | null)[];
  tokens_per_second: (number | null)[];
  tokens: number[];
  seconds: number[];
}
export interface Evaluations {
  step: number[];
  val_loss: number[];
  bits_per_byte: (number | null)[];
  accuracy: (number | null)[];
  seconds: number[];
}
export interface Metrics {
  offset: number;
  updates: Updates;
  evaluations: Evaluations;
  checkpoints: number[];
}
export interface SpikeRow {
  row: number;
  loss: number | null;
  documents: string[];
  text: string;
}
/** Something that happened in a run, with what it means and what to do. */
export interface Marker {
  step: number;
  kind: string;
  what: string;
  means: string;
  advice: string;
  checkpoint: string | null;
  spike: { batch: number; loss: number | null; usual: number | null; cause: number | null; rows: SpikeRow[]; command: string } | null;
}
export interface SampleText {
  step: number;
  prompt: string;
  text: string;
}
export type RunEvent =
  | ({ kind: "update" } & { [Name in keyof Updates]: number })
  | { kind: "evaluation"; step: number; val_loss: number; bits_per_byte: number | null; accuracy: number | null; seconds: number }
  | ({ kind: "sample" } & SampleText)
  | { kind: "checkpoint"; name: string; step: number }
  | { kind: "rewound" }
  | { kind: "state"; state: RunLine["state"] };
export interface Recipe {
  name: string;
  about: string;
  minutes: number | null;
  steps: number | null;
  config: string;
}
export interface Estimate {
  parameters: number;
  tokens: number | null;
  steps: number | null;
  minutes: number | null;
  memory_bytes: number;
  flops_per_token: number;
}
export interface Process {
  run: string;
  state: "running" | "finished" | "stopped" | "failed";
  exit_code: number | null;
  said: string[];
}
export interface Compared {
  runs: string[];
  differences: Record<string, Record<string, unknown>>;
  same_validation_text: boolean;
  lines: { run: string; parameters: number; steps: number; tokens: number; seconds: number; val_loss: number | null; bits_per_byte: number | null; perplexity: number | null }[];
}

export const listRuns = (signal?: AbortSignal) => get<{ allow_train: boolean; runs: RunLine[] }>("/page/runs", signal);
export const runFacts = (run: string, signal?: AbortSignal) => get<RunFacts>(`/page/runs/${part(run)}`, signal);
/** As many points as a curve needs, or (`EVERY`) as many as the server gives. */
export const runMetrics = (run: string, signal?: AbortSignal, points = 1000) =>
  get<Metrics>(`/page/runs/${part(run)}/metrics?points=${points}`, signal);
export const EVERY = 20000;
export const runSamples = (run: string, signal?: AbortSignal) =>
  get<{ samples: SampleText[] }>(`/page/runs/${part(run)}/samples`, signal);
export const runMarkers = (run: string, signal?: AbortSignal) =>
  get<{ markers: Marker[] }>(`/page/runs/${part(run)}/markers`, signal);
export const compareRuns = (runs: string[], signal?: AbortSignal) =>
  get<Compared>(`/page/compare?${runs.map((run) => `run=${part(run)}`).join("&")}`, signal);
export const listRecipes = (signal?: AbortSignal) => get<{ recipes: Recipe[] }>("/page/recipes", signal);
export const processes = (signal?: AbortSignal) => get<{ processes: Process[] }>("/page/train", signal);
export const estimate = (recipe: string, overrides: string[], signal?: AbortSignal) =>
  post<Estimate>("/page/train/estimate", { recipe, overrides }, signal);
export const startRun = (recipe: string, overrides: string[], run: string) =>
  post<{ run: string }>("/page/train", { recipe, overrides, ...(run ? { run } : {}) });
export const stopRun = (run: string) => post(`/page/train/${part(run)}/stop`, {});
export const resumeRun = (run: string) => post(`/page/train/${part(run)}/resume`, {});

const UPDATES = ["step", "loss", "learning_rate", "gradient_norm", "tokens_per_second", "tokens", "seconds"] as const;
const EVALUATIONS = ["step", "val_loss", "bits_per_byte", "accuracy", "seconds"] as const;

/** The metrics with one more event; a step that is there already is passed over. */
export function withEvent(old: Metrics, event: RunEvent): Metrics {
  if (event.kind === "update") {
    if (event.step <= (old.updates.step.at(-1) ?? 0)) return old;
    const updates = Object.fromEntries(UPDATES.map((name) => [name, [...old.updates[name], event[name]]]));
    return { ...old, updates: updates as unknown as Updates };
  }
  if (event.kind === "evaluation") {
    if (event.step <= (old.evaluations.step.at(-1) ?? 0)) return old;
    const evaluations = Object.fromEntries(EVALUATIONS.map((name) => [name, [...old.evaluations[name], event[name]]]));
    return { ...old, evaluations: evaluations as unknown as Evaluations };
  }
  if (event.kind === "checkpoint" && !old.checkpoints.includes(event.step)) {
    return { ...old, checkpoints: [...old.checkpoints, event.step] };
  }
  return old;
}

/** Exponential moving average, corrected for its beginning (Kingma and Ba 2015, section 3). */
export function smooth(values: (number | null)[], decay: number): (number | null)[] {
  let [mean, weight] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    mean = decay * mean + (1 - decay) * value;
    weight = decay * weight + (1 - decay);
    return mean / weight;
  });
}
