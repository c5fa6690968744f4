/** A conversation with a model that was taught to answer. */

import { useState } from "preact/hooks";

import type { Message, Model } from "../api";
import { useShortcuts } from "../keys";
import { Notice } from "../parts/notice";
import { SamplingPanel, samplingOf, type Settings } from "../parts/samplingpanel";
import { Status } from "../parts/status";
import { setQuery } from "../route";
import type { Present } from "../which";
import { textOf, useWriting } from "../writing";

interface PlayChatProps {
  which: NonNullable<Present["which"]>;
  settings: [Settings, (settings: Settings) => void];
  models: Model[];
}

export function PlayChat({ which, settings: [settings, setSettings], models }: PlayChatProps) {
  const [said, setSaid] = useState<Message[]>([]);
  const [draft, setDraft] = useState("");
  const writing = useWriting();
  const { running, variant } = writing;
  if (!which.about.chat) return <CannotChat models={models} />;

  const ask = (messages: Message[]) => {
    setSaid(messages);
    void writing.begin(which, { messages }, samplingOf(settings));
  };
  const answer = variant ? textOf(variant.written) : "";
  /** What is on the screen: what was said, and the answer that is or was just written. */
  const whole: Message[] = variant ? [...said, { role: "assistant", content: answer }] : said;
  const send = () => {
    if (!draft.trim() || running) return;
    const messages: Message[] = [...whole, { role: "user", content: draft }];
    setDraft("");
    writing.clear();
    ask(messages);
  };
  const edit = (index: number) => {
    writing.clear();
    setDraft(whole[index]!.content);
    setSaid(whole.slice(0, index));
  };
  const goOn = () => ask(said);
  useShortcuts([
    { keys: "Control+Enter", does: "send", typing: true, run: send },
    { keys: "Escape", does: "stop", typing: true, run: writing.stop },
  ]);
  return (
    <div class="columns">
      <div class="stack">
        <ol class="conversation">
          {whole.map((message, index) => (
            <li key={index} class={message.role}>
              <span class="who">
                {message.role === "user" ? "you" : which.model}
                {message.role === "user" && !running && (
                  <button type="button" class="link" onClick={() => edit(index)}>
                    edit
                  </button>
                )}
                {index === whole.length - 1 && variant && !running && (
                  <button type="button" class="link" onClick={goOn}>
                    again
                  </button>
                )}
                {index === whole.length - 1 && writing.variants.length > 1 && (
                  <span>
                    {writing.variants.map((_, place) => (
                      <button
                        key={place}
                        type="button"
                        class="link"
                        aria-current={place === writing.at}
                        disabled={running}
                        onClick={() => writing.choose(place)}
                      >
                        {place + 1}
                      </button>
                    ))}
                  </span>
                )}
              </span>
              <p class="said">{message.content || "…"}</p>
            </li>
          ))}
        </ol>
        {writing.error && <Notice error={writing.error} again={goOn} />}
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <textarea
            data-prompt
            rows={3}
            aria-label="Your message"
            placeholder="Say something …"
            value={draft}
            onInput={(event) => setDraft(event.currentTarget.value)}
          />
          <div class="row">
            {running ? (
              <button type="button" class="main" onClick={writing.stop}>
                Stop
              </button>
            ) : (
              <button type="submit" class="main" disabled={!draft.trim()}>
                Send
              </button>
            )}
            <button
              type="button"
              disabled={running || whole.length === 0}
              onClick={() => {
                writing.clear();
                setSaid([]);
              }}
            >
              New conversation
            </button>
          </div>
        </form>
        <Status variant={variant} running={running} />
      </div>
      <div class="stack">
        <SamplingPanel settings={settings} set={setSettings} />
      </div>
    </div>
  );
}

function CannotChat({ models }: { models: Model[] }) {
  const able = models.filter((each) => each.chat);
  return (
    <section class="empty">
      <p>
        This model was not taught to answer: it goes on with a text. <b>Write</b> does that. A model learns to answer from
        examples of questions and answers: <code>hornbook finetune instruct</code>.
      </p>
      {able.length > 0 && (
        <p>
          Of the models here{" "}
          {able.map((each) => (
            <button key={each.model} type="button" class="link" onClick={() => setQuery({ model: each.model, checkpoint: "" })}>
              {each.model}
            </button>
          ))}{" "}
          can.
        </p>
      )}
    </section>
  );
}
