/**
 * The command palette: a field, and a list of all that can be done (commands.ts) that what is typed makes shorter.
 *
 * The focus stays in the field (a combobox with a listbox, WAI-ARIA 1.2): ↑ and ↓ go through the list, Enter does what
 * is chosen, Esc closes.
 */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { get } from "../api";
import { commandsOf, type LessonTitle, type ScreenModes } from "../commands";
import { matching, type Command } from "../palette";
import { useAsked } from "../store";
import type { Theme } from "../theme";
import type { Present } from "../which";
import { Dialog } from "./dialog";
import { KeyCaps } from "./keycaps";

/** So many are shown at once; of more, a word more finds them. */
const SHOWN = 60;

interface PaletteProps {
  here: Present;
  screens: ScreenModes[];
  setTheme: (theme: Theme) => void;
  close: () => void;
}

export function Palette({ here, screens, setTheme, close }: PaletteProps) {
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const lessons = useAsked("lessons", (signal) => get<{ lessons: LessonTitle[] }>("/page/lessons", signal)).answer?.lessons;
  const all = useMemo(() => commandsOf({ here, screens, lessons: lessons ?? [], setTheme }), [lessons, here]);
  const found = useMemo(() => matching(all, typed), [all, typed]);
  const shown = found.slice(0, SHOWN);
  const chosen = Math.min(at, Math.max(shown.length - 1, 0));
  useEffect(() => field.current?.focus(), []);
  useEffect(() => document.getElementById(optionId(chosen))?.scrollIntoView({ block: "nearest" }), [chosen, typed]);
  /** At once: the window's own event comes a task later, and the keys may have been pressed again by then. */
  const shut = () => {
    field.current?.closest("dialog")?.close();
    close();
  };
  /** Closed first, so that the focus is back where it was, and the command may move it. */
  const take = (command: Command | undefined) => {
    if (!command) return;
    shut();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return; // Enter ends what an input method composes
    const count = Math.max(shown.length, 1);
    const moves: Record<string, number> = { ArrowDown: (chosen + 1) % count, ArrowUp: (chosen + count - 1) % count };
    const to = moves[event.key];
    if (to !== undefined) setAt(to);
    else if (event.key === "Enter") take(shown[chosen]);
    else if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) shut();
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Commands" close={close}>
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label="What to do"
        aria-expanded="true"
        aria-controls="commands"
        aria-autocomplete="list"
        aria-activedescendant={shown.length ? optionId(chosen) : undefined}
        placeholder="a screen, a model, a checkpoint, a lesson …"
        autocomplete="off"
        spellcheck={false}
        value={typed}
        onInput={(event) => (setTyped(event.currentTarget.value), setAt(0))}
        onKeyDown={onKeyDown}
      />
      <ul class="commands" id="commands" role="listbox" aria-label="Commands">
        {shown.map((command, place) => (
          <li
            key={place}
            id={optionId(place)}
            role="option"
            aria-selected={place === chosen}
            onMouseMove={() => setAt(place)}
            onClick={() => take(command)}
          >
            <span>{command.name}</span>
            <small>{command.keys ? <KeyCaps keys={command.keys} /> : command.group}</small>
          </li>
        ))}
      </ul>
      <p class="note" role="status">
        {found.length === 0 ? "Nothing fits; fewer letters find more." : `${found.length} of ${all.length}: ↑ ↓ choose, Enter does it`}
      </p>
    </Dialog>
  );
}

const optionId = (place: number) => `command-${place}`;
