/** One text: what a person typed, and what the model made of it, token by token. */

import { useEffect, useState } from "preact/hooks";

import { next as askNext, type Given, type Raw, type Written } from "../api";
import { useShortcuts } from "../keys";
import { visible } from "../numbers";
import { Distribution } from "../parts/distribution";
import { Choice } from "../parts/fields";
import { Notice } from "../parts/notice";
import { Program } from "../parts/program";
import { Prompt } from "../parts/prompt";
import { SamplingPanel, samplingOf, type Settings } from "../parts/samplingpanel";
import { Status } from "../parts/status";
import { COLOURINGS, TokenFacts, TokenText, type Colouring } from "../parts/tokentext";
import { setQuery, useRoute } from "../route";
import { useAsked, useRemembered } from "../store";
import type { Present } from "../which";
import { idsOf, textOf, useWriting } from "../writing";

interface PlayWriteProps {
  which: NonNullable<Present["which"]>;
  settings: [Settings, (settings: Settings) => void];
}

export function PlayWrite({ which, settings: [settings, setSettings] }: PlayWriteProps) {
  const { query } = useRoute();
  const [prompt, setPrompt] = useState(query["prompt"] ?? "Once upon a time");
  const [source, setSource] = useState(query["source"] ?? "");
  const [colouring, setColouring] = useRemembered<Colouring>("colouring", "probability");
  const [looked, look] = useState<number | null>(null);
  const [held, hold] = useState<number | null>(null);
  const [begun, setBegun] = useState("");
  const writing = useWriting();
  const { variant, running } = writing;
  const translates = which.about.kind === "encoder_decoder";
  const stale = variant !== null && begun !== `${source}\n${prompt}`;
  const count = variant?.written.length ?? 0;
  const place = looked ?? held;
  const shown = place !== null && place < count ? place : null;

  const given: Given = translates ? { source, prompt } : { prompt };
  const ids = variant && !stale && variant.prompt.length > 0 ? idsOf(variant, shown ?? count) : null;
  const asking = running && shown === null ? null : JSON.stringify([which.model, which.checkpoint, ids ?? given]);
  const asked: Given = ids ? { tokens: ids, ...(translates ? { source } : {}) } : given;
  const nothing = !translates && !ids && prompt === "";
  const following = useAsked(nothing ? null : asking, (signal) => askNext(which, asked, signal), ids ? 60 : 350);

  useEffect(() => {
    if (query["prompt"] !== undefined && query["prompt"] !== prompt) setPrompt(query["prompt"]);
  }, [query["prompt"]]);
  const typed = (text: string) => {
    setPrompt(text);
    setQuery({ prompt: text });
  };

  const generate = () => {
    hold(null);
    if (stale || !variant) {
      if (stale) writing.clear();
      setBegun(`${source}\n${prompt}`);
      void writing.begin(which, given, samplingOf(settings));
    } else void writing.goOn(which, samplingOf(settings), count, null, false);
  };
  const regenerate = () => {
    hold(null);
    setBegun(`${source}\n${prompt}`);
    const seed = settings.fixed && variant?.seed != null ? variant.seed + 1 : null;
    void writing.begin(which, given, samplingOf(settings, { seed }));
  };
  const step = () => {
    hold(null);
    const sampling = samplingOf(settings, { max_tokens: 1 });
    if (stale || !variant) {
      if (stale) writing.clear();
      setBegun(`${source}\n${prompt}`);
      void writing.begin(which, given, sampling);
    } else void writing.goOn(which, sampling, count, null, false);
  };
  /** At the end a token is added; in the middle the text is written anew from there, beside the old one. */
  const take = (token: Raw) => {
    if (!variant || stale || !following.answer) return;
    const all = following.answer.next ?? [];
    const chosen: Written = {
      token: { id: token.id, text: token.text, ...(token.partial ? { partial: true } : {}) },
      text: token.partial || token.special ? "" : token.text,
      p: token.p,
      rank: all.findIndex((each) => each.id === token.id),
      entropy_bits: following.answer.entropy_bits ?? null,
      top: all.slice(0, 10),
    };
    const branch = shown !== null;
    const more = branch ? Math.max(count - shown - 1, 0) : 0;
    hold(null);
    look(null);
    void writing.goOn(which, samplingOf(settings, { max_tokens: more }), shown ?? count, chosen, branch);
  };
  const intoPrompt = () => {
    if (!variant) return;
    typed(prompt + textOf(variant.written));
    writing.clear();
  };

  useShortcuts([
    { keys: "Control+Enter", does: "write", typing: true, run: generate },
    { keys: "Escape", does: "stop", typing: true, run: writing.stop },
    { keys: "Alt+ArrowRight", does: "one token", typing: true, run: step },
    { keys: "Control+Backspace", does: "take the last token back", run: writing.undo },
    { keys: "Alt+r", does: "another variant", typing: true, run: regenerate },
    { keys: "p", does: "other colours", run: () => setColouring(COLOURINGS[(COLOURINGS.indexOf(colouring) + 1) % 4]!) },
  ]);

  const facts = shown !== null ? variant?.written[shown] : undefined;
  return (
    <div class="columns">
      <div class="stack">
        {translates && (
          <label class="stack tight">
            Text to read
            <Prompt value={source} onValue={setSource} label="Text to read" />
          </label>
        )}
        <div class={`document card${stale ? " stale" : ""}`}>
          <Prompt value={prompt} onValue={typed} label={translates ? "Begin the answer with" : "Text to go on with"} />
          {variant && (
            <div class="written" data-variant={writing.at} data-tokens={count}>
              <TokenText {...{ colouring, held, hold, look }} written={variant.written} />
              {running && <span class="caret" aria-hidden="true" />}
            </div>
          )}
          <p class="sr" role="status">
            {running ? "writing" : variant ? `${count} tokens written` : ""}
          </p>
        </div>
        {writing.error && <Notice error={writing.error} again={generate} />}
        <div class="row">
          {running ? (
            <button type="button" class="main" onClick={writing.stop}>
              Stop
            </button>
          ) : (
            <button type="button" class="main" onClick={generate}>
              {variant && !stale && count > 0 ? "Go on" : "Write"}
            </button>
          )}
          <button type="button" onClick={step} disabled={running}>
            One token
          </button>
          <button type="button" onClick={writing.undo} disabled={running || count === 0 || stale}>
            Undo
          </button>
          <button type="button" onClick={regenerate} disabled={running || !variant}>
            Again
          </button>
          {writing.variants.length > 1 && (
            <span class="variants">
              <button
                type="button"
                class="quiet round"
                aria-label="Variant before"
                disabled={writing.at === 0 || running}
                onClick={() => writing.choose(writing.at - 1)}
              >
                ‹
              </button>
              {writing.at + 1} / {writing.variants.length}
              <button
                type="button"
                class="quiet round"
                aria-label="Next variant"
                disabled={writing.at === writing.variants.length - 1 || running}
                onClick={() => writing.choose(writing.at + 1)}
              >
                ›
              </button>
            </span>
          )}
          {count > 0 && !running && (
            <button type="button" class="link" onClick={intoPrompt}>
              edit as text
            </button>
          )}
        </div>
        <Status variant={variant} running={running} />
        <div class="row colouring">
          <span class="muted">Colour by</span>
          <Choice label="Colour tokens by" names={COLOURINGS} value={colouring} onValue={setColouring} />
          {colouring !== "off" && (
            <span class="legend" aria-hidden="true">
              {colouring === "probability" ? "sure" : colouring === "entropy" ? "decided" : "first"} <i />{" "}
              {colouring === "probability" ? "surprised" : colouring === "entropy" ? "undecided" : "far down"}
            </span>
          )}
        </div>
        <Program {...{ which, prompt }} sampling={samplingOf(settings)} isBest={which.at?.best ?? true} />
      </div>
      <div class="stack">
        <section class="panel first" aria-label="Next token" data-place={shown ?? "end"}>
          <h2>
            {facts ? "This token" : "Next token"}
            <small>{facts ? <>instead of {visible(facts.token.text)}: choose, and branch</> : "choose one, or let it draw"}</small>
          </h2>
          {facts && <TokenFacts written={facts} />}
          {following.answer?.next ? (
            <Distribution
              next={following.answer}
              choosing={settings}
              taken={facts?.token.id}
              take={running || stale || !variant ? undefined : take}
            />
          ) : (
            !following.error && <p class="muted">{nothing ? "Type something to go on with." : "…"}</p>
          )}
          {following.error && <Notice error={following.error} again={following.again} />}
        </section>
        <SamplingPanel settings={settings} set={setSettings} />
      </div>
    </div>
  );
}
