/** The temperature of attention: which attention, and by what its scores are divided before the softmax. */

import { useId } from "preact/hooks";

import type { MapKind, Trace, Warmth } from "../inside";

interface TemperatureProps {
  trace: Trace;
  /** The head that is shown large: it may be meant alone. */
  head: { kind: MapKind; layer: number; head: number };
  warm: Warmth | null;
  setWarm: (warm: Warmth | null) => void;
}

/** The slider goes by halves of powers of two: as far up as down. */
const FARTHEST = 10;
const STEP = 0.5;

const NAMES: Record<MapKind, string> = { attention: "attention", cross: "cross-attention", encoder: "the encoder's attention" };

export const rounded = (value: number) => Number(value.toPrecision(3));

export function Temperature({ trace, head, warm, setWarm }: TemperatureProps) {
  const [slider, select] = [useId(), useId()];
  const value = warm?.value ?? 1;
  const of = warm?.of ?? "attention";
  const kinds = Object.keys(trace.maps) as MapKind[];
  const own = `${head.kind}:${head.layer}.${head.head}`;
  const choices: [string, string][] = kinds.flatMap((kind) => [
    [kind, `${NAMES[kind]}: every layer`] as [string, string],
    ...Array.from({ length: trace.maps[kind]!.layers }, (_, layer) => [`${kind}:${layer}`, `${NAMES[kind]}: layer ${layer}`] as [string, string]),
  ]);
  const heads = [...new Set([own, ...(/\./.test(of) ? [of] : [])])];
  const change = (next: Partial<Warmth>) => {
    const changed = { of, value, ...next };
    setWarm(changed.value === 1 && changed.of === "attention" ? null : changed);
  };
  return (
    <div class="temperature">
      <div class="slider">
        <label for={slider}>Attention temperature</label>
        <output for={slider}>{rounded(value)}</output>
        <input
          id={slider}
          type="range"
          min={-FARTHEST}
          max={FARTHEST}
          step={STEP}
          value={Math.log2(value)}
          aria-valuetext={`${rounded(value)}${value > 1 ? ", spread" : value < 1 ? ", sharpened" : ", as it is"}`}
          onInput={(event) => change({ value: 2 ** event.currentTarget.valueAsNumber })}
        />
      </div>
      <div class="row">
        <label for={select}>of</label>
        <select id={select} value={of} onChange={(event) => change({ of: event.currentTarget.value })}>
          {choices.map(([name, shown]) => (
            <option key={name} value={name}>
              {shown}
            </option>
          ))}
          {heads.map((name) => (
            <option key={name} value={name}>
              {name.replace(/^(\w+):(\d+)\.(\d+)$/, (_, kind: MapKind, layer, number) => `${NAMES[kind]}: layer ${layer}, head ${number}`)}
            </option>
          ))}
        </select>
        {warm && (
          <button type="button" class="off-part" onClick={() => (setWarm(null), document.getElementById(slider)?.focus())}>
            back to 1
          </button>
        )}
      </div>
    </div>
  );
}
