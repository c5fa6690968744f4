/** One attention map as a picture: a pixel for each pair of tokens, what may not be seen left empty. */

import { useLayoutEffect, useRef } from "preact/hooks";

import { painted } from "./painting";

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
    if (context && weights.length === rows * columns) context.putImageData(painted(weights, { rows, columns, causal }, plain), 0, 0);
  }, [weights, rows, columns, causal, plain]);
  return <canvas ref={canvas} width={columns} height={rows} aria-hidden="true" />;
}
