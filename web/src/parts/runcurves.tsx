/** The curves of a run, others beside it, and what it wrote on the way. */

import { useMemo, useState } from "preact/hooks";

import { csvOf } from "../csv";
import { useFollowing } from "../following";
import { useHappened, xOf, type Across } from "../happened";
import { setQuery } from "../route";
import { EVERY, runFacts, runMetrics, smooth, type Metrics, type RunLine } from "../runs";
import { useAsked } from "../store";
import { Curves, type Curve, type Line } from "./curves";
import { Choice } from "./fields";
import { Happened } from "./happened";
import { Notice } from "./notice";
import { RunDetails } from "./rundetails";
import { Samples } from "./samples";
import { Save } from "./save";

const ACROSS: readonly Across[] = ["step", "tokens", "seconds"];
const UNITS = ["nats per token", "bits per byte"] as const;
const COLOURS = ["--accent", "--extra-1", "--extra-2", "--floor"];
const RAW = 0;
const SMOOTH = 0.95;

interface RunCurvesProps {
  run: RunLine;
  others: string[];
  changed: () => void;
}

export function RunCurves({ run, others, changed }: RunCurvesProps) {
  const [across, setAcross] = useState<Across>("step");
  const [unit, setUnit] = useState<(typeof UNITS)[number]>("nats per token");
  const [log, setLog] = useState(false);
  const [decay, setDecay] = useState(RAW);
  const [told, setTold] = useState(0);
  const facts = useAsked(`${run.run}/${run.state}`, (signal) => runFacts(run.run, signal));
  const main = useFollowing(run.run, (event) => {
    setTold((count) => count + 1);
    if ((event.kind === "state" && event.state !== run.state) || event.kind === "checkpoint") changed();
  }, run.state === "training");
  const { markers, feet, chosen, error: unknown, again } = useHappened(run.run, `${run.state}/${told}`, main.metrics, across);
  const beside = [useFollowing(others[0] ?? null, () => 0), useFollowing(others[1] ?? null, () => 0), useFollowing(others[2] ?? null, () => 0)];
  const all = [main, ...beside.slice(0, others.length)];
  const names = [run.run, ...others].slice(0, all.length); // as many as are drawn
  const divisor = unit === "bits per byte" ? (facts.answer?.nats_per_bit_per_byte ?? null) : 1;
  const many = names.length > 1;
  const { loss, rate, norm, speed } = useMemo(() => {
    const found = { loss: [] as Curve[], rate: [] as Curve[], norm: [] as Curve[], speed: [] as Curve[] };
    all.forEach(({ metrics }, index) => {
      if (!metrics) return;
      const colour = COLOURS[index % COLOURS.length]!;
      const label = (what: string) => (many ? `${names[index]} ${what}` : what);
      const { updates, evaluations } = metrics;
      if (updates.step.length === 0) return;
      const x = updates[across];
      const per = (values: (number | null)[]) => values.map((each) => (each === null ? null : each / (divisor ?? 1)));
      if (decay > 0) found.loss.push({ label: label("raw"), x, y: per(updates.loss), colour, faint: true });
      found.loss.push({ label: label("training"), x, y: per(smooth(updates.loss, decay)), colour: many ? colour : "--muted" });
      if (evaluations.step.length)
        found.loss.push({ label: label("validation"), x: placesOf(metrics, across), y: per(evaluations.val_loss), colour, points: true });
      found.rate.push({ label: label("learning rate"), x, y: updates.learning_rate, colour });
      found.norm.push({ label: label("gradient norm"), x, y: smooth(updates.gradient_norm, decay), colour });
      found.speed.push({ label: label("tokens per second"), x, y: updates.tokens_per_second, colour });
    });
    return found;
  }, [...all.map((each) => each.metrics), across, divisor, decay, names.join()]);
  const of = [...names, `step ${main.metrics?.updates.step.at(-1) ?? 0}`];
  const csv = async () => {
    const found = await Promise.all(names.map(async (name) => ({ run: name, metrics: await runMetrics(name, undefined, EVERY) })));
    return new Blob([csvOf(found)], { type: "text/csv" });
  };
  if (main.error) return <Notice error={main.error} />;
  const lines: Line[] = [
    ...Object.entries(facts.answer?.baselines ?? {}).map(([label, value]) => ({ label, value: value / (divisor ?? 1), colour: "--baseline" })),
    ...(facts.answer?.floor != null ? [{ label: "floor", value: facts.answer.floor / (divisor ?? 1), colour: "--floor" }] : []),
  ];
  return (
    <>
      <section class="stack" aria-label="Curves" data-live={main.live} data-steps={main.metrics?.updates.step.at(-1) ?? 0}>
        <h2 class="sr">Curves</h2>
        <div class="row">
          <Choice label="Across" names={ACROSS} value={across} onValue={setAcross} />
          <Choice label="Loss in" names={UNITS} value={unit} disabled={(name) => name !== UNITS[0] && !facts.answer?.nats_per_bit_per_byte} onValue={setUnit} />
          <label class="check">
            <input type="checkbox" checked={decay > 0} onChange={(event) => setDecay(event.currentTarget.checked ? SMOOTH : RAW)} />
            smooth
          </label>
          <label class="check">
            <input type="checkbox" checked={log} onChange={(event) => setLog(event.currentTarget.checked)} />
            logarithmic
          </label>
          <Save what="the numbers" parts={[...of, "curves"]} forms={[{ name: "CSV", extension: "csv", made: csv }]} />
          {main.live && (
            <span class="live" role="status">
              training now
            </span>
          )}
        </div>
        <div class={markers.length ? "with-events" : "stack"}>
          <Curves title="Loss" {...{ unit, across, of, lines, log, feet }} curves={loss} height={340} />
          {markers.length > 0 && <Happened {...{ markers, chosen }} run={run.run} choose={(event) => setQuery({ event })} />}
        </div>
        {unknown && <Notice error={unknown} again={again} />}
        <div class="halves">
          <Curves title="Learning rate" {...{ across, of }} curves={rate} height={170} />
          <Curves title="Gradient norm" {...{ across, of }} curves={norm} height={170} />
        </div>
        <Curves title="Speed" unit="tokens per second" {...{ across, of }} curves={speed} height={150} />
      </section>
      <Samples run={run.run} round={told} />
      {facts.answer && <RunDetails facts={facts.answer} />}
    </>
  );
}

/** Where evaluations stand when curves are not drawn over steps: at the update with the same step. */
const placesOf = (metrics: Metrics, across: Across) => metrics.evaluations.step.map((step) => xOf(metrics.updates, across, step));
