/** Which model, at which point of its training; light or dark; help. */

import { fixed, short } from "../numbers";
import { setQuery } from "../route";
import { THEMES, type Theme } from "../theme";
import { isUsable, turnTo, useHere } from "../which";
import { Icon } from "./icons";

interface TopBarProps {
  theme: Theme;
  setTheme: (theme: Theme) => void;
  help: () => void;
  find: () => void;
}

export function TopBar({ theme, setTheme, help, find }: TopBarProps) {
  const following = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  return (
    <header class="topbar">
      <ModelPicker />
      <CheckpointSlider />
      <div class="tools">
        <button type="button" class="quiet round" onClick={find} aria-label="Find a command" title="Find a command (Ctrl+K)">
          <Icon name="find" />
        </button>
        <button
          type="button"
          class="quiet round"
          onClick={() => setTheme(following)}
          aria-label={`Colours: ${theme}; switch to ${following}`}
          title={`Colours: ${theme}`}
        >
          <Icon name={theme === "auto" ? "auto" : theme === "light" ? "sun" : "moon"} />
        </button>
        <button type="button" class="quiet round" onClick={help} aria-label="Keys and help" title="Keys (?)">
          ?
        </button>
      </div>
    </header>
  );
}

function ModelPicker() {
  const { models, which } = useHere();
  if (!which) return <p class="model-picker">no model yet</p>;
  const { about } = which;
  return (
    <div class="model-picker">
      <label class="sr" for="model">
        Model
      </label>
      <select id="model" value={which.model} onChange={(event) => turnTo(event.currentTarget.value)}>
        {models.filter(isUsable).map((each) => (
          <option key={each.model} value={each.model}>
            {each.model}
          </option>
        ))}
      </select>
      <span class="badge">
        {short(about.parameters)} parameters · {about.layers} × {about.heads} heads · {about.kind?.replace("_", "-")}
      </span>
    </div>
  );
}

/** A step for each checkpoint that was saved; the same question is asked again at every one. */
function CheckpointSlider() {
  const { which } = useHere();
  if (!which?.at) return <div />;
  const { checkpoints } = which.about;
  const place = checkpoints.findIndex((each) => each.name === which.checkpoint);
  const { at } = which;
  const said = `step ${at.step.toLocaleString("en")}${at.val_loss === null ? "" : ` · loss ${fixed(at.val_loss, 3)}`}`;
  return (
    <div class="checkpoint">
      <label for="checkpoint">Checkpoint</label>
      <input
        id="checkpoint"
        type="range"
        min={0}
        max={checkpoints.length - 1}
        step={1}
        value={place}
        disabled={checkpoints.length < 2}
        aria-valuetext={said + (at.best ? ", the best" : "")}
        onInput={(event) => setQuery({ checkpoint: checkpoints[event.currentTarget.valueAsNumber]!.name })}
      />
      <output for="checkpoint">
        {said}
        {at.best && <b> best</b>}
      </output>
    </div>
  );
}
