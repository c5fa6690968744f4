/** Attention: every head as a small map, in an order of choice; one of them large; and where it looks from one token. */

import { shadeOf } from "../colours";
import { hint, maps as askMaps, ORDERS, sorted, type HeadFacts, type MapKind, type MapShape, type Order, type Trace } from "../inside";
import { percent, visible } from "../numbers";
import { setQuery, useRoute } from "../route";
import { useAsked } from "../store";
import { BigMap } from "./bigmap";
import { Chips } from "./chips";
import { Choice } from "./fields";
import { SaveGrid } from "./figures";
import { MapGrid } from "./mapgrid";
import { Notice } from "./notice";

const MAP_NAMES: Record<MapKind, string> = { attention: "attention", encoder: "encoder", cross: "cross-attention" };
const ORDER_NAMES: Record<Order, string> = {
  layer: "by layer",
  entropy: "looks at little",
  previous: "at the one before",
  first: "at the first",
  induction: "induction",
};

interface AttentionProps {
  trace: Trace;
  place: number;
  off: string[];
  setOff: (parts: string[]) => void;
  choose: (place: number) => void;
}

/** The head that the address names, as far as this model has it. */
export function headOf(trace: Trace, query: Readonly<Record<string, string>>): { kind: MapKind; layer: number; head: number } {
  const kinds = Object.keys(trace.maps) as MapKind[];
  const kind = kinds.find((each) => each === query["attention"]) ?? kinds[0] ?? "attention";
  const shape = trace.maps[kind];
  const number = (name: string, count: number) => Math.max(0, Math.min(Math.floor(Number(query[name] ?? 0)) || 0, count - 1));
  return { kind, layer: number("layer", shape?.layers ?? 1), head: number("head", shape?.heads ?? 1) };
}

export function Attention({ trace, place, off, setOff, choose }: AttentionProps) {
  const { query } = useRoute();
  const kinds = Object.keys(trace.maps) as MapKind[];
  const { kind, layer, head } = headOf(trace, query);
  const asked = useAsked(`${trace.trace}/${kind}`, async (signal) => ({
    all: await askMaps(trace.trace, kind, signal),
    of: `${trace.trace}/${kind}`,
  }));
  const shape = trace.maps[kind];
  if (!shape) return null;
  const part = `head:${layer}.${head}`;
  const facts = trace.heads.find((each) => each.kind === kind && each.layer === layer && each.head === head);
  const all = asked.answer?.of === `${trace.trace}/${kind}` ? asked.answer.all : null;
  const asking = kind === "encoder" ? (trace.source ?? []) : trace.tokens;
  const lookedAt = kind === "attention" ? trace.tokens : (trace.source ?? []);
  const row = Math.min(place, shape.rows - 1);
  const toggle = () => setOff(off.includes(part) ? off.filter((each) => each !== part) : [...off, part]);
  return (
    <section class="panel" aria-label="Attention">
      <div class="row">
        <h2>
          Attention <small>the lighter, the more (by the square root of the weight)</small>
        </h2>
        {all && <SaveGrid {...{ trace, kind, shape, all }} />}
      </div>
      {kinds.length > 1 && (
        <Choice
          label="Which attention"
          names={kinds}
          value={kind}
          shown={(name) => MAP_NAMES[name]}
          onValue={(name) => setQuery({ attention: name })}
        />
      )}
      {asked.error && <Notice error={asked.error} again={asked.again} />}
      <div class="attention-columns">
        {all && <Heads {...{ trace, kind, all, shape, off }} chosen={{ layer, head }} />}
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
          <BigMap {...{ kind, shape, layer, head, asking, lookedAt, choose, place: row, trace }} />
        </div>
      </div>
      <LooksFrom {...{ shape, all, layer, head, row, asking, lookedAt }} />
    </section>
  );
}

interface HeadsProps {
  trace: Trace;
  kind: MapKind;
  all: Uint8Array;
  shape: MapShape;
  off: string[];
  chosen: { layer: number; head: number };
}

/** All heads, in their layers or in the order of a score; scores are hints from one text. */
function Heads({ trace, kind, all, shape, off, chosen }: HeadsProps) {
  const { query } = useRoute();
  const facts = trace.heads.filter((each) => each.kind === kind);
  const order: Order = facts.length ? (ORDERS.find((name) => name === query["heads"]) ?? "layer") : "layer";
  const score = (each: HeadFacts) => (order === "layer" ? null : each[order]);
  const told = (each: HeadFacts) => {
    const value = score(each);
    return value === null ? "–" : order === "entropy" ? `${value.toFixed(2)} bits` : percent(value);
  };
  const ranked = order === "layer" ? null : sorted(facts, order).map((each) => ({ ...each, told: told(each) }));
  return (
    <div class="stack">
      {facts.length > 0 && (
        <Choice
          label="Order of the heads"
          names={ORDERS}
          value={order}
          shown={(name) => ORDER_NAMES[name]}
          onValue={(name) => setQuery({ heads: name === "layer" ? "" : name })}
        />
      )}
      <p class="note">
        {order === "layer"
          ? `${shape.layers} layers (down) of ${shape.heads} heads (across).`
          : "Layer.head and its score, the most striking first. A score is a hint from this one text."}
      </p>
      <MapGrid
        {...{ all, shape, chosen, ranked }}
        off={(at, of) => off.includes(`head:${at}.${of}`) || off.includes(`layer:${at}`)}
        choose={(at, of) => setQuery({ layer: String(at), head: String(of) })}
      />
    </div>
  );
}

interface LooksFromProps {
  shape: MapShape;
  all: Uint8Array | null;
  layer: number;
  head: number;
  row: number;
  asking: Trace["tokens"];
  lookedAt: Trace["tokens"];
}

/** One row of a map on the tokens themselves. */
function LooksFrom({ shape, all, layer, head, row, asking, lookedAt }: LooksFromProps) {
  const start = ((layer * shape.heads + head) * shape.rows + row) * shape.columns;
  const weight = (column: number) => (all?.[start + column] ?? 0) / 255;
  const hidden = (column: number) => shape.causal && column > row;
  return (
    <>
      <p class="note">
        Where layer {layer}, head {head} looks from <b class="mono">{visible(asking[row]?.text ?? "")}</b>:
      </p>
      <Chips
        tokens={lookedAt}
        label={`What is looked at from ${asking[row]?.text ?? ""}`}
        shade={(index) => (hidden(index) ? null : shadeOf(weight(index)))}
        says={(index) => (hidden(index) ? "–" : percent(weight(index)))}
      />
    </>
  );
}
