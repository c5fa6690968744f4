/** The card of a model: what it is built of, what it has read, how good it is, and how other programs get it. */

import { inWords, learnedRows, scoreName, shares, type Card } from "../cards";
import { fixed, percent, short } from "../numbers";
import { linkTo } from "../route";
import { fileName, save } from "../saving";
import { Command } from "./command";

export function ModelCard({ card }: { card: Card }) {
  return (
    <>
      <section class="panel" aria-label="Card" data-card={card.model} data-parameters={card.parameters}>
        <div class="card-head">
          <h2>
            {card.model} <small class="muted">{card.about}</small>
          </h2>
          <button type="button" onClick={() => save(fileName([card.model], "md"), new Blob([card.markdown], { type: "text/markdown" }))}>
            Card as Markdown
          </button>
        </div>
        <p class="muted">
          {inWords(card.kind ?? "")} · {inWords(card.task)} · {short(card.parameters)} parameters · weights of {card.checkpoint} · begun{" "}
          {card.begun.slice(0, 10)}
        </p>
      </section>
      <div class="halves">
        <Rows title="Architecture" rows={card.architecture.map(({ name, value }) => [name, value])} />
        <Parameters card={card} />
        <Rows title="What it has learned from" rows={learnedRows(card)} />
        <Scores card={card} />
      </div>
      <Kept card={card} />
      <Exports card={card} />
    </>
  );
}

function Rows({ title, rows }: { title: string; rows: [string, string][] }) {
  return (
    <section class="panel" aria-label={title}>
      <h3>{title}</h3>
      <dl class="rows">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={value === "not recorded" ? "muted" : undefined}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Parameters({ card: { modules, parameters } }: { card: Card }) {
  const part = shares(modules);
  return (
    <section class="panel" aria-label="Parameters by module">
      <h3>Parameters by module</h3>
      <table class="modules">
        <thead>
          <tr>
            <th scope="col">module</th>
            <th scope="col">parameters</th>
            <th scope="col" class="left">
              share
            </th>
          </tr>
        </thead>
        <tbody>
          {modules.map((each, place) => (
            <tr key={each.module} data-module={each.module} data-parameters={each.parameters}>
              <td>{each.module}</td>
              <td>{each.parameters.toLocaleString("en")}</td>
              <td class="left">
                <span class="share after">
                  <i style={{ width: percentage(part[place]!) }} />
                </span>
                {percent(part[place]!)}
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">together</th>
            <td>{parameters.toLocaleString("en")}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

const percentage = (share: number) => `${100 * share}%`;

function Scores({ card }: { card: Card }) {
  const beside: [string, number][] = card.baselines.map(({ name, loss }) => [`to beat: ${name}, nats per token`, loss]);
  if (card.floor !== null) beside.push(["floor: the source itself, nats per token", card.floor]);
  return (
    <section class="panel" aria-label="Scores">
      <h3>Scores</h3>
      {card.scored === null ? (
        <p class="muted">Not evaluated. In a terminal: {card.evaluate}</p>
      ) : (
        <>
          <dl class="rows">
            {[...card.scores.map(({ name, value }): [string, number] => [scoreName(name, card.loss), value]), ...beside].map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value.toLocaleString("en", { maximumFractionDigits: 4 })}</dd>
              </div>
            ))}
          </dl>
          <p class="note">Measured {card.scored}, on text held out.</p>
        </>
      )}
    </section>
  );
}

/** The checkpoints that were kept; each opens where it can be asked. */
function Kept({ card: { model, kind, checkpoints } }: { card: Card }) {
  const screen = kind === "classifier" ? "train" : "play";
  return (
    <section class="panel" aria-label="Checkpoints">
      <h3>Checkpoints that were kept</h3>
      <div class="scroll run-list" tabIndex={0} role="group" aria-label="Checkpoints">
        <table>
          <thead>
            <tr>
              <th scope="col">checkpoint</th>
              <th scope="col">loss</th>
              <th scope="col">bits per byte</th>
              <th scope="col" class="left">
                pointed at as
              </th>
            </tr>
          </thead>
          <tbody>
            {checkpoints.map((each) => (
              <tr key={each.name}>
                <td>
                  <a href={linkTo(screen, { model, checkpoint: each.name })}>{each.name}</a>
                </td>
                <td>{fixed(each.val_loss)}</td>
                <td>{fixed(each.bits_per_byte)}</td>
                <td class="left">{[each.best && "best", each.latest && "latest"].filter(Boolean).join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Exports({ card }: { card: Card }) {
  return (
    <section class="panel" aria-label="For other programs">
      <h3>For other programs</h3>
      {card.exports.map(({ to, words, command, refusal }) => (
        <div key={to} class="stack tight" data-export={to}>
          <p>
            <b>{to}</b> <span class="muted">{words}</span>
          </p>
          {refusal === null ? (
            <Command text={command} label={`The command that writes ${to}`} />
          ) : (
            <details>
              <summary>not for this model</summary>
              <p class="note why">{refusal}</p>
            </details>
          )}
        </div>
      ))}
    </section>
  );
}
