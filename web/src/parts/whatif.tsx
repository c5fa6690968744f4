/** Switch parts off, spread attention or sharpen it, and see what changes. */

import { useState } from "preact/hooks";

import type { Given, Which } from "../api";
import { ablate, type MapKind, type Trace, type Warmth } from "../inside";
import { useAsked } from "../store";
import { Choice } from "./fields";
import { Notice } from "./notice";
import { Moved } from "./outcome";
import { Temperature } from "./temperature";

interface WhatIfProps {
  which: Which;
  given: Given;
  trace: Trace;
  place: number;
  off: string[];
  setOff: (parts: string[]) => void;
  warm: Warmth | null;
  setWarm: (warm: Warmth | null) => void;
  head: { kind: MapKind; layer: number; head: number };
}

const FILLS = ["zero", "mean"] as const;

export function WhatIf({ which, given, trace, place, off, setOff, warm, setWarm, head }: WhatIfProps) {
  const [fill, setFill] = useState<(typeof FILLS)[number]>("zero");
  const changed = off.length > 0 || warm !== null;
  const key = changed ? JSON.stringify([trace.id, trace.trace, given, off, warm, fill, place]) : null;
  const { answer, error, again } = useAsked(key, (signal) => ablate(which, given, { parts: off, warm, fill, place }, signal), 60);
  const layers = trace.stream.map((each) => each.layer);
  const toggle = (part: string) => setOff(off.includes(part) ? off.filter((each) => each !== part) : [...off, part]);
  return (
    <section class="panel" aria-label="What if">
      <h2>
        What if? <small>switch off a head above, or here a network or a whole layer; or change the temperature of attention</small>
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
            {part.replace(":", " ")}
            <span class="sr">, switch on again</span> <span aria-hidden="true">×</span>
          </button>
        ))}
      </div>
      <Temperature {...{ trace, head, warm, setWarm }} />
      {error && <Notice {...{ error, again }} />}
      {changed && answer && <Moved answer={answer} />}
      {!changed && <p class="note">Everything is on, at temperature 1.</p>}
    </section>
  );
}
