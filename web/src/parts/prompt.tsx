/** A text field that is as high as its text. */

import { useLayoutEffect, useRef } from "preact/hooks";

interface PromptProps {
  value: string;
  onValue: (value: string) => void;
  label: string;
}

export function Prompt({ value, onValue, label }: PromptProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const shown = field.current;
    if (!shown) return;
    shown.style.height = "0";
    shown.style.height = `${shown.scrollHeight}px`;
  }, [value]);
  return (
    <textarea
      ref={field}
      class="prompt"
      data-prompt
      rows={1}
      spellcheck={false}
      aria-label={label}
      placeholder="Type a beginning …"
      value={value}
      onInput={(event) => onValue(event.currentTarget.value)}
    />
  );
}
