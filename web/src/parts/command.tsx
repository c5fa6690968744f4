/** A command line, with a button that copies it. */

import { useState } from "preact/hooks";

import { Icon } from "./icons";

export function Command({ text, label }: { text: string; label: string }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("copied");
    } catch {
      setSaid("the browser does not permit it: select the text and copy it");
    }
    setTimeout(() => setSaid(""), 2500);
  };
  return (
    <div class="command">
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <button type="button" aria-label={`Copy: ${label}`} onClick={copy}>
        <Icon name="copy" /> Copy
      </button>
      <span role="status" class="note">
        {said}
      </span>
    </div>
  );
}
