/** Five marks with what they mean written beside them; the keys 1 to 5 set the one that has the focus. */

import { useId, useRef } from "preact/hooks";

interface ScaleProps {
  aspect: string;
  /** What 1 to 5 mean. */
  anchors: string[];
  value: number | null;
  onValue: (value: number) => void;
}

export function Scale({ aspect, anchors, value, onValue }: ScaleProps) {
  const name = useId();
  const marks = useRef<HTMLFieldSetElement>(null);
  const key = (event: KeyboardEvent) => {
    const mark = Number(event.key);
    if (!(mark >= 1 && mark <= anchors.length) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    onValue(mark);
    marks.current?.querySelectorAll("input")[mark - 1]?.focus();
  };
  return (
    <fieldset ref={marks} class="scale" onKeyDown={key} data-aspect={aspect}>
      <legend>{aspect}</legend>
      <div class="marks">
        {anchors.map((anchor, index) => (
          <label key={index}>
            <input
              type="radio"
              name={name}
              value={index + 1}
              checked={value === index + 1}
              onChange={() => onValue(index + 1)}
            />
            <span>
              <b>{index + 1}</b>
              <small>{anchor}</small>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
