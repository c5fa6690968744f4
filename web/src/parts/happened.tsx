/**
 * What happened in a run, as a list beside its curves: step, what, and for the one that is chosen what it means and what
 * to do. One tab stop; arrows go from event to event, Enter chooses, and the address keeps it.
 */

import { fixed } from "../numbers";
import { nameOf, signOf } from "../marks";
import { linkTo } from "../route";
import type { Marker } from "../runs";
import { useRoving } from "./roving";

interface HappenedProps {
  run: string;
  markers: Marker[];
  chosen: string;
  choose: (name: string) => void;
}

export function Happened({ run, markers, chosen, choose }: HappenedProps) {
  const roving = useRoving(markers.length);
  const shown = markers.find((each) => nameOf(each) === chosen);
  return (
    <section class="happened" aria-label="Events">
      <h3>Events</h3>
      <ol {...roving.group} aria-label="Events, by step">
        {markers.map((each, index) => (
          <li key={nameOf(each)}>
            <button
              type="button"
              data-item
              data-kind={each.kind}
              data-step={each.step}
              aria-pressed={each === shown}
              {...roving.item(index)}
              onClick={() => choose(each === shown ? "" : nameOf(each))}
            >
              <SignOf marker={each} />
              <span class="numbers">{each.step.toLocaleString("en")}</span>
              <span>{each.what}</span>
            </button>
          </li>
        ))}
      </ol>
      <div role="status">{shown && <Explained run={run} marker={shown} />}</div>
    </section>
  );
}

function SignOf({ marker }: { marker: Marker }) {
  const { path, colour } = signOf(marker);
  return (
    <svg class="sign" viewBox="-6 -6 12 12" aria-hidden="true">
      <path d={path} fill={`var(${colour})`} stroke={`var(${colour})`} />
    </svg>
  );
}

function Explained({ run, marker }: { run: string; marker: Marker }) {
  const { means, advice, checkpoint, spike } = marker;
  const there = { model: run, checkpoint: checkpoint ?? "" };
  return (
    <div class="explained">
      <p>
        <b>What it means.</b> {means}
      </p>
      <p>
        <b>What to do.</b> {advice}
      </p>
      {checkpoint && (
        <p>
          <a href={linkTo("play", there)}>Play with it</a> · <a href={linkTo("inside", there)}>look inside</a>
        </p>
      )}
      {spike && <SpikeRows spike={spike} />}
    </div>
  );
}

function SpikeRows({ spike: { batch, cause, rows, command } }: { spike: NonNullable<Marker["spike"]> }) {
  return (
    <>
      {rows.length > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-label={`Rows of batch ${batch}, the worst first`}>
          <table class="small">
            <thead>
              <tr>
                <th scope="col">row</th>
                <th scope="col">loss</th>
                <th scope="col" class="left">
                  from
                </th>
                <th scope="col" class="left">
                  begins
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ row, loss, documents, text }) => (
                <tr key={row} data-row={row}>
                  <td>
                    {row}
                    {row === cause && <b> stands out</b>}
                  </td>
                  <td>{loss === null ? "no number" : fixed(loss)}</td>
                  <td class="left">{documents.join(", ") || "–"}</td>
                  <td class="left mono">{text.slice(0, BEGINNING)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p>All of the batch:</p>
      <pre tabIndex={0} aria-label="The command that shows the batch">
        {command}
      </pre>
    </>
  );
}

/** So many letters of a row are shown. */
const BEGINNING = 60;
