/** What a token is when it comes in: its vector, that of its position where one is added, and its neighbours. */

import { useLayoutEffect, useRef } from "preact/hooks";

import type { Which } from "../api";
import { neighbours, type Trace } from "../inside";
import { visible } from "../numbers";
import { useAsked } from "../store";
import { SaveEmbeddings } from "./figures";
import { vectorPixels } from "./painting";

interface EmbeddingsProps {
  trace: Trace;
  which: Which;
  place: number;
}

export function Embeddings({ trace, which, place }: EmbeddingsProps) {
  const { embeddings, tokens } = trace;
  const token = tokens[Math.min(place, tokens.length - 1)];
  const near = useAsked(token ? `${trace.id}/${token.id}` : null, (signal) => neighbours(which, token!.id, signal), 120);
  const { position } = embeddings;
  return (
    <section class="panel" aria-label="Embeddings">
      <div class="row">
        <h2>
          Embeddings <small>{embeddings.width} numbers a token, in {embeddings.columns} groups</small>
        </h2>
        <SaveEmbeddings trace={trace} />
      </div>
      <div class="row vectors">
        <Vectors rows={embeddings.token} name="token" place={place} />
        {position && (
          <>
            <span aria-hidden="true">+</span>
            <Vectors rows={position} name="position" place={place} />
            <span aria-hidden="true">=</span>
            <Vectors rows={embeddings.sum} name="sum" place={place} />
          </>
        )}
      </div>
      {!position && <p class="note">No vector is added for the position: it is {embeddings.position_kind}.</p>}
      <p>
        Nearest to <b class="mono">{visible(token?.text ?? "")}</b>:{" "}
        {near.answer?.neighbours.map((each) => (
          <span key={each.id} class="near mono">
            {visible(each.text)} <small class="muted">{each.cosine.toFixed(2)}</small>
          </span>
        )) ?? "…"}
      </p>
    </section>
  );
}

function Vectors({ rows, name, place }: { rows: number[][]; name: string; place: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const columns = rows[0]?.length ?? 1;
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.putImageData(vectorPixels(rows), 0, 0);
  }, [rows]);
  return (
    <figure class="vector">
      <div style={{ "--rows": rows.length }}>
        <canvas ref={canvas} width={columns} height={rows.length} role="img" aria-label={`${name} vectors, one row a token`} />
        <i style={{ top: `${(100 * place) / rows.length}%`, height: `${100 / rows.length}%` }} />
      </div>
      <figcaption>{name}</figcaption>
    </figure>
  );
}
