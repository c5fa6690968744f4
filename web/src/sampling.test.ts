/** The page's filters against numbers that the server's own gave (tests/browser/test_page.py holds them together live). */

import { expect, test } from "vitest";

import { choose, entropyBits } from "./sampling";

// softmax of these is 0.5, 0.3, 0.15, 0.05
const LOGITS = [0.5, 0.3, 0.15, 0.05].map(Math.log);
const OFF = { temperature: 1, top_k: null, top_p: null, min_p: null };
const near = (numbers: number[]) => numbers.map((each) => expect.closeTo(each, 6));

test("nothing asked for changes nothing", () => {
  const { after, rest, kept } = choose(LOGITS, 0, 0, OFF);
  expect(after).toEqual(near([0.5, 0.3, 0.15, 0.05]));
  expect([rest.after, kept]).toEqual([0, 4]);
});

test("temperature 0 leaves the likeliest, 0.5 squares the odds", () => {
  expect(choose(LOGITS, 0, 0, { ...OFF, temperature: 0 }).after).toEqual([1, 0, 0, 0]);
  const squares = [0.25, 0.09, 0.0225, 0.0025];
  const total = squares.reduce((sum, each) => sum + each);
  expect(choose(LOGITS, 0, 0, { ...OFF, temperature: 0.5 }).after).toEqual(near(squares.map((each) => each / total)));
});

test("the token that crosses top-p's line belongs to the set", () => {
  const { after, removed } = choose(LOGITS, 0, 0, { ...OFF, top_p: 0.6 });
  expect(after).toEqual(near([0.625, 0.375, 0, 0]));
  expect(removed).toEqual([null, null, "top-p", "top-p"]);
});

test("top-k keeps k, min-p keeps a share of the likeliest, and each names what it removed", () => {
  expect(choose(LOGITS, 0, 0, { ...OFF, top_k: 1 }).removed).toEqual([null, "top-k", "top-k", "top-k"]);
  expect(choose(LOGITS, 0, 0, { ...OFF, min_p: 0.31 }).removed).toEqual([null, null, "min-p", "min-p"]);
  expect(choose(LOGITS, 0, 0, { ...OFF, top_k: 3, min_p: 0.31 }).removed).toEqual([null, null, "min-p", "top-k"]);
});

test("what is not listed keeps its mass until a filter takes it", () => {
  const listed = LOGITS.slice(0, 2); // 0.2 are elsewhere, in two tokens
  expect(choose(listed, 0, 2, OFF).rest.after).toBeCloseTo(0.2, 6);
  expect(choose(listed, 0, 2, { ...OFF, top_p: 0.7 }).rest.after).toBe(0);
  expect(choose(listed, 0, 2, { ...OFF, temperature: 0.5 }).rest.after).toBeCloseTo(0.02 / 0.36, 6);
});

test("logits far from zero do not overflow", () => {
  const { after } = choose([1000, 999], 1000 + Math.log(1 + Math.exp(-1)), 0, { ...OFF, temperature: 0.05 });
  expect(after[0]).toBeCloseTo(1, 6);
});

test("entropy is in bits", () => {
  expect(entropyBits([0.5, 0.25, 0.25, 0])).toBeCloseTo(1.5, 9);
});
