/** A map in numbers: a table with headers, for everybody who does not look at pictures. */

import type { Token } from "../api";
import { named, visible } from "../numbers";

/** So many cells are shown at most; of a larger map, the row of the chosen token. */
const MOST = 4096;

interface MapTableProps {
  asking: Token[];
  lookedAt: Token[];
  value: (row: number, column: number) => number | null;
  view: string;
  row: number;
}

export function MapTable({ asking, lookedAt, value, view, row }: MapTableProps) {
  const whole = asking.length * lookedAt.length <= MOST;
  const rows = whole ? asking.map((_, index) => index) : [row];
  return (
    <>
      <p class="note">
        The {view}: rows look, columns are looked at{whole ? "" : "; of this large map, the row of the chosen token"}. An empty cell may not
        be looked at.
      </p>
      <div class="scroll map-table" tabIndex={0} role="group" aria-label={`The ${view} as a table`}>
        <table class="small" data-view={view}>
          <thead>
            <tr>
              <th scope="col">from</th>
              {lookedAt.map((token, index) => (
                <Heading key={index} {...{ token, index }} scope="col" />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((at) => (
              <tr key={at}>
                <Heading token={asking[at] ?? { id: 0, text: "" }} index={at} scope="row" />
                {lookedAt.map((_, to) => (
                  <td key={to} data-value={value(at, to) ?? ""}>
                    {value(at, to)?.toFixed(2) ?? ""}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Heading({ token, index, scope }: { token: Token; index: number; scope: "row" | "col" }) {
  return (
    <th scope={scope} class="mono">
      <span aria-hidden="true">{visible(token.text)}</span>
      <span class="sr">
        {named(token.text)}, token {index}
      </span>
    </th>
  );
}
