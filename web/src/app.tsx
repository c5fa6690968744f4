/** The frame: the rail, the bar above, and the screen that the address names. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import { about as askAbout, models as askModels, Refusal } from "./api";
import { PALETTE, type Mode, type ScreenModes } from "./commands";
import { switchLetters, useShortcuts } from "./keys";
import { KeyForm } from "./parts/key";
import { Help } from "./parts/help";
import { Notice } from "./parts/notice";
import { Palette } from "./parts/palette";
import { Rail } from "./parts/rail";
import { TopBar } from "./parts/topbar";
import { go, useRoute, type Screen } from "./route";
import { Inside } from "./screens/inside";
import { Learn } from "./screens/learn";
import { Models } from "./screens/models";
import { Play, PLAY_MODES } from "./screens/play";
import { Rate } from "./screens/rate";
import { Tokens, TOKEN_MODES } from "./screens/tokens";
import { Train } from "./screens/train";
import { useAsked, useRemembered } from "./store";
import { useTheme } from "./theme";
import { Here, whichOf } from "./which";

const PARTS: Record<Screen, { title: string; key: string; shows: ComponentType; modes?: Mode[] }> = {
  play: { title: "Play", key: "p", shows: Play, modes: PLAY_MODES },
  inside: { title: "Inside", key: "i", shows: Inside },
  train: { title: "Train", key: "t", shows: Train },
  tokens: { title: "Tokens", key: "k", shows: Tokens, modes: TOKEN_MODES },
  rate: { title: "Rate", key: "r", shows: Rate },
  learn: { title: "Learn", key: "l", shows: Learn },
  models: { title: "Models", key: "m", shows: Models },
};

/** What the palette offers of every screen; going there is a key, which it lists as well. */
const SCREEN_MODES: ScreenModes[] = (Object.keys(PARTS) as Screen[]).map((screen) => ({
  screen,
  title: PARTS[screen].title,
  modes: PARTS[screen].modes ?? [],
}));

/** Milliseconds between two looks at whether the first model is there. */
const LOOK = 3000;

export function App() {
  const route = useRoute();
  const [helping, setHelping] = useState(false);
  const [choosing, setChoosing] = useState(false);
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
    { keys: PALETTE, does: "find a command", typing: true, run: () => setChoosing(true) },
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
      <TopBar theme={theme} setTheme={setTheme} help={() => setHelping(true)} find={() => setChoosing(true)} />
      <main id="main" tabIndex={-1} data-screen={route.screen} aria-label={title}>
        {failed instanceof Refusal && failed.status === 401 ? <KeyForm again={again} /> : failed && <Notice error={failed} again={again} />}
        {about.answer && models.answer ? <Shown /> : !failed && <p class="waiting">Asking the server …</p>}
      </main>
      {choosing && <Palette {...{ here, setTheme }} screens={SCREEN_MODES} close={() => setChoosing(false)} />}
      {helping && <Help {...{ letters, setLetters }} close={() => setHelping(false)} />}
    </Here.Provider>
  );
}
