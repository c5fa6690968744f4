/** Cards of models: shares, rows and sentences. */

import { expect, test } from "vitest";

import { inWords, learnedRows, scoreName, shares, verdict, type Card } from "./cards";

test("the shares of modules are 1 together, and 0 where there is nothing to share", () => {
  const found = shares([
    { module: "embedding", parameters: 30 },
    { module: "attention", parameters: 10 },
    { module: "head", parameters: 0 },
  ]);
  expect(found).toEqual([0.75, 0.25, 0]);
  expect(shares([{ module: "embedding", parameters: 0 }])).toEqual([0]);
});

test("what is not on record says so, and is never left out", () => {
  const data = { names: [], title: null, licence: null, train_tokens: 1234, validation_tokens: null, base: "first", adapting: null, imported: null };
  const card = { data, tokens: 61440, steps: 30, tokenizer: "bytepair", vocabulary: 270 } as unknown as Card;
  const rows = Object.fromEntries(learnedRows(card));
  expect(rows["licence of the texts"]).toBe("not recorded");
  expect([rows["texts"], rows["tokens held out"]]).toEqual(["not recorded", "not recorded"]);
  expect([rows["tokens to train on"], rows["tokens seen"], rows["begun from"]]).toEqual(["1,234", "61,440 in 30 steps", "first"]);
  expect(rows).not.toHaveProperty("imported from");
});

test("an examination is told in one sentence, nothing found included", () => {
  const examined = { run: "a", checks: 29, refusal: null, findings: [], path: [] };
  expect(verdict(examined)).toBe("Nothing wrong was found by 29 checks.");
  const finding = { name: "causality", evidence: "", meaning: "", advice: "" };
  expect(verdict({ ...examined, findings: [finding] })).toBe("1 of 29 checks found something: causality.");
  expect(verdict({ ...examined, checks: 0, refusal: "It was imported." })).toBe("It was imported.");
});

test("names of data are read as words", () => {
  expect([inWords("next_token"), scoreName("val_loss", "share of wrong answers"), scoreName("exact_match", "")]).toEqual([
    "next token",
    "share of wrong answers",
    "exact match",
  ]);
});
