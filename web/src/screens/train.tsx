/** Train: the runs, their curves while they are written, what they said on the way, and in what they differ. */

import { useEffect, useState } from "preact/hooks";

import { duration, fixed, short } from "../numbers";
import { Differences } from "../parts/differences";
import { Notice } from "../parts/notice";
import { NewRun } from "../parts/newrun";
import { RunCurves } from "../parts/runcurves";
import { setQuery, useRoute } from "../route";
import { listRuns, resumeRun, stopRun, type RunLine } from "../runs";
import { useAsked } from "../store";
import { useHere } from "../which";

/** Milliseconds between two looks at the list. */
const LOOK = 5000;

export function Train() {
  const { about, which, again: everythingAgain } = useHere();
  const { query } = useRoute();
  const asked = useAsked("runs", listRuns);
  useEffect(() => {
    const timer = setInterval(asked.again, LOOK);
    return () => clearInterval(timer);
  }, []);
  const runs = [...(asked.answer?.runs ?? [])].reverse();
  const demo = about?.demo;
  const chosen = (query["runs"] ?? "").split(",").filter((name) => runs.some((each) => each.run === name));
  const first = demo?.run ?? runs.find((each) => each.live)?.run ?? which?.model ?? runs[0]?.run;
  const shown = chosen.length ? chosen : runs.filter((each) => each.run === first).map((each) => each.run);
  const toggle = (name: string) =>
    setQuery({ runs: (shown.includes(name) ? shown.filter((each) => each !== name) : [...shown, name]).join(",") });
  const main = runs.find((each) => each.run === shown[0]);
  return (
    <>
      <div class="head">
        <h1>Train</h1>
        {asked.answer?.allow_train && <NewRun started={(run) => (asked.again(), setQuery({ runs: run }))} />}
      </div>
      {demo && demo.state !== "finished" && (
        <p class="card" role="status">
          {demo.state === "failed"
            ? `The demonstration ended: ${demo.message ?? "see the terminal"}`
            : "A first model is being trained, here, now. As soon as it has saved a checkpoint it can be asked: Play."}
        </p>
      )}
      {asked.error && <Notice error={asked.error} again={asked.again} />}
      {asked.answer && runs.length === 0 && (
        <section class="empty">
          <p>
            No runs yet. In a terminal, <code>hornbook train RECIPE</code> begins one.
          </p>
        </section>
      )}
      {runs.length > 0 && <RunTable {...{ runs, shown, toggle }} again={asked.again} />}
      {main && <RunCurves key={main.run} run={main} others={shown.slice(1)} changed={() => (asked.again(), everythingAgain())} />}
      {shown.length > 1 && <Differences runs={shown} />}
    </>
  );
}

interface RunTableProps {
  runs: RunLine[];
  shown: string[];
  toggle: (name: string) => void;
  again: () => void;
}

function RunTable({ runs, shown, toggle, again }: RunTableProps) {
  const [filter, setFilter] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const listed = runs.filter((each) => `${each.run} ${each.recipe} ${each.state}`.includes(filter));
  const order = (ask: (run: string) => Promise<unknown>, run: string) => {
    setError(null);
    ask(run).then(again, setError);
  };
  return (
    <section class="stack" aria-label="Runs">
      {runs.length > 8 && (
        <input
          type="search"
          aria-label="Only runs with"
          placeholder="only runs with …"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      {error && <Notice error={error} />}
      <div class="scroll run-list" tabIndex={0} role="group" aria-label="Runs">
        <table>
          <thead>
            <tr>
              <th scope="col">run</th>
              <th scope="col" class="left">
                state
              </th>
              <th scope="col">parameters</th>
              <th scope="col">steps</th>
              <th scope="col">loss</th>
              <th scope="col">bits per byte</th>
              <th scope="col" class="wide">
                begun
              </th>
              <th scope="col">
                <span class="sr">actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {listed.map((each) => (
              <tr key={each.run} data-run={each.run}>
                <td>
                  <label class="check">
                    <input type="checkbox" checked={shown.includes(each.run)} onChange={() => toggle(each.run)} />
                    {each.run}
                  </label>
                </td>
                <td class={`left state ${each.state}`}>{each.state}</td>
                <td>{short(each.parameters ?? 0)}</td>
                <td>{each.steps?.toLocaleString("en")}</td>
                <td>{fixed(each.val_loss)}</td>
                <td>{fixed(each.bits_per_byte)}</td>
                <td class="wide">{ago(each.begun)}</td>
                <td>
                  {each.here && each.live && (
                    <button type="button" onClick={() => order(stopRun, each.run)}>
                      Stop
                    </button>
                  )}
                  {each.here && !each.live && each.state === "stopped" && (
                    <button type="button" onClick={() => order(resumeRun, each.run)}>
                      Go on
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function ago(begun: string): string {
  const seconds = (Date.now() - Date.parse(begun)) / 1000;
  return Number.isFinite(seconds) ? (seconds < 86400 ? `${duration(Math.max(seconds, 0))} ago` : begun.slice(0, 10)) : "";
}
