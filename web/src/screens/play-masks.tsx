/** A model that reads in both directions: what it thinks stands where something is hidden. */

import { next as askNext, type Next } from "../api";
import { Distribution } from "../parts/distribution";
import { Notice } from "../parts/notice";
import { Prompt } from "../parts/prompt";
import { setQuery, useRoute } from "../route";
import { useAsked } from "../store";
import type { Present } from "../which";

const MASK = "<|mask|>";
const PLAIN = { temperature: 1, top_k: null, top_p: null, min_p: null };

export function PlayMasks({ which }: { which: NonNullable<Present["which"]> }) {
  const { query } = useRoute();
  const typed = query["prompt"] ?? "";
  const prompt = typed.includes(MASK) ? typed : `${typed || "The small bird"} ${MASK}.`;
  const { answer, error, again } = useAsked(
    JSON.stringify([which.model, which.checkpoint, prompt]),
    (signal) => askNext(which, { prompt }, signal),
    350,
  );
  return (
    <div class="stack">
      <p class="muted">
        This model reads and does not write: hide words behind <code>{MASK}</code>, and it says what may stand there.
      </p>
      <div class="card">
        <Prompt value={prompt} onValue={(text) => setQuery({ prompt: text })} label="Text with something hidden" />
      </div>
      {error && <Notice {...{ error, again }} />}
      <div class="side-by-side">
        {answer?.masks?.map((mask, index) => (
          <section key={mask.place} class="panel" aria-label={`Hidden place ${index + 1}`}>
            <h2>
              Hidden place {index + 1} <small>token {mask.place + 1}</small>
            </h2>
            <Distribution next={{ ...answer, ...mask } as Next} choosing={PLAIN} />
          </section>
        ))}
      </div>
    </div>
  );
}
