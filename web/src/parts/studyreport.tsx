/** What a study says so far: the tables of `hornbook rate report`. */

import { useAsked } from "../store";
import { studyReport } from "../studies";
import { Notice } from "./notice";

export function StudyReport({ study }: { study: string }) {
  const { answer, error, again } = useAsked(study, (signal) => studyReport(study, signal));
  if (error) return <Notice {...{ error, again }} />;
  if (!answer) return <p class="waiting">…</p>;
  return (
    <>
      <h2>{study}</h2>
      {answer.tables.map((table) => (
        <section key={table.title} class="panel" aria-label={table.title}>
          <h3>{table.title}</h3>
          <div class="scroll" tabIndex={0} role="group" aria-label={table.title}>
            <table>
              <thead>
                <tr>
                  {table.headings.map((heading, place) =>
                    heading ? (
                      <th key={place} scope="col">
                        {heading}
                      </th>
                    ) : (
                      <td key={place} />
                    ),
                  )}
                </tr>
              </thead>
              <tbody>
                {table.rows.map((row, index) => (
                  <tr key={index}>
                    {row.map((cell, place) => (
                      <td key={place}>{cell}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {table.note && <p class="note">{table.note}</p>}
        </section>
      ))}
    </>
  );
}
