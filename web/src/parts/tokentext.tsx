/**
 * A text token by token, the more surprising the warmer, each of which can be looked at.
 *
 * One tab stop; the arrow keys go from token to token, Home and End to the first and last. What is pointed at or has
 * the focus is told to `look`; Enter or a click holds it.
 */

import type { Written } from "../api";
import { named, percent, visible } from "../numbers";
import { useRoving } from "./roving";

export const COLOURINGS = ["off", "probability", "entropy", "rank"] as const;
export type Colouring = (typeof COLOURINGS)[number];

/** How warm a token is, from 0 to 1. */
export function warmth(written: Omit<Written, "text">, colouring: Colouring): number {
  const { p, rank, entropy_bits } = written;
  if (colouring === "probability" && p !== null) return Math.min(-Math.log2(Math.max(p, 1e-9)) / 10, 1);
  if (colouring === "entropy" && entropy_bits !== null) return Math.min(entropy_bits / 8, 1);
  if (colouring === "rank" && rank !== null) return Math.min(Math.log10(rank + 1) / 3, 1);
  return 0;
}

/** What is seen of a token: its text, or for the bytes of a character what has become whole with it. */
export const shownText = (written: Written) => (written.token.partial ? written.text : written.token.text);

/** What is said of a token: what is seen of it, its own bytes where those are only a part of that, its probability. */
export function spoken(written: Written): string {
  const { token, p, text } = written;
  const seen = token.partial && text !== "" ? [text] : [];
  return [...seen, named(token.text), ...(p === null ? [] : [percent(p)])].join(", ");
}

/** What is drawn for a text without a width, so that it can be seen and clicked: line breaks, characters that only
 * steer, the first bytes of a character that is seen with its last. */
export function mark(text: string): string | undefined {
  if (/^[\r\n]+$/.test(text)) return "⏎";
  return text !== "\t" && /^[\p{Cc}\p{Cf}]*$/u.test(text) ? "⋅" : undefined;
}

interface TokenTextProps {
  written: Written[];
  colouring: Colouring;
  /** Which token is held. */
  held: number | null;
  look: (index: number | null) => void;
  hold: (index: number | null) => void;
}

export function TokenText({ written, colouring, held, look, hold }: TokenTextProps) {
  const roving = useRoving(written.length);
  return (
    <span class="tokens" role="group" aria-label="Written tokens" {...roving.group} onMouseLeave={() => look(held)}>
      {written.map((each, index) => (
        <span
          key={index}
          role="button"
          data-item
          data-id={each.token.id}
          class={`token${each.token.special ? " special" : ""}`}
          data-mark={mark(shownText(each))}
          style={{ "--warmth": warmth(each, colouring).toFixed(3) }}
          aria-label={spoken(each)}
          aria-pressed={index === held}
          {...roving.item(index)}
          onFocus={() => (roving.item(index).onFocus(), look(index))}
          onBlur={() => look(held)}
          onMouseEnter={() => look(index)}
          onClick={() => hold(index === held ? null : index)}
          onKeyDown={(event) => {
            if (event.key === "Enter" || event.key === " ") {
              event.preventDefault();
              hold(index === held ? null : index);
            }
          }}
        >
          {shownText(each)}
        </span>
      ))}
    </span>
  );
}

/** The facts of one token. */
export function TokenFacts({ written }: { written: Omit<Written, "text"> }) {
  const { token, p, rank, entropy_bits } = written;
  return (
    <dl class="facts">
      <div>
        <dt>token</dt>
        <dd>
          <b class="mono">{visible(token.text)}</b> <small>{token.id}</small>
        </dd>
      </div>
      {p !== null && (
        <div>
          <dt>probability</dt>
          <dd data-fact="p" data-value={p}>
            {percent(p)} <small>{(-Math.log2(p)).toFixed(1)} bits</small>
          </dd>
        </div>
      )}
      {rank !== null && (
        <div>
          <dt>rank</dt>
          <dd>{rank + 1}</dd>
        </div>
      )}
      {entropy_bits !== null && (
        <div>
          <dt>entropy</dt>
          <dd>{entropy_bits.toFixed(2)} bits</dd>
        </div>
      )}
    </dl>
  );
}
