/** What a tokenizer knows: search it, and see of what a token was made. */

import { useState } from "preact/hooks";

import { visible } from "../numbers";
import { useAsked } from "../store";
import { ancestry, vocabulary, type Ancestor } from "../tokenizers";
import { Choice } from "./fields";
import { Notice } from "./notice";
import { useRoving } from "./roving";

const SORTS = ["id", "length", "text"] as const;
const PAGE = 100;

export function Vocabulary({ tokenizer, merging }: { tokenizer: string; merging: boolean }) {
  const [query, setQuery] = useState("");
  const [sort, setSort] = useState<(typeof SORTS)[number]>("id");
  const [offset, setOffset] = useState(0);
  const [chosen, choose] = useState<number | null>(null);
  const { answer, error } = useAsked(
    JSON.stringify([tokenizer, query, sort, offset]),
    (signal) => vocabulary(tokenizer, query, sort, offset, signal),
    150,
  );
  const family = useAsked(merging && chosen !== null ? `${tokenizer}/${chosen}` : null, (signal) =>
    ancestry(tokenizer, chosen!, signal),
  );
  const tokens = answer?.tokens ?? [];
  const roving = useRoving(tokens.length);
  return (
    <section class="panel" aria-label="Vocabulary">
      <h2>
        Vocabulary <small data-total={answer?.total}>{answer && `${answer.total.toLocaleString("en")} of ${answer.vocab_size.toLocaleString("en")} tokens`}</small>
      </h2>
      <div class="row">
        <input
          type="search"
          aria-label="Look for"
          placeholder="text, or #262"
          value={query}
          onInput={(event) => (setQuery(event.currentTarget.value), setOffset(0))}
        />
        <Choice label="Order" names={SORTS} value={sort} onValue={setSort} />
      </div>
      {error && <Notice {...{ error }} />}
      <div class="vocabulary" role="group" aria-label="Tokens of the vocabulary" {...roving.group}>
        {tokens.map((token, index) => (
          <button
            key={token.id}
            type="button"
            data-item
            class="chip mono"
            aria-pressed={token.id === chosen}
            onClick={() => choose(token.id)}
            {...roving.item(index)}
          >
            {visible(token.text)}
            <small>{token.id}</small>
          </button>
        ))}
      </div>
      {answer && answer.total > PAGE && (
        <div class="row">
          <button type="button" disabled={offset === 0} onClick={() => setOffset(offset - PAGE)}>
            ‹ Before
          </button>
          <span class="muted numbers">
            {offset + 1} to {offset + tokens.length}
          </span>
          <button type="button" disabled={offset + PAGE >= answer.total} onClick={() => setOffset(offset + PAGE)}>
            More ›
          </button>
        </div>
      )}
      {family.answer && chosen !== null && (
        <>
          <h3>Made of</h3>
          <div class="scroll" tabIndex={0} role="group" aria-label="Of what the token was made">
            <ul class="ancestors">
              <Family of={family.answer} />
            </ul>
          </div>
        </>
      )}
      {family.error && <p class="note">{family.error.message}</p>}
    </section>
  );
}

function Family({ of }: { of: Ancestor }) {
  return (
    <li>
      <span class="piece mono">{visible(of.token.text)}</span>
      {of.left && of.right && (
        <ul>
          <Family of={of.left} />
          <Family of={of.right} />
        </ul>
      )}
    </li>
  );
}
