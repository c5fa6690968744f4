/** The curves of a run, and what is added to them while it is trained. */

import { useEffect, useRef, useState } from "preact/hooks";

import { fetched, part, Refusal } from "./api";
import { sent } from "./events";
import { runMetrics, withEvent, type Metrics, type RunEvent } from "./runs";

/** Milliseconds between two drawings of a fast run. */
const BEAT = 250;
/** Milliseconds before a line that broke is opened again. */
const PAUSE = 1000;

export interface Following {
  metrics: Metrics | null;
  error: Error | null;
  live: boolean;
}

/**
 * @param onEvent is told of samples, checkpoints and the end.
 * @param training whether a process is at it as far as others know: a run that had ended may be gone on with.
 */
export function useFollowing(run: string | null, onEvent: (event: RunEvent) => void, training = false): Following {
  const [state, setState] = useState<Following>({ metrics: null, error: null, live: false });
  const told = useRef(onEvent);
  told.current = onEvent;
  const [round, setRound] = useState(0);
  const ended = useRef(false);
  useEffect(() => {
    if (training && ended.current) setRound((count) => count + 1);
  }, [training]);
  useEffect(() => {
    ended.current = false;
    if (run === null) return;
    let metrics: Metrics | null = null;
    let live = false;
    let timer = 0;
    const leaving = new AbortController();
    const show = () => {
      timer ||= window.setTimeout(() => {
        timer = 0;
        setState({ metrics, error: null, live });
      }, BEAT);
    };
    const take = (event: RunEvent) => {
      if (event.kind === "state") live = event.state === "training";
      if (metrics) metrics = withEvent(metrics, event);
      if (event.kind !== "update") told.current(event);
      show();
    };
    /** From the metrics on to the end of the run; `true` where everything has to be read anew. */
    const follow = async (): Promise<boolean> => {
      metrics = await runMetrics(run, leaving.signal);
      setState({ metrics, error: null, live });
      let offset = String(metrics.offset);
      for (;;) {
        try {
          const answer = await fetched(`/page/runs/${part(run)}/events?offset=${offset}`, { signal: leaving.signal });
          for await (const { data, id } of sent(answer)) {
            if (data === "[DONE]") return false;
            const event = JSON.parse(data) as RunEvent;
            if (event.kind === "rewound") return true;
            offset = id ?? offset;
            take(event);
          }
        } catch (error) {
          if (leaving.signal.aborted || error instanceof Refusal) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
        if (leaving.signal.aborted) return false;
      }
    };
    const all = async () => {
      try {
        while (await follow());
        live = false;
        ended.current = !leaving.signal.aborted;
        show();
      } catch (error) {
        if (!leaving.signal.aborted) setState({ metrics, error: error as Error, live: false });
      }
    };
    setState({ metrics: null, error: null, live: false });
    void all();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [run, round]);
  return state;
}
