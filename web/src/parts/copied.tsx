/** A button that copies a text, and says what came of it. */

import { useState } from "preact/hooks";

import { Icon } from "./icons";

interface CopiedProps {
  text: string;
  /** What is copied, where "Copy" alone does not say. */
  label?: string | undefined;
  /** What has to be done before it is of use. */
  first?: (() => Promise<unknown>) | undefined;
}

export function Copied({ text, label, first }: CopiedProps) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await first?.();
      await navigator.clipboard.writeText(text);
      setSaid("copied");
    } catch {
      setSaid("the browser does not permit it: select the text and copy it");
    }
    setTimeout(() => setSaid(""), 2500);
  };
  return (
    <>
      <button type="button" aria-label={label && `Copy: ${label}`} onClick={copy}>
        <Icon name="copy" /> Copy
      </button>
      <span role="status">{said}</span>
    </>
  );
}
