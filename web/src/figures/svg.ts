/**
 * Figures as SVG text, drawn anew from numbers: a title, a line about it, and what is drawn below, on a solid ground.
 *
 * Pure: no document is needed. All looks are attributes of the elements, because the page permits no inline styles.
 */

export interface Figure {
  svg: string;
  width: number;
  height: number;
}

/** The colours of a figure by their names in the style sheet, as in `colour("--ink")`. */
export type Colours = (name: string) => string;

export interface Heading {
  title: string;
  /** Which run, which checkpoint, which text. */
  about: string;
  colour: Colours;
}

/** Where what is drawn begins. */
export const LEFT = 24;
const [TOP, BOTTOM] = [72, 24];
/** As wide as a letter of a title is, about. */
const LETTER = 9.5;
export const SANS = "system-ui, sans-serif";
export const MONO = "ui-monospace, monospace";

const NAMED: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as XML has it, without the control characters that no XML may hold. */
export const escaped = (text: string) =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])/g, "�").replace(/[&<>"]/g, (letter) => NAMED[letter]!);

type Attributes = Record<string, string | number | undefined>;

export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? Number(value.toFixed(2)) : escaped(value!)}"`);
  return `<${name}${written.join("")}>${children.join("")}</${name}>`;
}

export const text = (content: string, x: number, y: number, attributes: Attributes = {}) =>
  element("text", { x, y, "xml:space": "preserve", ...attributes }, escaped(content));

export const moved = (x: number, y: number, ...children: string[]) =>
  element("g", { transform: `translate(${Number(x.toFixed(2))} ${Number(y.toFixed(2))})` }, ...children);

/** A whole figure around a drawing of this size. */
export function figure({ title, about, colour }: Heading, width: number, height: number, ...body: string[]): Figure {
  const whole = Math.max(width, title.length * LETTER, 280) + 2 * LEFT;
  const all = height + TOP + BOTTOM;
  const svg = element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${whole} ${all}`, width: whole, height: all, "font-family": SANS, fill: colour("--ink") },
    element("title", {}, escaped(title)),
    element("rect", { width: whole, height: all, fill: colour("--paper") }),
    text(title, LEFT, 32, { "font-size": 17, "font-weight": 600 }),
    text(shortened(about, (whole - 2 * LEFT) / 6.6), LEFT, 52, { "font-size": 12, fill: colour("--muted") }),
    moved(LEFT, TOP, ...body),
  );
  return { svg: `<?xml version="1.0" encoding="UTF-8"?>\n${svg}\n`, width: whole, height: all };
}

/** The beginning of a text, as many letters as there is room for. */
export const shortened = (content: string, letters: number) =>
  content.length <= letters ? content : `${content.slice(0, Math.max(Math.floor(letters) - 1, 1))}…`;
