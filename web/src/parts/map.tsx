/** One attention map as a picture: a pixel for each pair of tokens, what may not be seen left empty. */

import { useLayoutEffect, useRef } from "preact/hooks";

import { PLAIN, WEIGHTS } from "../colours";

interface MapProps {
  weights: Uint8Array;
  rows: number;
  columns: number;
  causal: boolean;
  /** Numbers that are no weights: shaded as they are. */
  plain?: boolean;
}

export function MapPicture({ weights, rows, columns, causal, plain = false }: MapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context && weights.length === rows * columns) context.putImageData(painted(weights, rows, columns, causal, plain ? PLAIN : WEIGHTS), 0, 0);
  }, [weights, rows, columns, causal, plain]);
  return <canvas ref={canvas} width={columns} height={rows} aria-hidden="true" />;
}

function painted(weights: Uint8Array, rows: number, columns: number, causal: boolean, colours: Uint32Array): ImageData {
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
