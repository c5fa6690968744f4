/** Which keys do what: those of the frame and those of the screen that is open. */

import { useMemo } from "preact/hooks";

import { shortcuts } from "../keys";
import { Dialog } from "./dialog";
import { KeyCaps } from "./keycaps";

interface HelpProps {
  letters: boolean;
  setLetters: (on: boolean) => void;
  close: () => void;
}

export function Help({ letters, setLetters, close }: HelpProps) {
  const listed = useMemo(shortcuts, []);
  return (
    <Dialog title="Keys" close={close}>
      <dl class="keys">
        {listed.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <KeyCaps keys={keys} />
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={letters} onChange={(event) => setLetters(event.currentTarget.checked)} />
        keys of a single letter
      </label>
      <p class="note">In grids and lists the arrow keys go from cell to cell, and Enter chooses. Esc stops or closes.</p>
    </Dialog>
  );
}
