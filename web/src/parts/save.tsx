/** Small buttons beside a panel that save what it shows. */

import { useState } from "preact/hooks";

import type { Figure } from "../figures/svg";
import { fileName, FORMS, save, type FormName } from "../saving";

interface SaveFigureProps {
  /** As in `the attention map`. */
  what: string;
  /** Run, step and panel: what the file is called. */
  parts: readonly (string | number)[];
  draw: () => Figure;
}

const NAMES = Object.keys(FORMS) as FormName[];

export function SaveFigure({ what, parts, draw }: SaveFigureProps) {
  const forms = NAMES.map((name) => ({
    name,
    extension: FORMS[name].extension,
    made: async () => FORMS[name].made(draw()), // what goes wrong while it is drawn is said, too
  }));
  return <Save {...{ what, parts, forms }} />;
}

interface SaveProps {
  what: string;
  parts: readonly (string | number)[];
  forms: { name: string; extension: string; made: () => Promise<Blob> }[];
}

export function Save({ what, parts, forms }: SaveProps) {
  const [wrong, setWrong] = useState("");
  const give = ({ extension, made }: SaveProps["forms"][number]) => {
    setWrong("");
    made().then(
      (content) => save(fileName(parts, extension), content),
      (error: Error) => setWrong(error.message),
    );
  };
  return (
    <span class="save" role="group" aria-label={`Save ${what}`}>
      {forms.map((form) => (
        <button key={form.name} type="button" class="quiet" aria-label={`Save ${what} as ${form.name}`} onClick={() => give(form)}>
          {form.name}
        </button>
      ))}
      <span role="status">{wrong}</span>
    </span>
  );
}
