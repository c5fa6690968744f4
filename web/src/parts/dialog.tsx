/** A window over the page that holds the focus until it is closed: the browser's own. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  close: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, close, children }: DialogProps) {
  const shown = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    shown.current?.showModal();
  }, []);
  /** What the browser closed itself, by Esc; of a window that is gone already, the late event is no news. */
  const onClose = () => shown.current && close();
  return (
    <dialog ref={shown} onClose={onClose} aria-label={title} onClick={(event) => event.target === shown.current && close()}>
      <div class="dialog">
        <header>
          <h2>{title}</h2>
          <button type="button" class="quiet round" aria-label="Close" onClick={close}>
            ×
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
