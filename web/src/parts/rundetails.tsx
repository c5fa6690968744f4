/** What else is known of a run: how to make it again, its recipe, where it was trained. */

import type { RunFacts } from "../runs";

export function RunDetails({ facts }: { facts: RunFacts }) {
  const groups = { choices: facts.choices, versions: facts.versions, machine: facts.machine };
  return (
    <section class="panel" aria-label="About this run">
      <h2>
        {facts.run} <small>{facts.about}</small>
      </h2>
      <pre tabIndex={0} aria-label="The command that trains it again">
        {facts.command}
      </pre>
      <details>
        <summary>Recipe</summary>
        <pre tabIndex={0} aria-label="Its recipe">
          {facts.config}
        </pre>
      </details>
      <details>
        <summary>Where and with what</summary>
        <dl class="facts">
          {Object.values(groups).flatMap((group) =>
            Object.entries(group ?? {}).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{typeof value === "object" ? JSON.stringify(value) : String(value)}</dd>
              </div>
            )),
          )}
        </dl>
      </details>
    </section>
  );
}
