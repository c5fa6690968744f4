/** The answer before and after something was changed, side by side, and how far it moved. */

import type { Likely } from "../api";
import type { Changed } from "../inside";
import { fixed, percent, visible } from "../numbers";

export function Moved({ answer }: { answer: Changed }) {
  const { before, after, kl_bits } = answer;
  return (
    <div
      class="outcome"
      data-kl={kl_bits}
      data-before={before.next[0]?.p}
      data-after={after.next[0]?.p}
      data-loss-after={after.loss ?? ""}
    >
      <p role="status">
        The answer moves by <b>{fixed(kl_bits, 3)} bits</b> (KL); entropy {fixed(before.entropy_bits, 2)} → {fixed(after.entropy_bits, 2)} bits
        {before.loss !== null && `; loss of the text ${fixed(before.loss)} → ${fixed(after.loss)} nats`}.
      </p>
      <BeforeAfter before={before.next} after={after.next} />
    </div>
  );
}

function BeforeAfter({ before, after }: { before: Likely[]; after: Likely[] }) {
  const known = new Map([...before, ...after].map((each) => [each.id, each.text]));
  const p = (list: Likely[], id: number) => list.find((each) => each.id === id)?.p ?? 0;
  const most = Math.max(...before.map((each) => each.p), ...after.map((each) => each.p), 1e-9);
  return (
    <table class="before-after">
      <thead>
        <tr>
          <th scope="col">token</th>
          <th scope="col">before</th>
          <th scope="col">after</th>
        </tr>
      </thead>
      <tbody>
        {[...known].slice(0, 12).map(([id, text]) => (
          <tr key={id}>
            <td class="mono">{visible(text)}</td>
            {[before, after].map((list, index) => (
              <td key={index}>
                <span class={`share ${index ? "after" : ""}`}>
                  <i style={{ width: `${(100 * p(list, id)) / most}%` }} />
                </span>
                {list.some((each) => each.id === id) ? percent(p(list, id)) : "–"}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
