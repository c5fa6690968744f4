/** What a run wrote from the same beginnings, step after step. */

import { useState } from "preact/hooks";

import { linkTo } from "../route";
import { runSamples } from "../runs";
import { useAsked } from "../store";

interface SamplesProps {
  run: string;
  /** Changes when there may be new ones. */
  round: number;
}

export function Samples({ run, round }: SamplesProps) {
  const { answer } = useAsked(`${run}/${round}`, (signal) => runSamples(run, signal));
  const [at, setAt] = useState<number | null>(null);
  const samples = answer?.samples ?? [];
  const steps = [...new Set(samples.map((each) => each.step))];
  if (steps.length === 0) return null;
  const place = at === null ? steps.length - 1 : Math.min(at, steps.length - 1);
  const step = steps[place]!;
  return (
    <section class="panel" aria-label="Samples">
      <h2>
        Samples <small>what it wrote after {step.toLocaleString("en")} steps</small>
      </h2>
      <input
        type="range"
        min={0}
        max={steps.length - 1}
        value={place}
        aria-label="Step of the samples"
        aria-valuetext={`step ${step}`}
        disabled={steps.length < 2}
        onInput={(event) => setAt(event.currentTarget.valueAsNumber)}
      />
      {samples
        .filter((each) => each.step === step)
        .map((each, index) => (
          <p key={index} class="sample">
            <b>{each.prompt}</b>
            {each.text}
            {each.prompt && (
              <a href={linkTo("play", { model: run, checkpoint: "", prompt: each.prompt })} aria-label={`Play with ${each.prompt}`}>
                {" "}
                play
              </a>
            )}
          </p>
        ))}
    </section>
  );
}
