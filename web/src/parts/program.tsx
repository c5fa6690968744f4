/** "Use it from a program": the request as text, with a button that copies it. */

import { useState } from "preact/hooks";

import { only, post, type Which } from "../api";
import { PROGRAMS, type ProgramName, type Request } from "../programs";
import { Choice } from "./fields";
import { Icon } from "./icons";

const NAMES = Object.keys(PROGRAMS) as ProgramName[];

type ProgramProps = Omit<Request, "origin" | "id"> & { isBest: boolean };

export function Program(request: ProgramProps) {
  const [name, setName] = useState<ProgramName>("curl");
  const [said, setSaid] = useState("");
  const { which } = request;
  const id = request.isBest ? which.model : `${which.model}@${which.checkpoint}`;
  const text = PROGRAMS[name]({ ...request, id, origin: location.origin });
  const copy = async () => {
    try {
      if (!request.isBest) await opened(which);
      await navigator.clipboard.writeText(text);
      setSaid("copied");
    } catch {
      setSaid("the browser does not permit it: select the text and copy it");
    }
    setTimeout(() => setSaid(""), 2500);
  };
  return (
    <details class="program">
      <summary>Use it from a program</summary>
      <div class="stack">
        <div class="row">
          <Choice label="Language" names={NAMES} value={name} onValue={setName} />
          <button type="button" onClick={copy}>
            <Icon name="copy" /> Copy
          </button>
          <span role="status">{said}</span>
        </div>
        <pre tabIndex={0} aria-label={`The request for ${name}`}>
          {text}
        </pre>
      </div>
    </details>
  );
}

/** `/v1` knows checkpoints other than the best once they were opened. */
const opened = (which: Which) => post<{ id: string }>("/page/models/open", only(which));
