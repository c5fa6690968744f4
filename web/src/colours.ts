/**
 * Cividis: a scale from dark blue to yellow that looks the same to people who see red and green alike
 * (Nuñez, Anderton and Renslow 2018). A few of its colours; between them straight lines.
 */

const CIVIDIS = [
  [0, 34, 78],
  [26, 56, 111],
  [67, 78, 108],
  [98, 101, 111],
  [125, 124, 120],
  [154, 148, 119],
  [186, 174, 108],
  [219, 202, 85],
  [254, 232, 56],
] as const;

export type Colour = readonly [number, number, number];

/** The colour of a share from 0 to 1. */
export function cividis(share: number): Colour {
  const place = Math.min(Math.max(share, 0), 1) * (CIVIDIS.length - 1);
  const below = Math.min(Math.floor(place), CIVIDIS.length - 2);
  const [low, high] = [CIVIDIS[below]!, CIVIDIS[below + 1]!];
  const between = (index: 0 | 1 | 2) => Math.round(low[index] + (high[index] - low[index]) * (place - below));
  return [between(0), between(1), between(2)];
}

export const css = ([red, green, blue]: Colour) => `rgb(${red} ${green} ${blue})`;

/** Black or white, whichever can be read on it: WCAG 2's relative luminance, at the point where both contrast alike. */
export function inkOn(colour: Colour): string {
  const [red, green, blue] = colour.map((each) => {
    const value = each / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! > 0.179 ? "#000" : "#fff";
}

/** How a weight is shaded: by its square root, so that weights spread over many tokens can still be told apart. */
export const shadeOf = (weight: number) => Math.sqrt(Math.max(weight, 0));

const pixels = (shade: (share: number) => number) =>
  new Uint32Array(256).map((_, byte) => {
    const [red, green, blue] = cividis(shade(byte / 255));
    return (255 << 24) | (blue << 16) | (green << 8) | red;
  });

/** Every byte as a pixel of a canvas: as weights of attention, and as plain numbers. */
export const WEIGHTS = pixels(shadeOf);
export const PLAIN = pixels((share) => share);
