/** Train a small tokenizer on the text above, and see its merges come. */

import { useEffect, useRef, useState } from "preact/hooks";

import { visible } from "../numbers";
import { trainTokenizer, type TrainingEvent } from "../tokenizers";
import { NumberField } from "./fields";
import { Notice } from "./notice";

type Merge = Extract<TrainingEvent, { kind: "merge" }>;
const SHOWN = 200;

export function TrainTokenizer({ text, trained }: { text: string; trained: (name: string) => void }) {
  const [size, setSize] = useState(300);
  const [merges, setMerges] = useState<Merge[]>([]);
  const [running, setRunning] = useState(false);
  const [done, setDone] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const leaving = useRef<AbortController | null>(null);
  useEffect(() => () => leaving.current?.abort(), []);
  const start = async () => {
    const controller = new AbortController();
    leaving.current = controller;
    setRunning(true);
    setMerges([]);
    setDone("");
    setError(null);
    const found: Merge[] = [];
    try {
      for await (const event of trainTokenizer(text, size, controller.signal)) {
        if (event.kind === "merge") {
          found.push(event);
          if (found.length % 10 === 0) setMerges(found.slice(-SHOWN));
        } else {
          setDone(`${event.name}: ${event.vocab_size} tokens, ${event.bytes_per_token.toFixed(2)} bytes a token on its own text`);
          trained(event.name);
        }
      }
    } catch (problem) {
      if (!controller.signal.aborted) setError(problem as Error);
    }
    setMerges(found.slice(-SHOWN));
    setRunning(false);
  };
  return (
    <section class="panel" aria-label="Train a tokenizer">
      <h2>
        Train one <small>on the text above; the pair that occurs most becomes a token, again and again</small>
      </h2>
      <div class="row">
        <NumberField label="tokens" value={size} min={257} max={2048} onValue={setSize} />
        {running ? (
          <button type="button" class="main" onClick={() => leaving.current?.abort()}>
            Stop
          </button>
        ) : (
          <button type="button" class="main" onClick={start} disabled={text === ""}>
            Train
          </button>
        )}
        <span role="status">{done}</span>
      </div>
      {error && <Notice {...{ error }} />}
      <ol class="merging" role="list" data-merges={merges.at(-1)?.number ?? 0}>
        {merges.map((each) => (
          <li key={each.number}>
            <span class="muted numbers">{each.number}</span>
            <span class="piece mono">{visible(each.left.text)}</span>
            <span class="piece mono">{visible(each.right.text)}</span>
            <span aria-hidden="true">→</span>
            <span class="piece made mono">{visible(each.token.text)}</span>
            <span class="why">{each.count} times</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
