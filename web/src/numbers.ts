/** Numbers and tokens as people read them. */

/** 3.1 M, 124 M, 4,096. */
export function short(count: number): string {
  for (const [size, letter] of [
    [1e9, "B"],
    [1e6, "M"],
    [1e4, "k"],
  ] as const) {
    if (count >= size) {
      const value = count / (letter === "k" ? 1e3 : size);
      return `${value.toFixed(value < 10 ? 1 : 0)} ${letter}`;
    }
  }
  return count.toLocaleString("en");
}

/** 93 %, 4.2 %, 0.03 %, < 0.01 %. */
export function percent(p: number): string {
  const value = p * 100;
  if (value > 0 && value < 0.01) return "< 0.01 %";
  return `${value.toFixed(value >= 99.95 || value === 0 ? 0 : value >= 10 ? 1 : 2)} %`;
}

export const fixed = (value: number | null | undefined, digits = 3) =>
  value === null || value === undefined ? "–" : value.toFixed(digits);

/** A value of a curve: 2.718, 123,456; nothing where there is none. */
export const measured = (value: number | null) =>
  value === null ? "" : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(4)).toString();

/** +1.31, −0.69, 0.00. */
export function signed(value: number): string {
  const shown = Math.abs(value).toFixed(2);
  return Number(shown) === 0 ? shown : `${value < 0 ? "−" : "+"}${shown}`;
}

/** 4 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A token's text where white space has to be seen. */
export function visible(text: string): string {
  return text.replace(/ /g, "␣").replace(/\n/g, "⏎").replace(/\t/g, "⇥").replace(/\r/g, "␍") || "∅";
}

/** The same for ears. */
export function spoken(text: string): string {
  const said = text.replace(/\n/g, " line break ").replace(/\t/g, " tab ");
  return said.trim() === "" ? (text.includes(" ") && said.trim() === "" ? "space" : "nothing") : said;
}

const SPECIAL: Record<string, string> = { "\n": "line break", " ": "space" };
export const named = (text: string) => SPECIAL[text] ?? spoken(text);
