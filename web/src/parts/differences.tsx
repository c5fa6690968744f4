/** Several runs: in what their recipes differ, and how they ended. */

import { duration, fixed, short } from "../numbers";
import { compareRuns } from "../runs";
import { useAsked } from "../store";
import { Notice } from "./notice";

export function Differences({ runs }: { runs: string[] }) {
  const { answer, error } = useAsked(runs.join(), (signal) => compareRuns(runs, signal));
  if (error) return <Notice error={error} />;
  if (!answer) return null;
  const settings = Object.entries(answer.differences);
  return (
    <section class="panel" aria-label="Differences">
      <h2>
        Differences <small>{!answer.same_validation_text && "the validation texts differ: losses do not compare"}</small>
      </h2>
      <div class="scroll" tabIndex={0} role="group" aria-label="In what the runs differ">
        <table>
          <thead>
            <tr>
              <th scope="col">setting</th>
              {answer.runs.map((run) => (
                <th key={run} scope="col">
                  {run}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {settings.map(([name, values]) => (
              <tr key={name} data-setting={name}>
                <td class="mono">{name}</td>
                {answer.runs.map((run) => (
                  <td key={run}>{JSON.stringify(values[run]) ?? "–"}</td>
                ))}
              </tr>
            ))}
            <tr>
              <td>parameters</td>
              {answer.lines.map((each) => (
                <td key={each.run}>{short(each.parameters)}</td>
              ))}
            </tr>
            <tr>
              <td>time</td>
              {answer.lines.map((each) => (
                <td key={each.run}>{duration(each.seconds)}</td>
              ))}
            </tr>
            <tr>
              <td>validation loss</td>
              {answer.lines.map((each) => (
                <td key={each.run}>{fixed(each.val_loss)}</td>
              ))}
            </tr>
            <tr>
              <td>bits per byte</td>
              {answer.lines.map((each) => (
                <td key={each.run}>{fixed(each.bits_per_byte)}</td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  );
}
