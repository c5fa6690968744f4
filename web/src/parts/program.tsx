/** "Use it from a program": the request as text, with a button that copies it. */

import { useState } from "preact/hooks";

import { only, post, type Which } from "../api";
import { PROGRAMS, type ProgramName, type Request } from "../programs";
import { Choice } from "./fields";
import { Copied } from "./copied";

const NAMES = Object.keys(PROGRAMS) as ProgramName[];

type ProgramProps = Omit<Request, "origin" | "id"> & { isBest: boolean };

export function Program(request: ProgramProps) {
  const [name, setName] = useState<ProgramName>("curl");
  const { which } = request;
  const id = request.isBest ? which.model : `${which.model}@${which.checkpoint}`;
  const text = PROGRAMS[name]({ ...request, id, origin: location.origin });
  return (
    <details class="program">
      <summary>Use it from a program</summary>
      <div class="stack">
        <div class="row">
          <Choice label="Language" names={NAMES} value={name} onValue={setName} />
          <Copied text={text} first={request.isBest ? undefined : () => opened(which)} />
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
