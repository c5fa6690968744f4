/** Small things that several parts of the page share, and the hooks that read them. */

import { useEffect, useRef, useState } from "preact/hooks";

/** Read something that lives outside of components, anew whenever it says that it changed. */
export function useSyncExternalStore<Value>(subscribe: (listener: () => void) => () => void, read: () => Value): Value {
  const [value, setValue] = useState(read);
  useEffect(() => {
    const update = () => setValue(() => read());
    update();
    const end = subscribe(update);
    return () => void end();
  }, []);
  return value;
}

/** A state that the browser remembers; of no importance if it cannot. */
export function useRemembered<Value>(name: string, initial: Value): [Value, (value: Value) => void] {
  const [value, setValue] = useState<Value>(() => remembered(name, initial));
  return [
    value,
    (changed) => {
      setValue(() => changed);
      try {
        localStorage.setItem(`hornbook.${name}`, JSON.stringify(changed));
      } catch {
        // a browser that stores nothing forgets; nothing else depends on it
      }
    },
  ];
}

function remembered<Value>(name: string, initial: Value): Value {
  try {
    const stored = localStorage.getItem(`hornbook.${name}`);
    if (stored === null) return initial;
    const value = JSON.parse(stored) as Value;
    const isRecord = typeof initial === "object" && initial !== null && !Array.isArray(initial);
    return isRecord ? { ...initial, ...value } : value;
  } catch {
    return initial;
  }
}

export interface Asked<Answer> {
  answer: Answer | null;
  error: Error | null;
  waiting: boolean;
  again: () => void;
}

/**
 * Ask the server whenever `key` changes, `patience` milliseconds after it last did; `null` asks nothing.
 *
 * The last answer stays on the screen until the next one is there.
 */
export function useAsked<Answer>(
  key: string | null,
  ask: (signal: AbortSignal) => Promise<Answer>,
  patience = 0,
): Asked<Answer> {
  const [state, setState] = useState<Omit<Asked<Answer>, "again">>({ answer: null, error: null, waiting: key !== null });
  const [round, setRound] = useState(0);
  const asking = useRef(ask);
  asking.current = ask;
  useEffect(() => {
    if (key === null) {
      setState({ answer: null, error: null, waiting: false });
      return;
    }
    const leaving = new AbortController();
    const question = asking.current; // that of this key: the next may be drawn before this one is taken back
    setState((old) => ({ ...old, waiting: true }));
    const timer = setTimeout(() => {
      question(leaving.signal).then(
        (answer) => leaving.signal.aborted || setState({ answer, error: null, waiting: false }),
        (error: Error) => leaving.signal.aborted || setState((old) => ({ ...old, error, waiting: false })),
      );
    }, patience);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [key, round]);
  return { ...state, again: () => setRound((count) => count + 1) };
}

/** `value`, once it has been left alone for a while. */
export function useSettled<Value>(value: Value, patience: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(() => value), patience);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
