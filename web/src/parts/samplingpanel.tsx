/** How the next token is drawn. */

import type { Sampling } from "../api";
import { useRemembered } from "../store";
import { Choice, NumberField, Slider } from "./fields";

export type Settings = Omit<Sampling, "seed"> & { seed: number; fixed: boolean };

const BALANCED: Settings = {
  max_tokens: 60,
  temperature: 0.8,
  top_k: null,
  top_p: 0.95,
  min_p: null,
  repetition_penalty: 1,
  stop: [],
  seed: 1,
  fixed: false,
};

const PRESETS = {
  precise: { temperature: 0.3, top_k: null, top_p: 0.9, min_p: null },
  balanced: { temperature: 0.8, top_k: null, top_p: 0.95, min_p: null },
  wild: { temperature: 1.3, top_k: null, top_p: null, min_p: 0.02 },
} as const;
const NAMES = ["precise", "balanced", "wild"] as const;

export const useSettings = () => useRemembered<Settings>("sampling", BALANCED);

/** As the server takes it; a seed that is not held is drawn there. */
export function samplingOf({ fixed, ...settings }: Settings, more: Partial<Sampling> = {}): Sampling {
  return { ...settings, seed: fixed ? settings.seed : null, ...more };
}

interface SamplingPanelProps {
  settings: Settings;
  set: (settings: Settings) => void;
}

export function SamplingPanel({ settings, set }: SamplingPanelProps) {
  const change = (changes: Partial<Settings>) => set({ ...settings, ...changes });
  const preset = NAMES.find((name) =>
    Object.entries(PRESETS[name]).every(([key, value]) => settings[key as keyof Settings] === value),
  );
  return (
    <section class="panel" aria-label="Sampling">
      <h2>Sampling</h2>
      <Choice label="Preset" names={NAMES} value={preset ?? ("" as "wild")} onValue={(name) => change(PRESETS[name])} />
      <Slider
        label="temperature"
        hint="divides the logits: below 1 surer, above 1 more daring, 0 always the likeliest"
        value={settings.temperature}
        {...{ min: 0, max: 2, step: 0.05 }}
        onValue={(value) => change({ temperature: value ?? 1 })}
      />
      <Slider
        label="top-k"
        hint="only the k likeliest"
        value={settings.top_k}
        {...{ min: 1, max: 100, step: 1, on: 20 }}
        onValue={(top_k) => change({ top_k })}
      />
      <Slider
        label="top-p"
        hint="the fewest tokens that together have this probability"
        value={settings.top_p}
        {...{ min: 0.05, max: 1, step: 0.05, on: 0.95 }}
        onValue={(top_p) => change({ top_p })}
      />
      <Slider
        label="min-p"
        hint="only tokens with at least this share of the likeliest one's probability"
        value={settings.min_p}
        {...{ min: 0.01, max: 0.5, step: 0.01, on: 0.05 }}
        onValue={(min_p) => change({ min_p })}
      />
      <details>
        <summary>More</summary>
        <div class="stack">
          <Slider
            label="repetition penalty"
            value={settings.repetition_penalty}
            {...{ min: 1, max: 2, step: 0.05 }}
            onValue={(value) => change({ repetition_penalty: value ?? 1 })}
          />
          <NumberField label="seed" value={settings.seed} min={0} max={999999999} onValue={(seed) => change({ seed })} />
          <label class="check">
            <input type="checkbox" checked={settings.fixed} onChange={(event) => change({ fixed: event.currentTarget.checked })} />
            the same seed every time
          </label>
          <label class="stack tight">
            stop at (one a line)
            <textarea
              rows={2}
              value={settings.stop.join("\n")}
              onChange={(event) => change({ stop: event.currentTarget.value.split("\n").filter(Boolean) })}
            />
          </label>
        </div>
      </details>
      <NumberField
        label="tokens at most"
        value={settings.max_tokens}
        min={1}
        max={2000}
        onValue={(max_tokens) => change({ max_tokens })}
      />
    </section>
  );
}
