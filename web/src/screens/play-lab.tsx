/** How a text is searched: filter after filter, the tree of what may follow, beams beside the best there is. */

import { post, type Given, type Token, type Which } from "../api";
import { fixed, percent, visible } from "../numbers";
import { Choice } from "../parts/fields";
import { Notice } from "../parts/notice";
import { Prompt } from "../parts/prompt";
import { SamplingPanel, type Settings } from "../parts/samplingpanel";
import { Tree } from "../parts/tree";
import { setQuery, useRoute } from "../route";
import { useAsked, useRemembered } from "../store";
import type { Present } from "../which";

interface PlayLabProps {
  which: NonNullable<Present["which"]>;
  settings: [Settings, (settings: Settings) => void];
}

const LABS = ["filters", "tree", "beams"] as const;

export function PlayLab({ which, settings: [settings, setSettings] }: PlayLabProps) {
  const { query } = useRoute();
  const [lab, setLab] = useRemembered<(typeof LABS)[number]>("lab", "filters");
  const prompt = query["prompt"] ?? "Once upon a time";
  const given: Given = which.about.kind === "encoder_decoder" ? { source: query["source"] ?? "", prompt } : { prompt };
  const shown = { which: { model: which.model, checkpoint: which.checkpoint }, given, settings };
  return (
    <div class="columns">
      <div class="stack">
        <div class="card">
          <Prompt value={prompt} onValue={(text) => setQuery({ prompt: text })} label="Text to go on with" />
        </div>
        <Choice label="What to look at" names={LABS} value={lab} onValue={setLab} />
        {lab === "filters" ? <Filters {...shown} /> : lab === "tree" ? <Tree {...shown} /> : <Beams {...shown} />}
      </div>
      <div class="stack">
        <SamplingPanel settings={settings} set={setSettings} />
      </div>
    </div>
  );
}

export interface LabProps {
  which: Which;
  given: Given;
  settings: Settings;
}

interface Stages {
  tokens: Token[];
  stages: { name: string; p: number[]; kept: number; entropy_bits: number }[];
}

function Filters({ which, given, settings }: LabProps) {
  const { temperature, top_k, top_p, min_p, repetition_penalty } = settings;
  const body = { ...which, ...given, temperature, top_k, top_p, min_p, repetition_penalty, show: 16 };
  const { answer, error, again } = useAsked(
    JSON.stringify(body),
    (signal) => post<Stages>("/page/decoding/filters", body, signal),
    250,
  );
  if (error) return <Notice {...{ error, again }} />;
  if (!answer) return <p class="muted">…</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="The distribution after each filter">
      <table class="filters">
        <thead>
          <tr>
            <th scope="col">token</th>
            {answer.stages.map((stage) => (
              <th key={stage.name} scope="col">
                {stage.name.replace("_", "-")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {answer.tokens.map((token, row) => (
            <tr key={token.id}>
              <td class="mono">{visible(token.text)}</td>
              {answer.stages.map((stage) => (
                <td key={stage.name} class="shaded" style={{ "--share": stage.p[row] }}>
                  {stage.p[row] ? percent(stage.p[row]!) : "–"}
                </td>
              ))}
            </tr>
          ))}
          <tr>
            <td>tokens left</td>
            {answer.stages.map((stage) => (
              <td key={stage.name}>{stage.kept.toLocaleString("en")}</td>
            ))}
          </tr>
          <tr>
            <td>entropy, bits</td>
            {answer.stages.map((stage) => (
              <td key={stage.name}>{fixed(stage.entropy_bits, 2)}</td>
            ))}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

interface Sequence {
  text: string;
  ended: boolean;
  log_p: number;
  score: number;
}
interface BeamsFound {
  steps: { step: number; beams: { parent: number; token: Token; log_p: number; kept: boolean }[] }[];
  found: Sequence[];
  greedy: Sequence;
  exhaustive: (Sequence & { looked_at: number }) | null;
  exhaustive_because?: string;
}

function Beams({ which, given }: LabProps) {
  const body = { ...which, ...given, beams: 3, max_tokens: 6, length_penalty: 0 };
  const { answer, error, again } = useAsked(
    JSON.stringify(body),
    (signal) => post<BeamsFound>("/page/decoding/beams", body, signal),
    350,
  );
  if (error) return <Notice {...{ error, again }} />;
  if (!answer) return <p class="muted">…</p>;
  const rows: [string, Sequence][] = [
    ["greedy", answer.greedy],
    ...answer.found.map((each, index): [string, Sequence] => [`beam ${index + 1}`, each]),
    ...(answer.exhaustive ? [["best of all", answer.exhaustive] as [string, Sequence]] : []),
  ];
  return (
    <>
      <div class="scroll" tabIndex={0} role="group" aria-label="What each search found">
        <table>
          <thead>
            <tr>
              <th scope="col">search</th>
              <th scope="col" class="left">
                text
              </th>
              <th scope="col">log p, nats</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, each]) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="mono left">{visible(each.text)}</td>
                <td>{fixed(each.log_p, 3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="note">
        {answer.exhaustive
          ? `The best of all was found among ${answer.exhaustive.looked_at.toLocaleString("en")} sequences.`
          : answer.exhaustive_because}
      </p>
      <h2>Step by step</h2>
      <div class="scroll" tabIndex={0} role="group" aria-label="Candidates at each step">
        <table class="beams">
          <tbody>
            {answer.steps.map((step) => (
              <tr key={step.step}>
                <th scope="row">{step.step}</th>
                {step.beams.map((beam, index) => (
                  <td key={index} class={beam.kept ? "kept" : "muted"}>
                    <span class="mono">{visible(beam.token.text)}</span> {fixed(beam.log_p, 2)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="note">Candidates of each step, the likeliest first; those in colour go on.</p>
    </>
  );
}
