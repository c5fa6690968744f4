/** The residual stream: how long it is after each layer, and who added how much. */

import type { Trace } from "../inside";

export function Stream({ trace }: { trace: Trace }) {
  const longest = Math.max(...trace.stream.map((each) => each.norm), 1e-9);
  return (
    <section class="panel" aria-label="Residual stream">
      <h2>
        Residual stream <small>its length after each layer, and who added to it</small>
      </h2>
      <table class="stream">
        <thead>
          <tr>
            <th scope="col">layer</th>
            <th scope="col">length</th>
            <th scope="col" class="left">
              attention · feed-forward
            </th>
          </tr>
        </thead>
        <tbody>
          {trace.stream.map(({ layer, norm, attention, feed_forward, cross }) => (
            <tr key={layer}>
              <td>{layer}</td>
              <td>{norm.toFixed(1)}</td>
              <td>
                <span class="shares" style={{ width: `${(100 * norm) / longest}%` }}>
                  <i class="attention" style={{ flexGrow: attention }} />
                  {cross !== undefined && <i class="cross" style={{ flexGrow: cross }} />}
                  <i class="feed-forward" style={{ flexGrow: feed_forward }} />
                </span>
                <span class="sr">
                  attention {attention.toFixed(2)}, feed-forward {feed_forward.toFixed(2)}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note">
        <i class="key attention" /> attention <i class="key feed-forward" /> feed-forward network
      </p>
    </section>
  );
}
