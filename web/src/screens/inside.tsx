/** Inside: one pass through the model, from tokens to the answer; parts can be switched off. */

import { useState } from "preact/hooks";

import type { Given } from "../api";
import { shadeOf } from "../colours";
import { hint, maps as askMaps, trace as askTrace, type MapKind, type Trace } from "../inside";
import { fixed, percent, visible } from "../numbers";
import { BigMap } from "../parts/bigmap";
import { Chips } from "../parts/chips";
import { Embeddings } from "../parts/embeddings";
import { Choice } from "../parts/fields";
import { Lens } from "../parts/lens";
import { MapGrid } from "../parts/mapgrid";
import { NoModel, Notice } from "../parts/notice";
import { Prompt } from "../parts/prompt";
import { Stream } from "../parts/stream";
import { WhatIf } from "../parts/whatif";
import { setQuery, useRoute } from "../route";
import { useAsked } from "../store";
import { useHere, type Present } from "../which";

export function Inside() {
  const { which } = useHere();
  return which ? <Looked which={which} /> : <NoModel />;
}

const MAP_NAMES: Record<MapKind, string> = { attention: "attention", encoder: "encoder", cross: "cross-attention" };

function Looked({ which }: { which: NonNullable<Present["which"]> }) {
  const { query } = useRoute();
  const prompt = query["prompt"] ?? "Once upon a time there was a little";
  const source = query["source"] ?? "";
  const translates = which.about.kind === "encoder_decoder";
  const given: Given = translates ? { source, prompt } : { prompt };
  const nothing = (translates ? source : prompt) === "";
  const key = nothing ? null : JSON.stringify([which.model, which.checkpoint, given]);
  const asked = useAsked(key, (signal) => askTrace(which, given, signal), 250);
  const trace = asked.answer;
  const count = trace?.tokens.length ?? 0;
  const place = Math.min(Number(query["place"] ?? count - 1), count - 1);
  const off = (query["off"] ?? "").split(",").filter(Boolean);
  const setOff = (parts: string[]) => setQuery({ off: parts.join(",") });
  const choose = (at: number) => setQuery({ place: String(at) });
  return (
    <>
      <div class="head">
        <h1>Inside</h1>
        <p class="muted numbers" data-loss={trace?.loss ?? ""} data-trace-of={trace?.id ?? ""}>
          {trace && trace.loss !== null && `loss of this text: ${fixed(trace.loss)} nats a token`}
        </p>
      </div>
      {translates && (
        <div class="card">
          <Prompt value={source} onValue={(text) => setQuery({ source: text })} label="Text to read" />
        </div>
      )}
      <div class="card">
        <Prompt value={prompt} onValue={(text) => setQuery({ prompt: text, place: "" })} label="Text to look at" />
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
            <WhatIf {...{ which, given, trace, place, off, setOff }} />
            <Answer trace={trace} place={place} />
          </div>
          <Lens {...{ trace, place, choose }} />
          <div class="halves">
            <Stream trace={trace} />
            <Embeddings {...{ trace, which, place }} />
          </div>
        </div>
      )}
    </>
  );
}

const surprise = (bits: number | null | undefined) => (bits === null || bits === undefined ? "–" : `${bits.toFixed(1)} bits`);

interface AttentionProps {
  trace: Trace;
  place: number;
  off: string[];
  setOff: (parts: string[]) => void;
  choose: (place: number) => void;
}

function Attention({ trace, place, off, setOff, choose }: AttentionProps) {
  const { query } = useRoute();
  const kinds = Object.keys(trace.maps) as MapKind[];
  const [picked, setKind] = useState<MapKind>("attention");
  const kind = kinds.includes(picked) ? picked : kinds[0];
  const asked = useAsked(kind ? `${trace.trace}/${kind}` : null, async (signal) => ({
    all: await askMaps(trace.trace, kind!, signal),
    of: `${trace.trace}/${kind}`,
  }));
  const shape = kind && trace.maps[kind];
  if (!kind || !shape) return null;
  const layer = Math.min(Number(query["layer"] ?? 0), shape.layers - 1);
  const head = Math.min(Number(query["head"] ?? 0), shape.heads - 1);
  const part = `head:${layer}.${head}`;
  const facts = trace.heads.find((each) => each.kind === kind && each.layer === layer && each.head === head);
  const all = asked.answer?.of === `${trace.trace}/${kind}` ? asked.answer.all : null;
  const asking = kind === "encoder" ? (trace.source ?? []) : trace.tokens;
  const lookedAt = kind === "attention" ? trace.tokens : (trace.source ?? []);
  const row = Math.min(place, shape.rows - 1);
  const weight = (column: number) =>
    all ? (all[((layer * shape.heads + head) * shape.rows + row) * shape.columns + column] ?? 0) / 255 : 0;
  const toggle = () => setOff(off.includes(part) ? off.filter((each) => each !== part) : [...off, part]);
  return (
    <section class="panel" aria-label="Attention">
      <h2>
        Attention <small>{shape.layers} layers (down) of {shape.heads} heads (across); the lighter, the more (by the square root of the weight)</small>
      </h2>
      {kinds.length > 1 && (
        <Choice label="Which attention" names={kinds} value={kind} shown={(name) => MAP_NAMES[name]} onValue={setKind} />
      )}
      {asked.error && <Notice error={asked.error} again={asked.again} />}
      <div class="attention-columns">
        {all && (
          <MapGrid
            {...{ all, shape }}
            chosen={{ layer, head }}
            off={(at, of) => off.includes(`head:${at}.${of}`) || off.includes(`layer:${at}`)}
            choose={(at, of) => setQuery({ layer: String(at), head: String(of) })}
          />
        )}
        <div class="stack">
          <div class="row">
            <h3>
              Layer {layer}, head {head}
            </h3>
            {kind === "attention" && (
              <button type="button" class="switch" aria-pressed={off.includes(part)} onClick={toggle}>
                {off.includes(part) ? "switched off" : "switch off"}
              </button>
            )}
          </div>
          <p class="note">{(facts && hint(facts)) ?? "No habit stands out."}</p>
          <BigMap {...{ kind, shape, layer, head, asking, lookedAt, choose, place: row }} trace={trace.trace} />
        </div>
      </div>
      <p class="note">
        Where layer {layer}, head {head} looks from <b class="mono">{visible(asking[row]?.text ?? "")}</b>:
      </p>
      <Chips
        tokens={lookedAt}
        label={`What is looked at from ${asking[row]?.text ?? ""}`}
        shade={(index) => (shape.causal && index > row ? null : shadeOf(weight(index)))}
        says={(index) => (shape.causal && index > row ? "–" : percent(weight(index)))}
      />
    </section>
  );
}

/** What is answered after the chosen token. */
function Answer({ trace, place }: { trace: Trace; place: number }) {
  const listed = place === trace.tokens.length - 1 && trace.next.length ? trace.next : (trace.lens?.top.at(-1)?.[place] ?? []);
  const most = Math.max(...listed.map((each) => each.p), 1e-9);
  return (
    <section class="panel" aria-label="Answer">
      <h2>
        Answer <small>after {visible(trace.tokens[place]?.text ?? "")}</small>
      </h2>
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
    </section>
  );
}
