/**
 * Everything that can be done from anywhere: what the keys do just now (the table that `?` shows, keys.ts), and where
 * one can go: modes of screens, models, checkpoints, curves of runs, lessons, colours.
 */

import type { Checkpoint, Model } from "./api";
import { shortcuts } from "./keys";
import { fixed } from "./numbers";
import type { Command } from "./palette";
import { go, setQuery, type Screen } from "./route";
import { THEMES, type Theme } from "./theme";
import { isUsable, turnTo, type Present } from "./which";

/** A part of a screen that has an address of its own. */
export interface Mode {
  name: string;
  query: Record<string, string>;
}
export interface ScreenModes {
  screen: Screen;
  title: string;
  modes: Mode[];
}
export interface LessonTitle {
  number: number;
  title: string;
}

interface Known {
  here: Present;
  screens: ScreenModes[];
  lessons: LessonTitle[];
  setTheme: (theme: Theme) => void;
}

/** The keys of the palette itself, which does not list itself. */
export const PALETTE = "Control+K";

const THEME_NAMES: Record<Theme, string> = { auto: "as the system", light: "light", dark: "dark" };

/** All commands there are just now. */
export function commandsOf({ here, screens, lessons, setTheme }: Known): Command[] {
  return [
    ...shortcuts()
      .filter(({ keys }) => keys !== PALETTE)
      .map(({ keys, does, run }) => ({ name: does, group: "key", keys, run })),
    ...screens.flatMap(({ screen, title, modes }) =>
      modes.map(({ name, query }) => ({ name: `${title}: ${name}`, group: "mode", run: () => go(screen, query) })),
    ),
    ...here.models.filter(isUsable).map(modelCommand),
    ...(here.which?.about.checkpoints ?? []).map(checkpointCommand),
    ...here.models.map(({ model }) => ({ name: `curves of ${model}`, group: "run", run: () => go("train", { runs: model }) })),
    ...lessons.map(({ number, title }) => ({
      name: `${number}: ${title}`,
      group: "lesson",
      run: () => go("learn", { lesson: String(number) }),
    })),
    ...THEMES.map((theme) => ({ name: `colours ${THEME_NAMES[theme]}`, group: "theme", run: () => setTheme(theme) })),
  ];
}

const modelCommand = ({ model }: Model): Command => ({
  name: `model ${model}`,
  group: "model",
  run: () => turnTo(model),
});

const checkpointCommand = ({ name, val_loss, best }: Checkpoint): Command => ({
  name: `${name}${val_loss === null ? "" : `, loss ${fixed(val_loss)}`}${best ? ", the best" : ""}`,
  group: "checkpoint",
  run: () => setQuery({ checkpoint: name }),
});
