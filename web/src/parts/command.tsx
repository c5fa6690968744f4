/** A command line, with a button that copies it. */

import { Copied } from "./copied";

export function Command({ text, label }: { text: string; label: string }) {
  return (
    <div class="command">
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <Copied {...{ text, label }} />
    </div>
  );
}
