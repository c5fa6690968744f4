/**
 * Another token in the text: the chosen one is replaced, the others stay, and what every later place costs is shown.
 *
 * What may stand there instead is looked for in the vocabulary, or taken from what the model itself would have said.
 */

import { useId, useState } from "preact/hooks";

import type { Given, Token, Which } from "../api";
import { edit as askEdit, type Edit, type Edited, type Trace } from "../inside";
import { named, signed, visible } from "../numbers";
import { useAsked } from "../store";
import { vocabulary } from "../tokenizers";
import { Notice } from "./notice";
import { Moved } from "./outcome";
import { useRoving } from "./roving";

interface EditTokenProps {
  which: Which;
  given: Given;
  trace: Trace;
  place: number;
  edit: Edit | null;
  setEdit: (edit: Edit | null) => void;
}

export function EditToken({ which, given, trace, place, edit, setEdit }: EditTokenProps) {
  const [looked, lookFor] = useState("");
  const field = useId();
  const wanted = looked === "" ? null : JSON.stringify([which.model, looked]);
  const found = useAsked(wanted, (signal) => vocabulary(which.model, looked, "id", 0, signal), 150);
  const key = edit ? JSON.stringify([trace.id, trace.trace, given, edit, place]) : null;
  const { answer, error, again } = useAsked(key, (signal) => askEdit(which, given, edit!, place, signal), 60);
  const own = trace.tokens[place];
  const guessing = trace.kind === "encoder" ? place : place - 1;
  const guesses = (trace.lens?.top.at(-1)?.[guessing] ?? []).filter((each) => each.id !== own?.id);
  const offered = [...(found.answer?.tokens ?? [])].sort((one, other) => one.length - other.length).slice(0, 24);
  const put = (token: Token) => setEdit({ place, token: token.id });
  return (
    <section class="panel" aria-label="Another token">
      <h2>
        Another token <small>in place of the one that is chosen above; all others stay</small>
      </h2>
      <p>
        In place of <b class="mono">{visible(own?.text ?? "")}</b> (token {place}):
      </p>
      {guesses.length > 0 && <Offers label="What the model would have said" tokens={guesses} put={put} chosen={edit} place={place} />}
      <input
        id={field}
        type="search"
        aria-label="Look for a token in the vocabulary"
        placeholder="look for a token: text, or #262"
        value={looked}
        onInput={(event) => lookFor(event.currentTarget.value)}
      />
      {found.error && <Notice error={found.error} again={found.again} />}
      {looked !== "" && offered.length > 0 && <Offers label="Tokens of the vocabulary" tokens={offered} put={put} chosen={edit} place={place} />}
      {looked !== "" && found.answer && offered.length === 0 && <p class="note">No token has this in it.</p>}
      {error && <Notice {...{ error, again }} />}
      {edit && answer && (
        <>
          <div class="row">
            <span>
              <b class="mono">{visible(answer.replaced.text)}</b> → <b class="mono">{visible(answer.token.text)}</b> (token {answer.place}); looked
              at after <b class="mono">{visible((place === answer.place ? answer.token : own)?.text ?? "")}</b>
            </span>
            <button type="button" class="off-part" onClick={() => (setEdit(null), document.getElementById(field)?.focus())}>
              put it back
            </button>
          </div>
          <Moved answer={answer} />
          <Strip answer={answer} tokens={trace.tokens} />
        </>
      )}
      {!edit && <p class="note">The text is as it was typed.</p>}
    </section>
  );
}

interface OffersProps {
  label: string;
  tokens: Token[];
  put: (token: Token) => void;
  chosen: Edit | null;
  place: number;
}

function Offers({ label, tokens, put, chosen, place }: OffersProps) {
  const roving = useRoving(tokens.length);
  return (
    <div class="offers">
      <span class="note">{label}</span>
      <div class="chips" role="group" aria-label={label} {...roving.group}>
        {tokens.map((token, index) => (
          <button
            key={token.id}
            type="button"
            data-item
            data-token={token.id}
            class="chip mono"
            aria-pressed={chosen?.place === place && chosen.token === token.id}
            onClick={() => put(token)}
            {...roving.item(index)}
          >
            {visible(token.text)}
            <small>{token.id}</small>
          </button>
        ))}
      </div>
    </div>
  );
}

/** What each token from the edited one on costs more or less than before; for an encoder, how far its answers moved. */
function Strip({ answer, tokens }: { answer: Edited; tokens: Token[] }) {
  const { place, before, after } = answer;
  const costs = before.surprise_bits.some((bits) => bits !== null);
  const from = costs ? place : 0;
  const shown = tokens.map((token, index) => (index === place ? answer.token : token)).slice(from);
  const moves = shown.map((_, index) => {
    const [was, is] = [before.surprise_bits[from + index] ?? null, after.surprise_bits[from + index] ?? null];
    if (!costs) return answer.kl_bits_by_place[from + index] ?? 0;
    return was === null || is === null ? null : is - was;
  });
  const most = Math.max(1e-9, ...moves.map((each) => Math.abs(each ?? 0)));
  return (
    <>
      <p class="note">
        {costs ? "What each token costs now, against before (bits): up is dearer." : "How far the answer moved at each place (KL, bits)."}
      </p>
      <div class="scroll" tabIndex={0} role="group" aria-label="What changes at every place">
        <table class="strip">
          <thead>
            <tr>
              <th scope="row">token</th>
              {shown.map((token, index) => (
                <th key={index} scope="col" class="mono">
                  {visible(token.text)}
                  <span class="sr">, {named(token.text)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">bits</th>
              {moves.map((move, index) => (
                <td key={index} data-place={from + index} data-move={move ?? ""}>
                  <span class={`tall ${(move ?? 0) < 0 ? "less" : ""}`} aria-hidden="true">
                    <i style={{ height: `${(50 * Math.abs(move ?? 0)) / most}%` }} />
                  </span>
                  {move === null ? "–" : signed(move)}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </>
  );
}
