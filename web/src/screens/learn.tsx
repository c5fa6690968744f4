/** Learn: the lessons of the course, each with the screen that goes with it and a check. */

import type { ComponentType } from "preact";
import { useState } from "preact/hooks";

import { get } from "../api";
import { Markdown } from "../parts/markdown";
import { Notice } from "../parts/notice";
import { linkTo, readHash, setQuery, useRoute, type Screen } from "../route";
import { useAsked, useRemembered } from "../store";
import { Inside } from "./inside";
import { Play } from "./play";
import { Rate } from "./rate";
import { Tokens } from "./tokens";
import { Train } from "./train";

interface LessonLine {
  number: number;
  name: string;
  title: string;
  question: string;
  need?: string;
  minutes?: number;
  panel: string | null;
  check: string | null;
}
interface Lesson extends LessonLine {
  cells: { kind: "text" | "code"; source: string }[];
  exercises: { title: string; source: string }[];
}

export function Learn() {
  const { query } = useRoute();
  const listed = useAsked("lessons", (signal) => get<{ lessons: LessonLine[] }>("/page/lessons", signal));
  const [done, setDone] = useRemembered<number[]>("lessons", []);
  const lessons = listed.answer?.lessons ?? [];
  const number = Number(query["lesson"] ?? "");
  const toggle = (each: number) => setDone(done.includes(each) ? done.filter((other) => other !== each) : [...done, each]);
  if (listed.error) return <Notice error={listed.error} again={listed.again} />;
  if (number && lessons.some((each) => each.number === number)) {
    return <Card {...{ number, toggle }} numbers={lessons.map((each) => each.number)} done={done.includes(number)} />;
  }
  return (
    <>
      <div class="head">
        <h1>Learn</h1>
        {lessons.length > 0 && (
          <span class="muted numbers">
            {done.length} of {lessons.length} done
          </span>
        )}
      </div>
      {listed.answer && lessons.length === 0 && <p class="muted">No lessons are installed.</p>}
      <ol class="cards" role="list">
        {lessons.map((each) => (
          <li key={each.number}>
            <a class="card" href={linkTo("learn", { lesson: String(each.number) })}>
              <span class="muted numbers">{each.number}</span>
              <h2>{each.title}</h2>
              <p class="muted">{each.question}</p>
              {done.includes(each.number) && <span class="done">✓ done</span>}
            </a>
          </li>
        ))}
      </ol>
    </>
  );
}

interface CardProps {
  number: number;
  /** Of all lessons, in their order. */
  numbers: number[];
  done: boolean;
  toggle: (number: number) => void;
}

function Card({ number, numbers, done, toggle }: CardProps) {
  const at = numbers.indexOf(number);
  const [before, after] = [numbers[at - 1], numbers[at + 1]];
  const { answer, error, again } = useAsked(`lesson ${number}`, (signal) => get<Lesson>(`/page/lessons/${number}`, signal));
  if (error) return <Notice {...{ error, again }} />;
  if (!answer) return <p class="waiting">…</p>;
  return (
    <article class="lesson">
      <nav class="row" aria-label="Lessons">
        <a href={linkTo("learn")}>All lessons</a>
        {before !== undefined && (
          <button type="button" class="link" onClick={() => setQuery({ lesson: String(before) })}>
            before
          </button>
        )}
        {after !== undefined && (
          <button type="button" class="link" onClick={() => setQuery({ lesson: String(after) })}>
            next
          </button>
        )}
      </nav>
      <h1>{answer.title}</h1>
      <p class="muted">{answer.question}</p>
      {answer.need && (
        <div class="note">
          <Markdown source={`You need: ${answer.need} ${answer.minutes === undefined ? "" : `About ${answer.minutes} minutes.`}`} />
        </div>
      )}
      {answer.panel && <Panel panel={answer.panel} />}
      {answer.cells.map((cell, index) =>
        cell.kind === "text" ? (
          <Markdown key={index} source={index === 0 ? withoutHead(cell.source) : cell.source} />
        ) : (
          <pre key={index} tabIndex={0}>
            <code>{cell.source}</code>
          </pre>
        ),
      )}
      {answer.exercises.map((each) => (
        <section key={each.title} class="panel">
          <h2>{each.title}</h2>
          <Markdown source={each.source} />
        </section>
      ))}
      {answer.check && (
        <label class="card check-card">
          <span class="check">
            <input type="checkbox" checked={done} onChange={() => toggle(number)} /> {answer.check}
          </span>
        </label>
      )}
    </article>
  );
}

/** A lesson begins with its title, question, needs and minutes, which stand above already. */
const withoutHead = (source: string) => source.replace(/^# .*$/m, "").replace(/^\*\*(Question|You need|Minutes):\*\*[^\n]*(\n(?!\n).*)*/gm, "");

const PANELS: Partial<Record<Screen, ComponentType>> = { play: Play, inside: Inside, train: Train, tokens: Tokens, rate: Rate };

/** The screen that goes with a lesson, in the lesson: with the model that is open, alive once it is unfolded. */
function Panel({ panel }: { panel: string }) {
  const [open, setOpen] = useState(false);
  const { screen, query } = readHash(`#/${panel}`);
  const Shown = PANELS[screen];
  if (!Shown) return null;
  return (
    <details
      class="card live-panel"
      onToggle={(event) => {
        if (event.target !== event.currentTarget) return;
        if (event.currentTarget.open && !open) setQuery(query);
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>Try it here</summary>
      {open && <Shown />}
      <p>
        <a href={linkTo(screen, query)}>on a screen of its own</a>
      </p>
    </details>
  );
}
