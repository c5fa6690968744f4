/** Start a run from a recipe; what it will cost is told before. */

import { useState } from "preact/hooks";

import { short } from "../numbers";
import { estimate, listRecipes, listRuns, processes, startRun } from "../runs";
import { useAsked } from "../store";
import { Dialog } from "./dialog";
import { Notice } from "./notice";

export function NewRun({ started }: { started: (run: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="main" onClick={() => setOpen(true)}>
        New run
      </button>
      {open && (
        <Dialog title="New run" close={() => setOpen(false)}>
          <Form started={(run) => (setOpen(false), started(run))} />
        </Dialog>
      )}
    </>
  );
}

function Form({ started }: { started: (run: string) => void }) {
  const recipes = useAsked("recipes", listRecipes);
  const [recipe, setRecipe] = useState("quickstart");
  const [changes, setChanges] = useState("training.minutes=0.5");
  const [name, setName] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const [waiting, setWaiting] = useState<string | null>(null);
  const overrides = changes.split("\n").map((line) => line.trim()).filter(Boolean);
  const costs = useAsked(JSON.stringify([recipe, overrides]), (signal) => estimate(recipe, overrides, signal), 500);
  const chosen = recipes.answer?.recipes.find((each) => each.name === recipe);
  const start = async () => {
    setError(null);
    try {
      const { run } = await startRun(recipe, overrides, name.trim());
      setWaiting(run);
      await begun(run);
      started(run);
    } catch (problem) {
      setError(problem as Error);
      setWaiting(null);
    }
  };
  return (
    <form class="stack" onSubmit={(event) => (event.preventDefault(), void start())}>
      <label class="stack tight">
        Recipe
        <select value={recipe} onChange={(event) => setRecipe(event.currentTarget.value)}>
          {recipes.answer?.recipes.map((each) => (
            <option key={each.name}>{each.name}</option>
          ))}
        </select>
      </label>
      {chosen && <p class="note">{chosen.about}</p>}
      <label class="stack tight">
        Changes, one a line
        <textarea rows={3} class="mono" value={changes} onInput={(event) => setChanges(event.currentTarget.value)} />
      </label>
      <label class="stack tight">
        Name (may be left out)
        <input type="text" value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      {costs.error && <Notice error={costs.error} />}
      {costs.answer && !costs.error && (
        <p class="note">
          {short(costs.answer.parameters)} parameters, {(costs.answer.memory_bytes / 1e6).toFixed(0)} MB
          {costs.answer.minutes !== null && `, ${costs.answer.minutes} minutes`}
          {costs.answer.steps !== null && `, ${costs.answer.steps.toLocaleString("en")} steps`}
          {costs.answer.tokens !== null &&
            `, ${short(costs.answer.tokens)} tokens (${(costs.answer.tokens / costs.answer.parameters).toFixed(1)} for each parameter)`}
          .
        </p>
      )}
      {error && <Notice error={error} />}
      <div class="row">
        <button type="submit" class="main" disabled={waiting !== null || costs.error !== null}>
          Start
        </button>
        <span role="status">{waiting !== null && `${waiting}: preparing …`}</span>
      </div>
    </form>
  );
}

/** Wait until the process has made its run folder, or failed. */
async function begun(run: string): Promise<void> {
  for (;;) {
    const found = (await processes()).processes.find((each) => each.run === run);
    if (found?.state === "failed") throw new Error(found.said.join("\n") || "it failed");
    const { runs } = await listRuns();
    if (runs.some((each) => each.run === run)) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
