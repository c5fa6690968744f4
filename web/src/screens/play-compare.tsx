/** One beginning, one seed, several models or checkpoints: what each makes of it, side by side. */

import { useEffect, useState } from "preact/hooks";

import type { Model, Which } from "../api";
import { useShortcuts } from "../keys";
import { fixed } from "../numbers";
import { Notice } from "../parts/notice";
import { Prompt } from "../parts/prompt";
import { SamplingPanel, samplingOf, type Settings } from "../parts/samplingpanel";
import { Status } from "../parts/status";
import { TokenText } from "../parts/tokentext";
import { setQuery, useRoute } from "../route";
import { isUsable, type Present } from "../which";
import { useWriting } from "../writing";

interface PlayCompareProps {
  which: NonNullable<Present["which"]>;
  settings: [Settings, (settings: Settings) => void];
  models: Model[];
}

const MOST = 4;

/** The first, the middle and the last checkpoint of a run: how it learned to write. */
function begin({ about }: NonNullable<Present["which"]>): Which[] {
  const count = about.checkpoints.length;
  const places = [...new Set([0, Math.floor((count - 1) / 2), count - 1])];
  return places.map((place) => ({ model: about.model, checkpoint: about.checkpoints[place]!.name }));
}

export function PlayCompare({ which, settings: [settings, setSettings], models }: PlayCompareProps) {
  const { query } = useRoute();
  const [columns, setColumns] = useState(() => begin(which));
  const [round, setRound] = useState(0);
  const [stopped, setStopped] = useState(0);
  const prompt = query["prompt"] ?? "Once upon a time";
  const start = () => setRound((count) => count + 1);
  const stop = () => setStopped((count) => count + 1);
  useShortcuts([
    { keys: "Control+Enter", does: "write in every column", typing: true, run: start },
    { keys: "Escape", does: "stop", typing: true, run: stop },
  ]);
  return (
    <div class="columns">
      <div class="stack">
        <div class="card">
          <Prompt value={prompt} onValue={(text) => setQuery({ prompt: text })} label="Text to go on with" />
        </div>
        <div class="row">
          <button type="button" class="main" onClick={start}>
            Write
          </button>
          <button type="button" onClick={stop}>
            Stop
          </button>
          <button
            type="button"
            disabled={columns.length === MOST}
            onClick={() => setColumns([...columns, { model: which.model, checkpoint: which.checkpoint }])}
          >
            Another column
          </button>
        </div>
        <div class="side-by-side">
          {columns.map((column, index) => (
            <Column
              key={index}
              {...{ models, prompt, settings, round, stopped }}
              which={column}
              change={(changed) => setColumns(columns.map((each, place) => (place === index ? changed : each)))}
              remove={columns.length > 1 ? () => setColumns(columns.filter((_, place) => place !== index)) : undefined}
            />
          ))}
        </div>
      </div>
      <div class="stack">
        <SamplingPanel settings={settings} set={setSettings} />
      </div>
    </div>
  );
}

interface ColumnProps {
  which: Which;
  models: Model[];
  prompt: string;
  settings: Settings;
  round: number;
  stopped: number;
  change: (which: Which) => void;
  remove: (() => void) | undefined;
}

function Column({ which, models, prompt, settings, round, stopped, change, remove }: ColumnProps) {
  const writing = useWriting();
  const write = () => {
    writing.clear();
    void writing.begin(which, { prompt }, samplingOf(settings, { seed: settings.seed }));
  };
  useEffect(() => {
    if (round > 0) write();
  }, [round]);
  useEffect(writing.stop, [stopped]);
  const about = models.find((each) => each.model === which.model);
  return (
    <section class="card" aria-label={`${which.model}, ${which.checkpoint}`}>
      <div class="row">
        <select
          aria-label="Model"
          value={which.model}
          onChange={(event) => change({ model: event.currentTarget.value, checkpoint: "best" })}
        >
          {models.filter(isUsable).map((each) => (
            <option key={each.model}>{each.model}</option>
          ))}
        </select>
        <select
          aria-label="Checkpoint"
          value={which.checkpoint}
          onChange={(event) => change({ ...which, checkpoint: event.currentTarget.value })}
        >
          <option value="best">best</option>
          {about?.checkpoints.map((each) => (
            <option key={each.name} value={each.name}>
              step {each.step} {each.val_loss !== null && `· loss ${fixed(each.val_loss, 2)}`}
            </option>
          ))}
        </select>
      </div>
      <div class="written" data-tokens={writing.variant?.written.length ?? 0}>
        <span class="muted">{prompt}</span>
        {writing.variant && (
          <TokenText
            written={writing.variant.written}
            colouring="probability"
            held={null}
            look={() => undefined}
            hold={() => undefined}
          />
        )}
      </div>
      {writing.error && <Notice error={writing.error} again={write} />}
      {writing.variant && <Status variant={writing.variant} running={writing.running} />}
      {remove && (
        <button type="button" class="link" onClick={remove}>
          remove
        </button>
      )}
    </section>
  );
}
