/** A text in the colours of its tokens, as one tokenizer cuts it. */

import { useState } from "preact/hooks";

import { fixed, named, visible as shown } from "../numbers";
import { grouped, type Encoded, type Span } from "../tokenizers";
import { useRoving } from "./roving";

const TONES = 5;

interface ColouredProps {
  text: string;
  encoded: Encoded;
  visible: boolean;
  choose: (text: string) => void;
}

export function Coloured({ text, encoded, visible, choose }: ColouredProps) {
  const [at, setAt] = useState(0);
  const groups = grouped(encoded.tokens);
  const roving = useRoving(groups.length);
  const textOf = (group: Span[]) => text.slice(group[0]!.start, group[0]!.end) || group[0]!.text;
  const group = groups[Math.min(at, groups.length - 1)];
  return (
    <section class="panel" aria-label={encoded.name} data-tokenizer={encoded.name} data-count={encoded.count}>
      <h2>
        {encoded.name}
        <small class="numbers">
          {encoded.count} tokens · {fixed(encoded.bytes_per_token, 2)} bytes a token · {fixed(encoded.characters_per_token, 2)}{" "}
          characters a token{!encoded.round_trip && " · does not give the text back exactly"}
        </small>
      </h2>
      {encoded.error ? (
        <p class="muted">{encoded.error}</p>
      ) : (
        <>
          <div class="coloured" role="group" aria-label="Tokens" {...roving.group}>
            {groups.map((each, index) => (
              <span
                key={index}
                role="button"
                data-item
                class={`tone-${index % TONES}${each[0]!.special ? " special" : ""}`}
                aria-label={`${visible ? shown(textOf(each)) : named(textOf(each))}, ${each.map((token) => token.id).join(" ")}`}
                {...roving.item(index)}
                onFocus={() => (roving.item(index).onFocus(), setAt(index))}
                onMouseEnter={() => setAt(index)}
                onClick={() => choose(textOf(each))}
                onKeyDown={(event) => event.key === "Enter" && choose(textOf(each))}
              >
                {visible ? shown(textOf(each)).replace(/⏎/g, "⏎\n") : textOf(each)}
              </span>
            ))}
          </div>
          {group && (
            <p class="readout" aria-live="polite">
              <b class="mono">{shown(textOf(group))}</b>{" "}
              {group.length > 1 ? `${group.length} tokens, of a part of its bytes each: ` : "token "}
              <span class="mono">{group.map((token) => (group.length > 1 ? `${token.id} (${token.text})` : token.id)).join(", ")}</span>
            </p>
          )}
        </>
      )}
    </section>
  );
}
