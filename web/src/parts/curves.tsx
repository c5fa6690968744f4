/** Curves over steps, tokens or time: uPlot draws them, with straight lines for what is to be beaten. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { curvesFigure } from "../figures/curves";
import type { Foot } from "../marks";
import { measured } from "../numbers";
import { colourOf } from "../theme";
import { SaveFigure } from "./save";

export interface Curve {
  label: string;
  x: number[];
  y: (number | null)[];
  /** A name of the style sheet. */
  colour: string;
  points?: boolean;
  faint?: boolean;
}
export interface Line {
  label: string;
  value: number;
  colour: string;
}

interface CurvesProps {
  title: string;
  unit?: string;
  /** What x is. */
  across: string;
  /** Run and step, for the name of a file and what stands in it. */
  of: readonly string[];
  curves: Curve[];
  lines?: Line[];
  /** What happened, at the foot of the plot. */
  feet?: Foot[];
  log?: boolean;
  height?: number;
}

/** Charts of one group show the same x under the mouse. */
const SYNC = uPlot.sync("runs");

/** One and the same, so that curves without events are not drawn anew each time. */
const NONE: Foot[] = [];

export function Curves({ title, unit, across, of, curves, lines = [], feet = NONE, log = false, height = 260 }: CurvesProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const kept = useRef<Line[]>(lines);
  kept.current = lines;
  const standing = useRef<Foot[]>(feet);
  standing.current = feet;
  const shape = JSON.stringify([curves.map((each) => [each.label, each.colour, each.points, each.faint]), log, lines.length > 0]);
  const data = () =>
    uPlot.join(curves.map((each) => [each.x, each.y] as unknown as uPlot.AlignedData)) as unknown as uPlot.AlignedData;
  useEffect(() => {
    if (!place.current || curves.length === 0) return;
    const width = () => Math.max(place.current?.clientWidth ?? 300, 120);
    const drawn = new uPlot(options(curves, kept, standing, log, width(), height), data(), place.current);
    chart.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: width(), height }));
    resized.observe(place.current);
    const recoloured = new MutationObserver(() => drawn.redraw());
    recoloured.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      resized.disconnect();
      recoloured.disconnect();
      drawn.destroy();
      chart.current = null;
    };
  }, [shape]);
  useEffect(() => {
    if (chart.current && curves.length) chart.current.setData(data());
  }, [curves, lines]);
  useEffect(() => chart.current?.redraw(false), [feet]);
  const draw = () =>
    curvesFigure({ title: unit ? `${title}, ${unit}` : title, about: of.join(", "), colour: colourOf, across, curves, lines, feet, log });
  return (
    <figure class="curves" aria-label={title}>
      <figcaption>
        <h3>
          {title} {unit && <small class="muted">{unit}</small>}
        </h3>
        {curves.length > 0 && <SaveFigure what={title.toLowerCase()} parts={[...of, title.toLowerCase()]} draw={draw} />}
        <ul class="legend-list">
          {curves
            .filter((each) => !each.faint)
            .map((each) => (
              <li key={each.label} data-curve={each.label} data-count={each.y.length} data-first={each.y[0]} data-last={last(each.y)}>
                <i style={{ background: `var(${each.colour})` }} /> {each.label} <b class="numbers">{measured(last(each.y))}</b>
              </li>
            ))}
          {lines.map((each) => (
            <li key={each.label} data-line={each.label} data-value={each.value}>
              <i class="dashed" style={{ borderColor: `var(${each.colour})` }} /> {each.label}{" "}
              <b class="numbers">{measured(each.value)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      {curves.length === 0 && <p class="muted">Nothing to draw yet.</p>}
      <div ref={place} data-feet={feet.length} class="chart" role="img" aria-label={`${title}: ${curves.map((each) => `${each.label} ${measured(last(each.y))}`).join(", ") || "nothing yet"}`} />
    </figure>
  );
}

const last = (values: (number | null)[]) => values.findLast((each) => each !== null) ?? null;

/** Steps, tokens and seconds are counted in whole numbers. */
const WHOLE = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

function options(curves: Curve[], lines: { current: Line[] }, feet: { current: Foot[] }, log: boolean, width: number, height: number): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: () => colourOf("--muted"),
    grid: { stroke: () => colourOf("--rule"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    size: 48,
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { sync: { key: SYNC.key }, drag: { x: true, y: false }, points: { size: 6 } },
    scales: {
      x: { time: false },
      y: { distr: log ? 3 : 1, range: log ? null! : (_, least, most) => ranged(least, most, lines.current) },
    },
    axes: [
      { ...axis, size: 32, incrs: WHOLE, space: 60 },
      { ...axis, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : tickText(tick))) },
    ],
    series: [
      {},
      ...curves.map(
        (each): uPlot.Series => ({
          stroke: () => colourOf(each.colour),
          width: each.faint ? 1 : 2,
          alpha: each.faint ? 0.3 : 1,
          spanGaps: true,
          points: { show: each.points ?? false, size: 5 },
        }),
      ),
    ],
    hooks: { draw: [(drawn) => drawLines(drawn, lines.current), (drawn) => drawFeet(drawn, feet.current)] },
  };
}

const tickText = (tick: number) =>
  Math.abs(tick) >= 10000 ? `${tick / 1000}k` : Math.abs(tick) < 0.01 && tick !== 0 ? tick.toExponential(0) : String(Number(tick.toPrecision(4)));

/** What is to be beaten is in the picture, but far lines do not press the curve flat: those above its start are left out. */
function ranged(least: number | null, most: number | null, lines: Line[]): [number, number] {
  if (least === null || most === null) return [0, 1];
  const near = lines.map((each) => each.value).filter((value) => value <= most * 1.1);
  const [low, high] = [Math.min(least, ...near), Math.max(most, ...near)];
  const air = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - air, high + air];
}

function drawLines(drawn: uPlot, lines: Line[]): void {
  const { ctx, bbox } = drawn;
  const { devicePixelRatio: ratio } = window;
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "right";
  ctx.textBaseline = "bottom";
  for (const { label, value, colour } of lines) {
    const y = drawn.valToPos(value, "y", true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = ctx.fillStyle = colourOf(colour);
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(label, bbox.left + bbox.width - 4 * ratio, y - 2 * ratio);
  }
  ctx.restore();
}

/** A sign for each event above the lower edge, and a line through all of the plot for the one that is chosen. */
function drawFeet(drawn: uPlot, feet: Foot[]): void {
  const { ctx, bbox } = drawn;
  const { devicePixelRatio: ratio } = window;
  for (const { x, path, colour, chosen } of feet) {
    const across = drawn.valToPos(x, "x", true);
    if (across < bbox.left - 1 || across > bbox.left + bbox.width + 1) continue;
    ctx.save();
    ctx.fillStyle = ctx.strokeStyle = colourOf(colour);
    if (chosen) ctx.fillRect(across - ratio / 2, bbox.top, ratio, bbox.height);
    ctx.translate(across, bbox.top + bbox.height - FOOT * ratio);
    ctx.scale(ratio, ratio);
    ctx.lineWidth = 1.5;
    const sign = new Path2D(path);
    ctx.fill(sign);
    ctx.stroke(sign);
    ctx.restore();
  }
}

/** Pixels between the lower edge and the middle of a sign. */
const FOOT = 8;
