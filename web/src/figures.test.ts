/** Figures, tables and names of files: values in, text out. */

import { expect, test } from "vitest";

import { csvOf } from "./csv";
import { curvesFigure, ticks } from "./figures/curves";
import { element, escaped, figure } from "./figures/svg";
import { barsFigure } from "./figures/tables";
import { NOTEBOOKS } from "./notebook";
import type { Metrics } from "./runs";
import { fileName } from "./saving";

const heading = { title: "a < b & c", about: "run", colour: (name: string) => name };

test("the name of a file says run, step and panel, whatever stands in them", () => {
  expect(fileName(["writer", "step-000030", "attention", "layer-1-head-0"], "svg")).toBe("writer-step-000030-attention-layer-1-head-0.svg");
  expect(fileName(["../a/b", "KL to the end"], "png")).toBe("a-b-KL-to-the-end.png");
});

test("no text of a model breaks a figure", () => {
  expect(escaped('<a href="x">&\u0000\ud800')).toBe("&lt;a href=&quot;x&quot;&gt;&amp;��");
  expect(escaped("🎈")).toBe("🎈");
  expect(element("g", { a: 1 / 3, b: undefined })).toBe('<g a="0.33"></g>');
  expect(figure(heading, 10, 10).svg).toContain("<title>a &lt; b &amp; c</title>");
});

test("ticks are round numbers inside the range, about as many as asked for", () => {
  expect(ticks(0.3, 4.9, 5)).toEqual([1, 2, 3, 4]);
  expect(ticks(10, 30, 4)).toEqual([10, 15, 20, 25, 30].filter((each) => each % 5 === 0));
});

test("a curve with a gap, a line far above it, and nothing at all can be drawn", () => {
  const curves = [{ label: "training", x: [1, 2, 3], y: [3, null, 1], colour: "--ink" }];
  const far = { label: "uniform", value: 99, colour: "--rule" };
  const { svg } = curvesFigure({ ...heading, across: "step", curves, lines: [far], feet: [{ path: "M0 0", colour: "--bad", label: "spike", x: 2, chosen: false }], log: false });
  expect(svg).not.toContain("uniform");
  expect(svg).toContain("<title>spike</title>");
  expect(svg.match(/<polyline points="([^"]*)"/)![1]!.split(" ")).toHaveLength(2);
  expect(curvesFigure({ ...heading, across: "step", curves: [], lines: [], feet: [], log: true }).svg).not.toMatch(/NaN|Infinity/);
  expect(barsFigure({ ...heading, bars: [{ name: "a", share: 0, value: "0 %" }] }).svg).not.toMatch(/NaN/);
});

test("a table has a line for each step, quotes what has to be, and leaves empty what was not measured", () => {
  const updates = { step: [1, 2], loss: [3, 2.5], learning_rate: [0.1, 0.2], gradient_norm: [1, null], tokens_per_second: [9, 9], tokens: [8, 16], seconds: [1, 2] };
  const evaluations = { step: [2], val_loss: [2.75], bits_per_byte: [null], accuracy: [null], seconds: [2] };
  const metrics: Metrics = { offset: 0, updates, evaluations, checkpoints: [] };
  expect(csvOf([{ run: "a,b", metrics }]).split("\r\n")).toEqual([
    "run,step,tokens,seconds,loss,learning_rate,gradient_norm,tokens_per_second,val_loss,bits_per_byte,accuracy",
    '"a,b",1,8,1,3,0.1,1,9,,,',
    '"a,b",2,16,2,2.5,0.2,,9,2.75,,',
    "",
  ]);
});

test("a program names the attention that is shown, and the source where there is one", () => {
  const looked = { which: { model: "a", checkpoint: "best" }, tokens: [1, 2], source: [3], causal: true, layer: 1, head: 0, place: 1, row: 0 };
  expect(NOTEBOOKS.attention({ ...looked, kind: "cross" })).toContain('observed.layers[1].looked["cross"].weights[0, 0]');
  expect(NOTEBOOKS.attention({ ...looked, kind: "encoder" })).toContain("weights[0].tolist()"); // the source is shorter than the place
  expect(NOTEBOOKS["logit lens"]({ ...looked, kind: "encoder" })).toContain("torch.tensor([source]), torch.tensor([tokens])");
});
