/** The request of this page as others would send it: curl, Python, the command line. Pure: values in, text out. */

import type { Sampling, Which } from "./api";

export interface Request {
  origin: string;
  /** The name under which `/v1` knows the model. */
  id: string;
  which: Which;
  prompt: string;
  sampling: Sampling;
}

const EXTRA = ["top_k", "min_p", "repetition_penalty"] as const;

function fields({ id, prompt, sampling }: Request): Record<string, unknown> {
  const all: Record<string, unknown> = { model: id, prompt, ...sampling };
  const dull: Record<string, unknown> = { repetition_penalty: 1 };
  return Object.fromEntries(
    Object.entries(all).filter(
      ([name, value]) => value !== null && value !== dull[name] && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

const quoted = (text: string) => `'${text.replace(/'/g, `'\\''`)}'`;

function curl(request: Request): string {
  const body = JSON.stringify(fields(request));
  return `curl ${request.origin}/v1/completions -H 'Content-Type: application/json' \\\n     -d ${quoted(body)}`;
}

/** A value as Python reads it: JSON, with letters beyond ASCII spelt out. */
export const literal = (value: unknown) =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

function python(request: Request): string {
  const all = fields(request);
  const extra = Object.fromEntries(EXTRA.filter((name) => name in all).map((name) => [name, all[name]]));
  const usual = Object.entries(all).filter(([name]) => !(name in extra));
  const lines = usual.map(([name, value]) => `    ${name}=${literalText(name, value)},`);
  if (Object.keys(extra).length) lines.push(`    extra_body=${JSON.stringify(extra)},`);
  return [
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url="${request.origin}/v1", api_key="none")`,
    "answer = client.completions.create(",
    ...lines,
    ")",
    "print(answer.choices[0].text)",
  ].join("\n");
}

/** Python reads JSON's strings, but for letters beyond the first plane, which JSON spells as two. */
const literalText = (name: string, value: unknown) =>
  name === "prompt" && /[\ud800-\udfff]/.test(String(value)) ? JSON.stringify(value) : literal(value);

function command({ which, prompt, sampling }: Request): string {
  const flags: [string, unknown][] = [
    ["--max-tokens", sampling.max_tokens],
    ["--temperature", sampling.temperature],
    ["--top-k", sampling.top_k],
    ["--top-p", sampling.top_p],
    ["--min-p", sampling.min_p],
    ["--seed", sampling.seed],
  ];
  const given = flags.filter(([, value]) => value !== null).map(([name, value]) => `${name} ${value}`);
  return `hornbook generate ${which.model} ${quoted(prompt)} ${given.join(" ")}`;
}

/** Every way there is, by its name. */
export const PROGRAMS = { curl, Python: python, "command line": command } as const;
export type ProgramName = keyof typeof PROGRAMS;
