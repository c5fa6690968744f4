/**
 * A text while a model writes it: its tokens, its variants, and how far it is.
 *
 * Writing on, one step, and branching are one thing: the ids that are to stay are sent, and more are asked for.
 */

import { useEffect, useRef, useState } from "preact/hooks";

import { write, type Given, type Sampling, type Token, type Which, type Written } from "./api";

/** One way in which the prompt was gone on with. */
export interface Variant {
  prompt: Token[];
  written: Written[];
  seed: number | null;
  id: string;
  context: number;
  finish: "stop" | "length" | "stopped" | null;
  /** Seconds until the first token and until now. */
  first: number | null;
  seconds: number;
  /** How many tokens came in that time. */
  timed: number;
}

const BLANK: Variant = {
  prompt: [],
  written: [],
  seed: null,
  id: "",
  context: 0,
  finish: null,
  first: null,
  seconds: 0,
  timed: 0,
};

export interface Writing {
  variants: Variant[];
  at: number;
  variant: Variant | null;
  running: boolean;
  error: Error | null;
  /** Begin a new variant with what is given. */
  begin: (which: Which, given: Given, sampling: Sampling) => Promise<void>;
  /** Keep `kept` tokens of this variant, then `chosen` if there is one, and write on; in a new variant if told so. */
  goOn: (which: Which, sampling: Sampling, kept: number, chosen: Written | null, anew: boolean) => Promise<void>;
  undo: () => void;
  choose: (at: number) => void;
  stop: () => void;
  clear: () => void;
}

export const idsOf = (variant: Variant, kept = variant.written.length) => [
  ...variant.prompt.map((token) => token.id),
  ...variant.written.slice(0, kept).map((written) => written.token.id),
];

export const textOf = (written: Written[]) => written.map((each) => each.text).join("");

export function useWriting(): Writing {
  const [variants, setVariants] = useState<Variant[]>([]);
  const [at, setAt] = useState(0);
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const leaving = useRef<AbortController | null>(null);
  const held = useRef<Variant[]>([]);
  useEffect(() => () => leaving.current?.abort(), []);

  const show = () => setVariants([...held.current]);
  const put = (place: number, variant: Variant) => {
    held.current[place] = variant;
  };

  const run = async (place: number, which: Which, given: Given, sampling: Sampling) => {
    leaving.current?.abort();
    const controller = new AbortController();
    leaving.current = controller;
    setAt(place);
    setRunning(true);
    setError(null);
    show();
    const began = performance.now();
    const earlier = held.current[place]!;
    const continuing = earlier.prompt.length > 0;
    let frame = 0;
    let ended = false;
    try {
      for await (const event of write(which, given, sampling, controller.signal)) {
        const old = held.current[place];
        if (!old || controller.signal.aborted) break;
        const seconds = (performance.now() - began) / 1000;
        if (event.kind === "begin") {
          const prompt = continuing ? old.prompt : event.prompt;
          put(place, { ...old, prompt, id: event.id, seed: event.seed, context: event.context });
        } else if (event.kind === "token") {
          const written = [...old.written, event];
          put(place, { ...old, written, first: old.first ?? seconds, seconds, timed: old.timed + 1 });
        } else {
          ended = true;
          put(place, { ...old, finish: event.finish });
        }
        frame ||= requestAnimationFrame(() => {
          frame = 0;
          show();
        });
      }
      if (!ended && !controller.signal.aborted) throw new Error("The text broke off: the server ended before it did.");
    } catch (problem) {
      const told = problem instanceof TypeError ? new Error("The text broke off: the server does not answer any more.") : problem;
      if (!controller.signal.aborted) setError(told as Error);
    }
    if (leaving.current === controller) {
      const old = held.current[place];
      if (old && controller.signal.aborted && old.finish === null) put(place, { ...old, finish: "stopped" });
      setRunning(false);
      show();
    }
  };

  return {
    variants,
    at,
    variant: variants[at] ?? null,
    running,
    error,
    begin: (which, given, sampling) => {
      held.current = [...held.current, { ...BLANK }];
      return run(held.current.length - 1, which, given, sampling);
    },
    goOn: (which, sampling, kept, chosen, anew) => {
      const old = held.current[at] ?? BLANK;
      const written = chosen ? [...old.written.slice(0, kept), chosen] : old.written.slice(0, kept);
      const variant = { ...old, written, finish: null, first: null, seconds: 0, timed: 0 };
      const place = anew || held.current.length === 0 ? held.current.length : at;
      put(place, variant);
      if (sampling.max_tokens === 0) {
        setAt(place);
        show();
        return Promise.resolve();
      }
      return run(place, which, { tokens: idsOf(variant) }, sampling);
    },
    undo: () => {
      const old = held.current[at];
      if (!old || old.written.length === 0) return;
      put(at, { ...old, written: old.written.slice(0, -1), finish: null });
      show();
    },
    choose: setAt,
    stop: () => leaving.current?.abort(),
    clear: () => {
      leaving.current?.abort();
      held.current = [];
      setAt(0);
      show();
    },
  };
}
