/** Curves with axes, a legend, and straight dashed lines for what is to be beaten. Pure. */

import type { Foot } from "../marks";
import { measured } from "../numbers";
import type { Curve, Line } from "../parts/curves";
import { element, escaped, figure, moved, text, type Figure, type Heading } from "./svg";

const [WIDTH, HEIGHT, MARGIN, LINE] = [760, 340, 56, 18];

interface CurvesDrawn extends Heading {
  across: string;
  curves: Curve[];
  lines: Line[];
  feet: Foot[];
  log: boolean;
}

/** Round numbers from `low` to `high`, about as many as are asked for. */
export function ticks(low: number, high: number, about: number): number[] {
  const rough = (high - low) / about || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= rough) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, at) => (first + at) * step);
}

/** 1, 2 and 5 times each power of ten that lie there: where steps are factors. */
function ticksOfPowers(low: number, high: number): number[] {
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, at) => 10 ** (Math.floor(low) + at));
  return powers.flatMap((power) => [1, 2, 5].map((digit) => digit * power)).filter((each) => Math.log10(each) >= low && Math.log10(each) <= high);
}

const tickName = (value: number) => (value !== 0 && Math.abs(value) < 0.01 ? value.toExponential(1) : String(Number(value.toPrecision(4))));

export function curvesFigure({ across, curves, lines, feet, log, ...heading }: CurvesDrawn): Figure {
  const { colour } = heading;
  const numbers = curves.flatMap((each) => each.y).filter((value): value is number => value !== null && (!log || value > 0));
  const most = numbers.reduce((one, other) => Math.max(one, other), -Infinity);
  // as on the page: far lines do not press the curve flat
  const near = lines.filter(({ value }) => value <= most * 1.1 && (!log || value > 0));
  const all = [...numbers, ...near.map((each) => each.value)];
  const scale = log ? Math.log10 : (value: number) => value;
  const [low, high] = all.length ? [scale(Math.min(...extremes(all))), scale(Math.max(...extremes(all)))] : [0, 1];
  const air = (high - low || Math.abs(high) || 1) * 0.06;
  const steps = curves.flatMap((each) => extremes(each.x));
  const [first, last] = steps.length ? [Math.min(...steps), Math.max(...steps)] : [0, 1];
  const x = (value: number) => MARGIN + ((WIDTH - MARGIN) * (value - first)) / (last - first || 1);
  const y = (value: number) => HEIGHT - (HEIGHT * (scale(value) - low + air)) / (high - low + 2 * air);
  const heights = log ? ticksOfPowers(low - air, high + air) : ticks(low - air, high + air, 6);
  const legend = [...curves.filter((each) => !each.faint), ...near];
  return figure(
    heading,
    WIDTH,
    HEIGHT + 52 + LINE * legend.length,
    ...heights.map((value) => rule(y(value), tickName(value), colour)),
    ...ticks(first, last, 8).map((value) => text(value.toLocaleString("en"), x(value), HEIGHT + 16, { ...SMALL, "text-anchor": "middle", fill: colour("--muted") })),
    text(across, WIDTH, HEIGHT + 32, { ...SMALL, "text-anchor": "end", fill: colour("--muted") }),
    ...near.map(({ value, colour: name }) => element("path", { d: `M${MARGIN} ${y(value).toFixed(1)}H${WIDTH}`, stroke: colour(name), "stroke-dasharray": "6 4", "stroke-width": 1.5 })),
    ...curves.map((each) => drawn(each, x, y, colour(each.colour), log)),
    ...feet
      .filter((each) => each.x >= first && each.x <= last)
      .map(({ x: at, path, colour: name, label }) => moved(x(at), HEIGHT - 8, element("title", {}, escaped(label)), element("path", { d: path, fill: colour(name), stroke: colour(name) }))),
    moved(MARGIN, HEIGHT + 56, ...legend.map((each, at) => named(each, at, colour))),
  );
}

const SMALL = { "font-size": 12 };

/** The least and the greatest: `Math.min(...values)` takes no hundred thousand values. */
const extremes = (values: number[]) => [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)].filter(Number.isFinite);

const rule = (y: number, label: string, colour: Heading["colour"]) =>
  element("path", { d: `M${MARGIN} ${y.toFixed(1)}H${WIDTH}`, stroke: colour("--rule") }) + text(label, MARGIN - 8, y + 4, { ...SMALL, "text-anchor": "end", fill: colour("--muted") });

function drawn(curve: Curve, x: (value: number) => number, y: (value: number) => number, stroke: string, log: boolean): string {
  const places = curve.y.flatMap((value, at) => (value === null || (log && value <= 0) ? [] : [[x(curve.x[at]!), y(value)] as const]));
  const points = places.map(([across, up]) => `${across.toFixed(1)},${up.toFixed(1)}`).join(" ");
  const line = element("polyline", { points, fill: "none", stroke, "stroke-width": curve.faint ? 1 : 2, opacity: curve.faint ? 0.3 : 1 });
  return curve.points ? line + places.map(([cx, cy]) => element("circle", { cx, cy, r: 3, fill: stroke })).join("") : line;
}

function named(each: Curve | Line, at: number, colour: Heading["colour"]): string {
  const value = "value" in each ? each.value : (each.y.findLast((one) => one !== null) ?? null);
  const dash = "value" in each ? "5 3" : undefined;
  return (
    element("path", { d: `M0 ${at * LINE - 4}h20`, stroke: colour(each.colour), "stroke-width": 3, "stroke-dasharray": dash }) +
    text(`${each.label} ${measured(value)}`, 28, at * LINE, SMALL)
  );
}
