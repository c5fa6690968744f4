/** Models: what there is, the card of one, and what the doctor says of it. */

import { cardOf, inWords, listCards, type ModelLine } from "../cards";
import { fixed, short } from "../numbers";
import { Doctor } from "../parts/doctor";
import { ModelCard } from "../parts/modelcard";
import { Notice } from "../parts/notice";
import { useRoute } from "../route";
import { useAsked } from "../store";
import { turnTo, useHere } from "../which";

export function Models() {
  const { which } = useHere();
  const { query } = useRoute();
  const listed = useAsked("cards", listCards);
  const models = [...(listed.answer?.models ?? [])].reverse();
  const readable = models.filter((each) => each.error === null);
  const chosen = readable.find((each) => each.model === query["model"]) ?? readable.find((each) => each.model === which?.model);
  const shown = chosen ?? readable[0];
  const card = useAsked(shown ? `card ${shown.model}` : null, (signal) => cardOf(shown!.model, signal));
  const ready = card.answer !== null && card.answer.model === shown?.model ? card.answer : null;
  return (
    <>
      <h1>Models</h1>
      {listed.error && <Notice error={listed.error} again={listed.again} />}
      {listed.answer && models.length === 0 && (
        <p class="empty">
          No model yet: a run is listed once it has saved a checkpoint. In a terminal, <code>hornbook quickstart</code> trains a
          small one.
        </p>
      )}
      {models.length > 0 && <ModelTable {...{ models }} shown={shown?.model} />}
      {card.error && <Notice error={card.error} again={card.again} />}
      {ready && <ModelCard key={ready.model} card={ready} />}
      {ready && <Doctor key={`doctor ${ready.model}`} card={ready} />}
    </>
  );
}

function ModelTable({ models, shown }: { models: ModelLine[]; shown: string | undefined }) {
  return (
    <div class="scroll run-list" tabIndex={0} role="group" aria-label="Models">
      <table>
        <thead>
          <tr>
            <th scope="col">model</th>
            <th scope="col" class="left">
              kind
            </th>
            <th scope="col">parameters</th>
            <th scope="col" class="left">
              tokenizer
            </th>
            <th scope="col">steps</th>
            <th scope="col">tokens seen</th>
            <th scope="col">best loss</th>
            <th scope="col">bits per byte</th>
          </tr>
        </thead>
        <tbody>
          {models.map((each) => (each.error === null ? <Line key={each.model} line={each} shown={shown} /> : <Broken key={each.model} line={each} />))}
        </tbody>
      </table>
    </div>
  );
}

function Line({ line, shown }: { line: ModelLine; shown: string | undefined }) {
  return (
    <tr data-model={line.model}>
      <td>
        <label class="check">
          <input
            type="radio"
            name="shown-model"
            checked={line.model === shown}
            onChange={() => turnTo(line.model)}
          />
          {line.model}
        </label>
      </td>
      <td class="left">{inWords(line.kind ?? "")}</td>
      <td>{short(line.parameters)}</td>
      <td class="left">
        {line.tokenizer} <small class="muted">{line.vocabulary.toLocaleString("en")}</small>
      </td>
      <td>{line.steps.toLocaleString("en")}</td>
      <td>{short(line.tokens)}</td>
      <td>{fixed(line.val_loss)}</td>
      <td>{fixed(line.bits_per_byte)}</td>
    </tr>
  );
}

/** A run that cannot be read: its name, and what is wrong with it. */
function Broken({ line }: { line: ModelLine }) {
  return (
    <tr data-model={line.model}>
      <td>{line.model}</td>
      <td class="left state damaged" colSpan={7}>
        {line.error}
      </td>
    </tr>
  );
}
