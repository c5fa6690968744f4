/**
 * One text or one pair after the other, by keyboard: 1 to 5 on the scale that has the focus, arrows for a pair, Enter for
 * the next one, u to go back, s to skip. Every answer is saved on the server before the next item is shown.
 */

import { useEffect, useRef, useState } from "preact/hooks";

import { useShortcuts } from "../keys";
import { useAsked } from "../store";
import { answerItem, nextItem, skipItem, undoItem, type Choice, type Standing } from "../studies";
import { Notice } from "./notice";
import { Scale } from "./scale";

const CHOICES: Record<Choice, { name: string; key: string }> = {
  left: { name: "A is better", key: "ArrowLeft" },
  right: { name: "B is better", key: "ArrowRight" },
  tie: { name: "Equally good", key: "ArrowDown" },
  neither: { name: "Both bad", key: "ArrowUp" },
};

interface Given {
  place: number;
  scores: Record<string, number>;
  comment: string;
}
const NOTHING: Given = { place: -1, scores: {}, comment: "" };

export function Rating({ study, rater }: { study: string; rater: string }) {
  const asked = useAsked(`${study}/${rater}`, (signal) => nextItem(study, rater, signal));
  const [later, setLater] = useState<Standing | null>(null);
  const [given, setGiven] = useState<Given>(NOTHING);
  const [error, setError] = useState<Error | null>(null);
  const [sending, setSending] = useState(false);
  const since = useRef(performance.now());
  const top = useRef<HTMLHeadingElement>(null);
  const standing = later ?? asked.answer;
  const item = standing?.item ?? null;
  // what was given for another item does not count for this one
  const { scores, comment } = given.place === item?.place ? given : NOTHING;
  const give = (change: (old: Given) => Partial<Given>) =>
    setGiven((last) => {
      const old = last.place === item?.place ? last : NOTHING;
      return { ...old, ...change(old), place: item?.place ?? -1 };
    });
  const aspects = Object.keys(item?.scales ?? {});
  const complete = aspects.length > 0 && aspects.every((aspect) => scores[aspect] !== undefined);
  useEffect(() => {
    since.current = performance.now();
    if (later) top.current?.focus();
  }, [item?.place]);

  const send = (ask: Promise<Standing>) => {
    setSending(true);
    setError(null);
    ask.then(
      (next) => (setLater(next), setSending(false)),
      (problem: Error) => (setError(problem), setSending(false)),
    );
  };
  const seconds = () => Math.round((performance.now() - since.current) / 100) / 10;
  const next = () => {
    if (item && complete && !sending) send(answerItem(study, rater, item.place, { scores, comment, seconds: seconds() }));
  };
  const pick = (choice: Choice) => {
    if (item?.choices && !sending) send(answerItem(study, rater, item.place, { choice, comment, seconds: seconds() }));
  };
  useShortcuts([
    ...(item?.choices ?? []).map((choice) => ({ keys: CHOICES[choice].key, does: CHOICES[choice].name, run: () => pick(choice) })),
    { keys: "Enter", does: "save and go on", typing: true, run: next },
    { keys: "u", does: "back to the last one", run: () => !sending && send(undoItem(study, rater)) },
    { keys: "s", does: "skip", run: () => item && !sending && send(skipItem(study, rater, item.place)) },
  ]);
  if (asked.error) return <Notice error={asked.error} again={asked.again} />;
  if (!standing) return <p class="waiting">…</p>;
  return (
    <div class="rating" data-answered={standing.answered} data-items={standing.items} data-place={item?.place ?? ""}>
      <div class="stack tight">
        <h2 ref={top} tabIndex={-1}>
          {standing.done ? "Done: thank you" : `${standing.answered + 1} of ${standing.items}`}
        </h2>
        <progress max={standing.items} value={standing.answered} aria-label="Rated" />
      </div>
      {error && <Notice error={error} />}
      {item && (
        <>
          <section aria-label="Prompt">
            <h3 class="muted">Goes on from</h3>
            <p class="said">{item.prompt}</p>
          </section>
          <div class="pair">
            {item.texts.map((text, index) => (
              <section key={index} class="card" aria-label={item.texts.length > 1 ? `Text ${"AB"[index]}` : "Text"}>
                {item.texts.length > 1 && <h3>{"AB"[index]}</h3>}
                <p class="said">{text}</p>
              </section>
            ))}
          </div>
          {Object.entries(item.scales ?? {}).map(([aspect, anchors]) => (
            <Scale
              key={`${item.place}/${aspect}`}
              {...{ aspect, anchors }}
              value={scores[aspect] ?? null}
              onValue={(value) => give((old) => ({ scores: { ...old.scores, [aspect]: value } }))}
            />
          ))}
          {item.choices && (
            <div class="row">
              {item.choices.map((choice) => (
                <button key={choice} type="button" disabled={sending} onClick={() => pick(choice)}>
                  {CHOICES[choice].name}
                </button>
              ))}
            </div>
          )}
          <label class="stack tight">
            A remark (may be left out)
            <input type="text" value={comment} onInput={({ currentTarget: { value } }) => give(() => ({ comment: value }))} />
          </label>
          <div class="row">
            {!item.choices && (
              <button type="button" class="main" disabled={!complete || sending} onClick={next}>
                Save and go on
              </button>
            )}
            <button type="button" disabled={sending} onClick={() => send(skipItem(study, rater, item.place))}>
              Skip
            </button>
            <button type="button" disabled={sending || standing.answered === 0} onClick={() => send(undoItem(study, rater))}>
              Back
            </button>
          </div>
        </>
      )}
    </div>
  );
}
