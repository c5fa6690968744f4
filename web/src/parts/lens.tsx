/**
 * The logit lens: what the model would have answered after each layer, at every token (nostalgebraist 2020).
 *
 * Rows are layers, the last one on top; the shade is a number of choice. A cell that has the focus is told in words.
 */

import { useState } from "preact/hooks";

import { cividis, css, inkOn } from "../colours";
import { lens as askLens, type LensRows, type Trace } from "../inside";
import { named, percent, visible } from "../numbers";
import { useAsked } from "../store";
import { Choice } from "./fields";
import { SaveLens } from "./figures";
import { Notice } from "./notice";
import { useRoving } from "./roving";

const METRICS = ["top-1", "p of the answer", "entropy", "KL to the end"] as const;
type Metric = (typeof METRICS)[number];

interface LensProps {
  trace: Trace;
  place: number;
  choose: (place: number) => void;
}

/** Where the lens did not come with the trace, it is asked for by itself. */
export function Lens({ trace, place, choose }: LensProps) {
  const asked = useAsked(trace.lens ? null : trace.trace, (signal) => askLens(trace.trace, signal));
  const lens = trace.lens ?? asked.answer;
  if (asked.error) return <Notice error={asked.error} again={asked.again} />;
  return lens ? <LensTable {...{ trace, lens, place, choose }} /> : <p class="muted">…</p>;
}

function LensTable({ trace, lens, place, choose }: LensProps & { lens: LensRows }) {
  const [metric, setMetric] = useState<Metric>("top-1");
  const [cell, setCell] = useState<[number, number] | null>(null);
  const { tokens } = trace;
  const layers = lens.top.length;
  const roving = useRoving(layers * tokens.length, tokens.length);
  const most = Math.max(1e-6, ...lens.entropy_bits.flat());
  const share = (row: number, column: number): number => {
    if (metric === "top-1") return lens.top[row]?.[column]?.[0]?.p ?? 0;
    if (metric === "p of the answer") return lens.p_of_answer[row]?.[column] ?? 0;
    if (metric === "entropy") return 1 - (lens.entropy_bits[row]?.[column] ?? 0) / most;
    return Math.exp(-(lens.kl_bits[row]?.[column] ?? 0) / 2);
  };
  const number = (row: number, column: number): string => {
    if (metric === "top-1") return percent(lens.top[row]?.[column]?.[0]?.p ?? 0);
    if (metric === "p of the answer") return percent(lens.p_of_answer[row]?.[column] ?? 0);
    return `${((metric === "entropy" ? lens.entropy_bits : lens.kl_bits)[row]?.[column] ?? 0).toFixed(2)} bits`;
  };
  const layerName = (row: number) => (row === 0 ? "embedding" : `layer ${row - 1}`);
  const [row, column] = cell ?? [layers - 1, Math.min(place, tokens.length - 1)];
  const top = lens.top[row]?.[column] ?? [];
  return (
    <section class="panel" aria-label="Logit lens">
      <div class="row">
        <h2>
          Logit lens <small>what it would have answered after each layer</small>
        </h2>
        <SaveLens {...{ trace, lens, metric, share, layerName }} />
      </div>
      <Choice label="Shade by" names={METRICS} value={metric} onValue={setMetric} />
      <div class="scroll" {...roving.group}>
        <table class="lens">
          <thead>
            <tr>
              <th scope="col">after</th>
              {tokens.map((token, index) => (
                <th key={index} scope="col" class="mono">
                  {visible(token.text)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: layers }, (_, index) => layers - 1 - index).map((at, line) => (
              <tr key={at}>
                <th scope="row">{layerName(at)}</th>
                {tokens.map((token, to) => {
                  const colour = cividis(share(at, to));
                  const answer = lens.top[at]?.[to]?.[0];
                  return (
                    <td key={to}>
                      <button
                        type="button"
                        data-item
                        class="mono"
                        data-share={share(at, to)}
                        style={{ background: css(colour), color: inkOn(colour) }}
                        {...roving.item(line * tokens.length + to)}
                        onFocus={() => (roving.item(line * tokens.length + to).onFocus(), setCell([at, to]))}
                        onMouseEnter={() => setCell([at, to])}
                        onClick={() => choose(to)}
                      >
                        {visible(answer?.text ?? "")}
                        <span class="sr">
                          , {number(at, to)}, {layerName(at)} after {named(token.text)}
                        </span>
                      </button>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="readout" aria-live="polite">
        <b>{layerName(row)}</b> after <b class="mono">{visible(tokens[column]?.text ?? "")}</b>:{" "}
        {top.map((each) => `${visible(each.text)} ${percent(each.p)}`).join(" · ")}; the final answer is number{" "}
        {(lens.rank[row]?.[column] ?? 0) + 1}.
      </p>
    </section>
  );
}
