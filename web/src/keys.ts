/** Keys that work everywhere: one listener, and a list that `?` shows. */

import { useEffect, useRef } from "preact/hooks";

export interface Shortcut {
  /** As in `Control+Enter`, `Alt+ArrowRight`, `g p` (one after the other), `?`. */
  keys: string;
  does: string;
  /** Also while a person types into a field. */
  typing?: boolean;
  run: () => void;
}

const active = new Set<{ current: Shortcut[] }>();
let before = "";
let since = 0;

/** Everything that a key does just now. */
export const shortcuts = (): Shortcut[] => [...active].flatMap((each) => each.current);

export function useShortcuts(list: Shortcut[]): void {
  const held = useRef(list);
  held.current = list;
  useEffect(() => {
    active.add(held);
    return () => void active.delete(held);
  }, []);
}

function spelt(event: KeyboardEvent): string {
  const control = event.ctrlKey || event.metaKey ? "Control+" : "";
  const shift = event.shiftKey && event.key.length > 1 ? "Shift+" : "";
  const key = control && event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return `${control}${event.altKey ? "Alt+" : ""}${shift}${control && event.shiftKey && key.length === 1 ? "Shift+" : ""}${key}`;
}

/** Enter and space belong to what has the focus, if it is something that they press. */
const isPressed = (target: EventTarget | null, key: string) =>
  (key === "Enter" || key === " ") && target instanceof HTMLElement && target.closest("button, a[href], summary, [role=button]") !== null;

/** Keys of one letter can be switched off, for people whose keys are pressed by a voice (WCAG 2.1.4). */
let letters = true;
export const switchLetters = (on: boolean) => {
  letters = on;
};

const isField = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

window.addEventListener("keydown", (event) => {
  // a window over the page has the keys for itself, Esc above all
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const pressed = spelt(event);
  if (isPressed(event.target, pressed) || (pressed.length === 1 && !letters)) return;
  const chord = event.timeStamp - since < 1500 && before ? `${before} ${pressed}` : pressed;
  const typing = isField(event.target);
  const found = shortcuts()
    .reverse()
    .find((each) => (each.keys === chord || each.keys === pressed) && (each.typing || !typing));
  before = pressed === "g" && !typing ? "g" : "";
  since = event.timeStamp;
  if (found) {
    event.preventDefault();
    found.run();
  }
});
