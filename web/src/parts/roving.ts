/** One tab stop for a whole group: arrows go from item to item, Home and End to the first and the last. */

import { useState } from "preact/hooks";

export interface Roving {
  /** Attributes of the item at `index`. */
  item: (index: number) => { tabIndex: number; onFocus: () => void };
  /** Of what holds them. */
  group: { onKeyDown: (event: KeyboardEvent) => void };
  at: number;
}

/**
 * @param count how many items there are; in the document they carry the attribute `data-item`
 * @param columns how many stand side by side; ↑ and ↓ go by as many. 1: every arrow goes by one.
 */
export function useRoving(count: number, columns = 1): Roving {
  const [at, setAt] = useState(0);
  const here = Math.min(at, Math.max(count - 1, 0));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const moves: Record<string, number> = {
      ArrowRight: here + 1,
      ArrowLeft: here - 1,
      ArrowDown: here + columns,
      ArrowUp: here - columns,
      Home: 0,
      End: count - 1,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0 || to >= count) return;
    setAt(to);
    const items = (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[data-item]");
    items[to]?.focus();
  };
  return {
    at: here,
    group: { onKeyDown },
    item: (index) => ({ tabIndex: index === here ? 0 : -1, onFocus: () => setAt(index) }),
  };
}
