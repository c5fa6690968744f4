/**
 * From logits to what may be chosen: the filters of src/hornbook/generation/sampling.py, for the page's live picture.
 *
 * The browser has the likeliest tokens only (at most 200) and the log of the whole sum, so the rest is one number: its
 * mass. Temperature needs every logit of the rest; it is taken to lie flat, `restCount` tokens of one probability.
 */

export interface Choosing {
  temperature: number;
  top_k: number | null;
  top_p: number | null;
  min_p: number | null;
}

/** Which filter took a token out, in the order in which they act. */
export type Removed = "temperature" | "top-k" | "top-p" | "min-p" | null;

export interface Chosen {
  /** softmax of the model's own logits. */
  before: number[];
  /** After temperature and filters; 0 where one took the token out. They and `rest` sum to 1. */
  after: number[];
  removed: Removed[];
  /** Probability of everything that is not listed, before and after. */
  rest: { before: number; after: number };
  /** How many listed tokens are left. */
  kept: number;
}

/**
 * @param logits of the likeliest tokens, falling
 * @param logsumexp over the whole vocabulary
 * @param restCount how many tokens are not listed
 */
export function choose(logits: number[], logsumexp: number, restCount: number, choosing: Choosing): Chosen {
  const before = logits.map((logit) => Math.exp(logit - logsumexp));
  const restBefore = restCount > 0 ? Math.max(0, 1 - sum(before)) : 0;
  const removed: Removed[] = logits.map(() => null);
  const best = logits[0] ?? 0;
  const { temperature } = choosing;
  // relative to the likeliest, so that nothing overflows at low temperatures
  let weights = logits.map((logit, index) =>
    temperature === 0 ? Number(index === 0) : Math.exp((logit - best) / temperature),
  );
  let rest = 0;
  if (temperature > 0 && restBefore > 0) {
    const each = Math.log(restBefore / restCount) + logsumexp - best;
    rest = restCount * Math.exp(each / temperature);
  }
  if (temperature === 0) removed.fill("temperature", 1);

  const take = (out: (index: number) => boolean, name: Removed) => {
    weights = weights.map((weight, index) => {
      if (removed[index] !== null || !out(index)) return weight;
      removed[index] = name;
      return 0;
    });
  };
  const { top_k, top_p, min_p } = choosing;
  if (temperature > 0 && top_k !== null && top_k < logits.length) {
    take((index) => index >= top_k, "top-k");
    rest = 0;
  }
  if (temperature > 0 && top_p !== null && top_p < 1) {
    const total = sum(weights) + rest;
    let reached = 0;
    const late = weights.map((weight, index) => {
      const out = index > 0 && reached >= top_p;
      reached += weight / total;
      return out;
    });
    take((index) => late[index] === true, "top-p");
    if (reached >= top_p) rest = 0;
  }
  if (temperature > 0 && min_p !== null && min_p > 0) {
    const line = min_p * (weights[0] ?? 0);
    take((index) => (weights[index] ?? 0) < line, "min-p");
    if (restCount > 0 && rest / restCount < line) rest = 0;
  }
  const total = sum(weights) + rest || 1;
  return {
    before,
    after: weights.map((weight) => weight / total),
    removed,
    rest: { before: restBefore, after: rest / total },
    kept: removed.filter((name) => name === null).length,
  };
}

/** Shannon entropy in bits of probabilities that sum to one. */
export function entropyBits(probabilities: number[]): number {
  return -sum(probabilities.map((p) => (p > 0 ? p * Math.log2(p) : 0)));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
