/** The frame: the rail, the bar above, and the screen that the address names. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { about as askAbout, models as askModels, Refusal } from "./api";
import { switchLetters, useShortcuts } from "./keys";
import { KeyForm } from "./parts/key";
import { Help } from "./parts/help";
import { Notice } from "./parts/notice";
import { Rail } from "./parts/rail";
import { TopBar } from "./parts/topbar";
import { go, useRoute, type Screen } from "./route";
import { Inside } from "./screens/inside";
import { Learn } from "./screens/learn";
import { Models } from "./screens/models";
import { Play } from "./screens/play";
import { Rate } from "./screens/rate";
import { Tokens } from "./screens/tokens";
import { Train } from "./screens/train";
import { useAsked, useRemembered } from "./store";
import { useTheme } from "./theme";
import { Here, whichOf } from "./which";

const PARTS: Record<Screen, { title: string; key: string; shows: ComponentType }> = {
  play: { title: "Play", key: "p", shows: Play },
  inside: { title: "Inside", key: "i", shows: Inside },
  train: { title: "Train", key: "t", shows: Train },
  tokens: { title: "Tokens", key: "k", shows: Tokens },
  rate: { title: "Rate", key: "r", shows: Rate },
  learn: { title: "Learn", key: "l", shows: Learn },
  models: { title: "Models", key: "m", shows: Models },
};

/** Milliseconds between two looks at whether the first model is there. */
const LOOK = 3000;

export function App() {
  const route = useRoute();
  const [helping, setHelping] = useState(false);
  const [theme, setTheme] = useTheme();
  const [letters, setLetters] = useRemembered("letters", true);
  switchLetters(letters);
  const about = useAsked("about", askAbout);
  const models = useAsked("models", askModels);
  const again = () => {
    about.again();
    models.again();
  };
  const { title, shows: Shown } = PARTS[route.screen];
  useEffect(() => {
    document.title = `${title} · Hornbook`;
  }, [title]);
  const learning = about.answer?.demo != null && about.answer.default === null;
  useEffect(() => {
    if (!learning) return;
    if (location.hash === "") go("train"); // there is nothing to play with yet, and something to watch
    const timer = setInterval(again, LOOK);
    return () => clearInterval(timer);
  }, [learning]);
  useShortcuts([
    ...(Object.keys(PARTS) as Screen[]).map((screen) => ({
      keys: `g ${PARTS[screen].key}`,
      does: `go to ${PARTS[screen].title}`,
      run: () => go(screen),
    })),
    { keys: "?", does: "show these keys", run: () => setHelping(true) },
    { keys: "/", does: "go to the text", run: () => document.querySelector<HTMLElement>("[data-prompt]")?.focus() },
  ]);
  const listed = models.answer?.models ?? [];
  const here = {
    about: about.answer,
    models: listed,
    which: whichOf(route.query, listed, about.answer?.default ?? null),
    again,
  };
  const failed = about.error ?? models.error;
  return (
    <Here.Provider value={here}>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>
        Skip to the content
      </a>
      <Rail screen={route.screen} />
      <TopBar theme={theme} setTheme={setTheme} help={() => setHelping(true)} />
      <main id="main" tabIndex={-1} data-screen={route.screen} aria-label={title}>
        {failed instanceof Refusal && failed.status === 401 ? <KeyForm again={again} /> : failed && <Notice error={failed} again={again} />}
        {about.answer && models.answer ? <Shown /> : !failed && <p class="waiting">Asking the server …</p>}
      </main>
      {helping && <Help {...{ letters, setLetters }} close={() => setHelping(false)} />}
    </Here.Provider>
  );
}
