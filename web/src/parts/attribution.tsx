/**
 * Who moved the answer: what every head and feed-forward network put into one logit over another (direct logit
 * attribution). Bars to the right spoke for the answer, to the left for the runner-up; together they are the difference.
 */

import type { Given, Which } from "../api";
import { attribute, strongest, type Trace } from "../inside";
import { signed, visible } from "../numbers";
import { setQuery, useRoute } from "../route";
import { useAsked } from "../store";

interface AttributionProps {
  which: Which;
  given: Given;
  trace: Trace;
  place: number;
}

/** So many parts have a row of their own before all are asked for. */
const SHOWN = 12;

export function Attribution({ which, given, trace, place }: AttributionProps) {
  const { query } = useRoute();
  const shown = query["moved"] ?? "";
  const key = shown ? JSON.stringify([trace.trace, place]) : null;
  const { answer, error } = useAsked(key, (signal) => attribute(which, given, place, signal), 100);
  const rows = answer ? strongest(answer.parts, shown === "all" ? answer.parts.length : SHOWN) : [];
  const most = Math.max(1e-9, ...rows.map((each) => Math.abs(each.value)));
  const toggle = (event: Event) => {
    const { open } = event.currentTarget as HTMLDetailsElement;
    if (open !== (shown !== "")) setQuery({ moved: open ? "most" : "" });
  };
  return (
    <details open={shown !== ""} onToggle={toggle}>
      <summary>Who moved the answer?</summary>
      {error && <p class="note">{error.message}</p>}
      {answer && (
        <>
          <p class="note">
            What each head and each feed-forward network (mlp) put into the logit of <b class="mono">{visible(answer.target.text)}</b>{" "}
            over that of the runner-up <b class="mono">{visible(answer.other.text)}</b>. The last norm is held still as it was in this
            pass: only so are logits a sum of parts, and the parts together the difference.
          </p>
          <table class="attribution" data-difference={answer.difference}>
            <thead>
              <tr>
                <th scope="col">part</th>
                <th scope="col">logits</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ part, value }) => (
                <tr key={part} data-part={part} data-value={value}>
                  <th scope="row">{part}</th>
                  <td>
                    <Signed share={value / most} /> <span class="number">{signed(value)}</span>
                  </td>
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">together</th>
                <td>
                  <span class="number">{signed(answer.difference)}</span>
                </td>
              </tr>
            </tfoot>
          </table>
          {answer.parts.length > SHOWN && (
            <button type="button" onClick={() => setQuery({ moved: shown === "all" ? "most" : "all" })}>
              {shown === "all" ? "the strongest only" : `all ${answer.parts.length} parts`}
            </button>
          )}
        </>
      )}
    </details>
  );
}

/** A bar from the middle: to the right where the share is positive. */
function Signed({ share }: { share: number }) {
  const side = { width: `${50 * Math.abs(share)}%`, [share < 0 ? "right" : "left"]: "50%" };
  return (
    <span class={`signed ${share < 0 ? "against" : ""}`} aria-hidden="true">
      <i style={side} />
    </span>
  );
}
