/** Files out of the page: a figure as SVG or PNG, text as it is; nothing leaves the browser on the way. */

import type { Figure } from "./figures/svg";

/** `writer-step-000030-attention-layer-1-head-0.svg`: whatever is no letter or number becomes a dash. */
export function fileName(parts: readonly (string | number)[], extension: string): string {
  const dashed = parts.map((part) => String(part).replace(/[^\p{L}\p{N}_.-]+/gu, "-").replace(/^[-.]+|-+$/g, ""));
  const [first = "", ...others] = dashed.filter(Boolean);
  return `${[first.slice(0, 60), ...others].join("-").slice(0, 180)}.${extension}`;
}

/** Give a file to the person. */
export function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), MOMENT);
}

/** Milliseconds that a browser may take to begin with a file. */
const MOMENT = 10_000;
/** Pixels of a PNG for each of the figure's. */
const SHARPNESS = 2;

const svgOf = ({ svg }: Figure) => new Blob([svg], { type: "image/svg+xml" });

async function pngOf(figure: Figure): Promise<Blob> {
  const address = URL.createObjectURL(svgOf(figure));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(figure.width * SHARPNESS), Math.round(figure.height * SHARPNESS)];
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!made) throw new Error(`no PNG of ${canvas.width} x ${canvas.height} pixels: the browser makes none so large; save the SVG`);
    return made;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Every form in which a figure can be saved. */
export const FORMS = {
  SVG: { extension: "svg", made: async (figure: Figure) => svgOf(figure) },
  PNG: { extension: "png", made: pngOf },
} as const;
export type FormName = keyof typeof FORMS;
