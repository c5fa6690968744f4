/** The tokens of a text, side by side; one of them is chosen. Shaded by a share each, where there is one. */

import type { Token } from "../api";
import { cividis, css, inkOn } from "../colours";
import { visible } from "../numbers";
import { useRoving } from "./roving";

interface ChipsProps {
  tokens: Token[];
  label: string;
  chosen?: number | undefined;
  choose?: ((index: number) => void) | undefined;
  /** From 0 to 1, what shades a token; and how it is said. */
  shade?: (index: number) => number | null;
  says?: (index: number) => string;
}

export function Chips({ tokens, label, chosen, choose, shade, says }: ChipsProps) {
  const roving = useRoving(tokens.length);
  return (
    <div class="chips" role="group" aria-label={label} {...roving.group}>
      {tokens.map((token, index) => {
        const share = shade?.(index) ?? null;
        const colour = share === null ? null : cividis(share);
        return (
          <button
            key={index}
            type="button"
            data-item
            class="chip mono"
            aria-pressed={index === chosen}
            style={colour ? { background: css(colour), color: inkOn(colour), borderColor: css(colour) } : undefined}
            onClick={() => choose?.(index)}
            {...roving.item(index)}
          >
            {visible(token.text)}
            <small>{says ? says(index) : token.id}</small>
          </button>
        );
      })}
    </div>
  );
}
