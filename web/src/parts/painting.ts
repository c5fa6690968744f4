/** Numbers as pixels: attention maps and vectors. */

import { PLAIN, WEIGHTS } from "../colours";

interface Sizes {
  rows: number;
  columns: number;
  causal: boolean;
}

/** A map, a pixel for each pair of tokens, what may not be seen left empty; `plain`: numbers that are no weights. */
export function painted(weights: Uint8Array, { rows, columns, causal }: Sizes, plain: boolean): ImageData {
  const colours = plain ? PLAIN : WEIGHTS;
  const pixels = new Uint32Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    const end = causal ? Math.min(row + 1, columns) : columns;
    for (let column = 0; column < end; column += 1) {
      const at = row * columns + column;
      pixels[at] = colours[weights[at]!]!;
    }
  }
  return new ImageData(new Uint8ClampedArray(pixels.buffer), columns, rows);
}

/** Vectors, a row each, from the farthest below zero to the farthest above it. */
export function vectorPixels(rows: number[][]): ImageData {
  const most = Math.max(...rows.flat().map(Math.abs), 1e-9);
  const pixels = Uint32Array.from(rows.flat(), (value) => PLAIN[Math.round(127.5 + (127.5 * value) / most)]!);
  return new ImageData(new Uint8ClampedArray(pixels.buffer), rows[0]?.length ?? 1, rows.length);
}
