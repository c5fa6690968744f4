/** A word from bytes to tokens, one merge at a time: always the pair that was learned first. */

import { useEffect, useState } from "preact/hooks";

import { visible } from "../numbers";
import { useAsked } from "../store";
import { merges } from "../tokenizers";
import { Notice } from "./notice";

interface MergeStepsProps {
  tokenizer: string;
  /** A word to begin with. */
  suggested: string | null;
}

export function MergeSteps({ tokenizer, suggested }: MergeStepsProps) {
  const [word, setWord] = useState(suggested ?? " opened");
  const [at, setAt] = useState(0);
  useEffect(() => {
    if (suggested !== null) setWord(suggested);
  }, [suggested]);
  useEffect(() => setAt(0), [tokenizer, word]);
  const { answer, error } = useAsked(word ? `${tokenizer}\n${word}` : null, (signal) => merges(tokenizer, word, signal), 150);
  const pieces = answer?.pieces ?? [];
  const last = Math.max(0, ...pieces.map((each) => each.steps.length - 1));
  const step = Math.min(at, last);
  return (
    <section class="panel" aria-label="Merge by merge">
      <h2>
        Merge by merge <small>step {step} of {last}</small>
      </h2>
      <div class="row">
        <input
          type="text"
          class="mono"
          aria-label="Word to merge"
          value={word}
          onInput={(event) => setWord(event.currentTarget.value)}
        />
        <button type="button" disabled={step === 0} onClick={() => setAt(step - 1)}>
          ‹ Before
        </button>
        <button type="button" disabled={step === last} onClick={() => setAt(step + 1)}>
          Next ›
        </button>
        <button type="button" class="link" onClick={() => setAt(step === last ? 0 : last)}>
          {step === last ? "to the bytes" : "to the end"}
        </button>
      </div>
      {error && <Notice {...{ error }} />}
      <ol class="merging" data-step={step} data-steps={last} role="list">
        {pieces.map((piece, index) => {
          const now = piece.steps[Math.min(step, piece.steps.length - 1)]!;
          const best = now.candidates.reduce<(typeof now.candidates)[number] | null>(
            (found, each) => (found === null || each.rank < found.rank ? each : found),
            null,
          );
          return (
            <li key={index}>
              {now.parts.map((part, place) => (
                <span key={place} class={`piece mono${place === now.place && step < piece.steps.length ? " made" : ""}`}>
                  {visible(part.text)}
                </span>
              ))}
              <span class="why" role="status">
                {best ? (
                  <>
                    next <b class="mono">{visible(best.text)}</b>, learned as number {best.rank}
                    {now.candidates.length > 1 && `, before ${now.candidates.length - 1} other pairs`}
                  </>
                ) : (
                  `${now.parts.length} ${now.parts.length === 1 ? "token" : "tokens"}, nothing left to merge`
                )}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
