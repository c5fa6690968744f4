/** Play: write with the model, talk to it, compare what several make of the same, or look at how a text is searched. */

import type { Mode as ModeAddress } from "../commands";
import { Choice } from "../parts/fields";
import { NoModel } from "../parts/notice";
import { useSettings } from "../parts/samplingpanel";
import { setQuery, useRoute } from "../route";
import { useHere } from "../which";
import { PlayChat } from "./play-chat";
import { PlayCompare } from "./play-compare";
import { PlayLab } from "./play-lab";
import { PlayMasks } from "./play-masks";
import { PlayWrite } from "./play-write";

const MODES = ["write", "chat", "compare", "search"] as const;
type Mode = (typeof MODES)[number];
const NAMES: Record<Mode, string> = { write: "Write", chat: "Chat", compare: "Compare", search: "Search" };
const queryOf = (mode: Mode) => ({ mode: mode === "write" ? "" : mode });

/** Where each mode is, for the palette. */
export const PLAY_MODES: ModeAddress[] = MODES.map((mode) => ({ name: NAMES[mode], query: queryOf(mode) }));

export function Play() {
  const { which, models } = useHere();
  const { query } = useRoute();
  const settings = useSettings();
  if (!which) return <NoModel />;
  if (which.about.kind === "classifier") return <Sorts />;
  const mode = MODES.find((name) => name === query["mode"]) ?? "write";
  const reads = which.about.kind === "encoder";
  return (
    <>
      <div class="head">
        <h1>Play</h1>
        {!reads && (
          <Choice
            label="Mode"
            names={MODES}
            value={mode}
            shown={(name) => NAMES[name]}
            onValue={(name) => setQuery(queryOf(name))}
          />
        )}
      </div>
      {reads ? (
        <PlayMasks which={which} />
      ) : mode === "write" ? (
        <PlayWrite key={which.model} which={which} settings={settings} />
      ) : mode === "chat" ? (
        <PlayChat key={which.model} which={which} settings={settings} models={models} />
      ) : mode === "compare" ? (
        <PlayCompare which={which} settings={settings} models={models} />
      ) : (
        <PlayLab which={which} settings={settings} />
      )}
    </>
  );
}

function Sorts() {
  return (
    <section class="empty">
      <h1>Play</h1>
      <p>
        This model sorts texts into classes and writes none: <code>hornbook classify</code> asks it.
      </p>
    </section>
  );
}
