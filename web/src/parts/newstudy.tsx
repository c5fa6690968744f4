/** A new study: who writes, from which beginnings. The texts are written once and frozen. */

import { useState } from "preact/hooks";

import { makeStudy } from "../studies";
import { isUsable, useHere } from "../which";
import { Choice } from "./fields";
import { Notice } from "./notice";

const MODES = ["pairs", "scales", "both"] as const;
const NAMES = { pairs: "A or B", scales: "1 to 5", both: "both" };

export function NewStudyForm({ made }: { made: () => void }) {
  const { models, which } = useHere();
  const writers = models
    .filter((each) => isUsable(each) && each.kind === "decoder")
    .flatMap((each) => [each.model, ...each.checkpoints.filter((at) => !at.best).map((at) => `${each.model}@${at.name}`)]);
  const [name, setName] = useState("");
  const [runs, setRuns] = useState<string[]>(which ? [which.model] : []);
  const [prompts, setPrompts] = useState("Once upon a time\nThe old dog");
  const [mode, setMode] = useState<(typeof MODES)[number]>("both");
  const [error, setError] = useState<Error | null>(null);
  const [waiting, setWaiting] = useState(false);
  const toggle = (run: string) => setRuns(runs.includes(run) ? runs.filter((each) => each !== run) : [...runs, run]);
  const make = async () => {
    setWaiting(true);
    setError(null);
    const lines = prompts.split("\n").filter((line) => line.trim());
    const frozen = { samples: 1, max_tokens: 60, temperature: 0.8, top_p: null, seed: 0 };
    try {
      await makeStudy({ study: name.trim(), runs, prompts: lines, mode, ...frozen });
      made();
    } catch (problem) {
      setError(problem as Error);
    }
    setWaiting(false);
  };
  return (
    <form class="card" onSubmit={(event) => (event.preventDefault(), void make())}>
      <h2>New study</h2>
      <label class="row">
        Name
        <input type="text" value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <fieldset class="row plain">
        <legend>Who writes</legend>
        {writers.map((run) => (
          <label key={run} class="check">
            <input type="checkbox" checked={runs.includes(run)} onChange={() => toggle(run)} />
            {run}
          </label>
        ))}
      </fieldset>
      <label class="stack tight">
        Beginnings, one a line
        <textarea rows={4} value={prompts} onInput={(event) => setPrompts(event.currentTarget.value)} />
      </label>
      <Choice label="How texts are judged" names={MODES} value={mode} shown={(each) => NAMES[each]} onValue={setMode} />
      {error && <Notice error={error} />}
      <div class="row">
        <button type="submit" class="main" disabled={waiting || !name.trim() || runs.length === 0}>
          Write the texts
        </button>
        <span role="status">{waiting && "writing …"}</span>
      </div>
    </form>
  );
}
