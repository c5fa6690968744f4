/** "As Python": a panel of Inside as a program for a notebook's cell, with a button that copies it. */

import { useState } from "preact/hooks";

import { NOTEBOOKS, type Looked, type NotebookName } from "../notebook";
import { Choice } from "./fields";
import { Copied } from "./copied";

const NAMES = Object.keys(NOTEBOOKS) as NotebookName[];

export function Notebook(looked: Looked) {
  const [name, setName] = useState<NotebookName>("loss and answer");
  const text = NOTEBOOKS[name](looked);
  return (
    <details class="program">
      <summary>As Python</summary>
      <div class="stack">
        <div class="row">
          <Choice label="Panel" names={NAMES} value={name} onValue={setName} />
          <Copied text={text} />
        </div>
        <pre tabIndex={0} aria-label={`Python for ${name}`}>
          {text}
        </pre>
      </div>
    </details>
  );
}
