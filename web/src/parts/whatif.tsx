/** Switch parts off and see what changes: the answer before and after, side by side. */

import { useState } from "preact/hooks";

import type { Given, Likely, Which } from "../api";
import { ablate, attribute, type Trace } from "../inside";
import { fixed, percent, visible } from "../numbers";
import { useAsked } from "../store";
import { Choice } from "./fields";
import { Notice } from "./notice";

interface WhatIfProps {
  which: Which;
  given: Given;
  trace: Trace;
  place: number;
  off: string[];
  setOff: (parts: string[]) => void;
}

const FILLS = ["zero", "mean"] as const;

export function WhatIf({ which, given, trace, place, off, setOff }: WhatIfProps) {
  const [fill, setFill] = useState<(typeof FILLS)[number]>("zero");
  const key = off.length ? JSON.stringify([trace.id, trace.trace, given, off, fill, place]) : null;
  const { answer, error, again } = useAsked(key, (signal) => ablate(which, given, off, fill, place, signal), 60);
  const layers = trace.stream.map((each) => each.layer);
  const toggle = (part: string) => setOff(off.includes(part) ? off.filter((each) => each !== part) : [...off, part]);
  return (
    <section class="panel" aria-label="What if">
      <h2>
        What if? <small>switch off a head above, or here a network or a whole layer</small>
      </h2>
      <div class="switches">
        {layers.map((layer) => (
          <span key={layer} class="row">
            {[`mlp:${layer}`, `layer:${layer}`].map((part) => (
              <button key={part} type="button" class="switch" aria-pressed={off.includes(part)} onClick={() => toggle(part)}>
                {part.replace(":", " ")}
              </button>
            ))}
          </span>
        ))}
      </div>
      <div class="row">
        <span class="muted">Instead comes</span>
        <Choice label="Instead comes" names={FILLS} value={fill} shown={(name) => (name === "zero" ? "nothing" : "its mean")} onValue={setFill} />
        {off.map((part) => (
          <button key={part} type="button" class="off-part" onClick={() => toggle(part)}>
            {part.replace(":", " ")} <span aria-hidden="true">×</span>
            <span class="sr">, switch on again</span>
          </button>
        ))}
      </div>
      {error && <Notice {...{ error, again }} />}
      {off.length > 0 && answer && (
        <div class="outcome" data-kl={answer.kl_bits} data-before={answer.before.next[0]?.p} data-after={answer.after.next[0]?.p}>
          <p>
            The answer moves by <b>{fixed(answer.kl_bits, 3)} bits</b> (KL); entropy {fixed(answer.before.entropy_bits, 2)} →{" "}
            {fixed(answer.after.entropy_bits, 2)} bits
            {answer.before.loss !== null && `; loss of the text ${fixed(answer.before.loss)} → ${fixed(answer.after.loss)} nats`}.
          </p>
          <BeforeAfter before={answer.before.next} after={answer.after.next} />
        </div>
      )}
      {off.length === 0 && <p class="note">Everything is on.</p>}
      <Attribution {...{ which, given, trace, place }} />
    </section>
  );
}

function BeforeAfter({ before, after }: { before: Likely[]; after: Likely[] }) {
  const known = new Map([...before, ...after].map((each) => [each.id, each.text]));
  const p = (list: Likely[], id: number) => list.find((each) => each.id === id)?.p ?? 0;
  const most = Math.max(...before.map((each) => each.p), ...after.map((each) => each.p), 1e-9);
  return (
    <table class="before-after">
      <thead>
        <tr>
          <th scope="col">token</th>
          <th scope="col">before</th>
          <th scope="col">after</th>
        </tr>
      </thead>
      <tbody>
        {[...known].slice(0, 12).map(([id, text]) => (
          <tr key={id}>
            <td class="mono">{visible(text)}</td>
            {[before, after].map((list, index) => (
              <td key={index}>
                <span class={`share ${index ? "after" : ""}`}>
                  <i style={{ width: `${(100 * p(list, id)) / most}%` }} />
                </span>
                {list.some((each) => each.id === id) ? percent(p(list, id)) : "–"}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Attribution({ which, given, trace, place }: Omit<WhatIfProps, "off" | "setOff">) {
  const [open, setOpen] = useState(false);
  const key = open ? JSON.stringify([trace.trace, place]) : null;
  const { answer, error } = useAsked(key, (signal) => attribute(which, given, place, signal), 100);
  const most = Math.max(1e-9, ...(answer?.parts ?? []).map((each) => Math.abs(each.value)));
  const strongest = [...(answer?.parts ?? [])].sort((one, other) => Math.abs(other.value) - Math.abs(one.value)).slice(0, 12);
  return (
    <details onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
      <summary>Who moved the answer?</summary>
      {error && <p class="note">{error.message}</p>}
      {answer && (
        <>
          <p class="note">
            What each part put into the logit of <b class="mono">{visible(answer.target.text)}</b> over that of{" "}
            <b class="mono">{visible(answer.other.text)}</b>, together {answer.difference.toFixed(2)}:
          </p>
          <table class="attribution">
            <tbody>
              {strongest.map(({ part, value }) => (
                <tr key={part}>
                  <th scope="row">{part}</th>
                  <td>
                    <span class={`share ${value < 0 ? "against" : ""}`}>
                      <i style={{ width: `${(100 * Math.abs(value)) / most}%` }} />
                    </span>
                    {value.toFixed(2)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </details>
  );
}
