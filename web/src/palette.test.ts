/** Typed letters find commands: by the beginnings of their words, by what stands in them, by letters in their order. */

import { expect, test } from "vitest";

import { matching, type Command } from "./palette";

const command = (name: string, group: string): Command => ({ name, group, run: () => undefined });
const COMMANDS = [
  command("go to Play", "key"),
  command("go to Inside", "key"),
  command("step-000120", "checkpoint"),
  command("step-000240, the best", "checkpoint"),
  command("1: Counting pairs", "lesson"),
];
const names = (typed: string) => matching(COMMANDS, typed).map((each) => each.name);

test("nothing typed is everything, in the order given", () => {
  expect(matching(COMMANDS, "  ")).toEqual(COMMANDS);
});

test("every word that is typed has to be found, in any order and in either case", () => {
  expect(names("INSIDE go")).toEqual(["go to Inside"]);
  expect(names("go tokens")).toEqual([]);
});

test("letters in their order find a word that begins with the first of them", () => {
  expect(names("ckpt")).toEqual(["step-000120", "step-000240, the best"]);
  expect(names("kpt")).toEqual([]);
});

test("a number finds the step that it is a part of, and the best fit stands first", () => {
  expect(names("240")).toEqual(["step-000240, the best"]);
  expect(names("checkpoint best")).toEqual(["step-000240, the best"]);
  expect(names("pa")[0]).toBe("1: Counting pairs");
});

test("what is no word of a pattern is searched as it stands", () => {
  expect(names("(")).toEqual([]);
  expect(names("1:")).toEqual(["1: Counting pairs"]);
});
