/** Tokens: a text as each tokenizer cuts it, how a word is merged, and what a vocabulary holds. */

import { useState } from "preact/hooks";

import type { Mode } from "../commands";
import { Choice } from "../parts/fields";
import { MergeSteps } from "../parts/mergesteps";
import { Notice } from "../parts/notice";
import { Coloured } from "../parts/coloured";
import { TrainTokenizer } from "../parts/traintokenizer";
import { Vocabulary } from "../parts/vocabulary";
import { setQuery, useRoute } from "../route";
import { useAsked } from "../store";
import { encode, listTokenizers } from "../tokenizers";
import { useHere } from "../which";

const SAMPLE = "Once upon a time, 1234 naïve cafés ☕ opened;\n    print(\"hello\")";
const VIEWS = ["merges", "vocabulary", "train"] as const;
const NAMES = { merges: "Merge by merge", vocabulary: "Vocabulary", train: "Train one" };

/** Where each part is, for the palette. */
export const TOKEN_MODES: Mode[] = VIEWS.map((view) => ({ name: NAMES[view], query: { view } }));

export function Tokens() {
  const { which } = useHere();
  const { query } = useRoute();
  const [visible, setVisible] = useState(false);
  const [picked, pick] = useState<string | null>(null);
  const listed = useAsked("tokenizers", listTokenizers);
  const all = listed.answer?.tokenizers ?? [];
  const text = query["text"] ?? SAMPLE;
  const asked = (query["with"] ?? "").split(",").filter((name) => all.some((each) => each.name === name));
  const own = which && all.some((each) => each.name === which.model) ? which.model : all[0]?.name;
  const names = asked.length ? asked : own ? [own] : [];
  const main = names[0];
  const key = names.length ? JSON.stringify([names, text]) : null;
  const encoded = useAsked(key, (signal) => encode(text, names, signal), 120);
  const view = VIEWS.find((name) => name === query["view"]) ?? "merges";
  const merging = all.find((each) => each.name === main)?.merges ?? false;
  const toggle = (name: string) =>
    setQuery({ with: (names.includes(name) ? names.filter((each) => each !== name) : [...names, name]).join(",") });
  return (
    <>
      <div class="head">
        <h1>Tokens</h1>
        <label class="check">
          <input type="checkbox" checked={visible} onChange={(event) => setVisible(event.currentTarget.checked)} />
          show white space
        </label>
      </div>
      {listed.error && <Notice error={listed.error} again={listed.again} />}
      <textarea
        data-prompt
        class="mono"
        rows={4}
        aria-label="Text to cut into tokens"
        value={text}
        onInput={(event) => setQuery({ text: event.currentTarget.value })}
      />
      <fieldset class="row plain">
        <legend class="sr">Tokenizers</legend>
        {all.map((each) => (
          <label key={each.name} class="check">
            <input type="checkbox" checked={names.includes(each.name)} onChange={() => toggle(each.name)} />
            {each.name} <small class="muted">{each.vocab_size.toLocaleString("en")}</small>
          </label>
        ))}
      </fieldset>
      {encoded.error && <Notice error={encoded.error} again={encoded.again} />}
      {encoded.answer?.results.map((each) => (
        <Coloured key={each.name} {...{ text, visible }} encoded={each} choose={pick} />
      ))}
      {main && (
        <>
          <Choice
            label="What to look at"
            names={VIEWS}
            value={view}
            shown={(name) => NAMES[name]}
            onValue={(name) => setQuery({ view: name })}
          />
          {view === "merges" &&
            (merging ? (
              <MergeSteps tokenizer={main} suggested={picked} />
            ) : (
              <p class="muted">This tokenizer does not merge pairs: its tokens are looked up.</p>
            ))}
          {view === "vocabulary" && <Vocabulary key={main} tokenizer={main} merging={merging} />}
          {view === "train" && (
            <TrainTokenizer
              text={text}
              trained={(name) => {
                listed.again();
                setQuery({ with: [...names, name].join(",") });
              }}
            />
          )}
        </>
      )}
    </>
  );
}
