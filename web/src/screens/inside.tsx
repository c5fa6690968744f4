/** Inside: one pass through the model, from tokens to the answer; parts can be switched off. */

import { only, type Given } from "../api";
import { readEdit, readWarmth, trace as askTrace, writeEdit, writeWarmth, type Trace } from "../inside";
import { fixed, percent, visible } from "../numbers";
import { Attention, headOf } from "../parts/attention";
import { Attribution } from "../parts/attribution";
import { Chips } from "../parts/chips";
import { EditToken } from "../parts/edittoken";
import { Embeddings } from "../parts/embeddings";
import { barOf, partsOf, SaveBars } from "../parts/figures";
import { Lens } from "../parts/lens";
import { Notebook } from "../parts/notebook";
import { NoModel, Notice } from "../parts/notice";
import { Prompt } from "../parts/prompt";
import { Save } from "../parts/save";
import { Stream } from "../parts/stream";
import { WhatIf } from "../parts/whatif";
import { setQuery, useRoute } from "../route";
import { useAsked } from "../store";
import { useHere, type Present } from "../which";

export function Inside() {
  const { which } = useHere();
  return which ? <Looked which={which} /> : <NoModel />;
}

function Looked({ which }: { which: NonNullable<Present["which"]> }) {
  const { query } = useRoute();
  const prompt = query["prompt"] ?? "Once upon a time there was a little";
  const source = query["source"] ?? "";
  const translates = which.about.kind === "encoder_decoder";
  const given: Given = translates ? { source, prompt } : { prompt };
  const nothing = (translates ? source : prompt) === "";
  const key = nothing ? null : JSON.stringify([which.model, which.checkpoint, given]);
  // What was asked comes along: the last answer stays on the screen while the next question is on its way.
  const look = async (signal: AbortSignal) => ({ trace: await askTrace(which, given, signal), question: { ...only(which), ...given } });
  const asked = useAsked(key, look, 250);
  const trace = asked.answer?.trace ?? null;
  const count = trace?.tokens.length ?? 0;
  const place = Math.min(Number(query["place"] ?? count - 1), count - 1);
  const off = (query["off"] ?? "").split(",").filter(Boolean);
  const setOff = (parts: string[]) => setQuery({ off: parts.join(",") });
  const choose = (at: number) => setQuery({ place: String(at) });
  const warm = readWarmth(query["temperature"]);
  const edit = readEdit(query["edit"], count);
  return (
    <>
      <div class="head">
        <h1>Inside</h1>
        <p class="muted numbers" data-loss={trace?.loss ?? ""} data-trace-of={trace?.id ?? ""}>
          {trace && trace.loss !== null && `loss of this text: ${fixed(trace.loss)} nats a token`}
        </p>
        {asked.answer && <SaveTrace trace={asked.answer.trace} asked={asked.answer.question} />}
      </div>
      {translates && (
        <div class="card">
          <Prompt value={source} onValue={(text) => setQuery({ source: text })} label="Text to read" />
        </div>
      )}
      <div class="card">
        <Prompt value={prompt} onValue={(text) => setQuery({ prompt: text, place: "", edit: "" })} label="Text to look at" />
      </div>
      {asked.error && <Notice error={asked.error} again={asked.again} />}
      {nothing && <p class="muted">Type something to look at.</p>}
      {trace && !nothing && (
        <div class={asked.waiting ? "traced waiting-for-more" : "traced"}>
          <section class="panel" aria-label="Tokens">
            <h2>
              Tokens <small>{count}; choose one to look at what is answered after it</small>
            </h2>
            <Chips
              tokens={trace.tokens}
              label="Tokens"
              chosen={place}
              choose={choose}
              says={(index) => surprise(trace.surprise_bits[index])}
            />
          </section>
          <Attention {...{ trace, place, off, setOff, choose }} />
          <div class="halves">
            <WhatIf
              {...{ which, given, trace, place, off, setOff, warm, head: headOf(trace, query) }}
              setWarm={(next) => setQuery({ temperature: writeWarmth(next) })}
            />
            <section class="panel" aria-label="Answer">
              <Answer trace={trace} place={place} />
              <Attribution {...{ which, given, trace, place }} />
            </section>
          </div>
          <EditToken {...{ which, given, trace, place, edit }} setEdit={(next) => setQuery({ edit: writeEdit(next) })} />
          <Lens {...{ trace, place, choose }} />
          <div class="halves">
            <Stream trace={trace} />
            <Embeddings {...{ trace, which, place }} />
          </div>
          <AsPython {...{ trace, which, place }} />
        </div>
      )}
    </>
  );
}

/** The whole answer of the server, with what was asked. */
function SaveTrace({ trace, asked }: { trace: Trace; asked: object }) {
  const { trace: _, ...seen } = trace;
  const made = async () => new Blob([JSON.stringify({ asked, ...seen }, null, 1)], { type: "application/json" });
  return <Save what="this trace" parts={[...partsOf(trace.id), "trace"]} forms={[{ name: "JSON", extension: "json", made }]} />;
}

interface AsPythonProps {
  trace: Trace;
  which: NonNullable<Present["which"]>;
  place: number;
}

function AsPython({ trace, which, place }: AsPythonProps) {
  const { query } = useRoute();
  if (Object.keys(trace.maps).length === 0) return null;
  const looked = headOf(trace, query);
  const row = Math.min(place, (trace.maps[looked.kind]?.rows ?? 1) - 1);
  return (
    <Notebook
      {...{ which, place, row, ...looked }}
      tokens={trace.tokens.map((each) => each.id)}
      source={trace.source?.map((each) => each.id) ?? null}
      causal={trace.loss !== null}
    />
  );
}

const surprise = (bits: number | null | undefined) => (bits === null || bits === undefined ? "–" : `${bits.toFixed(1)} bits`);

/** What is answered after the chosen token. */
function Answer({ trace, place }: { trace: Trace; place: number }) {
  const listed = place === trace.tokens.length - 1 && trace.next.length ? trace.next : (trace.lens?.top.at(-1)?.[place] ?? []);
  const most = Math.max(...listed.map((each) => each.p), 1e-9);
  return (
    <>
      <div class="row">
        <h2>
          Answer <small>after {visible(trace.tokens[place]?.text ?? "")}</small>
        </h2>
        {trace.loss === null ? (
          <SaveBars what={`Token at place ${place + 1}`} id={trace.id} tokens={trace.tokens} bars={listed.map(barOf)} />
        ) : (
          <SaveBars id={trace.id} tokens={trace.tokens.slice(0, place + 1)} bars={listed.map(barOf)} />
        )}
      </div>
      <ul class="bars">
        {listed.map((each) => (
          <li key={each.id} class="bar">
            <span class="mono name">{visible(each.text)}</span>
            <span class="track">
              <i class="solid" style={{ width: `${(100 * each.p) / most}%` }} />
            </span>
            <span class="value">{percent(each.p)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
