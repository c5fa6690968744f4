/** Where the page is: `#/inside?model=quickstart-1&checkpoint=step-000120&prompt=Once`. Everything can be linked to. */

import { readHash, writeHash, type Route, type Screen } from "./address";
import { useSyncExternalStore } from "./store";

export { readHash, SCREENS, writeHash, type Route, type Screen } from "./address";

/** What goes along from screen to screen. */
const KEPT = ["model", "checkpoint", "prompt"];

let current: Route | null = null;
let currentHash = "";

function now(): Route {
  if (current === null || currentHash !== location.hash) {
    currentHash = location.hash;
    current = readHash(currentHash);
  }
  return current;
}

const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());
window.addEventListener("hashchange", tell);

export function useRoute(): Route {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, now);
}

/** The address of another screen, with the model and the prompt of this one. */
export function linkTo(screen: Screen, more: Record<string, string> = {}): string {
  const kept = Object.fromEntries(Object.entries(now().query).filter(([name]) => KEPT.includes(name)));
  return writeHash({ screen, query: { ...kept, ...more } });
}

export function go(screen: Screen, more: Record<string, string> = {}): void {
  location.hash = linkTo(screen, more);
}

/** Change what stands in the address; the back button does not step through every letter. */
export function setQuery(changes: Record<string, string>): void {
  const { screen, query } = now();
  history.replaceState(null, "", writeHash({ screen, query: { ...query, ...changes } }));
  tell();
}
