/** Addresses, programs, Markdown, curves, tokens: values in, values out. */

import { expect, test } from "vitest";

import { readHash, writeHash } from "./address";
import { cividis, inkOn } from "./colours";
import { blocks, inline } from "./markdown";
import { spoken } from "./parts/tokentext";
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
