/** Addresses, programs, Markdown, curves, tokens: values in, values out. */

import { expect, test } from "vitest";

import { readHash, writeHash } from "./address";
import { cividis, inkOn } from "./colours";
import { readEdit, readWarmth, sorted, strongest, writeEdit, writeWarmth, type HeadFacts } from "./inside";
import { blocks, inline } from "./markdown";
import { mark, spoken } from "./parts/tokentext";
import { PROGRAMS } from "./programs";
import { smooth, withEvent, type Metrics } from "./runs";
import { grouped } from "./tokenizers";

test("an address gives back what was written into it", () => {
  const route = { screen: "inside", query: { model: "a/b", prompt: "x & y = 1\n🎈 #?" } } as const;
  expect(readHash(writeHash(route))).toEqual(route);
  expect(readHash("#/nowhere?a=1").screen).toBe("play");
});

test("programs carry the request, quoted", () => {
  const sampling = { max_tokens: 5, temperature: 0.8, top_k: null, top_p: 0.9, min_p: null, repetition_penalty: 1, stop: [], seed: 3 };
  const request = { origin: "http://x", id: "m", which: { model: "m", checkpoint: "best" }, prompt: "it's", sampling };
  expect(PROGRAMS.curl(request)).toContain(`'{"model":"m","prompt":"it'\\''s","max_tokens":5,"temperature":0.8,"top_p":0.9,"seed":3}'`);
  expect(PROGRAMS.Python(request)).toContain(`    prompt="it's",`);
  expect(PROGRAMS["command line"](request)).toBe(
    `hornbook generate m 'it'\\''s' --max-tokens 5 --temperature 0.8 --top-p 0.9 --seed 3`,
  );
});

test("Markdown becomes data and never HTML", () => {
  expect(inline("a **b** `c` [d](#/e)")).toEqual([
    { kind: "text", text: "a " },
    { kind: "bold", text: "b" },
    { kind: "text", text: " " },
    { kind: "code", text: "c" },
    { kind: "text", text: " " },
    { kind: "link", text: "d", to: "#/e" },
  ]);
  expect(blocks("# T\n\none\ntwo\n\n- a\n  b\n- c\n\n    code\n").map((each) => each.kind)).toEqual([
    "heading",
    "paragraph",
    "list",
    "code",
  ]);
});

test("a curve takes each step once, and smoothing does not lean to zero at its beginning", () => {
  const columns = { step: [1], loss: [2], learning_rate: [0], gradient_norm: [1], tokens_per_second: [1], tokens: [1], seconds: [1] };
  const old: Metrics = { offset: 0, updates: columns, evaluations: { step: [], val_loss: [], bits_per_byte: [], accuracy: [], seconds: [] }, checkpoints: [] };
  const event = { kind: "update", step: 2, loss: 1, learning_rate: 0, gradient_norm: 1, tokens_per_second: 1, tokens: 2, seconds: 2 } as const;
  const grown = withEvent(old, event);
  expect(grown.updates.loss).toEqual([2, 1]);
  expect(withEvent(grown, event)).toBe(grown);
  expect(smooth([3, 3, null, 3], 0.9)).toEqual([3, 3, null, 3].map((each) => (each === null ? null : expect.closeTo(each, 9))));
});

test("tokens of one character stand together", () => {
  const token = (id: number, start: number, end: number, partial = true) => ({ id, text: "", start, end, partial });
  expect(grouped([token(1, 0, 1, false), token(2, 1, 3), token(3, 1, 3), token(4, 3, 5)]).map((each) => each.length)).toEqual([1, 2, 1]);
});

test("the colour scale gets lighter all the way, and ink can be read on all of it", () => {
  const light = ([red, green, blue]: readonly number[]) => 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  for (let byte = 1; byte < 256; byte += 1) expect(light(cividis(byte / 255))).toBeGreaterThan(light(cividis((byte - 1) / 255)) - 0.5);
  expect([inkOn(cividis(0)), inkOn(cividis(1))]).toEqual(["#fff", "#000"]);
});

test("what is seen of a token is said of it, and its own bytes where they are only a part of that", () => {
  const facts = { p: 0.25, rank: 0, entropy_bits: 1, top: [] };
  expect(spoken({ token: { id: 1, text: "cat" }, text: "cat", ...facts })).toMatch(/^cat, 25/);
  const last = { token: { id: 2, text: "\\x93", partial: true }, text: "ѓ", ...facts };
  expect(spoken(last)).toMatch(/^ѓ, .*x93, 25/);
  expect(spoken({ ...last, text: "" })).toMatch(/^.?x93, 25/);
});

test("what has no width on the screen is marked, and nothing else", () => {
  expect(["\n", "\r\n\n", "", "\u0007", "\u200b"].map(mark)).toEqual(["⏎", "⏎", "⋅", "⋅", "⋅"]);
  for (const wide of ["a", ".\n", " ", "  ", "\t", "ѓ"]) expect(mark(wide)).toBeUndefined();
});

test("a temperature and an edit in an address are read as they were written, and nonsense is nothing", () => {
  for (const warm of [{ of: "attention", value: 0.5 }, { of: "cross:1.2", value: 1024 }, { of: "encoder:0", value: 0.00195 }]) {
    expect(readWarmth(writeWarmth(warm))).toEqual(warm);
  }
  for (const wrong of [undefined, "", "0@attention", "-1@attention", "1e999@attention", "2@mlp:1", "2@attention:x", "x@attention"]) {
    expect(readWarmth(wrong)).toBeNull();
  }
  expect(readEdit(writeEdit({ place: 3, token: 262 }), 4)).toEqual({ place: 3, token: 262 });
  for (const wrong of [undefined, "", "4:1", "-1:2", "1:", "a:b"]) expect(readEdit(wrong, 4)).toBeNull();
  expect(writeWarmth(null) + writeEdit(null)).toBe("");
});

test("heads stand in the order of a score, those without one last", () => {
  const head = (number: number, entropy: number, induction: number | null): HeadFacts => ({
    kind: "attention", layer: 0, head: number, entropy, induction, previous: 0, first: 0,
  });
  const heads = [head(0, 2, null), head(1, 1, 0.2), head(2, 3, 0.7)];
  expect(sorted(heads, "entropy").map((each) => each.head)).toEqual([1, 0, 2]);
  expect(sorted(heads, "induction").map((each) => each.head)).toEqual([2, 1, 0]);
  expect(sorted(heads, "layer")).toEqual(heads);
});

test("the strongest parts and all others as one are still the whole", () => {
  const parts = [1, -5, 0.5, 3, -0.25].map((value, index) => ({ part: `head 0.${index}`, value }));
  const shown = strongest(parts, 2);
  expect(shown.map((each) => each.part)).toEqual(["head 0.1", "head 0.3", "3 others"]);
  expect(shown.reduce((sum, each) => sum + each.value, 0)).toBe(-0.75);
  expect(strongest(parts, 5)).toHaveLength(5);
});
