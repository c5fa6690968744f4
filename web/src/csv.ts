/** The numbers of runs as a table for other programs: a line for each update, with the evaluation made after it. Pure. */

import type { Metrics } from "./runs";

const UPDATES = ["tokens", "seconds", "loss", "learning_rate", "gradient_norm", "tokens_per_second"] as const;
const SCORES = ["val_loss", "bits_per_byte", "accuracy"] as const;

/** A cell as RFC 4180 has it; empty where nothing was measured. */
function cell(value: string | number | null | undefined): string {
  const written = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(written) ? `"${written.replace(/"/g, '""')}"` : written;
}

function rowsOf(run: string, { updates, evaluations }: Metrics): string[] {
  const updated = new Map(updates.step.map((step, at) => [step, at]));
  const scored = new Map(evaluations.step.map((step, at) => [step, at]));
  const steps = [...new Set([...updated.keys(), ...scored.keys()])].sort((one, other) => one - other);
  return steps.map((step) => {
    const [update, score] = [updated.get(step), scored.get(step)];
    const numbers = [
      ...UPDATES.map((name) => (update === undefined ? null : updates[name][update])),
      ...SCORES.map((name) => (score === undefined ? null : evaluations[name][score])),
    ];
    return [run, step, ...numbers].map(cell).join(",");
  });
}

export const csvOf = (runs: { run: string; metrics: Metrics }[]): string =>
  [["run", "step", ...UPDATES, ...SCORES].join(","), ...runs.flatMap(({ run, metrics }) => rowsOf(run, metrics))].join("\r\n") + "\r\n";
