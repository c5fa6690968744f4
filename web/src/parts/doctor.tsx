/** The doctor: a button, and what was found in a run's training, nothing included. */

import { useEffect, useState } from "preact/hooks";

import { examine, verdict, type Card, type Examined } from "../cards";
import { Command } from "./command";
import { Notice } from "./notice";

export function Doctor({ card }: { card: Card }) {
  const [found, setFound] = useState<Examined | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [leaving, setLeaving] = useState<AbortController | null>(null);
  useEffect(() => () => leaving?.abort(), [leaving]);
  const ask = () => {
    const asking = new AbortController();
    setLeaving(asking);
    setFound(null);
    setError(null);
    const done = () => asking.signal.aborted || setLeaving(null);
    examine(card.model, asking.signal)
      .then(
        (answer) => asking.signal.aborted || setFound(answer),
        (problem: Error) => asking.signal.aborted || setError(problem),
      )
      .finally(done);
  };
  return (
    <section class="panel" aria-label="Doctor">
      <h3>Doctor</h3>
      <p class="note">
        Looks for mistakes in the training: in what the run wrote down, in its batches, its first steps made again, and its
        last weights.
      </p>
      <div class="row">
        <button type="button" class="main" disabled={leaving !== null} onClick={ask}>
          Examine
        </button>
        <p role="status" data-verdict={found ? found.findings.length : undefined}>
          {leaving ? "examining; large models take minutes …" : found ? verdict(found) : ""}
        </p>
      </div>
      {error && <Notice error={error} again={ask} />}
      {found?.findings.map((each) => (
        <article key={each.name} class="card finding">
          <h4>{each.name}</h4>
          <dl class="rows">
            <div>
              <dt>found</dt>
              <dd>{each.evidence}</dd>
            </div>
            <div>
              <dt>means</dt>
              <dd>{each.meaning}</dd>
            </div>
            <div>
              <dt>do</dt>
              <dd>{each.advice}</dd>
            </div>
          </dl>
        </article>
      ))}
      {found && (
        <details>
          <summary>Which path this run took</summary>
          <dl class="rows">
            {found.path.map(({ name, value }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      <Command text={card.doctor} label="The same in a terminal" />
    </section>
  );
}
