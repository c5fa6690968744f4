/**
 * What may follow, as bars: what the model says, and what temperature and filters leave of it.
 *
 * Computed here from raw logits while the sliders move. A click on a bar takes that token.
 */

import type { Next, Raw } from "../api";
import { percent, visible } from "../numbers";
import { choose, entropyBits, type Choosing } from "../sampling";
import { SaveBars } from "./figures";
import { useRoving } from "./roving";

interface DistributionProps {
  next: Next;
  choosing: Choosing;
  /** How many bars. */
  most?: number;
  /** The token that was taken here, to mark it. */
  taken?: number | undefined;
  take?: ((token: Raw) => void) | undefined;
}

export function Distribution({ next, choosing, most = 14, taken, take }: DistributionProps) {
  const listed = next.next ?? [];
  const chosen = choose(
    listed.map((each) => each.logit),
    next.logsumexp ?? 0,
    Math.max(next.vocabulary - listed.length, 0),
    choosing,
  );
  // the token that was taken has its bar even where it is far down
  const shown = listed.map((each, index) => ({ each, index })).filter(({ each, index }) => index < most || each.id === taken);
  const roving = useRoving(shown.length);
  const scale = Math.max(chosen.before[0] ?? 0, chosen.after[0] ?? 0, 1e-9);
  const width = (p: number) => `${((100 * p) / scale).toFixed(2)}%`;
  return (
    <div class="distribution">
      <ul class="bars" {...roving.group} aria-label="What may follow">
        {shown.map(({ each, index }, place) => {
          const [before, after, removed] = [chosen.before[index]!, chosen.after[index]!, chosen.removed[index]];
          return (
            <li key={each.id}>
              <button
                type="button"
                data-item
                data-id={each.id}
                data-before={before}
                data-after={after}
                class={`bar${removed ? " removed" : ""}${each.id === taken ? " taken" : ""}`}
                {...roving.item(place)}
                disabled={!take}
                onClick={() => take?.(each)}
              >
                <span class="mono name">{visible(each.text)}</span>
                <span class="track">
                  <i class="ghost" style={{ width: width(before) }} />
                  <i class="solid" style={{ width: width(after) }} />
                </span>
                <span class="value">
                  {removed ?? percent(after)}
                  <span class="sr">, before {percent(before)}</span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      <p class="note" data-kept={chosen.kept} data-rest={chosen.rest.after}>
        {chosen.rest.after > 0
          ? `More than ${chosen.kept} of ${next.vocabulary.toLocaleString("en")} tokens may be drawn`
          : `${chosen.kept} of ${next.vocabulary.toLocaleString("en")} tokens may be drawn`}
        ; entropy {(next.entropy_bits ?? 0).toFixed(2)} bits
        {chosen.rest.after === 0 && `, then ${entropyBits(chosen.after).toFixed(2)}`}.{" "}
        <SaveBars
          id={next.id}
          tokens={next.prompt}
          bars={shown.map(({ each, index }) => ({
            name: visible(each.text),
            share: chosen.after[index]!,
            before: chosen.before[index]!,
            value: chosen.removed[index] ?? percent(chosen.after[index]!),
          }))}
        />
      </p>
    </div>
  );
}
