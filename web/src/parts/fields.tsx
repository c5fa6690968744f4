/** Fields with their names: a slider that can be switched off, a number, a row of choices of which one holds. */

import { useId } from "preact/hooks";

interface SliderProps {
  label: string;
  hint?: string;
  value: number | null;
  min: number;
  max: number;
  step: number;
  /** Where it stands when it is switched on; left out where it cannot be off. */
  on?: number;
  onValue: (value: number | null) => void;
}

export function Slider({ label, hint, value, min, max, step, on, onValue }: SliderProps) {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      {on !== undefined && (
        <input
          type="checkbox"
          role="switch"
          checked={value !== null}
          aria-label={`use ${label}`}
          onChange={(event) => onValue(event.currentTarget.checked ? on : null)}
        />
      )}
      <output for={id}>{value === null ? "off" : value}</output>
      <input
        id={id}
        type="range"
        {...{ min, max, step }}
        value={value ?? on ?? min}
        disabled={value === null}
        title={hint}
        onInput={(event) => onValue(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}

interface NumberFieldProps {
  label: string;
  value: number;
  min: number;
  max: number;
  onValue: (value: number) => void;
}

export function NumberField({ label, value, min, max, onValue }: NumberFieldProps) {
  const id = useId();
  const keep = (typed: number) => Number.isFinite(typed) && onValue(Math.min(Math.max(Math.round(typed), min), max));
  return (
    <div class="number">
      <label for={id}>{label}</label>
      <input id={id} type="number" {...{ min, max, value }} onChange={(event) => keep(event.currentTarget.valueAsNumber)} />
    </div>
  );
}

interface ChoiceProps<Name extends string> {
  label: string;
  names: readonly Name[];
  value: Name;
  shown?: (name: Name) => string;
  disabled?: (name: Name) => boolean;
  onValue: (name: Name) => void;
}

/** A few names of which one holds: radio buttons that look like one button in parts. */
export function Choice<Name extends string>({ label, names, value, shown, disabled, onValue }: ChoiceProps<Name>) {
  const id = useId();
  return (
    <fieldset class="choice">
      <legend class="sr">{label}</legend>
      {names.map((name) => (
        <label key={name}>
          <input
            type="radio"
            name={id}
            value={name}
            checked={name === value}
            disabled={disabled?.(name) ?? false}
            onChange={() => onValue(name)}
          />
          <span>{shown ? shown(name) : name}</span>
        </label>
      ))}
    </fieldset>
  );
}
